"""Cases that are decided: who said what and when, and what came since; the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, literal, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Person
from claimclf.queue.queries.word_index import with_all_words
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import CLOSES, cases, decisions, second_looks
from claimclf.queue.storage.words import names_like, words_of
from claimclf.schema import (
    AUTHOR_ID,
    REPORT_COUNT,
    TRANSCRIPT,
    VIDEO_ID,
    CaseState,
    Decision,
    ReasonCode,
)

#: Rows of a page, and a person's own last decisions.
PAGE, OWN = 50, 10
_LONGEST_TEXT = 1_000


@dataclass(frozen=True)
class DecidedFilters:
    """Which decided cases somebody looks for; a filter left at its default fits all.

    Parameters
    ----------
    text : str
        Words of the transcript, as in the queue.
    by : str
        Who decided, by the whole name in any case.
    kinds : tuple of Decision
        What was decided; empty for anything.
    reported_since : bool
        Cases that were reported after the decision, only.
    """

    text: str = ""
    by: str = ""
    kinds: tuple[Decision, ...] = ()
    reported_since: bool = False


@dataclass(frozen=True)
class DecidedCase:
    """A decided case, with the decision that holds.

    Parameters
    ----------
    decision_id, case_id : int
        Their numbers.
    video_id : str
        The video.
    author_id : str or None
        Who made it.
    text : str
        The beginning of the transcript as it is now.
    decision : Decision
        What was said.
    reason_code : ReasonCode or None
        Which rule is broken.
    note : str
        For later readers.
    by : str
        Who said it.
    at : int
        When: microseconds since 1970, UTC.
    reports : int
        Reports at that moment.
    reports_since : int
        Reports that have come since.
    bulk_id : str or None
        The decision on many that it is a part of, which is undone as a whole.
    undo_until : int or None
        Until when the person who asks can undo it; None where they cannot.
    """

    decision_id: int
    case_id: int
    video_id: str
    author_id: str | None
    text: str
    decision: Decision
    reason_code: ReasonCode | None
    note: str
    by: str
    at: int
    reports: int
    reports_since: int
    bulk_id: str | None
    undo_until: int | None


def decided_cases(
    database: Database,
    person: Person,
    filters: DecidedFilters | None = None,
    before: int | None = None,
    size: int = PAGE,
) -> list[DecidedCase]:
    """Return decided cases, those decided last before the others.

    Parameters
    ----------
    person : Person
        Who asks: what they can undo is said.
    before : int or None
        The number of the last decision of the page before.
    """
    chosen = filters or DecidedFilters()

    def look(connection: Connection) -> list[DecidedCase]:
        conditions = _conditions(connection, chosen)
        if before is not None:
            conditions.append(decisions.c.id < before)
        return _read(connection, person, database.now(), conditions, size)

    return database.read(look)


def own_decisions(database: Database, person: Person) -> list[DecidedCase]:
    """Return the person's own last decisions that they can still undo, the latest first."""

    def look(connection: Connection) -> list[DecidedCase]:
        now = database.now()
        since = now - settings_of(connection).undo
        own = [decisions.c.by == person.name, decisions.c.at >= since]
        rows = _read(connection, person, now, own, OWN)
        rows = [row for row in rows if row.undo_until is not None]
        rows += _own_looks(connection, person, now, since)
        return sorted(rows, key=lambda row: (row.at, row.decision_id), reverse=True)[:OWN]

    return database.read(look)


def _own_looks(connection: Connection, person: Person, now: int, since: int) -> list[DecidedCase]:
    """Return what the person said of cases that were decided already, as if it were a decision."""
    looks = second_looks.c
    said = ("id", "case_id", "decision", "reason_code", "note", "by", "at")
    query = (
        select(
            *(looks[name] for name in said),
            literal(None).label("bulk_id"),
            cases.c[REPORT_COUNT].label("reports_then"),
            cases.c[REPORT_COUNT].label("reports_now"),
            cases.c[VIDEO_ID],
            cases.c[AUTHOR_ID],
            cases.c[TRANSCRIPT],
            literal(True).label("is_untouched"),
        )
        .join(cases, cases.c.id == looks.case_id)
        .where(looks.by == person.name, looks.at >= since, looks.decision != str(Decision.SKIP))
        .where(looks.seen_at.is_(None), looks.final_at.is_(None))
        .order_by(looks.at.desc(), looks.id.desc())
        .limit(OWN)
    )
    undo = settings_of(connection).undo
    return [_decided_case(row, person, now, undo) for row in connection.execute(query)]


def _conditions(connection: Connection, filters: DecidedFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    words = words_of(filters.text)
    if words:
        conditions.append(cases.c.id.in_(with_all_words(connection, words)))
    if filters.by:
        everybody = connection.scalars(select(decisions.c.by).distinct())
        conditions.append(decisions.c.by.in_(names_like(filters.by, everybody)))
    if filters.kinds:
        conditions.append(decisions.c.decision.in_(filters.kinds))
    if filters.reported_since:
        conditions.append(cases.c[REPORT_COUNT] > decisions.c[REPORT_COUNT])
    return conditions


def _query(conditions: list[ColumnElement[bool]], size: int) -> Select[Any]:
    columns = ("id", "case_id", "decision", "reason_code", "note", "by", "at", "bulk_id")
    same_round = decisions.c.round == cases.c.round
    return (
        select(
            *(decisions.c[name] for name in columns),
            decisions.c[REPORT_COUNT].label("reports_then"),
            cases.c[REPORT_COUNT].label("reports_now"),
            cases.c[VIDEO_ID],
            cases.c[AUTHOR_ID],
            cases.c[TRANSCRIPT],
            (cases.c.version == decisions.c.case_version + 1).label("is_untouched"),
        )
        .join_from(decisions, cases, decisions.c.case_id == cases.c.id)
        .where(CLOSES, same_round, cases.c.state == CaseState.DECIDED, *conditions)
        .order_by(decisions.c.id.desc())
        .limit(size)
    )


def _read(
    connection: Connection,
    person: Person,
    now: int,
    conditions: list[ColumnElement[bool]],
    size: int,
) -> list[DecidedCase]:
    undo = settings_of(connection).undo
    rows = connection.execute(_query(conditions, size))
    return [_decided_case(row, person, now, undo) for row in rows]


def _decided_case(row: AnyRow, person: Person, now: int, undo: int) -> DecidedCase:
    is_own = row.by == person.name and row.is_untouched and now <= row.at + undo
    return DecidedCase(
        decision_id=row.id,
        case_id=row.case_id,
        video_id=getattr(row, VIDEO_ID),
        author_id=getattr(row, AUTHOR_ID),
        text=(getattr(row, TRANSCRIPT) or "")[:_LONGEST_TEXT],
        decision=Decision(row.decision),
        reason_code=row.reason_code and ReasonCode(row.reason_code),
        note=row.note,
        by=row.by,
        at=row.at,
        reports=row.reports_then,
        reports_since=max(row.reports_now - row.reports_then, 0),
        bulk_id=row.bulk_id,
        undo_until=row.at + undo if is_own else None,
    )
