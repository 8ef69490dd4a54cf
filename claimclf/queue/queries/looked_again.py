"""What came of second looks: differences that wait for a lead, and tables for figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.queries.second_looks import DIFFERS, STANDS, WAITS
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import CLOSES, cases, decisions, second_looks, settled_cases
from claimclf.schema import LANE, TRANSCRIPT, VIDEO_ID, Decision, Lane, Look, ReasonCode

_LONGEST_TEXT = 1_000
#: Differences and settled cases on a screen.
MOST = 200


@dataclass(frozen=True)
class Said:
    """What somebody said of a case.

    Parameters
    ----------
    by : str
        Who.
    at : int
        When: microseconds since 1970, UTC.
    decision : Decision
        What.
    reason_code : ReasonCode or None
        Which rule is broken.
    note : str
        For later readers.
    """

    by: str
    at: int
    decision: Decision
    reason_code: ReasonCode | None
    note: str


@dataclass(frozen=True)
class Difference:
    """A case of which two people said different things.

    Parameters
    ----------
    look_id, case_id : int
        Their numbers.
    video_id, text : str
        The video, and the beginning of its transcript.
    lane : Lane
        Where its prediction put it when it was first decided.
    first, second : Said
        Where a case is settled, the first is what the lead has settled on.
    """

    look_id: int
    case_id: int
    video_id: str
    text: str
    lane: Lane
    first: Said
    second: Said


@dataclass(frozen=True)
class SettledCase:
    """A decided case that comes back to others.

    Parameters
    ----------
    case_id : int
        Its number.
    decision : Decision
        What is settled.
    by, reason : str
        Who settled it, and why.
    stands : bool
        Whether the case still has that decision; else it does not come back.
    n_looks, n_differ : int
        How many have decided on it without knowing, and how many of them otherwise, as far as
        they have seen that themselves.
    """

    case_id: int
    decision: Decision
    by: str
    reason: str
    stands: bool
    n_looks: int
    n_differ: int


def differences(database: Database) -> list[Difference]:
    """Return the cases that wait for a lead, since a second person differs, the oldest first."""
    looks = second_looks.c
    which = (looks.kind == str(Look.DRAWN), DIFFERS, looks.final_at.is_(None), STANDS)
    return database.read(lambda connection: _differences(connection, *which))


def own_settled_differences(database: Database, person: Person) -> list[Difference]:
    """Return settled cases on which a person decided otherwise and has not seen it yet."""
    looks = second_looks.c
    own = (looks.kind == str(Look.SETTLED), looks.by == person.name, looks.seen_at.is_(None))
    return database.read(lambda connection: _differences(connection, *own, DIFFERS))


def settled(database: Database) -> list[SettledCase]:
    """Return the cases on which leads have settled, the latest first."""
    looks = second_looks.c
    answered = and_(
        looks.decision_id == settled_cases.c.decision_id,
        looks.kind == str(Look.SETTLED),
        looks.at.is_not(None),
        looks.decision != str(Decision.SKIP),
    )
    n_looks = select(func.count()).select_from(second_looks).where(answered)
    other = and_(answered, DIFFERS, looks.seen_at.is_not(None))
    n_differ = select(func.count()).select_from(second_looks).where(other)
    query = (
        select(
            settled_cases,
            decisions.c.decision,
            STANDS.label("stands"),
            n_looks.correlate(settled_cases).scalar_subquery().label("n_looks"),
            n_differ.correlate(settled_cases, decisions).scalar_subquery().label("n_differ"),
        )
        .join(decisions, decisions.c.id == settled_cases.c.decision_id)
        .join(cases, cases.c.id == settled_cases.c.case_id)
        .order_by(settled_cases.c.at.desc(), settled_cases.c.case_id)
        .limit(MOST)
    )
    rows = database.read(lambda connection: connection.execute(query).all())
    return [
        SettledCase(
            case_id=row.case_id,
            decision=Decision(row.decision),
            by=row.by,
            reason=row.reason,
            stands=bool(row.stands),
            n_looks=row.n_looks,
            n_differ=row.n_differ,
        )
        for row in rows
    ]


def n_waiting(database: Database) -> int:
    """Count the decided cases that were drawn and that nobody has looked at again yet."""
    query = (
        select(func.count())
        .select_from(second_looks)
        .join(decisions, decisions.c.id == second_looks.c.decision_id)
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(WAITS, second_looks.c.kind == str(Look.DRAWN), STANDS)
    )
    return database.read(lambda connection: connection.scalar(query)) or 0


def looks_of(database: Database, person: Person | None = None) -> Sequence[AnyRow]:
    """Return every second look that was answered, and every appeal that was decided.

    Parameters
    ----------
    person : Person or None
        Only those in which this person decided first or looked again.

    Returns
    -------
    sequence of Row
        `kind`, `lane`, `first`, `first_reason`, `first_by`, `second`, `second_reason`,
        `second_by`, `at` (of the second look), and `overturned`: whether another decision stands
        by now, None where nobody has ruled yet.
    """

    def work(connection: Connection) -> list[AnyRow]:
        drawn, appeals = _drawn(), _appeals()
        return [*connection.execute(drawn), *connection.execute(appeals)]

    rows = database.read(work)
    if person is None:
        return rows
    return [row for row in rows if person.name in (row.first_by, row.second_by)]


def _drawn() -> Any:
    looks, final = second_looks.c, decisions.alias("final")
    other_stands = _is_other(final, decisions)
    overturned = case(
        (looks.final_decision_id.is_not(None), other_stands),
        (DIFFERS, None),
        else_=False,
    )
    return (
        select(*_columns(looks.decision, looks.reason_code, looks.by, looks.at, overturned))
        .select_from(second_looks)
        .join(decisions, decisions.c.id == looks.decision_id)
        .outerjoin(final, final.c.id == looks.final_decision_id)
        .where(
            looks.kind == str(Look.DRAWN),
            looks.at.is_not(None),
            looks.decision != str(Decision.SKIP),
        )
        .order_by(looks.at, looks.id)
    )


def _appeals() -> Any:
    looks, later = second_looks.c, decisions.alias("later")
    closes = and_(later.c.undone_at.is_(None), later.c.decision.not_in(("skip", "escalate")))
    next_round = and_(
        later.c.case_id == decisions.c.case_id, later.c.round == decisions.c.round + 1, closes
    )
    said = (later.c.decision, later.c.reason_code, later.c.by, later.c.at)
    return (
        select(*_columns(*said, _is_other(later, decisions)))
        .select_from(second_looks)
        .join(decisions, decisions.c.id == looks.decision_id)
        .join(later, next_round)
        .where(looks.kind == str(Look.APPEAL), CLOSES)
        .order_by(later.c.at, looks.id)
    )


def _columns(*second: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    first = decisions.c
    names = ("second", "second_reason", "second_by", "at", "overturned")
    return [
        second_looks.c.kind,
        first[LANE],
        first.decision.label("first"),
        first.reason_code.label("first_reason"),
        first.by.label("first_by"),
        *(column.label(name) for column, name in zip(second, names, strict=True)),
    ]


def _is_other(one: Any, other: Any) -> ColumnElement[bool]:
    return or_(
        one.c.decision != other.c.decision,
        func.coalesce(one.c.reason_code, "") != func.coalesce(other.c.reason_code, ""),
    )


def _differences(connection: Connection, *which: ColumnElement[bool]) -> list[Difference]:
    said = ("by", "at", "decision", "reason_code", "note")
    query = (
        select(
            second_looks.c.id,
            second_looks.c.case_id,
            cases.c[VIDEO_ID],
            cases.c[TRANSCRIPT],
            decisions.c[LANE],
            *(decisions.c[name].label(f"first_{name}") for name in said),
            *(second_looks.c[name].label(f"second_{name}") for name in said),
        )
        .select_from(second_looks)
        .join(decisions, decisions.c.id == second_looks.c.decision_id)
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(*which)
        .order_by(second_looks.c.at, second_looks.c.id)
        .limit(MOST)
    )
    return [
        Difference(
            look_id=row.id,
            case_id=row.case_id,
            video_id=getattr(row, VIDEO_ID),
            text=(getattr(row, TRANSCRIPT) or "")[:_LONGEST_TEXT],
            lane=Lane(row.lane),
            first=_said(row, "first"),
            second=_said(row, "second"),
        )
        for row in connection.execute(query)
    ]


def _said(row: AnyRow, which: str) -> Said:
    reason = getattr(row, f"{which}_reason_code")
    return Said(
        by=getattr(row, f"{which}_by"),
        at=getattr(row, f"{which}_at"),
        decision=Decision(getattr(row, f"{which}_decision")),
        reason_code=None if reason is None else ReasonCode(reason),
        note=getattr(row, f"{which}_note") or "",
    )
