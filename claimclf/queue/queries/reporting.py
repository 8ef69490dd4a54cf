"""What a lead looks at: what waits, what came and went, how long it took, and who is at it.

Figures of a window are by whole hours, in UTC. Nothing here reads cases that wait: how many
there are by state, lane and hour is in `tallies`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, and_, func, literal_column, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.queries.holding import Held, held_now
from claimclf.queue.queries.ordering import running
from claimclf.queue.queries.tallying import HOUR, Tally
from claimclf.queue.storage.audit import DECIDED
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import (
    IS_ESCALATED,
    IS_HELD,
    audit,
    audit_head,
    batches,
    cases,
    decisions,
    tallies,
)
from claimclf.schema import LANE, PRIMARY_DECISIONS, CaseState, Decision, Lane, Role

#: Most escalations in a report; the oldest are listed.
MOST_ESCALATIONS = 200
#: Most points of a curve: no screen shows more.
MOST_POINTS = 400

_WAITING = (CaseState.OPEN, CaseState.ESCALATED)
_TAKEN = ("lease", "hand-on", "take-over", "reassign")
#: Who has one of these entries is at work on cases, whatever else they do.
_AT_WORK = ("lease", "take-over", DECIDED, "undo")
# The partial index of such cases is found only by its own words.
_IS_NOT_OPEN: ColumnElement[bool] = cases.c.state != literal_column(f"'{CaseState.OPEN}'")
#: Shares are products of many quotients: this much may be missing to a round one.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Hour:
    """What came and went in an hour.

    Parameters
    ----------
    start : int
        Microseconds since 1970, UTC.
    arrivals : int
        New cases and those that were opened again.
    decisions, escalations : int
        Made in this hour and not undone, in whatever hour.
    skips, undos : int
        Made in this hour.
    backlog : int
        Cases that waited for a decision at the hour's end, or wait now if it is not over.
    """

    start: int
    arrivals: int
    decisions: int
    skips: int
    undos: int
    escalations: int
    backlog: int


@dataclass(frozen=True)
class Wait:
    """How long cases that arrived in the window wait for their first decision.

    Parameters
    ----------
    lane : Lane or None
        None for all lanes together.
    n_decided, n_open : int
        Cases with a decision, and without one yet.
    median, p90 : int or None
        Microseconds until half and nine tenths have their decision; None where it has not
        come to that yet.
    curve : list of (int, float)
        Microseconds, and the share that still waits from then on: a step function.
    """

    lane: Lane | None
    n_decided: int
    n_open: int
    median: int | None
    p90: int | None
    curve: list[tuple[int, float]]


@dataclass(frozen=True)
class AtWork:
    """What a person did in the window.

    Parameters
    ----------
    name : str
        Who.
    role : Role
        The role of their latest entry in the log.
    made : dict of Decision to int
        What they said and did not undo.
    undos : int
        What they undid.
    handling : int or None
        Median microseconds from taking a case to the decision that closed it; None where
        they closed none, or only many at once.
    last_seen : int
        Their latest entry in the log, microseconds since 1970, UTC.
    """

    name: str
    role: Role
    made: dict[Decision, int]
    undos: int
    handling: int | None
    last_seen: int

    @property
    def n_decided(self) -> int:
        """How many cases they closed."""
        return sum(self.made[decision] for decision in PRIMARY_DECISIONS)


@dataclass(frozen=True)
class Escalation:
    """A case that waits for a lead.

    Parameters
    ----------
    case_id : int
        Its number.
    lane : Lane
        Where its prediction puts it.
    since : int
        When it was escalated, microseconds since 1970, UTC.
    by, note : str
        Who passed it on, and what they said.
    holder : str or None
        Who is at it now.
    """

    case_id: int
    lane: Lane
    since: int
    by: str
    note: str
    holder: str | None


@dataclass(frozen=True)
class Report:
    """The queue at one moment, and what happened in a window before it.

    Parameters
    ----------
    now, since, until : int
        When it was made, and the window's ends; microseconds since 1970, UTC.
    backlog : list of Tally
        What waits for a decision now, by lane and age; escalated cases are part of it.
    oldest : int or None
        Since when the oldest of it waits, down to the hour; None if nothing waits.
    hours : list of Hour
        The window's hours, in order.
    waits : list of Wait
        All lanes together, then each lane in which something arrived.
    people : list of AtWork
        By name.
    handling : int or None
        As for `AtWork`, of all of them together.
    escalations : list of Escalation
        What waits for a lead now, the oldest first, at most `MOST_ESCALATIONS`.
    n_escalated : int
        How many there are.
    held : list of Held
        Who is at what now, the longest held first.
    """

    now: int
    since: int
    until: int
    backlog: list[Tally]
    oldest: int | None
    hours: list[Hour]
    waits: list[Wait]
    people: list[AtWork]
    handling: int | None
    escalations: list[Escalation]
    n_escalated: int
    held: list[Held]

    @property
    def n_waiting(self) -> int:
        """How many cases wait for a decision now."""
        return sum(part.n for part in self.backlog)


@dataclass(frozen=True)
class _Window:
    """Hours since 1970: the first, and the one after the last."""

    first: int
    end: int
    now: int

    @property
    def since(self) -> int:
        return self.first * HOUR

    @property
    def until(self) -> int:
        return self.end * HOUR

    def within(self, at: ColumnElement[int]) -> ColumnElement[bool]:
        return and_(at >= self.since, at < self.until)


def report(database: Database, since: int, until: int) -> Report:
    """Report on the queue as it is now and as it went in a window, from one state of it.

    Times to decision are those of a case's present round: a case that was opened again has
    lost since when it waited before. Cases without a decision are counted in as censored now (a
    Kaplan-Meier estimate). They are known by hour, so each counts as waiting since the full
    hour before it came: the result is never better than with their exact times. Where the
    clock was set back, entries of the log near that time may be left out.

    Parameters
    ----------
    since, until : int
        The window, microseconds since 1970, UTC; its ends are moved out to full hours.
    """
    window = _Window(since // HOUR, -(-until // HOUR), database.now())

    def look(connection: Connection) -> Report:
        waiting = _waiting(connection)
        made = _made(connection, window)
        first_entry = _first_entry(connection, window.since)
        handling = _handling(connection, window)
        backlog = [_tally(row, window.now) for row in waiting]
        hours = [row.hour for row in waiting]
        return Report(
            now=window.now,
            since=window.since,
            until=window.until,
            backlog=backlog,
            oldest=min(hours) * HOUR if hours else None,
            hours=_hours(connection, window, made, first_entry, sum(part.n for part in backlog)),
            waits=_waits(connection, window, waiting),
            people=_people(connection, window, made, first_entry, handling),
            handling=handling.get(None),
            escalations=_escalations(connection, window.now),
            n_escalated=sum(row.n for row in waiting if row.state == CaseState.ESCALATED),
            held=held_now(connection, window.now),
        )

    return database.read(look)


def still_waiting(
    decided: NDArray[np.int64], open_for: NDArray[np.int64], n_open: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the share that still waits after each time: the product-limit estimate.

    Parameters
    ----------
    decided : ndarray of int, shape (n_decided,)
        How long each case with a decision waited for it.
    open_for, n_open : ndarray of int, shape (n_groups,)
        How long cases without one have been waiting, and how many have so.

    Returns
    -------
    ndarray of int, ndarray of float
        The times of `decided`, ascending, each once; the share from that time on.
    """
    times, events = np.unique(decided, return_counts=True)
    decided, order = np.sort(decided), np.argsort(open_for)
    gone = np.concatenate([[0], np.cumsum(n_open[order])])
    # What is open for as long as a decision took was there to be decided on: still at risk.
    open_then = gone[-1] - gone[np.searchsorted(open_for[order], times)]
    at_risk = len(decided) - np.searchsorted(decided, times) + open_then
    return times, np.cumprod(1 - events / at_risk)


