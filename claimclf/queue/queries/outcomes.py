"""Who was the last to say something of a case: for refusals, and for lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.storage.dialects import among
from claimclf.queue.storage.tables import decisions
from claimclf.schema import Decision


@dataclass(frozen=True)
class Outcome:
    """What a person said of a case, and did not take back.

    Parameters
    ----------
    id : int
        The decision's number.
    decision : Decision
        What.
    by : str
        Who.
    at : int
        When: microseconds since 1970, UTC.
    """

    id: int
    decision: Decision
    by: str
    at: int


def outcomes_of(
    connection: Connection,
    case_ids: Sequence[int],
    kinds: Iterable[Decision],
    *conditions: ColumnElement[bool],
) -> dict[int, Outcome]:
    """Return the latest decision of some kinds on each case that has one.

    Parameters
    ----------
    conditions
        What else the decision must fulfil, in SQL.
    """
    columns = (decisions.c.id, decisions.c.case_id, decisions.c.decision)
    query = select(*columns, decisions.c.by, decisions.c.at).where(
        among(connection, decisions.c.case_id, case_ids),
        decisions.c.decision.in_(list(kinds)),
        decisions.c.undone_at.is_(None),
        *conditions,
    )
    return {
        row.case_id: Outcome(row.id, Decision(row.decision), row.by, row.at)
        for row in connection.execute(query.order_by(decisions.c.id))
    }
