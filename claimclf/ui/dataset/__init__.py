"""What is looked at: a labelled dataset, the queue's open cases, an upload, labelled texts.

::

    looking     which of them
    labelled    a dataset from its size to its correlations
    choosing    one's own dataset, by upload or by path
    texts       the others: their words by where they come from
    speech      labelled texts of real people, set up here or uploaded
    overview    size and findings, a line each
    pictures    classes and lengths, drawn first
    parts       columns, classes, texts, counts, correlations of a dataset
"""
