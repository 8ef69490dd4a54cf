"""Which of the cases that somebody chose can be decided on, and what became of each other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from claimclf.people import Person
from claimclf.queue.queries.outcomes import outcomes_of
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import PRIMARY_DECISIONS, CaseState, Decision


class Why(StrEnum):
    """Why a chosen case was left as it is."""

    HELD = "held by another person"
    ESCALATED = "waits for a lead"
    DECIDED = "decided already"
    SKIPPED = "skipped by you since it was shown"
    BARRED = "for somebody who did not decide on it before"
    CHANGED = "changed since it was shown"
    GONE = "not in the queue any more"


@dataclass(frozen=True)
class Left:
    """A chosen case that was left as it is.

    Parameters
    ----------
    case_id : int
        Its number.
    why : Why
        The reason.
    by : str or None
        Who holds it, decided on it, passed it on or skipped it.
    decision : Decision or None
        What that person said.
    at : int or None
        When they did, or until when they hold it: microseconds since 1970, UTC.
    """

    case_id: int
    why: Why
    by: str | None = None
    decision: Decision | None = None
    at: int | None = None


def account(
    connection: Connection, person: Person, rows: Sequence[AnyRow], versions: Mapping[int, int]
) -> tuple[list[int], list[Left]]:
    """Sort the chosen cases: which are free, and why each other one is not.

    Parameters
    ----------
    rows : sequence of Row
        Number, version, state, round, holder and end of the lease of those that are there, and
        whether the person is barred from it; leases that ran out are ended.
    versions : mapping of int to int
        Each chosen case's version as it was shown.

    Returns
    -------
    list of int, list of Left
        Both by number; together they are the chosen cases.
    """
    there = {row.id: row for row in rows}
    reasons = {number: _why(there.get(number), versions[number], person) for number in versions}
    said = _said(connection, person, reasons)
    free = sorted(number for number, why in reasons.items() if why is None)
    left = [
        _left(number, why, there.get(number), said)
        for number, why in sorted(reasons.items())
        if why is not None
    ]
    return free, left


def _why(row: AnyRow | None, version: int, person: Person) -> Why | None:
    if row is None:
        return Why.GONE
    if row.state == CaseState.DECIDED:
        return Why.DECIDED
    if row.state == CaseState.ESCALATED:
        return Why.ESCALATED
    if row.lease_holder not in (None, person.name):
        return Why.HELD
    if row.is_barred:
        return Why.BARRED
    return None if row.version == version else Why.CHANGED


def _said(
    connection: Connection, person: Person, reasons: Mapping[int, Why | None]
) -> dict[Why, dict[int, Left]]:
    """Return what was said of the cases that are not free, by the reason that it is."""
    own_skip = (
        decisions.c.by == person.name,
        decisions.c.case_id == cases.c.id,
        decisions.c.case_version == cases.c.version - 1,  # the latest change of the case
    )
    asked = (
        (Why.DECIDED, Why.DECIDED, PRIMARY_DECISIONS, ()),
        (Why.ESCALATED, Why.ESCALATED, (Decision.ESCALATE,), ()),
        (Why.CHANGED, Why.SKIPPED, (Decision.SKIP,), own_skip),
    )
    said = {}
    for reason, becomes, kinds, conditions in asked:
        numbers = [number for number, why in reasons.items() if why is reason]
        outcomes = outcomes_of(connection, numbers, kinds, *conditions) if numbers else {}
        said[reason] = {
            number: Left(number, becomes, one.by, one.decision, one.at)
            for number, one in outcomes.items()
        }
    return said


def _left(
    number: int, why: Why, row: AnyRow | None, said: Mapping[Why, Mapping[int, Left]]
) -> Left:
    if why is Why.HELD and row is not None:
        return Left(number, why, by=row.lease_holder, at=row.lease_until)
    return said.get(why, {}).get(number, Left(number, why))
