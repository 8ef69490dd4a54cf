"""An upload in three steps: the file, what is read of it, into the shared queue.

::

    upload        the steps in order, then the ranked videos
    steps         what they are called, and what is said of those to come
    table         the file, or demo data that say so      report_log    reports beside it
    columns       which column is read as which, and to correct that
    validation    every row accounted for, and what to write instead
    storing       into the queue that everybody shares
    added         what came of it, and the ways on        account       in numbers that add up
    order         what puts one video before another, and which to show
    paging        a page of the ranked videos             detail        one video of it
    ranked        them as a table                         video_cards   as cards, for small screens
"""
