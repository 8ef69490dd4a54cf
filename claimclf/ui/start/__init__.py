"""The start page: what waits for me, then what is in use.

::

    waiting    what waits in the shared queue, today's cut, what I hold; the ways in
    in_use     the model, by kind of text, and the dataset
"""
