"""The whole queue in one file, which SQLite and PostgreSQL read alike.

::

    restoring    fills an empty database from a file: all of it, or nothing
    updating     the rows of a backup in the form of today's tables
    writing      the tables, as of one moment
    reading      a file whose every byte was checked
    placing      a file that appears whole or not at all
    manifest     contents and checksums of a backup

A zip with a member of JSON lines for each table, a row a line, and `manifest.json`: the format
of the file, the version of the tables, when, by whom, and each member's columns, rows and
SHA-256. The format says how to read the file and changes rarely; the version says which tables
and columns are in it, and each migration makes a new one. The zip's comment ends in the SHA-256 of
all that stands before it, so that no byte can change unnoticed. Checksums reveal
accidents; an altered history shows in the audit log's chain, whose head the manifest holds:
note the head elsewhere.
"""
