"""How many cases there are, by state, lane and age, without reading them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import tallies
from claimclf.schema import LANE, CaseState, Lane
from claimclf.units import HOUR


@dataclass(frozen=True)
class Tally:
    """How many cases are alike.

    Parameters
    ----------
    state : CaseState
        Where they stand.
    lane : Lane
        Where their prediction puts them.
    hours : int
        For how many hours they have been waiting, or had been: 0 is less than one.
    n : int
        How many.
    """

    state: CaseState
    lane: Lane
    hours: int
    n: int


def counts(database: Database) -> list[Tally]:
    """Count all cases: by state, lane and age, in the order of their names."""
    hour = database.now() // HOUR

    def count(connection: Connection) -> list[Tally]:
        return [
            Tally(CaseState(row.state), Lane(row.lane), max(hour - row.hour, 0), int(row.n))
            for row in connection.execute(_summed())
        ]

    # As they come, the databases have them in orders of their own.
    return sorted(database.read(count), key=lambda tally: (tally.state, tally.lane, tally.hours))


def last_change(database: Database) -> tuple[int, int]:
    """Return the newest change of the counts, and the hour: if neither moved, nor did the counts.

    Where PostgreSQL finishes two transactions in another order than it began them, a change may
    stay unnoticed until the next one.
    """
    newest = select(func.max(tallies.c.id))
    return int(database.read(lambda rows: rows.scalar(newest)) or 0), database.now() // HOUR


def n_open(connection: Connection, *lanes: Lane) -> int:
    """Count the open cases of some lanes."""
    which = (tallies.c.state == CaseState.OPEN, tallies.c[LANE].in_(lanes))
    return int(connection.scalar(select(func.sum(tallies.c.n)).where(*which)) or 0)


def tally(connection: Connection, rows: Select[Any]) -> None:
    """Add new cases to the counts: `rows` selects their state, lane, hour and number."""
    columns = ["state", LANE, "hour", "n"]
    connection.execute(insert(tallies).from_select(columns, rows))


def fold(connection: Connection) -> None:
    """Merge equal lines into one, so that counting stays quick."""
    last = connection.scalar(select(func.max(tallies.c.id))) or 0
    # Lines of unfinished transactions are not visible yet, and stay.
    delete_all = delete(tallies).where(tallies.c.id <= last).returning(*tallies.c)
    sums: dict[tuple[str, str, int], int] = {}
    for row in connection.execute(delete_all):
        key = (row.state, row.lane, row.hour)
        sums[key] = sums.get(key, 0) + row.n
    rows = [
        {"state": state, LANE: lane, "hour": hour, "n": n}
        for (state, lane, hour), n in sums.items()
        if n
    ]
    if rows:
        connection.execute(insert(tallies), rows)


def _summed() -> Select[Any]:
    alike = (tallies.c.state, tallies.c[LANE], tallies.c.hour)
    total = func.sum(tallies.c.n)
    return select(*alike, total.label("n")).group_by(*alike).having(total != 0)
