"""A table in, accepted and rejected rows out: every problem of every row at once.

::

    validate    a whole table against a contract
    validated   the result: accepted rows, and problems
    rules       ranges, allowed values, needed values and uniqueness
    cells       text as numbers, times, categories and identifiers
    problems    what is wrong with a cell, in words; rejected rows with their reasons
    columns     which of the input's columns is which of the contract's
"""
