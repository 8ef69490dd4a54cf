"""Windows of the audit log: what happened after one place of it, up to another.

An entry gets its number while its transaction holds the log's head, and keeps it until the end:
so all entries up to any number that can be read are there for good, and what is committed later,
however long ago it began, has a higher one. A window between two numbers is the same whenever it
is looked at; times do not have that, and are turned into numbers first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import InvalidRequestError
from claimclf.queue.settings.bounds import TIMES, check_number, shown
from claimclf.queue.storage.audit import START
from claimclf.queue.storage.tables import audit, audit_head

_WRITTEN = re.compile(r"(\d{1,18})-([0-9a-f]{12})")
_N_MARK = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cursor:
    """A place in the log: just after one of its entries.

    Parameters
    ----------
    seq : int
        The entry's number; 0 for the beginning of the log.
    mark : str
        The beginning of the entry's hash, by which another queue's cursor is noticed.
    """

    seq: int
    mark: str

    def __str__(self) -> str:
        """Return it as a person or a program passes it on."""
        return f"{self.seq}-{self.mark}"


#: A place in the log: a cursor, or the time, in microseconds since 1970, UTC, of what follows.
Place = Cursor | int


@dataclass(frozen=True)
class Window:
    """Entries after one number, up to another and with it.

    Parameters
    ----------
    after, until : int
        Numbers of entries.
    is_last : bool
        Whether it ends with the log as it is now.
    cursor : Cursor
        Where the next window begins.
    """

    after: int
    until: int
    is_last: bool
    cursor: Cursor

    def holds(self, seq: ColumnElement[int]) -> ColumnElement[bool]:
        """Return whether an entry lies in it, as a condition in SQL."""
        return seq.between(self.after + 1, self.until)


def read_place(written: str) -> Place:
    """Return the cursor or the time that somebody wrote.

    Parameters
    ----------
    written : str
        A cursor; or a time in ISO 8601, with fractions of a second and a zone where it has them;
        without a zone it is UTC.

    Raises
    ------
    InvalidRequestError
        It is neither.
    """
    if match := _WRITTEN.fullmatch(written.strip()):
        return Cursor(int(match[1]), match[2])
    try:
        time = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise InvalidRequestError(
            "This is no place to begin or end at.",
            f"Found: {shown(written)}.",
            "Give a cursor as an export prints it, or a time such as 2026-11-29T08:30:00.25+01:00.",
        ) from error
    in_utc = time.replace(tzinfo=UTC) if time.tzinfo is None else time
    return (in_utc - _EPOCH) // timedelta(microseconds=1)


def check_place(place: object, what: str) -> None:
    """Refuse what is neither None, nor a cursor, nor a time.

    Raises
    ------
    InvalidRequestError
        It is something else.
    """
    if place is not None and not isinstance(place, Cursor):
        check_number(place, what, TIMES)


def window_between(
    connection: Connection, start: Place | None, stop: Place | None, now: int
) -> Window:
    """Return the window between two places, in a transaction that sees one state of the log.

    Where a place is a time, the log must have an entry of `now` already: with it the time has
    its place for good, and what is committed later follows it.

    Parameters
    ----------
    start, stop : Cursor, int or None
        None for the beginning of the log, and for its end.
    now : int
        Microseconds since 1970, UTC.

    Raises
    ------
    InvalidRequestError
        A cursor is not of this log, the end is still to come, or it is before the start.
    """
    head = connection.execute(select(audit_head.c.seq, audit_head.c.hash)).one()
    if isinstance(stop, int) and stop > now:
        raise InvalidRequestError(
            "The end of a window lies in the future.",
            f"Found: {(_EPOCH + timedelta(microseconds=stop)).isoformat()}.",
            "Leave it out to get all that there is: the cursor says where to go on.",
        )
    after = 0 if start is None else _number(connection, start, head.seq)
    until = head.seq if stop is None else _number(connection, stop, head.seq)
    if after > until:
        raise InvalidRequestError(
            "A window begins after its end.",
            f"Found: it begins after entry {after} of the log and ends with entry {until}.",
            "Give a later end, or none.",
        )
    return Window(after, until, until == head.seq, Cursor(until, mark_of(connection, until)))


def _number(connection: Connection, place: Place, last: int) -> int:
    """Return the number of the entry just before a place."""
    if isinstance(place, int):
        first = connection.scalar(select(func.min(audit.c.seq)).where(audit.c.at >= place))
        return last if first is None else int(first) - 1
    if place.seq > last or mark_of(connection, place.seq) != place.mark:
        raise InvalidRequestError(
            "This cursor is not of this queue's log.",
            f"Found: {place}; the log has {last:,} entries.",
            "Use the cursor of an earlier export of the same queue, or export from the beginning.",
        )
    return place.seq


def mark_of(connection: Connection, seq: int) -> str:
    """Return the mark of an entry; of the beginning of the log where there is none."""
    digest = connection.scalar(select(audit.c.hash).where(audit.c.seq == seq))
    return (digest or START)[:_N_MARK]