def _waiting(connection: Connection) -> list[AnyRow]:
    """Count what waits for a decision, by state, lane and hour."""
    alike = (tallies.c.state, tallies.c[LANE], tallies.c.hour)
    total = func.sum(tallies.c.n)
    query = select(*alike, total.label("n")).where(tallies.c.state.in_(_WAITING))
    return list(connection.execute(query.group_by(*alike).having(total != 0)))


def _tally(row: AnyRow, now: int) -> Tally:
    return Tally(CaseState(row.state), Lane(row.lane), max(now // HOUR - row.hour, 0), row.n)


def _made(connection: Connection, window: _Window) -> list[AnyRow]:
    """Count decisions since the window's start, by hour, person, kind and whether undone."""
    hour = (decisions.c.at // HOUR).label("hour")
    kind = (decisions.c.by, decisions.c.decision, decisions.c.undone_at.is_(None).label("stands"))
    query = select(hour, *kind, func.count().label("n")).where(decisions.c.at >= window.since)
    return list(connection.execute(query.group_by("hour", decisions.c.by, *kind[1:])))


def _hours(
    connection: Connection, window: _Window, made: Iterable[AnyRow], first_entry: int, waiting: int
) -> list[Hour]:
    """Count by hour, and work the backlog back from what waits now."""
    arrivals = _arrivals(connection, window)
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    moved = Counter(arrivals)
    for row in made:
        decision = Decision(row.decision)
        if row.stands:
            counts["decided" if decision in PRIMARY_DECISIONS else decision][row.hour] += row.n
        if decision in PRIMARY_DECISIONS:
            moved[row.hour] -= row.n
    for row in _taken_back(connection, window, first_entry):
        if row.decision is None:  # a lead opened a decided case
            arrivals[row.hour] += row.n
            moved[row.hour] += row.n
            continue
        counts["undo"][row.hour] += row.n
        if row.decision in PRIMARY_DECISIONS:
            moved[row.hour] += row.n
    backlog = waiting - sum(n for hour, n in moved.items() if hour >= window.end)
    found: list[Hour] = []
    for hour in reversed(range(window.first, window.end)):
        found.append(
            Hour(
                start=hour * HOUR,
                arrivals=arrivals[hour],
                decisions=counts["decided"][hour],
                skips=counts[Decision.SKIP][hour],
                undos=counts["undo"][hour],
                escalations=counts[Decision.ESCALATE][hour],
                backlog=max(backlog, 0),  # a clock that was set back: what is gone is yet to come
            )
        )
        backlog -= moved[hour]
    return found[::-1]


def _arrivals(connection: Connection, window: _Window) -> Counter[int]:
    """Count what uploads brought since the window's start, by hour."""
    hour = (batches.c.at // HOUR).label("hour")
    came = func.sum(batches.c.n_new + batches.c.n_reopened).label("n")
    query = select(hour, came).where(batches.c.at >= window.since).group_by("hour")
    return Counter({row.hour: int(row.n) for row in connection.execute(query)})


def _taken_back(connection: Connection, window: _Window, first_entry: int) -> list[AnyRow]:
    """Count decisions undone and, without a decision, cases opened by a lead, by hour."""
    hour = (audit.c.at // HOUR).label("hour")
    query = (
        select(hour, decisions.c.decision, func.count().label("n"))
        .join_from(audit, decisions, decisions.c.id == audit.c.decision_id, isouter=True)
        .where(audit.c.seq >= first_entry, audit.c.at >= window.since)
        .where(audit.c.action.in_(("undo", "reopen")))
    )
    return list(connection.execute(query.group_by("hour", decisions.c.decision)))


def _first_entry(connection: Connection, since: int) -> int:
    """Return the number of the log's first entry from a time on, by halving.

    The log has no index on times; its numbers are in their order but where a clock was set back.
    """
    low, high = 1, (connection.scalar(select(audit_head.c.seq)) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        at = connection.scalar(select(audit.c.at).where(audit.c.seq == middle))
        if at is not None and at < since:
            low = middle + 1
        else:
            high = middle
    return low


def _waits(connection: Connection, window: _Window, waiting: Iterable[AnyRow]) -> list[Wait]:
    """Estimate the time to first decision of what arrived in the window."""
    decided: dict[str | None, list[int]] = defaultdict(list)
    for own_lane, waited in connection.execute(_decided(window)).all():
        for lane in (None, own_lane):
            decided[lane].append(max(waited, 0))
    open_for: dict[str | None, list[tuple[int, int]]] = defaultdict(list)
    for row in waiting:
        if window.first <= row.hour < window.end:
            for lane in (None, row.lane):
                open_for[lane].append((max(window.now - row.hour * HOUR, 0), row.n))
    lanes = [None, *(lane for lane in Lane if decided[lane] or open_for[lane])]
    return [_wait(lane, decided[lane], open_for[lane]) for lane in lanes]


def _decided(window: _Window) -> Any:
    """Return a query for how long each decided case of the window had waited."""
    waited = decisions.c.at - cases.c.waits_since
    this_round = and_(cases.c.id == decisions.c.case_id, cases.c.round == decisions.c.round)
    return (
        select(cases.c[LANE], waited)
        .join_from(decisions, cases, this_round)
        .where(decisions.c.at >= window.since, _closes(), window.within(cases.c.waits_since))
    )


def _closes() -> ColumnElement[bool]:
    return and_(decisions.c.undone_at.is_(None), decisions.c.decision.in_(PRIMARY_DECISIONS))


def _wait(lane: Lane | None, decided: list[int], open_for: list[tuple[int, int]]) -> Wait:
    groups = np.array(open_for, dtype=np.int64).reshape(-1, 2)
    times, share = still_waiting(np.array(decided, dtype=np.int64), groups[:, 0], groups[:, 1])
    last = max([0, *decided, *(waited for waited, _ in open_for)])
    return Wait(
        lane=lane,
        n_decided=len(decided),
        n_open=int(groups[:, 1].sum()),
        median=_reached(times, share, 0.5),
        p90=_reached(times, share, 0.1),
        curve=_thinned(times, share, last) if decided or open_for else [],
    )


def _reached(
    times: NDArray[np.int64], share: NDArray[np.float64], still_waiting: float
) -> int | None:
    reached = np.flatnonzero(share <= still_waiting + _ROUNDING)
    return int(times[reached[0]]) if len(reached) else None


def _thinned(
    times: NDArray[np.int64], share: NDArray[np.float64], last: int
) -> list[tuple[int, float]]:
    """Return the curve from 0 to the longest wait, with no more points than a screen shows."""
    kept = np.linspace(0, len(times) - 1, min(len(times), MOST_POINTS)).round().astype(int)
    points = list(zip(times[kept].tolist(), share[kept].tolist(), strict=True))
    end = points[-1][1] if points else 1.0
    return [(0, 1.0), *points, (last, end)]


def _people(
    connection: Connection,
    window: _Window,
    made: Iterable[AnyRow],
    first_entry: int,
    handling: Mapping[str | None, int],
) -> list[AtWork]:
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for row in made:
        if row.stands and row.hour < window.end:
            said[row.by][row.decision] += row.n
    found = []
    for name, rows in sorted(_acts(connection, window, first_entry).items()):
        if not any(row.action in _AT_WORK for row in rows):
            continue
        latest = max(rows, key=lambda row: row.last)
        found.append(
            AtWork(
                name=name,
                role=Role(latest.role),
                made={decision: said[name][decision] for decision in Decision},
                undos=sum(row.n for row in rows if row.action == "undo"),
                handling=handling.get(name),
                last_seen=latest.last,
            )
        )
    return found


def _acts(connection: Connection, window: _Window, first_entry: int) -> dict[str, list[AnyRow]]:
    """Count the log's entries of the window by person, role and what they did."""
    kind = (audit.c.actor, audit.c.role, audit.c.action)
    query = select(*kind, func.count().label("n"), func.max(audit.c.at).label("last"))
    query = query.where(audit.c.seq >= first_entry, window.within(audit.c.at)).group_by(*kind)
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.actor].append(row)
    return found


def _handling(connection: Connection, window: _Window) -> dict[str | None, int]:
    """Return each person's median time from taking a case to deciding on it; None is all."""
    # The latest before the decision is the decider's own: nobody decides without a hold.
    taken = (
        select(func.max(audit.c.at))
        .where(audit.c.case_id == decisions.c.case_id, audit.c.at <= decisions.c.at)
        .where(audit.c.action.in_(_TAKEN))
        .scalar_subquery()
    )
    query = select(decisions.c.by, decisions.c.at - taken).where(
        window.within(decisions.c.at), _closes(), decisions.c.bulk_id.is_(None)
    )
    took: dict[str | None, list[int]] = defaultdict(list)
    for by, time in connection.execute(query).all():
        if time is not None:
            for name in (None, by):
                took[name].append(time)
    return {name: round(float(np.median(times))) for name, times in took.items()}


def _escalations(connection: Connection, now: int) -> list[Escalation]:
    passed_on = and_(
        decisions.c.case_id == cases.c.id,
        decisions.c.round == cases.c.round,
        decisions.c.decision == Decision.ESCALATE,
        decisions.c.undone_at.is_(None),
    )
    said = (decisions.c.at, decisions.c.by, decisions.c.note)
    held = and_(IS_HELD, running(now)).label("is_held")
    query = (
        select(cases.c.id, cases.c[LANE], cases.c.lease_holder, held, *said)
        .join_from(cases, decisions, passed_on)
        .where(IS_ESCALATED, _IS_NOT_OPEN)
        .order_by(decisions.c.at, cases.c.id)
        .limit(MOST_ESCALATIONS)
    )
    return [
        Escalation(
            case_id=row.id,
            lane=Lane(row.lane),
            since=row.at,
            by=row.by,
            note=row.note,
            holder=row.lease_holder if row.is_held else None,
        )
        for row in connection.execute(query)
    ]
