"""The shared queue as a list: ranked, filtered, with today's cut, decided on in bulk.

::

    case_list    the page's parts in order, and the ranked list
    rows         tables of cases, above and below today's cut
    case_cards   the same rows as cards, for small screens
    beside       the one case that is ticked
    moving       from the ticked case to the next one
    chips        the filters in use, each with a way to take it away
    filters      which cases, as widgets and as the page's address say it
    views        filters that somebody saved
    bulk         one decision for chosen cases
    decided      what is decided, and the way to open it again
    export       decisions, cases and the audit log as files
"""
