"""What came and what was decided, by upload and week: sums to compare weeks by."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.unseen import week_in
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import CLOSES, batches, cases, decisions
from claimclf.schema import (
    LANE,
    NOT_SCORABLE,
    PROBABILITY,
    REASON,
    TOO_SHORT_TO_JUDGE,
    TRANSCRIPT,
    UNLIKE_TRAINING,
    Decision,
    Lane,
)

#: About so many texts of an upload are looked at word by word, drawn at random.
TEXTS = 100
_LETTERS = func.length(cases.c[TRANSCRIPT])


def arrivals_by_upload(database: Database, since: int) -> Sequence[AnyRow]:
    """Add up what each upload brought since a time.

    Returns
    -------
    sequence of Row
        `batch_id`, `week`, `file_name`, `n`, `claims`, `uncertain`, `opinions`, `not_learnt`,
        `too_short`; of the probability and of the letters of a text `n_…`, the sum and `…_squares`.
    """
    probability, letters = cases.c[PROBABILITY], func.nullif(_LETTERS, 0)
    query = (
        select(
            batches.c.id.label("batch_id"),
            week_in(batches.c.at).label("week"),
            batches.c.file_name,
            func.count().label("n"),
            *(_times(cases.c[LANE] == str(lane)).label(str(lane)) for lane in Lane),
            _times(cases.c[REASON] == UNLIKE_TRAINING).label("not_learnt"),
            _times(_is_too_short()).label("too_short"),
            func.count(probability).label("n_probability"),
            func.sum(probability).label("probability"),
            func.sum(probability * probability).label("probability_squares"),
            func.count(letters).label("n_length"),
            func.sum(letters).label("length"),
            func.sum(1.0 * letters * letters).label("length_squares"),
        )
        .join_from(cases, batches, cases.c.first_batch_id == batches.c.id)
        .where(batches.c.at >= since, batches.c.taken_back_at.is_(None))
        .group_by(batches.c.id, batches.c.at, batches.c.file_name)
        .order_by(batches.c.id)
    )
    return database.read(lambda connection: connection.execute(query).all())


def some_texts(database: Database, since: int) -> Sequence[AnyRow]:
    """Return about `TEXTS` texts of each upload since a time: `batch_id`, `text`."""
    few = cases.c.sample_draw * batches.c.n_new < TEXTS
    text = cases.c[TRANSCRIPT].label("text")
    query = (
        select(cases.c.first_batch_id.label("batch_id"), text)
        .join_from(cases, batches, cases.c.first_batch_id == batches.c.id)
        .where(batches.c.at >= since, batches.c.taken_back_at.is_(None), few, _LETTERS > 0)
    )
    return database.read(lambda connection: connection.execute(query).all())


def decisions_by_upload(database: Database, since: int) -> Sequence[AnyRow]:
    """Count decisions beside predictions, by upload and the week in which they were made.

    Decisions that were made as one count once.

    Returns
    -------
    sequence of Row
        `batch_id`, `file_name`, `week`, `lane`, `n`, `claims`.
    """
    one_each = select(func.min(decisions.c.id)).where(decisions.c.bulk_id.is_not(None))
    looks = or_(
        decisions.c.bulk_id.is_(None), decisions.c.id.in_(one_each.group_by(decisions.c.bulk_id))
    )
    alike = (
        batches.c.id.label("batch_id"),
        batches.c.file_name,
        week_in(decisions.c.at).label("week"),
        decisions.c[LANE].label("lane"),
    )
    claims = _times(decisions.c.decision != str(Decision.OPINION)).label("claims")

    def look(connection: Connection) -> Sequence[AnyRow]:
        query = (
            select(*alike, func.count().label("n"), claims)
            .select_from(
                decisions.join(cases, decisions.c.case_id == cases.c.id).join(
                    batches, cases.c.first_batch_id == batches.c.id
                )
            )
            .where(and_(decisions.c.at >= since, CLOSES, looks))
            .group_by(*alike)
        )
        return connection.execute(query).all()

    return database.read(look)


def _is_too_short() -> ColumnElement[bool]:
    reason = cases.c[REASON]
    return or_(reason == TOO_SHORT_TO_JUDGE, reason.startswith(NOT_SCORABLE, autoescape=True))


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
