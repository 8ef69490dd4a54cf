"""Reports that come in one by one, by HTTP.

::

    contract    what a report is: every error of one at once, each with its place
    receiving   stored once, however often it is sent
    changing    withdrawn, amended, set aside; the case's count follows
    pending     those that wait, as videos for the model and the queue
"""
