"""Who holds what now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import IS_HELD, cases
from claimclf.schema import LANE, CaseState, Lane
from claimclf.units import SECOND

#: A lease from further ahead than this was taken before the clock stepped back.
TOLERANCE = 5 * SECOND


@dataclass(frozen=True)
class Held:
    """A case under lease.

    Parameters
    ----------
    case_id : int
        Its number.
    state : CaseState
        Open or escalated.
    lane : Lane
        Where its prediction puts it.
    holder : str
        Who holds it.
    since, until : int
        When they took it and when it comes back unless renewed, microseconds, UTC.
    handed_by : str or None
        Who handed it to them, if they have not looked at it yet.
    """

    case_id: int
    state: CaseState
    lane: Lane
    holder: str
    since: int
    until: int
    handed_by: str | None = None


def running(now: int) -> ColumnElement[bool]:
    """Return whether a lease holds at `now`, as a condition in SQL."""
    return and_(cases.c.lease_started - TOLERANCE <= now, cases.c.lease_until > now)


def held_by(name: str, now: int) -> ColumnElement[bool]:
    """Return whether that person holds a case, as a condition in SQL."""
    return and_(IS_HELD, cases.c.lease_holder == name, running(now))


def held_cases(database: Database) -> list[Held]:
    """Return who holds what now, the longest held first."""
    return database.read(lambda connection: held_now(connection, database.now()))


def held_now(connection: Connection, now: int, *conditions: ColumnElement[bool]) -> list[Held]:
    """Return who holds what at a time, within a transaction."""
    lease = [cases.c[f"lease_{name}"] for name in ("holder", "started", "until", "from")]
    query = select(cases.c.id, cases.c.state, cases.c[LANE], *lease).where(
        IS_HELD, running(now), *conditions
    )
    return [
        Held(
            case_id=row.id,
            state=CaseState(row.state),
            lane=Lane(row.lane),
            holder=row.lease_holder,
            since=row.lease_started,
            until=row.lease_until,
            handed_by=row.lease_from,
        )
        for row in connection.execute(query.order_by(cases.c.lease_started, cases.c.id))
    ]
