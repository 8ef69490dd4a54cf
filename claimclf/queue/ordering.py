"""Rank and filters, said in SQL: the total order of claimclf.modeling.ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import FromClause, Select, and_, case, func, literal, select, tuple_, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.tables import (
    AUTHOR_KEY,
    IS_ESCALATED,
    IS_OPEN,
    STATEMENT_KEY,
    cases,
)
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    LANE,
    PROBABILITY,
    REPORT_COUNT,
    STATEMENT_ID,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIEWS,
    Lane,
    Ranking,
)

#: `rank_place`: what people review comes first, then opinions, then what cannot be scored.
REVIEWED, OPINIONS, UNSCORABLE = range(3)

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
_PLACES = {
    Lane.CLAIMS: (REVIEWED,),
    Lane.UNCERTAIN: (REVIEWED, UNSCORABLE),
    Lane.OPINIONS: (OPINIONS,),
}


@dataclass(frozen=True)
class Filters:
    """Which cases a moderator wants to see.

    Parameters
    ----------
    lanes : tuple of Lane
        Empty for all.
    min_reports : int
        Fewest reports.
    verified, ban : str or None
        The author's status; None for any.
    statement_id : str or None
        Cases of that statement only.
    text : str
        A part of the transcript, in any case; empty for any.
    escalated : bool
        What moderators passed on to a lead, instead of what is open.
    """

    lanes: tuple[Lane, ...] = ()
    min_reports: int = 0
    verified: str | None = None
    ban: str | None = None
    statement_id: str | None = None
    text: str = ""
    escalated: bool = False

    def conditions(self, ranking: Ranking | None = Ranking.REPORTS) -> list[ColumnElement[bool]]:
        """Return what a case must fulfil, its state among it.

        Parameters
        ----------
        ranking : Ranking or None
            The order of the query; None for one in no order of rank.
        """
        # Where a rank column would lead SQLite to the index of another order, to sort all that
        # it finds there, zero is added: a sum is in no index.
        found: list[ColumnElement[bool]] = [IS_ESCALATED if self.escalated else IS_OPEN]
        if self.lanes and set(self.lanes) != set(Lane):
            found.append(cases.c[LANE].in_(self.lanes))
            place = cases.c.rank_place if ranking else cases.c.rank_place + 0
            found.append(place.in_(self.places()))
        if self.min_reports > 0:
            in_index = ranking is Ranking.REPORTS
            reports = cases.c.rank_reports if in_index else cases.c.rank_reports + 0
            found.append(reports <= -self.min_reports)
        if self.verified is not None:
            found.append(cases.c[VERIFIED_STATUS] == self.verified)
        if self.ban is not None:
            found.append(cases.c[BAN_STATUS] == self.ban)
        if self.statement_id is not None:
            found.append(cases.c[STATEMENT_ID] == self.statement_id)
        if self.text:
            found.append(cases.c[TRANSCRIPT].icontains(self.text, autoescape=True))
        return found

    def places(self) -> tuple[int, ...]:
        """Return the places of the rank where such cases can be, ascending."""
        lanes = self.lanes or tuple(Lane)
        return tuple(sorted({place for lane in lanes for place in _PLACES[lane]}))


def in_order(ranking: Ranking, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Return a query for the numbers of the cases that fulfil `conditions`, by rank."""
    return select(cases.c.id).where(*conditions).order_by(*KEYS[ranking])


def beyond(ranking: Ranking, key: list[Any]) -> ColumnElement[bool]:
    """Return whether a case comes after the one of that key, as a condition in SQL."""
    return tuple_(*KEYS[ranking]) > tuple_(*(literal(value) for value in key))


def rank_of(
    lane: ColumnElement[Any],
    probability: ColumnElement[Any],
    reports: ColumnElement[Any],
    views: ColumnElement[Any],
) -> dict[str, ColumnElement[Any]]:
    """Return the rank columns that a case has by itself, from SQL for what they come from."""
    place = case((probability.is_(None), UNSCORABLE), (lane == Lane.OPINIONS, OPINIONS))
    return {
        "rank_place": func.coalesce(place, REVIEWED),
        "rank_reports": -reports,
        "rank_probability": func.coalesce(-probability, 0.0),
        "rank_views": func.coalesce(-views, 0),
        "rank_expected": func.coalesce(-probability * reports, 0.0),
    }


def rank_of_case(table: FromClause = cases) -> dict[str, ColumnElement[Any]]:
    """Return the rank columns that a case has by itself, from its own figures."""
    columns = (LANE, PROBABILITY, REPORT_COUNT, VIEWS)
    return rank_of(*(table.c[name] for name in columns))


def rank_anew(connection: Connection, ids: list[int]) -> None:
    """Bring the rank of cases up to date that changed while somebody held them."""
    if not ids:
        return
    totals = {
        "rank_statement": _total(STATEMENT_ID),
        "rank_author": _total(AUTHOR_ID),
    }
    connection.execute(
        update(cases)
        .where(cases.c.id.in_(ids), cases.c.rank_stale)
        .values(**rank_of_case(), **totals, rank_stale=False)
    )


def _total(group: str) -> ColumnElement[Any]:
    """Return the negative sum of the reports of a case's group, or of its own."""
    others = cases.alias()
    total = select(-func.sum(others.c[REPORT_COUNT])).where(others.c[group] == cases.c[group])
    return func.coalesce(total.scalar_subquery(), -cases.c[REPORT_COUNT])


def held_by(name: str, now: int) -> ColumnElement[bool]:
    """Return whether that person holds a case, as a condition in SQL."""
    return and_(cases.c.lease_token.is_not(None), cases.c.lease_holder == name, running(now))


#: A lease from further ahead than this was taken before the clock stepped back.
TOLERANCE = 5_000_000


def running(now: int) -> ColumnElement[bool]:
    """Return whether a lease holds at `now`, as a condition in SQL."""
    return and_(cases.c.lease_started - TOLERANCE <= now, cases.c.lease_until > now)
