"""Statements of reasons of a window of the log, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from claimclf.people import Person
from claimclf.queue.outbound.export import enter_export
from claimclf.queue.outbound.reasons.building import RESTRICTS, build_statement, puid_of
from claimclf.queue.outbound.reasons.checking import Problem, problems_of
from claimclf.queue.outbound.window import Place, Window, window_between
from claimclf.queue.settings.restrictions import restrictions_of
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.audit import DECIDED
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, cases, decisions
from claimclf.schema import POSTED_AT, VIDEO_ID, ReasonCode

WHAT = "statements-of-reasons"
_CHUNK_ROWS = 10_000


@dataclass(frozen=True)
class Wrong:
    """A decision whose statement the Transparency Database would not take.

    Parameters
    ----------
    decision_id : int
        Its number.
    video_id : str
        The video.
    problems : list of Problem
        All that is wrong.
    advice : str
        What to do.
    """

    decision_id: int
    video_id: str
    problems: list[Problem]
    advice: str


@dataclass(frozen=True)
class Statements:
    """The statements of a window.

    Parameters
    ----------
    statements : list of dict
        Those that the Transparency Database takes, by its attributes.
    wrong : list of Wrong
        The others.
    undone : list of str
        Names (`puid`) of statements whose decision was undone in the window, and made before it:
        they may have been sent.
    cursor : str
        Where the next export goes on.
    """

    statements: list[dict[str, Any]]
    wrong: list[Wrong]
    undone: list[str]
    cursor: str


def export_statements(
    database: Database, person: Person, start: Place | None = None, stop: Place | None = None
) -> Statements:
    """Return the statements of reasons of the decisions of a window that restrict something.

    A decision that is undone has none, nor have skips, escalations and decisions within the
    rules. That they were exported goes to the audit log.

    Parameters
    ----------
    start, stop : Cursor, int or None
        As for `export`: windows that adjoin have no statement in common and none between them.

    Raises
    ------
    InvalidRequestError
        There is no such window.
    """
    now = enter_export(database, person, WHAT, start, stop, {})

    def read(connection: Connection) -> Statements:
        window = window_between(connection, start, stop, now)
        return _statements(connection, window)

    return database.read(read)


def statement_then(
    connection: Connection, decision_id: int
) -> tuple[dict[str, Any], list[Problem]] | None:
    """Return a decision's statement by what was set when it was made, and what is wrong with it.

    None where the decision restricts nothing.
    """
    query = with_entries().where(decisions.c.id == decision_id)
    row = connection.execute(query.where(decisions.c.decision == RESTRICTS)).one_or_none()
    if row is None:
        return None
    restriction = restrictions_of(connection, row.at).get(ReasonCode(row.reason_code))
    statement = build_statement(row, restriction, settings_of(connection, row.at).time_zone)
    return statement, problems_of(statement)


def _statements(connection: Connection, window: Window) -> Statements:
    zone, restrictions = settings_of(connection).time_zone, restrictions_of(connection)
    statements, wrong = [], []
    for row in _rows(connection, _made(window)):
        restriction = restrictions.get(ReasonCode(row.reason_code))
        statement = build_statement(row, restriction, zone)
        if problems := problems_of(statement):
            advice = _advice(row.reason_code, is_set=restriction is not None)
            wrong.append(Wrong(row.id, getattr(row, VIDEO_ID), problems, advice))
        else:
            statements.append(statement)
    undone = [puid_of(row.id, row.made) for row in _rows(connection, _undone(window))]
    return Statements(statements, wrong, undone, str(window.cursor))


def _rows(connection: Connection, query: Select[Any]) -> Iterator[AnyRow]:
    last = 0
    while rows := connection.execute(query.where(decisions.c.id > last)).all():
        yield from rows
        last = rows[-1].id


def with_entries() -> Select[Any]:
    """Return a query for decisions with what a statement needs of the case and the entry."""
    made = and_(audit.c.decision_id == decisions.c.id, audit.c.action == DECIDED)
    joined = decisions.join(cases).join(audit, made)
    of_case = (cases.c[VIDEO_ID], cases.c[POSTED_AT])
    return select(decisions, *of_case, audit.c.hash.label("made")).select_from(joined)


def _restricting() -> Select[Any]:
    query = with_entries().where(decisions.c.decision == RESTRICTS)
    return query.order_by(decisions.c.id).limit(_CHUNK_ROWS)


def _made(window: Window) -> Select[Any]:
    """Return decisions made in the window that hold at its end."""
    undone = select(audit.c.decision_id).where(
        audit.c.action == "undo", audit.c.decision_id.is_not(None), audit.c.seq <= window.until
    )
    return _restricting().where(window.holds(audit.c.seq), decisions.c.id.not_in(undone))


def _undone(window: Window) -> Select[Any]:
    """Return decisions undone in the window and made before it."""
    log = audit.alias("undoing")
    undone = select(log.c.decision_id).where(log.c.action == "undo", window.holds(log.c.seq))
    return _restricting().where(audit.c.seq <= window.after, decisions.c.id.in_(undone))


def _advice(code: str, *, is_set: bool) -> str:
    if not is_set:
        return f"Set what '{code}' stands for under Settings, in the lead's view."
    return (
        "Where the day of posting is missing, bring the video again with its posting time; the "
        f"rest is set for '{code}' under Settings, in the lead's view."
    )
