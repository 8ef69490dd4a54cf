"""Tables of any size scored in parts, with memory that does not grow with them.

::

    parts      a block of the input, validated and scored, in files
    groups     what takes all blocks: repeated ids, statements, authors' totals
    ranges     the parts' videos in rank order, a range of ranks at a time
    engines    workers: this process, more processes, or a Dask cluster

The result is that of `claimclf.services.triage.triage` to the last digit; both use the same
functions to read, validate, predict and order.
"""
