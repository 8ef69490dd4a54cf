"""Cases, leases, decisions and the audit log: the stored queue that moderators share.

::

    outbound    tables for other programs, backups, events to the platform
    intake      an upload becomes cases; a new model's view of open ones
    review      leases; decisions, one by one or in bulk, and undoing them
    queries     rank, filters, search, lists, the lead's report: they change nothing
    settings    what a team and each person have set
    storage     tables, transactions on SQLite or PostgreSQL, cases, the audit log

Each room may import those below it, never one above. Each function that changes something does
so in one transaction, with its audit entry.
"""
