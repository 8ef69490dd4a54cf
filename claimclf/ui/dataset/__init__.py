"""A labelled dataset: chosen, and what it holds.

::

    choosing    by upload or by path
    overview    size, quality, findings
    parts       columns, classes, texts, counts, correlations
"""
