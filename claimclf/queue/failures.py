"""What a database driver's error means, and what can be done about it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError

# PostgreSQL's codes: two transactions in each other's way; one of them may simply try again.
_TRANSIENT = frozenset({"40001", "40P01"})
_FULL = "53100"
_FULL_ADVICE = (
    "The disk of the queue's database is full.",
    "Nothing was changed. Free some space and try again.",
)
_GONE_ADVICE = (
    "The queue's database cannot be reached.",
    "Check that it runs and that CLAIMCLF_DATABASE_URL names it, then try again.",
)
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
        "The queue's database cannot be written.",
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
    if isinstance(error, IntegrityError):
        return None
    said = str(error.orig)
    for words, problem in _SQLITE.items():
        if words in said:
            return problem
    code = _code(error)
    if code == _FULL:
        return _FULL_ADVICE
    # Class 08 is the connection, 57P the server's shutdown, 3D a database that is not there;
    # no code at all: the server did not even answer.
    gone = error.connection_invalidated or code[:2] in {"08", "3D"} or code.startswith("57P")
    return _GONE_ADVICE if gone or _unanswered(error) else None


def _code(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _unanswered(error: DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg") and not _code(error)
