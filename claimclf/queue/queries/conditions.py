"""Filters as conditions in SQL; words of the transcript are in `searching`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, false, literal_column, not_, or_
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.holding import held_by
from claimclf.queue.queries.ordering import OPINIONS, REVIEWED, UNSCORABLE
from claimclf.queue.settings.bounds import is_storable
from claimclf.queue.storage.tables import IS_ESCALATED, IS_NOT_OPEN, IS_OPEN, cases
from claimclf.schema import (
    BAN_STATUS,
    LANE,
    NOT_SCORABLE,
    REASON,
    STATEMENT_ID,
    TOO_SHORT_TO_JUDGE,
    UNLIKE_TRAINING,
    VERIFIED_STATUS,
    Lane,
    Language,
    Ranking,
)
from claimclf.units import HOUR

# Found in their indexes by literals of the very same form.
_AGAIN: ColumnElement[bool] = literal_column("cases.reported_again")
_HAS_WAITED: ColumnElement[bool] = literal_column("cases.waits_since + 0 >= 0")
_PLACES = {
    Lane.CLAIMS: (REVIEWED,),
    Lane.UNCERTAIN: (REVIEWED, UNSCORABLE),
    Lane.OPINIONS: (OPINIONS,),
}


def conditions_of(
    filters: Filters, now: int, ranking: Ranking | None = Ranking.REPORTS
) -> list[ColumnElement[bool]]:
    """Return what a case must fulfil, its state among it; all but the text.

    Parameters
    ----------
    now : int
        Microseconds since 1970, UTC.
    ranking : Ranking or None
        The order of the query; None for one in no order of rank.
    """
    # Where a column would lead SQLite to an index other than that of the order, to sort all
    # rows that it gives, zero is added: a sum is in no index.
    statement = cases.c[STATEMENT_ID] + "" if ranking else cases.c[STATEMENT_ID]
    since = cases.c.waits_since + 0 if ranking else cases.c.waits_since
    conditions = [IS_ESCALATED if filters.escalated else IS_OPEN, *_in_lanes(filters, ranking)]
    if filters.min_reports > 0:
        in_index = ranking is Ranking.REPORTS
        reports = cases.c.rank_reports if in_index else cases.c.rank_reports + 0
        conditions.append(reports <= -filters.min_reports)
    if filters.language and set(filters.language) != set(Language):
        conditions.append(or_(*(_is_in_language(one) for one in filters.language)))
    if filters.verified:
        conditions.append(_is_one_of(cases.c[VERIFIED_STATUS], filters.verified))
    if filters.ban:
        conditions.append(_is_one_of(cases.c[BAN_STATUS], filters.ban))
    if filters.statement_id is not None:
        conditions.append(_is_one_of(statement, (filters.statement_id,)))
    if filters.again:
        conditions.append(cases.c.reported_again.is_(True))
    if filters.holder is not None:
        conditions.append(_is_held(filters.holder, now))
    return [*conditions, *_probable(filters), *_aged(filters, since, now)]


def narrow_conditions(filters: Filters, now: int) -> list[ColumnElement[bool]]:
    """Return conditions that each have an index to find the few cases that fulfil them."""
    conditions: list[ColumnElement[bool]] = []
    if filters.escalated:
        conditions.append(and_(IS_ESCALATED, IS_NOT_OPEN))
    if filters.statement_id is not None:
        conditions.append(_is_one_of(cases.c[STATEMENT_ID], (filters.statement_id,)))
    if filters.holder is not None:
        conditions.append(_is_held(filters.holder, now))
    if filters.again and not filters.escalated:
        conditions.append(and_(IS_OPEN, _AGAIN))
    aged = _aged(filters, cases.c.waits_since, now)
    if aged and not filters.escalated:
        conditions.append(and_(IS_OPEN, _HAS_WAITED, *aged))
    return conditions


def places_of(filters: Filters) -> tuple[int, ...]:
    """Return the places of the rank where cases of the wanted lanes can be, ascending."""
    lanes = filters.lanes or tuple(Lane)
    return tuple(sorted({place for lane in lanes for place in _PLACES[lane]}))


def _in_lanes(filters: Filters, ranking: Ranking | None) -> list[ColumnElement[bool]]:
    if not filters.lanes or set(filters.lanes) == set(Lane):
        return []
    place = cases.c.rank_place if ranking else cases.c.rank_place + 0
    return [cases.c[LANE].in_(filters.lanes), place.in_(places_of(filters))]


def _is_in_language(language: Language) -> ColumnElement[bool]:
    """Say whether a prediction's reason tells of this language; one without a reason is learnt."""
    reason = cases.c[REASON]
    unknown = or_(reason == TOO_SHORT_TO_JUDGE, reason.startswith(NOT_SCORABLE, autoescape=True))
    other = reason == UNLIKE_TRAINING
    if language is Language.UNKNOWN:
        return unknown
    return other if language is Language.OTHER else or_(reason.is_(None), not_(or_(unknown, other)))


def _probable(filters: Filters) -> list[ColumnElement[bool]]:
    # By the rank, whose indexes hold it; it moves together with the prediction.
    conditions: list[ColumnElement[bool]] = []
    if filters.min_probability is not None:
        conditions.append(cases.c.rank_probability <= -filters.min_probability)
    if filters.max_probability is not None:
        conditions.append(cases.c.rank_probability >= -filters.max_probability)
    return [*conditions, cases.c.rank_place != UNSCORABLE] if conditions else []


def _aged(filters: Filters, since: ColumnElement[int], now: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.older_than_hours is not None:
        conditions.append(since <= _before(now, filters.older_than_hours))
    if filters.newer_than_hours is not None:
        conditions.append(since > _before(now, filters.newer_than_hours))
    return conditions


def _before(now: int, hours: float) -> int:
    """Return the time so many hours ago; before all times where that is too long ago."""
    return now - round(min(hours * HOUR, now + 1))


def _is_held(name: str, now: int) -> ColumnElement[bool]:
    return held_by(name, now) if is_storable(name) else false()


def _is_one_of(column: ColumnElement[Any], values: tuple[str, ...]) -> ColumnElement[bool]:
    storable = [value for value in values if is_storable(value)]
    if len(storable) == 1:
        return column == storable[0]
    return column.in_(storable) if storable else false()
