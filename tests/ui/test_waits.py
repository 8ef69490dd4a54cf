"""Lengths of time in the lead's table are numbers, which sort as such."""

from __future__ import annotations

from claimclf.queue.queries.reporting.report import Report, report
from claimclf.queue.storage.database import Database
from claimclf.ui.lead.waits import waits_table
from claimclf.units import HOUR
from tests.queue.builders import Clock, done, fill
from tests.queue.conftest import clock, database, migrated, new_url, server

__all__ = ["clock", "database", "migrated", "new_url", "server"]  # fixtures of the queue's tests


def reported(database: Database, clock: Clock) -> Report:
    return report(database, clock() - 30 * 24 * HOUR, clock())


def test_times_to_decision_sort_as_lengths_of_time(database: Database, clock: Clock) -> None:
    fill(database, 3, lane=["claims", "uncertain", "opinions"])
    for minutes in (90, 9 * 60, 100 * 60):  # 1.5, 10.5 and 110.5 hours: as text 10.5 comes first
        clock.step(minutes)
        done(database)
    table = waits_table(reported(database, clock)).set_index("lane")
    assert table["half decided within"].dtype == float
    by_time = table.drop("all lanes").sort_values("half decided within")
    assert by_time["half decided within"].tolist() == [1.5, 10.5, 110.5]
    assert table.loc["all lanes", "half decided within"] == 10.5


def test_a_time_that_is_not_reached_is_no_number(database: Database, clock: Clock) -> None:
    fill(database, 3, lane=["claims", "claims", "opinions"])
    clock.step(60)
    done(database)
    table = waits_table(reported(database, clock)).set_index("lane")
    assert table.loc["claims", "half decided within"] == 1.0
    assert table["90 % decided within"].isna().all()
    assert table["90 % decided within"].dtype == float
