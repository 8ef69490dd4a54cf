"""The hours that a report looks at, and what the log and the decisions hold of them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.tables import audit, audit_head, decisions
from claimclf.units import HOUR


@dataclass(frozen=True)
class Window:
    """A stretch of whole hours.

    Parameters
    ----------
    first, end : int
        Hours since 1970: the first, and the one after the last.
    now : int
        When the report is made, microseconds since 1970, UTC.
    """

    first: int
    end: int
    now: int

    @classmethod
    def around(cls, since: int, until: int, now: int) -> Window:
        """Return the full hours that hold a stretch of time, in microseconds since 1970."""
        return cls(since // HOUR, -(-until // HOUR), now)

    @property
    def since(self) -> int:
        """Its beginning, in microseconds."""
        return self.first * HOUR

    @property
    def until(self) -> int:
        """Its end, in microseconds."""
        return self.end * HOUR

    def within(self, at: ColumnElement[int]) -> ColumnElement[bool]:
        """Return whether a time lies in it, as a condition in SQL."""
        return and_(at >= self.since, at < self.until)


def count_decisions(connection: Connection, window: Window) -> list[AnyRow]:
    """Count decisions since the window's start, by hour, person, kind and whether undone."""
    hour = (decisions.c.at // HOUR).label("hour")
    kind = (decisions.c.by, decisions.c.decision, decisions.c.undone_at.is_(None).label("stands"))
    query = select(hour, *kind, func.count().label("n")).where(decisions.c.at >= window.since)
    return list(connection.execute(query.group_by("hour", decisions.c.by, *kind[1:])))


def first_entry(connection: Connection, since: int) -> int:
    """Return the number of the log's first entry from a time on, by halving.

    The log has no index on times; its numbers are in their order but where a clock was set back.
    """
    low, high = 1, (connection.scalar(select(audit_head.c.seq)) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        at = connection.scalar(select(audit.c.at).where(audit.c.seq == middle))
        if at is not None and at < since:
            low = middle + 1
        else:
            high = middle
    return low
