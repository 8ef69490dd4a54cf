from __future__ import annotations

import pytest
from sqlalchemy import select

from claimclf.errors import ConflictError, InvalidRequestError, NotAllowedError
from claimclf.people import Person
from claimclf.queue.queries.listing import history, page
from claimclf.queue.queries.statement import preview
from claimclf.queue.review.accounting import Left, Why
from claimclf.queue.review.bulk import MOST, decide_cases, decide_statement, undo_bulk
from claimclf.queue.review.decisions import Verdict, decide, reopen, undo
from claimclf.queue.review.leases import next_case, take_case
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import decisions
from claimclf.schema import Decision, ReasonCode
from claimclf.units import MINUTE
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
    shown,
    take,
)

BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH, "cures nothing")


def test_bulk_decides_what_is_open_and_in_nobody_elses_hands(database: Database) -> None:
    batch = fill(database, 5)
    assert batch.n_new == 5
    ids = [row.case.id for row in page(database).rows]
    held, mine = take(database, BORIS), take(database, ANNA)
    decided = done(database, LEAD)
    bulk = decide_cases(database, ANNA, [*shown(database, *ids), (999, 1)], BREAKS)
    assert bulk.decided == sorted([mine.case.id, *ids[3:]])
    assert bulk.left_out == sorted([held.case.id, decided.case.id, 999])
    rows = database.read(
        lambda c: c.execute(select(decisions).where(decisions.c.bulk_id == bulk.id)).all()
    )
    assert [(row.case_id, row.decision, row.by) for row in rows] == [
        (case_id, "claim-breaks-rules", "anna") for case_id in bulk.decided
    ]
    assert decide(
        database, BORIS, held.case.id, held.token, held.case.version, OPINION
    ).case.state == ("decided")
    assert verify(database).problems == []


def test_statement_is_decided_and_undone_as_one(database: Database) -> None:
    fill(database, 5, statement_id=["a", "a", "b", "a", None])
    bulk = decide_all(database, ANNA, "a", WITHIN)
    assert len(bulk.decided) == 3
    assert undo_bulk(database, ANNA, bulk.id) == bulk.decided
    assert {history(database, number).case.state for number in bulk.decided} == {"open"}
    with pytest.raises(ConflictError, match="undone already"):
        undo_bulk(database, ANNA, bulk.id)
    assert verify(database).problems == []


def test_bulk_is_undone_whole_or_not_at_all(database: Database) -> None:
    fill(database, 3, statement_id="a")
    bulk = decide_all(database, ANNA, "a", WITHIN)
    with pytest.raises(ConflictError, match="Undo the bulk as a whole"):
        undo(database, ANNA, history(database, bulk.decided[0]).decisions[0]["id"])
    reopen(database, LEAD, bulk.decided[1], "another look")
    with pytest.raises(ConflictError, match="changed since"):
        undo_bulk(database, ANNA, bulk.id)
    assert history(database, bulk.decided[0]).case.state == "decided"
    with pytest.raises(NotAllowedError, match="anna made it"):
        undo_bulk(database, BORIS, bulk.id)


def test_bulk_has_a_limit_and_closes_cases(database: Database) -> None:
    fill(database, MOST + 1, statement_id="a")
    everything = [(number, 1) for number in range(1, MOST + 2)]
    with pytest.raises(InvalidRequestError, match="more than 1,000"):
        decide_statement(database, ANNA, "a", everything, WITHIN)
    with pytest.raises(InvalidRequestError, match="more than 1,000"):
        decide_cases(database, ANNA, everything, WITHIN)
    with pytest.raises(InvalidRequestError, match="closes a case"):
        decide_cases(database, ANNA, [(1, 1)], SKIP)
    with pytest.raises(InvalidRequestError, match="chosen twice"):
        decide_cases(database, ANNA, [(1, 1), (1, 2)], WITHIN)
    assert decide_cases(database, ANNA, [], WITHIN).decided == []
    assert len(decide_cases(database, ANNA, everything[:MOST], WITHIN).decided) == MOST
    assert next_case(database, ANNA) is not None


