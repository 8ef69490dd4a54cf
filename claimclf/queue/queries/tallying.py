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
    """Count all cases."""
    hour = database.now() // HOUR

    def count(connection: Connection) -> list[Tally]:
        return [
            Tally(CaseState(row.state), Lane(row.lane), max(hour - row.hour, 0), int(row.n))
            for row in connection.execute(_summed())
        ]

    return database.read(count)


def last_change(database: Database) -> tuple[int, int]:
    """Name the newest change of the counts, and the hour: where both are as before, so are they.

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
    """Count new cases in: `rows` selects their state, lane, hour and number."""
    columns = ["state", LANE, "hour", "n"]
    connection.execute(insert(tallies).from_select(columns, rows))


def fold(connection: Connection) -> None:
    """Make one line of all lines that are alike, so that they stay quick to sum up."""
    last = connection.scalar(select(func.max(tallies.c.id))) or 0
    # Those of a transaction that is not finished yet are not seen, and stay.
    gone = delete(tallies).where(tallies.c.id <= last).returning(*tallies.c)
    sums: dict[tuple[str, str, int], int] = {}
    for row in connection.execute(gone):
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
