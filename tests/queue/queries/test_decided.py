"""Yesterday's decisions are listed, and say what can be undone and what came since."""

from __future__ import annotations

from claimclf.queue.queries.decided import DecidedFilters, decided_cases, own_decisions
from claimclf.queue.review.decisions import Verdict, decide, reopen, undo
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    WITHIN,
    Clock,
    decide_all,
    done,
    fill,
    take,
)


def numbers(database: Database, **filters: object) -> list[int]:
    chosen = DecidedFilters(**filters)  # type: ignore[arg-type]
    return [row.case_id for row in decided_cases(database, ANNA, chosen)]


def test_list_has_what_is_decided_now_the_latest_first(database: Database, clock: Clock) -> None:
    fill(database)
    first, second, third = done(database), done(database, BORIS, WITHIN), done(database)
    done(database, verdict=SKIP)
    done(database, verdict=ESCALATE)
    undo(database, ANNA, first.id)
    reopen(database, LEAD, third.case.id, "seen again")
    (row,) = decided_cases(database, ANNA)
    assert (row.decision_id, row.case_id) == (second.id, second.case.id)
    assert (row.by, row.at, row.decision) == ("boris", clock.time, Decision.WITHIN_RULES)
    assert row.undo_until is None
    assert decided_cases(database, BORIS)[0].undo_until is not None


def test_list_is_filtered_and_comes_by_pages(database: Database) -> None:
    fill(database, 4)
    ids = [done(database, person, verdict).case.id for person, verdict in (
        (ANNA, OPINION), (BORIS, WITHIN), (ANNA, WITHIN), (ANNA, OPINION)
    )]  # fmt: skip
    assert numbers(database) == ids[::-1]
    assert numbers(database, by="boris") == [ids[1]]
    assert numbers(database, by="bor\0is") == []
    assert numbers(database, kinds=(Decision.OPINION,)) == [ids[3], ids[0]]
    assert numbers(database, text="place 2") == [ids[2]]
    first = decided_cases(database, ANNA, size=3)
    (rest,) = decided_cases(database, ANNA, before=first[-1].decision_id, size=3)
    assert rest.case_id == ids[0]


def test_reports_since_the_decision_are_counted_before_the_case_reopens(
    database: Database,
) -> None:
    fill(database, 2, report_count=10)
    one, other = done(database), done(database)
    again = {"report_count": [19, 10]}
    fill(database, 2, name="b", **again)
    rows = {row.case_id: row for row in decided_cases(database, ANNA)}
    assert (rows[one.case.id].reports, rows[one.case.id].reports_since) == (10, 9)
    assert rows[other.case.id].reports_since == 0
    assert numbers(database, reported_since=True) == [one.case.id]


def test_own_decisions_can_be_undone_several_steps_back_with_their_note(
    database: Database, clock: Clock
) -> None:
    fill(database)
    lease = take(database)
    noted = Verdict(Decision.OPINION, note="her own words")
    first = decide(database, ANNA, lease.case.id, lease.token, lease.case.version, noted)
    done(database)
    done(database, verdict=SKIP)
    done(database, BORIS)
    assert [row.note for row in own_decisions(database, ANNA)] == ["", "her own words"]
    undo(database, ANNA, first.id)
    assert len(own_decisions(database, ANNA)) == 1
    clock.step(31)
    assert own_decisions(database, ANNA) == []


def test_decision_on_many_is_named_with_each_of_its_cases(database: Database) -> None:
    fill(database, 3, statement_id="same")
    bulk = decide_all(database, ANNA, "same", OPINION)
    assert {row.bulk_id for row in own_decisions(database, ANNA)} == {bulk.id}
