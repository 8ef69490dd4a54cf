"""Tables of any size scored in parts, with memory that does not grow with them.

::

    parts      a block of the input, validated and scored, in files of its own
    groups     what no block alone can know: ids met before, statements, authors' totals
    ranges     the parts' videos in rank order, a range of ranks at a time
    engines    who does the work: this process, others beside it, or a Dask cluster

The result is that of `claimclf.services.triage.triage` to the last digit; both use the same
functions to read, validate, predict and order.
"""
