"""What pages draw with: a folder for each page's parts, and what they share.

::

    review, lead, queue_list, upload, comparison, dataset    the parts of a page
    counts, inputs, transcript, cards, cached    what several pages draw
    frame       around every page: who may open it, navigation, closed doors
    guard       the only way to draw a part again, and to do something at a click
    access      who is at the screen, and for how long
    state       what is in use in this session, or on this server
    outcomes, messages, wording, assets    what is said, and how
    unforeseen  what is said of an error that nobody foresaw
"""
