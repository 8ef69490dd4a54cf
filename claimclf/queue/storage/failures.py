"""What a database driver's error means, and what can be done about it."""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from claimclf.errors import StorageDamagedError, StorageError

#: SQLite's messages about a damaged file, and PostgreSQL's codes for damaged data and indexes.
_DAMAGED = ("malformed", "not a database")
_DAMAGED_CODES = frozenset({"XX001", "XX002"})
# PostgreSQL's codes: two transactions in each other's way; one of them may simply try again.
_TRANSIENT = frozenset({"40001", "40P01"})
_FULL_ADVICE = (
    "The disk of the queue's database is full.",
    "Nothing was changed. Free some space and try again.",
)
_GONE_ADVICE = (
    "The queue's database cannot be reached.",
    "Check that it runs and that CLAIMCLF_DATABASE_URL names it, then try again.",
)
_UNWRITABLE = "The queue's database cannot be written."
#: PostgreSQL's codes, or the classes that they begin with -> what is wrong and what to do.
_POSTGRESQL = {
    "53100": _FULL_ADVICE,
    "53": (
        "The queue's database has not enough room for this.",
        "Nothing was changed. Give it more memory, connections or temporary files.",
    ),
    "57014": (
        "The queue's database stopped this work before it was done.",
        "Nothing was changed. Try again, or allow it a longer statement_timeout.",
    ),
    "25006": (_UNWRITABLE, "It lets itself only be read: name the server that takes writes."),
    "58": (
        "The disk of the queue's database does not answer.",
        "Nothing was changed. Check the disk and try again.",
    ),
    "XX": (
        "The queue's database has failed by itself.",
        "Nothing was changed. Look into its log, and try again.",
    ),
}
_SQLITE = {
    "database or disk is full": _FULL_ADVICE,
    "locked": (
        "The queue's database is busy.",
        "Nothing was changed. Try again in a moment.",
    ),
    "malformed": (
        "The queue's database is damaged.",
        "Restore it from a backup with claimclf restore.",
    ),
    "not a database": (
        "The queue's database is no database.",
        "Restore it from a backup, or name another file in CLAIMCLF_DATABASE_URL.",
    ),
    "readonly": (
        _UNWRITABLE,
        "Check the permissions of the file and its folder.",
    ),
    "unable to open": _GONE_ADVICE,
    "disk I/O error": (
        "The disk of the queue's database does not answer.",
        "Nothing was changed. Check the disk and try again.",
    ),
}


def is_transient(error: DBAPIError) -> bool:
    """Return whether the same work may succeed when it is simply done again."""
    return _code(error) in _TRANSIENT


def described(error: DBAPIError) -> tuple[str, str] | None:
    """Return what is wrong and what to do, or None where it is a fault of the program."""
    if isinstance(error, IntegrityError | DataError):
        return None
    message = str(error.orig)
    for words, problem in _SQLITE.items():
        if words in message:
            return problem
    code = _code(error)
    for start, problem in _POSTGRESQL.items():
        if code.startswith(start):
            return problem
    # Class 08 is the connection, 57P the server's shutdown, 3D a database that is not there;
    # no code at all: the server did not even answer.
    is_gone = error.connection_invalidated or code[:2] in {"08", "3D"} or code.startswith("57P")
    return _GONE_ADVICE if is_gone or _unanswered(error) else None


def kind_of(error: DBAPIError) -> type[StorageError]:
    """Return what to raise for it."""
    is_damaged = any(words in str(error.orig) for words in _DAMAGED)
    return StorageDamagedError if is_damaged or _code(error) in _DAMAGED_CODES else StorageError


def is_beyond_limits(error: DBAPIError) -> bool:
    """Return whether a row has more than a database can hold, such as a text for an index."""
    return _code(error).startswith("54")


def driver_message(error: DBAPIError) -> str:
    """Return the driver's message, its first line only: further lines may quote a row."""
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    return str(primary or str(error.orig).partition("\n")[0])


def _code(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _unanswered(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg") and not _code(error)