def test_bulk_accounts_for_every_case_by_kind(database: Database, clock: Clock) -> None:
    fill(database, 9)
    chosen = shown(database, *range(1, 10))
    held = take_case(database, BORIS, 1)
    decided_at = say(database, LEAD, 2, WITHIN)
    own_at = say(database, ANNA, 3, OPINION)
    passed_at = say(database, BORIS, 4, ESCALATE)
    skipped_at = say(database, ANNA, 5, SKIP)
    say(database, BORIS, 6, SKIP)
    take_case(database, BORIS, 1)
    say(database, BORIS, 7, ESCALATE)
    clock.step(minutes=1)
    held = take_case(database, BORIS, 1)
    bulk = decide_cases(database, ANNA, [*chosen, (999, 3)], BREAKS)
    assert bulk.decided == [8, 9]
    assert bulk.left == [
        Left(1, Why.HELD, "boris", None, held.until),
        Left(2, Why.DECIDED, "lena", Decision.WITHIN_RULES, decided_at),
        Left(3, Why.DECIDED, "anna", Decision.OPINION, own_at),
        Left(4, Why.ESCALATED, "boris", Decision.ESCALATE, passed_at),
        Left(5, Why.SKIPPED, "anna", Decision.SKIP, skipped_at),
        Left(6, Why.CHANGED),
        Left(7, Why.ESCALATED, "boris", Decision.ESCALATE, clock() - MINUTE),
        Left(999, Why.GONE),
    ]
    assert sorted([*bulk.decided, *bulk.left_out]) == sorted([*range(1, 10), 999])


def test_case_that_changed_since_it_was_shown_is_not_decided_with_the_others(
    database: Database,
) -> None:
    fill(database, 2)
    chosen = shown(database, 1, 2)
    fill(database, 1, "b", claim_probability=0.5)
    bulk = decide_cases(database, ANNA, chosen, WITHIN)
    assert (bulk.decided, bulk.left) == ([2], [Left(1, Why.CHANGED)])


# A statement as a whole


def test_video_that_came_after_the_list_was_shown_is_untouched_and_named(
    database: Database,
) -> None:
    fill(database, 3, statement_id="a")
    listed = preview(database, ANNA, "a", MOST)
    late = fill(database, 2, "b", video_id=["late-1", "late-2"], statement_id="a")
    assert late.n_new == 2
    chosen = [(member.case_id, member.version) for member in listed.members]
    bulk = decide_statement(database, ANNA, "a", chosen[:-1], WITHIN, [chosen[-1][0]])
    assert bulk.decided == sorted(number for number, _ in chosen[:-1])
    assert (bulk.newcomers, bulk.n_newcomers) == ([4, 5], 2)
    assert {history(database, number).case.state for number in (3, 4, 5)} == {"open"}


def test_number_that_is_shown_is_the_number_that_changes(database: Database) -> None:
    fill(database, 1_200, statement_id="a")
    for start in (1, 301):
        decide_cases(database, LEAD, [(n, 1) for n in range(start, start + 300)], OPINION)
    listed = preview(database, ANNA, "a", MOST)
    assert (len(listed.members), listed.n_open, listed.n_beyond) == (600, 600, 0)
    assert len(decide_all(database, ANNA, "a", WITHIN).decided) == 600
    assert preview(database, ANNA, "a", MOST).members == []


def test_more_cases_than_one_decision_takes_are_counted_and_left(database: Database) -> None:
    fill(database, 12, statement_id="a")
    take_case(database, BORIS, 2)
    take_case(database, ANNA, 3)
    listed = preview(database, ANNA, "a", 5)
    assert [member.case_id for member in listed.members] == [1, 3, 4, 5, 6]
    assert (listed.n_open, listed.n_beyond, listed.limit) == (12, 6, 5)
    assert [(held.case_id, held.holder) for held in listed.held] == [(2, "boris")]
    chosen = [(member.case_id, member.version) for member in listed.members]
    bulk = decide_statement(database, ANNA, "a", chosen, WITHIN)
    assert len(bulk.decided) == 5
    assert bulk.n_newcomers == 7


def test_list_shows_texts_lanes_reports_and_the_words_that_differ(database: Database) -> None:
    said = "a friend said that raw garlic {} cure the common flu"
    texts = [said.format("can"), said.format("cannot").upper(), "x " * 1_500 + said.format("can")]
    lanes = ["claims", "uncertain", "claims"]
    fill(database, 3, statement_id="a", video_transcription_text=texts, lane=lanes)
    say(database, ANNA, 3, SKIP)
    first, second, third = preview(database, ANNA, "a", MOST, case_id=1).members
    assert [member.lane for member in (first, second, third)] == lanes
    assert (first.differs, first.reports, first.is_cut) == ([], 30, False)
    assert [second.text[start:end] for start, end in second.differs] == ["CANNOT"]
    assert (len(third.text), third.is_cut, third.is_skipped) == (2_000, True, True)
    assert not second.is_skipped


def say(database: Database, person: Person, case_id: int, verdict: Verdict) -> int:
    """Take a case and decide on it; return when."""
    lease = take_case(database, person, case_id)
    decide(database, person, case_id, lease.token, lease.case.version, verdict)
    return database.now()
