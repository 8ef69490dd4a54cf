"""Cases, leases, decisions and the audit log: the stored queue that moderators share.

::

    tables        what is stored             database    transactions on SQLite or PostgreSQL
    states        what may happen to a case  settings    what a team sets, with its history
    ordering      rank and filters in SQL    sampling    today's cut and the audit sample
    searching     words, and the way to few  views       filters by name, or in a link
    ingest        an upload becomes cases    rescoring   a new model's view of open cases
    leases        who holds which case       decisions   what people said; bulk for many cases
    audit         a chain of all that was done           listing     what a screen shows
    backup        one file for either database           export    tables for other programs
    webhook       tells the platform of decisions        tallying    cases counted by lane and age

Each function that changes something does so in one transaction, with its audit entry.
"""
