"""Staged videos become cases: new ones, and known ones that are brought up to date."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, or_, select, update
from sqlalchemy import literal as sql_literal
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.intake.batches import Upload
from claimclf.queue.intake.grouping import count_in
from claimclf.queue.intake.knowledge import compare_reports, complete_known
from claimclf.queue.intake.matching import match_known_statements
from claimclf.queue.intake.replacing import first_version, keep_replaced
from claimclf.queue.intake.staging import SAME, is_new, staged
from claimclf.queue.queries.ordering import GROUPS, rank_in, rank_of, rank_of_case
from claimclf.queue.queries.tallying import tally
from claimclf.queue.queries.word_index import keep_words_indexed
from claimclf.queue.settings.team import Settings
from claimclf.queue.storage.cases import ENGAGEMENT, FIXED, PREDICTED, VIDEO
from claimclf.queue.storage.dialects import bulk_insert
from claimclf.queue.storage.states import Event, after
from claimclf.queue.storage.tables import (
    BY_VIDEO,
    IS_FREE,
    IS_HELD,
    IS_UNHELD,
    SPARSE,
    cases,
    sightings,
)
from claimclf.schema import (
    FIRST_REPORTED,
    LANE,
    LAST_REPORTED,
    PROBABILITY,
    REPORT_COUNT,
    VIEWS,
    CaseState,
)
from claimclf.units import HOUR


@dataclass(frozen=True)
class Stored:
    """What became of staged videos.

    Parameters
    ----------
    n_known : int
        How many had a case.
    reopened : list of int
        Which of these cases are open again.
    compared : dict
        `n_raised`, `n_same`, `n_lower`: known videos by how many reports they have now.
    """

    n_known: int = 0
    reopened: list[int] = field(default_factory=list)
    compared: dict[str, Any] = field(default_factory=dict)


def store_staged(
    connection: Connection, at: int, settings: Settings, batch_id: int, upload: Upload
) -> Stored:
    """Turn what is staged into cases; rank the groups that they belong to afterwards."""
    n_known = _lock_known(connection)
    compared = {}
    if n_known:
        complete_known(connection)
        compared = compare_reports(connection)
    match_known_statements(connection)
    values = _known_values(at, settings, batch_id, upload) if n_known else None
    count_in(connection, values)
    version = first_version(connection)
    with keep_words_indexed(connection):
        if values:
            keep_replaced(connection, batch_id)
            _update_known(connection, values)
        _insert_new(connection, _new_values(at, settings, batch_id, upload, version), n_known)
    return Stored(n_known, _reopened(connection, batch_id) if n_known else [], compared)


def _lock_known(connection: Connection) -> int:
    """Count known videos; lock their cases in the order in which others do, against deadlocks."""
    known = select(cases.c.id).join_from(staged, cases, SAME).order_by(cases.c.id)
    return len(connection.scalars(known.with_for_update(of=cases)).all())


def _known_values(at: int, settings: Settings, batch_id: int, upload: Upload) -> dict[str, Any]:
    """Return what becomes of a known case, in SQL by column.

    What was reported much more since it was decided is open again.
    """
    reports = _larger(REPORT_COUNT)
    grown = and_(
        cases.c.state == CaseState.DECIDED,
        staged.c[REPORT_COUNT] > cases.c.decided_reports,
        staged.c[REPORT_COUNT] >= settings.reopen_factor * cases.c.decided_reports,
    )
    # What is decided follows, too: the text that it was decided on stays with the decision.
    moves = ~IS_HELD
    views = func.coalesce(staged.c[VIEWS], cases.c[VIEWS])
    new: dict[str, Any] = {
        **{name: staged.c[name] for name in (*FIXED, *PREDICTED)},
        **rank_of(staged.c[LANE], staged.c[PROBABILITY], reports, views),
        **{rank: rank_in(group, staged.c[group], reports) for group, rank in GROUPS.items()},
        "model_name": upload.model_name,
        "model_version": upload.model_version,
    }
    values: dict[str, Any] = {}
    values |= {name: case((moves, value), else_=cases.c[name]) for name, value in new.items()}
    values |= {name: func.coalesce(staged.c[name], cases.c[name]) for name in ENGAGEMENT}
    # Whether an escalated case is part of the sample was decided before.
    is_shown = or_(IS_UNHELD, grown)  # a decision can be undone in spite of an upload
    values["version"] = cases.c.version + case((is_shown, 1), else_=0)
    rate, was = settings.sample_rate, cases.c.sample_probability
    values["sample_probability"] = case((or_(IS_FREE, grown), rate), else_=was)
    opened = {"state": after(CaseState.DECIDED, Event.REPORTED_AGAIN), "state_at": at}
    opened |= {
        "waits_since": at,
        "round": cases.c.round + 1,
        "reported_again": True,
        "opened_batch_id": batch_id,
    }
    values |= {name: case((grown, value), else_=cases.c[name]) for name, value in opened.items()}
    values |= {
        REPORT_COUNT: reports,
        "filed_reports": _filed(upload),
        FIRST_REPORTED: _smaller(FIRST_REPORTED),
        LAST_REPORTED: _larger(LAST_REPORTED),
        "rank_stale": ~moves,
        "last_batch_id": batch_id,
    }
    return values


def _update_known(connection: Connection, values: dict[str, Any]) -> None:
    _keep_sightings(connection)
    connection.execute(update(cases).where(SAME).values(values))


def _keep_sightings(connection: Connection) -> None:
    """Keep how many reports there were where there are more now: how fast they come."""
    names = ["case_id", "batch_id", REPORT_COUNT, LAST_REPORTED]
    was = (cases.c.id, cases.c.last_batch_id, cases.c[REPORT_COUNT], cases.c[LAST_REPORTED])
    grown = staged.c[REPORT_COUNT] > cases.c[REPORT_COUNT]
    rows = select(*was).join_from(staged, cases, SAME).where(grown)
    connection.execute(insert(sightings).from_select(names, rows))


def _new_values(
    at: int, settings: Settings, batch_id: int, upload: Upload, version: int
) -> dict[str, Any]:
    """Return what a new case is made of: SQL or plain values, by column."""
    filed = {"filed_reports": 0} if upload.by_http else {}
    return {
        **{name: staged.c[name] for name in (*VIDEO, *PREDICTED, "sample_draw")},
        **filed,
        **rank_of_case(staged),
        # A lookup for each rather than a join, which PostgreSQL may do in another order: cases are
        # numbered as they are ranked.
        **{
            rank: rank_in(group, staged.c[group], staged.c[REPORT_COUNT])
            for group, rank in GROUPS.items()
        },
        "state": CaseState.OPEN,
        "state_at": at,
        "waits_since": at,
        "round": 1,
        "version": version,
        "reported_again": False,
        "skip_count": 0,
        "rank_stale": False,
        "first_batch_id": batch_id,
        "opened_batch_id": batch_id,
        "last_batch_id": batch_id,
        "sample_probability": settings.sample_rate,
        "model_name": upload.model_name,
        "model_version": upload.model_version,
    }


def _insert_new(connection: Connection, values: dict[str, Any], n_known: int) -> None:
    cells = [
        value if isinstance(value, ColumnElement) else sql_literal(value, cases.c[name].type)
        for name, value in values.items()
    ]
    # Looked for only where there are any: it takes a tenth of the whole time.
    new = [is_new()] if n_known else []
    hour = sql_literal(values["waits_since"] // HOUR)
    counted = select(sql_literal(CaseState.OPEN), staged.c[LANE], hour, func.count())
    tally(connection, counted.where(*new).group_by(staged.c[LANE]))
    rows = select(*cells).select_from(staged).where(*new)
    keep = [*SPARSE, BY_VIDEO] if n_known else SPARSE  # known ones are looked up meanwhile
    with bulk_insert(connection, cases, staged, keep):
        connection.execute(insert(cases).from_select(list(values), rows))


def _reopened(connection: Connection, batch_id: int) -> list[int]:
    query = select(cases.c.id).join_from(staged, cases, SAME)
    again = and_(cases.c.opened_batch_id == batch_id, cases.c.first_batch_id != batch_id)
    return list(connection.scalars(query.where(again).order_by(cases.c.id)))


def _filed(upload: Upload) -> ColumnElement[Any]:
    """Return how many reports files say there are, kept apart once some came by HTTP."""
    filed, new = cases.c.filed_reports, staged.c[REPORT_COUNT]
    if upload.by_http:
        return func.coalesce(filed, cases.c[REPORT_COUNT])
    return case((new > filed, new), else_=filed)


def _larger(name: str) -> ColumnElement[Any]:
    old, new = cases.c[name], staged.c[name]
    return case((or_(old.is_(None), new > old), new), else_=old)


def _smaller(name: str) -> ColumnElement[Any]:
    old, new = cases.c[name], staged.c[name]
    return case((or_(old.is_(None), new < old), new), else_=old)
