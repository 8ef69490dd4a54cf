"""The rank of cases in SQL: the total order of `claimclf.modeling.scoring.ranking`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    FromClause,
    case,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.storage.tables import (
    AUTHOR_KEY,
    STATEMENT_KEY,
    cases,
    group_totals,
)
from claimclf.schema import (
    AUTHOR_ID,
    LANE,
    PROBABILITY,
    REPORT_COUNT,
    STATEMENT_ID,
    VIDEO_ID,
    VIEWS,
    Lane,
    Ranking,
)

#: `rank_place`: what people review comes first, then opinions, then what cannot be scored.
REVIEWED, OPINIONS, UNSCORABLE = range(3)

#: What brings videos together -> the column of the rank that says how they stand.
GROUPS = {STATEMENT_ID: "rank_statement", AUTHOR_ID: "rank_author"}

_TIES: tuple[ColumnElement[Any], ...] = (
    cases.c.rank_reports,
    cases.c.rank_probability,
    cases.c.rank_views,
    cases.c[VIDEO_ID],
)
#: Ranking -> what to sort by, each ascending, the most telling first.
KEYS: dict[Ranking, tuple[ColumnElement[Any], ...]] = {
    Ranking.REPORTS: (cases.c.rank_place, *_TIES),
    Ranking.EXPECTED_CLAIMS: (cases.c.rank_place, cases.c.rank_expected, *_TIES),
    Ranking.STATEMENT: (cases.c.rank_place, cases.c.rank_statement, STATEMENT_KEY, *_TIES),
    Ranking.AUTHOR: (cases.c.rank_place, cases.c.rank_author, AUTHOR_KEY, *_TIES),
}


def sorted_by(ranking: Ranking) -> tuple[ColumnElement[Any], ...]:
    """Return what to sort few cases by, with no index that a database could take for many."""
    first, *others = KEYS[ranking]
    return (first + 0, *others)


def beyond(ranking: Ranking, key: list[Any]) -> ColumnElement[bool]:
    """Return whether a case comes after the one of that key, as a condition in SQL."""
    return tuple_(*KEYS[ranking]) > tuple_(*(literal(value) for value in key))


def rank_of(
    lane: ColumnElement[Any],
    probability: ColumnElement[Any],
    reports: ColumnElement[Any],
    views: ColumnElement[Any],
) -> dict[str, ColumnElement[Any]]:
    """Return the rank columns that depend on the case alone, given SQL for its figures."""
    place = case((probability.is_(None), UNSCORABLE), (lane == Lane.OPINIONS, OPINIONS))
    return {
        "rank_place": func.coalesce(place, REVIEWED),
        "rank_reports": -reports,
        "rank_probability": func.coalesce(-probability, 0.0),
        "rank_views": func.coalesce(-views, 0),
        "rank_expected": func.coalesce(-probability * reports, 0.0),
    }


def rank_of_case(table: FromClause = cases) -> dict[str, ColumnElement[Any]]:
    """Return the rank columns that depend on the case alone, from its own figures."""
    columns = (LANE, PROBABILITY, REPORT_COUNT, VIEWS)
    return rank_of(*(table.c[name] for name in columns))


def rank_anew(connection: Connection, ids: list[int]) -> None:
    """Update the rank of cases that changed while they were held, or decided."""
    if not ids:
        return
    groups = {
        rank: rank_in(group, cases.c[group], cases.c[REPORT_COUNT])
        for group, rank in GROUPS.items()
    }
    change = update(cases).where(cases.c.id.in_(ids))
    connection.execute(change.values(**rank_of_case(), **groups, rank_stale=False))


def rank_in(
    group: str, name: ColumnElement[Any], reports: ColumnElement[Any]
) -> ColumnElement[Any]:
    """Return a case's rank by its statement or its author, or by itself where it has none.

    Parameters
    ----------
    group : str
        `STATEMENT_ID` or `AUTHOR_ID`.
    name, reports : ColumnElement
        Which statement or author, and the case's own reports; of the statement around this one.
    """
    totals = group_totals[group]
    rank = select(-totals.c.ranked_by).where(totals.c[group] == name)
    return func.coalesce(rank.correlate_except(totals).scalar_subquery(), -reports)
