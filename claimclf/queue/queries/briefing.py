"""What surrounds a case: its place, its reports over time, its statement, its author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.ordering import KEYS, beyond
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow, Case, find_case
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import CLOSES, IS_OPEN, batches, cases, decisions, sightings
from claimclf.schema import (
    AUTHOR_ID,
    FIRST_REPORTED,
    LAST_REPORTED,
    REPORT_COUNT,
    STATEMENT_ID,
    CaseState,
    Decision,
    Ranking,
)

#: How far places and videos are counted; beyond it, screens show "more than".
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class Group:
    """The videos that share a statement, or an author.

    Parameters
    ----------
    n_videos : int
        All of them, this one included; at most `MOST_COUNTED`.
    n_open : int
        How many of these wait.
    n_reports : int
        Reports on them together.
    decisions : dict
        Decision -> how many of these videos were decided so, the latest round counting.
    """

    n_videos: int
    n_open: int
    n_reports: int
    decisions: dict[Decision, int]


@dataclass(frozen=True)
class Briefing:
    """What a moderator should know beside the video itself.

    Parameters
    ----------
    place : int
        1 for the first of all open cases by `ranking`; at most `MOST_COUNTED`.
    ranking : Ranking
        What puts one case before another there.
    reports : list of tuple
        (time in microseconds since 1970 UTC, reports up to then), the oldest first.
    statement, author : Group or None
        None where there is none.
    """

    place: int
    ranking: Ranking
    reports: list[tuple[int, int]]
    statement: Group | None
    author: Group | None


def briefing(database: Database, case_id: int, ranking: Ranking | None) -> Briefing:
    """Return what surrounds a case; its place is by the team's ranking unless one is named.

    Raises
    ------
    UnknownCaseError
        There is no such case.
    """

    def look(connection: Connection) -> Briefing:
        case = find_case(connection, case_id)
        order = ranking or settings_of(connection).ranking
        return Briefing(
            _place(connection, case, order),
            order,
            _reports(connection, case),
            _group(connection, STATEMENT_ID, case),
            _group(connection, AUTHOR_ID, case),
        )

    return database.read(look)


def _place(connection: Connection, case: Case, ranking: Ranking) -> int:
    key = connection.execute(select(*KEYS[ranking]).where(cases.c.id == case.id)).one()
    first = select(cases.c.id, beyond(ranking, list(key)).label("after")).where(IS_OPEN)
    some = first.order_by(*KEYS[ranking]).limit(MOST_COUNTED).subquery()
    before = select(func.count()).where(~some.c.after, some.c.id != case.id)
    return 1 + (connection.scalar(before) or 0)


def _reports(connection: Connection, case: Case) -> list[tuple[int, int]]:
    """Return the number of reports over time: from each upload, and the first report."""
    then = func.coalesce(sightings.c[LAST_REPORTED], batches.c.at).label("time")
    earlier = (
        select(then, sightings.c[REPORT_COUNT])
        .join_from(sightings, batches, batches.c.id == sightings.c.batch_id)
        .where(sightings.c.case_id == case.id)
    )
    last_upload = select(batches.c.at).join(cases, cases.c.last_batch_id == batches.c.id)
    now = case.video[LAST_REPORTED] or connection.scalar(last_upload.where(cases.c.id == case.id))
    points = [(row.time, row[1]) for row in connection.execute(earlier)]
    points += [(now, case.video[REPORT_COUNT])]
    if case.video[FIRST_REPORTED]:
        points += [(case.video[FIRST_REPORTED], 1)]
    return sorted(points)


def _group(connection: Connection, column: str, case: Case) -> Group | None:
    value = case.video[column]
    if value is None:
        return None
    shown = (cases.c.id, cases.c.round, cases.c.state, cases.c[REPORT_COUNT])
    some = select(*shown).where(cases.c[column] == value).limit(MOST_COUNTED).cte("members")
    rows = connection.execute(select(some.c.state, some.c[REPORT_COUNT], some.c.id)).all()
    return Group(
        len(rows),
        # The case in hand is one of them: who looks again at a decided one must not see that.
        sum(row.state == CaseState.OPEN or row.id == case.id for row in rows),
        sum(row[1] for row in rows),
        _decided(connection, some, case.id),
    )


def _decided(connection: Connection, members: Any, but: int) -> dict[Decision, int]:
    latest: ColumnElement[bool] = and_(
        decisions.c.case_id == members.c.id,
        decisions.c.round == members.c.round,
        members.c.id != but,
        CLOSES,
    )
    query = select(decisions.c.decision, func.count().label("n")).join_from(
        members, decisions, latest
    )
    rows: list[AnyRow] = list(connection.execute(query.group_by(decisions.c.decision)))
    return {Decision(row.decision): row.n for row in rows}
