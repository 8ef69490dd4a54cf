"""The queue at one moment, and what happened in a window before it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from claimclf.queue.queries.holding import Held, held_now
from claimclf.queue.queries.reporting.escalations import Escalation, escalations_now
from claimclf.queue.queries.reporting.hours import Hour, hours_of
from claimclf.queue.queries.reporting.people import AtWork, handling_times, people_at_work
from claimclf.queue.queries.reporting.waits import Wait, waits_of
from claimclf.queue.queries.reporting.window import Window, count_decisions, first_entry
from claimclf.queue.queries.tallying import Tally
from claimclf.queue.settings.days import today
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import IS_ESCALATED, IS_NOT_OPEN, IS_OPEN, cases, tallies
from claimclf.schema import LANE, CaseState, Lane
from claimclf.units import HOUR

_WAITING = (CaseState.OPEN, CaseState.ESCALATED)


@dataclass(frozen=True)
class Report:
    """The queue at one moment, and what happened in a window before it.

    Parameters
    ----------
    zone : str
        The team's time zone: a day begins at its midnight.
    now, since, until : int
        The time of the report, and the window's ends; microseconds since 1970, UTC.
    backlog : list of Tally
        What waits for a decision now, by lane and age; escalated cases are part of it.
    oldest : int or None
        Since when the oldest of it waits; None if nothing waits.
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
        Who holds which case now, the longest held first.
    """

    zone: str
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


def report(database: Database, since: int | None, until: int) -> Report:
    """Report on the queue as it is now and as it went in a window, from one state of it.

    Times to decision are those of a case's present round: a case that was opened again has
    lost since when it waited before. Cases without a decision are counted in as censored now (a
    Kaplan-Meier estimate). They are known by hour, so each counts as waiting since the full
    hour before it came: the result is never better than with their exact times. Where the
    clock was set back, entries of the log near that time may be left out.

    Parameters
    ----------
    since, until : int
        The window, microseconds since 1970, UTC; its ends are moved out to full hours. Without
        `since` it begins with the team's day in which it ends.
    """
    zone = database.read(settings_of).time_zone
    since = today(until, zone)[0] if since is None else since
    window = Window.around(since, until, database.now())

    def look(connection: Connection) -> Report:
        waiting = _waiting(connection)
        made = count_decisions(connection, window)
        first = first_entry(connection, window.since)
        handling = handling_times(connection, window)
        backlog = [_tally(row, window.now) for row in waiting]
        return Report(
            zone=zone,
            now=window.now,
            since=window.since,
            until=window.until,
            backlog=backlog,
            oldest=_oldest(connection),
            hours=hours_of(connection, window, made, first, sum(part.n for part in backlog)),
            waits=waits_of(connection, window, waiting),
            people=people_at_work(connection, window, made, first, handling),
            handling=handling.get(None),
            escalations=escalations_now(connection, window.now),
            n_escalated=sum(row.n for row in waiting if row.state == CaseState.ESCALATED),
            held=held_now(connection, window.now),
        )

    return database.read(look)


def _waiting(connection: Connection) -> list[AnyRow]:
    """Count what waits for a decision, by state, lane and hour."""
    alike = (tallies.c.state, tallies.c[LANE], tallies.c.hour)
    total = func.sum(tallies.c.n)
    query = select(*alike, total.label("n")).where(tallies.c.state.in_(_WAITING))
    return list(connection.execute(query.group_by(*alike).having(total != 0)))


def _oldest(connection: Connection) -> int | None:
    """Return since when the oldest case waits, from the indexes of open and of other cases."""
    since = func.min(cases.c.waits_since)
    none: ColumnElement[int] = literal_column("0")
    queries = (
        select(since).where(IS_OPEN, cases.c.waits_since + none >= none),
        select(since).where(IS_ESCALATED, IS_NOT_OPEN),
    )
    times = [connection.execute(query).scalar() for query in queries]
    return min((at for at in times if at is not None), default=None)


def _tally(row: AnyRow, now: int) -> Tally:
    return Tally(CaseState(row.state), Lane(row.lane), max(now // HOUR - row.hour, 0), row.n)
