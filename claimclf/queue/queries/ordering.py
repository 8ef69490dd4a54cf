"""Rank and filters, said in SQL: the total order of claimclf.modeling.scoring.ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    FromClause,
    Index,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.storage.tables import (
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
    VERIFIED_STATUS,
    VIDEO_ID,
    VIEWS,
    CaseState,
    Lane,
    Ranking,
)
from claimclf.units import HOUR, SECOND

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


# For filters that no order of rank helps with. Found by literals of the very same form.
_OPEN = f"state = '{CaseState.OPEN}'"
_AGAIN: ColumnElement[bool] = literal_column("cases.reported_again")
_HAS_WAITED: ColumnElement[bool] = literal_column("cases.waits_since + 0 >= 0")
_IS_NOT_OPEN: ColumnElement[bool] = cases.c.state != literal_column(f"'{CaseState.OPEN}'")


def _index(name: str, where: str) -> None:
    Index(name, cases.c.waits_since, sqlite_where=text(where), postgresql_where=text(where))


# What it says of the time is true; it keeps SQLite from reading whatever is open by this index.
_index("ix_cases_waiting", f"{_OPEN} AND waits_since + 0 >= 0")
_index("ix_cases_again", f"{_OPEN} AND reported_again")


@dataclass(frozen=True)
class Filters:
    """Which cases a moderator wants to see.

    Parameters
    ----------
    lanes : tuple of Lane
        Empty for all.
    min_reports : int
        Fewest reports; those that came while somebody holds the case count when it is let go.
    verified, ban : str or None
        The author's status; None for any.
    statement_id : str or None
        Cases of that statement only.
    text : str
        Words of the transcript, as `claimclf.queue.queries.searching` finds them; empty for any.
    escalated : bool
        What moderators passed on to a lead, instead of what is open.
    min_probability, max_probability : float or None
        Least and most claim probability; either leaves out what could not be scored.
    again : bool
        What was decided before and then reported again, only.
    holder : str or None
        What that person holds now, only.
    older_than_hours, newer_than_hours : float or None
        What has been waiting for at least, or for less than, so many hours.
    """

    lanes: tuple[Lane, ...] = ()
    min_reports: int = 0
    verified: str | None = None
    ban: str | None = None
    statement_id: str | None = None
    text: str = ""
    escalated: bool = False
    min_probability: float | None = None
    max_probability: float | None = None
    again: bool = False
    holder: str | None = None
    older_than_hours: float | None = None
    newer_than_hours: float | None = None

    def conditions(
        self, now: int, ranking: Ranking | None = Ranking.REPORTS
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
        # that it finds there, zero is added: a sum is in no index.
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
            found.append(_is(cases.c[VERIFIED_STATUS], self.verified))
        if self.ban is not None:
            found.append(_is(cases.c[BAN_STATUS], self.ban))
        if self.statement_id is not None:
            statement = cases.c[STATEMENT_ID] + "" if ranking else cases.c[STATEMENT_ID]
            found.append(_is(statement, self.statement_id))
        if self.again:
            found.append(cases.c.reported_again.is_(True))
        if self.holder is not None:
            found.append(self._held(now))
        since = cases.c.waits_since + 0 if ranking else cases.c.waits_since
        return [*found, *self._probable(), *self._aged(since, now)]

    def narrow(self, now: int) -> list[ColumnElement[bool]]:
        """Return conditions that each have an index to find the few cases that fulfil them."""
        found: list[ColumnElement[bool]] = []
        if self.escalated:
            found.append(and_(IS_ESCALATED, _IS_NOT_OPEN))
        if self.statement_id is not None:
            found.append(_is(cases.c[STATEMENT_ID], self.statement_id))
        if self.holder is not None:
            found.append(self._held(now))
        if self.again and not self.escalated:
            found.append(and_(IS_OPEN, _AGAIN))
        aged = self._aged(cases.c.waits_since, now)
        if aged and not self.escalated:
            found.append(and_(IS_OPEN, _HAS_WAITED, *aged))
        return found

    def places(self) -> tuple[int, ...]:
        """Return the places of the rank where such cases can be, ascending."""
        lanes = self.lanes or tuple(Lane)
        return tuple(sorted({place for lane in lanes for place in _PLACES[lane]}))

    def _held(self, now: int) -> ColumnElement[bool]:
        name = self.holder or ""
        return held_by(name, now) if _can_be_stored(name) else false()

    def _probable(self) -> list[ColumnElement[bool]]:
        # By the rank, whose indexes hold it; it moves together with the prediction.
        found: list[ColumnElement[bool]] = []
        if self.min_probability is not None:
            found.append(cases.c.rank_probability <= -self.min_probability)
        if self.max_probability is not None:
            found.append(cases.c.rank_probability >= -self.max_probability)
        return [*found, cases.c.rank_place != UNSCORABLE] if found else []

    def _aged(self, since: ColumnElement[int], now: int) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.older_than_hours is not None:
            found.append(since <= _before(now, self.older_than_hours))
        if self.newer_than_hours is not None:
            found.append(since > _before(now, self.newer_than_hours))
        return found


def _is(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    return column == value if _can_be_stored(value) else false()


def _can_be_stored(value: str) -> bool:
    """Return whether a database takes that text: what comes from a link may be anything."""
    return "\0" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _before(now: int, hours: float) -> int:
    """Return the time so many hours ago; before all times where that is too long ago."""
    return now - round(min(hours * HOUR, now + 1))


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
TOLERANCE = 5 * SECOND


def running(now: int) -> ColumnElement[bool]:
    """Return whether a lease holds at `now`, as a condition in SQL."""
    return and_(cases.c.lease_started - TOLERANCE <= now, cases.c.lease_until > now)
