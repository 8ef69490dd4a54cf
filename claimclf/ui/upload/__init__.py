"""An upload: validated, scored, ranked, looked at, and added to the shared queue.

::

    upload        its way from the file to the ranked videos
    table         the file, or demo data that say so
    validation    every row accounted for
    order         what puts one video before another, and which to show
    ranked        the ranked table             detail    one video of it
    storing       into the queue that everybody shares
"""
