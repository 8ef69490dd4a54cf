"""What is handed from one page to the next."""

#: Number of the case that was chosen from a list, on the way to the page *Review*.
CHOSEN_CASE = "chosen_case"
#: Filters and ranking of that list: the next cases are those of the same list.
CHOSEN_LIST = "chosen_list"
#: Whether the page *Review* is to take a case at once: its button was pressed on the start page.
STARTS = "starts_reviewing"
#: Which part of the page *Triage queue* is shown: one of the three below.
VIEW = "queue_view"
SHARED, DECIDED, UPLOAD = "Shared queue", "Decided", "Upload"
