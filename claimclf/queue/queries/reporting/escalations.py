"""Cases that wait for a lead."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from claimclf.queue.queries.holding import running
from claimclf.queue.storage.tables import IS_ESCALATED, IS_HELD, IS_NOT_OPEN, cases, decisions
from claimclf.schema import LANE, Decision, Lane

#: Most escalations in a report; the oldest are listed.
MOST_ESCALATIONS = 200


@dataclass(frozen=True)
class Escalation:
    """A case that waits for a lead.

    Parameters
    ----------
    case_id : int
        Its number.
    lane : Lane
        Where its prediction puts it.
    since : int
        When it was escalated, microseconds since 1970, UTC.
    by, note : str
        Who escalated it, and their note.
    holder : str or None
        Who holds it now.
    """

    case_id: int
    lane: Lane
    since: int
    by: str
    note: str
    holder: str | None


def escalations_now(connection: Connection, now: int) -> list[Escalation]:
    """Return what waits for a lead, the oldest first, at most `MOST_ESCALATIONS`."""
    escalation = and_(
        decisions.c.case_id == cases.c.id,
        decisions.c.round == cases.c.round,
        decisions.c.decision == Decision.ESCALATE,
        decisions.c.undone_at.is_(None),
    )
    is_held = and_(IS_HELD, running(now)).label("is_held")
    own = (cases.c.id, cases.c[LANE], cases.c.lease_holder, is_held)
    query = (
        select(*own, decisions.c.at, decisions.c.by, decisions.c.note)
        .join_from(cases, decisions, escalation)
        .where(IS_ESCALATED, IS_NOT_OPEN)  # the second names the index of such cases
        .order_by(decisions.c.at, cases.c.id)
        .limit(MOST_ESCALATIONS)
    )
    return [
        Escalation(
            case_id=row.id,
            lane=Lane(row.lane),
            since=row.at,
            by=row.by,
            note=row.note,
            holder=row.lease_holder if row.is_held else None,
        )
        for row in connection.execute(query)
    ]
