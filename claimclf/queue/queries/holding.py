"""Who is looking at what now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from claimclf.queue.queries.ordering import running
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import IS_HELD, cases
from claimclf.schema import LANE, CaseState, Lane


@dataclass(frozen=True)
class Held:
    """A case in somebody's hands.

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
    """

    case_id: int
    state: CaseState
    lane: Lane
    holder: str
    since: int
    until: int


def in_hands(database: Database) -> list[Held]:
    """Return who is at what now, the longest held first."""
    return database.read(lambda connection: held_now(connection, database.now()))


def held_now(connection: Connection, now: int) -> list[Held]:
    """Return who is at what at a time, within a transaction."""
    lease = (cases.c.lease_holder, cases.c.lease_started, cases.c.lease_until)
    query = select(cases.c.id, cases.c.state, cases.c[LANE], *lease).where(IS_HELD, running(now))
    return [
        Held(
            case_id=row.id,
            state=CaseState(row.state),
            lane=Lane(row.lane),
            holder=row.lease_holder,
            since=row.lease_started,
            until=row.lease_until,
        )
        for row in connection.execute(query.order_by(cases.c.lease_started, cases.c.id))
    ]
