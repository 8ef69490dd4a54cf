"""Arrivals and decisions by hour, and the backlog at the end of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from claimclf.queue.queries.reporting.window import Window
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.tables import audit, batches, decisions
from claimclf.schema import PRIMARY_DECISIONS, Decision
from claimclf.units import HOUR


@dataclass(frozen=True)
class Hour:
    """Arrivals, decisions and backlog of an hour.

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


def hours_of(
    connection: Connection,
    window: Window,
    made: Iterable[AnyRow],
    first_entry: int,
    n_waiting: int,
) -> list[Hour]:
    """Count by hour, and work the backlog back from what waits now.

    Parameters
    ----------
    made : iterable of Row
        What `count_decisions` returned.
    first_entry : int
        Number of the log's first entry of the window.
    n_waiting : int
        Cases that wait for a decision now.
    """
    arrivals = _arrivals(connection, window)
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    growth = Counter(arrivals)  # of the backlog
    for row in made:
        decision = Decision(row.decision)
        if row.stands:
            counts["decided" if decision in PRIMARY_DECISIONS else decision][row.hour] += row.n
        if decision in PRIMARY_DECISIONS:
            growth[row.hour] -= row.n
    for row in _taken_back(connection, window, first_entry):
        if row.decision is None:  # a lead opened a decided case
            arrivals[row.hour] += row.n
            growth[row.hour] += row.n
            continue
        counts["undo"][row.hour] += row.n
        if row.decision in PRIMARY_DECISIONS:
            growth[row.hour] += row.n
    backlog = n_waiting - sum(n for hour, n in growth.items() if hour >= window.end)
    hours: list[Hour] = []
    for hour in reversed(range(window.first, window.end)):
        hours.append(
            Hour(
                start=hour * HOUR,
                arrivals=arrivals[hour],
                decisions=counts["decided"][hour],
                skips=counts[Decision.SKIP][hour],
                undos=counts["undo"][hour],
                escalations=counts[Decision.ESCALATE][hour],
                backlog=max(backlog, 0),  # below 0 where a clock was set back
            )
        )
        backlog -= growth[hour]
    return hours[::-1]


def _arrivals(connection: Connection, window: Window) -> Counter[int]:
    """Count what uploads brought since the window's start, by hour."""
    hour = (batches.c.at // HOUR).label("hour")
    came = func.sum(batches.c.n_new + batches.c.n_reopened).label("n")
    there = batches.c.taken_back_at.is_(None)
    query = select(hour, came).where(batches.c.at >= window.since, there).group_by("hour")
    return Counter({row.hour: int(row.n) for row in connection.execute(query)})


def _taken_back(connection: Connection, window: Window, first_entry: int) -> list[AnyRow]:
    """Count decisions undone and, without a decision, cases opened by a lead, by hour."""
    hour = (audit.c.at // HOUR).label("hour")
    query = (
        select(hour, decisions.c.decision, func.count().label("n"))
        .join_from(audit, decisions, decisions.c.id == audit.c.decision_id, isouter=True)
        .where(audit.c.seq >= first_entry, audit.c.at >= window.since)
        .where(audit.c.action.in_(("undo", "reopen")))
    )
    return list(connection.execute(query.group_by("hour", decisions.c.decision)))
