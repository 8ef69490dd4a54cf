"""Statements of reasons as the DSA Transparency Database takes them.

::

    building     a decision that restricts something becomes a statement
    checking     whether the database would take a statement: the rules of its schema
    exporting    those of a window of the log, and what is wrong with the others
    writing      as JSON that can be sent, and as CSV in the names of the database's dumps
"""
