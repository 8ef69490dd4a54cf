"""Cases are counted as they change, and the counts are those of the cases."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import delete, func, select

from claimclf.queue.intake.rescoring import rescore
from claimclf.queue.queries.tallying import counts, last_change, n_open
from claimclf.queue.review.bulk import undo_bulk
from claimclf.queue.review.decisions import reopen, undo
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, cuts, tallies
from claimclf.schema import CaseState, Lane
from claimclf.units import HOUR
from tests.queue.builders import ANNA, ESCALATE, LEAD, OPINION, SKIP, Clock, decide_all, done, fill

LANES = ["claims"] * 3 + ["opinions"] * 2
Counted = dict[tuple[str, str, int], int]


def counted(database: Database) -> Counted:
    """Return what is said, by state, lane and age."""
    return {(tally.state, tally.lane, tally.hours): tally.n for tally in counts(database)}


def found(database: Database) -> Counted:
    """Return what there is."""
    hour = database.now() // HOUR
    columns = (cases.c.state, cases.c.lane, cases.c.waits_since)
    rows = database.read(lambda c: c.execute(select(*columns)).all())
    return dict(Counter((state, lane, hour - since // HOUR) for state, lane, since in rows))


def test_cases_are_counted_by_state_lane_and_age(database: Database, clock: Clock) -> None:
    fill(database, 5, lane=LANES)
    clock.step(150)
    done(database)
    fill(database, 7, "b", lane=[*LANES, "uncertain", "claims"])
    assert counted(database) == {
        (CaseState.OPEN, Lane.CLAIMS, 2): 2,
        (CaseState.OPEN, Lane.OPINIONS, 2): 2,
        (CaseState.DECIDED, Lane.CLAIMS, 2): 1,
        (CaseState.OPEN, Lane.UNCERTAIN, 0): 1,
        (CaseState.OPEN, Lane.CLAIMS, 0): 1,
    }


def test_counts_follow_everything_that_happens(database: Database, clock: Clock) -> None:
    fill(database, 100, lane=LANES * 20, statement_id=["a", "b"] * 50)
    steps = [
        lambda: undo(database, ANNA, done(database).id),
        lambda: done(database, verdict=ESCALATE),
        lambda: done(database, verdict=SKIP),
        lambda: reopen(database, LEAD, done(database).case.id, "seen again"),
        lambda: undo_bulk(database, ANNA, decide_all(database, ANNA, "a", OPINION).id),
        lambda: decide_all(database, ANNA, "b", OPINION),
        lambda: fill(database, 110, "b", report_count=100_000),
        lambda: rescore(
            database,
            LEAD,
            "forest",
            "2",
            lambda videos: videos.assign(
                lane="uncertain", prediction=None, claim_probability=None, reason="no words"
            ),
        ),
    ]
    for step in steps:
        clock.step(45)
        step()
        assert counted(database) == found(database)
    # All but the escalated one.
    assert database.read(lambda c: n_open(c, Lane.UNCERTAIN)) == 109


def test_each_change_of_the_counts_is_told_from_the_one_before(
    database: Database, clock: Clock
) -> None:
    def change() -> tuple[int, int]:
        now = last_change(database)
        seen.append(now)
        return now

    seen: list[tuple[int, int]] = [last_change(database)]
    fill(database, 5, lane=LANES)
    assert change() not in seen[:-1]
    assert last_change(database) == seen[-1]
    decided = done(database)
    assert change() not in seen[:-1]
    undo(database, ANNA, decided.id)
    assert change() not in seen[:-1]
    clock.step(60)  # the same cases are an hour older
    assert change() not in seen[:-1]


def test_lines_are_folded_when_the_cut_is_worked_out(database: Database) -> None:
    fill(database, 20)
    for _ in range(10):
        done(database)
    before = counted(database)
    database.write(lambda c: c.execute(delete(cuts)))
    done(database)
    lines = database.read(lambda c: c.scalar(select(func.count()).select_from(tallies)))
    assert lines == 4  # two that are folded, two of the last decision
    assert sum(before.values()) == sum(counted(database).values()) == 20
