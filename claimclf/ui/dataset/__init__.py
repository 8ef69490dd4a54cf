"""A labelled dataset: chosen, and what it holds.

::

    choosing    by upload or by path
    overview    size, quality, findings
    parts       pictures first: classes, lengths; then columns, classes, texts, counts, correlations
"""
