"""A second person looks at a decided case without knowing it; where they differ, a lead rules."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from claimclf.errors import ConflictError, LostLeaseError, NotAllowedError, NotFoundError
from claimclf.people import Person
from claimclf.queue.queries.briefing import briefing
from claimclf.queue.queries.decided import own_decisions
from claimclf.queue.queries.final_decisions import final_decisions
from claimclf.queue.queries.listing import history
from claimclf.queue.queries.looked_again import (
    differences,
    looks_of,
    n_waiting,
    own_settled_differences,
    settled,
)
from claimclf.queue.review.bulk import decide_cases
from claimclf.queue.review.decisions import Decided, Verdict, decide, reopen, undo
from claimclf.queue.review.leases import hand_on, held, next_case, renew, take_case
from claimclf.queue.review.rulings import rule, see_settled, settle, unsettle
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, second_looks
from claimclf.schema import Decision, ReasonCode
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    WITHIN,
    Clock,
    done,
    fill,
    logged,
    shown,
    take,
)

CARLA = Person("carla")
BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH)
OTHER_RULE = Verdict(Decision.BREAKS_RULES, ReasonCode.FRAUD)


@pytest.fixture
def looked_at_twice(database: Database, clock: Clock) -> Database:
    """Every case is drawn; one of one is decided by anna, long enough ago."""
    change_settings(database, LEAD, "all of them", second_look_rate=1.0, settled_rate=0.0)
    fill(database, 1)
    done(database, ANNA, OPINION)
    clock.step(60)
    return database


def answered(database: Database, person: Person, verdict: Verdict) -> Decided:
    return done(database, person, verdict)


def state(database: Database) -> list[str]:
    return database.read(lambda c: list(c.scalars(select(cases.c.state).order_by(cases.c.id))))


def labels(database: Database) -> list[tuple[str, str]]:
    return [(row.decision, row.by) for row in final_decisions(database)]


def test_second_person_gets_the_case_as_if_it_were_open(looked_at_twice: Database) -> None:
    lease = take(looked_at_twice, BORIS)
    assert (lease.case.id, lease.case.state) == (1, "open")
    assert held(looked_at_twice, BORIS) == lease
    assert renew(looked_at_twice, BORIS, 1, lease.token).case.state == "open"
    assert state(looked_at_twice) == ["decided"]


def test_first_person_never_gets_their_own_case_back(looked_at_twice: Database) -> None:
    assert next_case(looked_at_twice, ANNA) is None


def test_nothing_on_the_screen_tells_the_first_decision(looked_at_twice: Database) -> None:
    take(looked_at_twice, BORIS)
    past = history(looked_at_twice, 1, BORIS)
    assert (past.decisions, past.case.state) == ([], "open")
    assert {event.action for event in past.events} <= {"lease"}
    statement = briefing(looked_at_twice, 1, None).statement
    assert statement is not None
    assert (statement.decisions, statement.n_open) == ({}, 1)
    # Others, who do not have it in hand, see what happened.
    assert len(history(looked_at_twice, 1, ANNA).decisions) == 1


def test_hold_that_is_over_does_not_tell_the_first_decision(
    looked_at_twice: Database, clock: Clock
) -> None:
    lease = take(looked_at_twice, BORIS)
    clock.step(11)
    with pytest.raises(LostLeaseError, match="not in your hands") as lost:
        renew(looked_at_twice, BORIS, 1, lease.token)
    assert "anna" not in str(lost.value)
    with pytest.raises(LostLeaseError) as lost:
        hand_on(looked_at_twice, BORIS, 1, lease.token, CARLA)
    assert "anna" not in str(lost.value)


def test_same_answer_leaves_everything_as_it_is(looked_at_twice: Database) -> None:
    before = logged(looked_at_twice)
    answered(looked_at_twice, BORIS, OPINION)
    assert differences(looked_at_twice) == []
    assert labels(looked_at_twice) == [("opinion", "anna")]
    (row,) = looks_of(looked_at_twice)
    assert (row.first_by, row.second_by, row.first, row.second) == (
        "anna",
        "boris",
        *["opinion"] * 2,
    )
    assert row.overturned is not None
    assert not row.overturned
    # The platform hears of decisions, and this is none.
    new = [action for _, _, action, _ in logged(looked_at_twice)[len(before) :]]
    assert new == ["lease", "second-look"]
    assert n_waiting(looked_at_twice) == 0


@pytest.mark.parametrize("verdict", [BREAKS, WITHIN, ESCALATE])
def test_difference_waits_for_a_lead_and_teaches_nothing_until_then(
    looked_at_twice: Database, verdict: Verdict
) -> None:
    answered(looked_at_twice, BORIS, verdict)
    (difference,) = differences(looked_at_twice)
    assert (difference.first.by, difference.first.decision) == ("anna", "opinion")
    assert (difference.second.by, difference.second.decision) == ("boris", verdict.decision)
    assert labels(looked_at_twice) == []
    assert state(looked_at_twice) == ["decided"]
    assert [row.overturned for row in looks_of(looked_at_twice)] == [None]


def test_another_rule_is_a_difference_too(database: Database, clock: Clock) -> None:
    change_settings(database, LEAD, "all of them", second_look_rate=1.0)
    fill(database, 1)
    done(database, ANNA, BREAKS)
    clock.step(60)
    answered(database, BORIS, OTHER_RULE)
    assert len(differences(database)) == 1


def test_lead_who_upholds_the_first_decision_leaves_the_case(looked_at_twice: Database) -> None:
    answered(looked_at_twice, BORIS, WITHIN)
    rule(looked_at_twice, LEAD, differences(looked_at_twice)[0].look_id, OPINION)
    assert differences(looked_at_twice) == []
    assert labels(looked_at_twice) == [("opinion", "anna")]
    assert [bool(row.overturned) for row in looks_of(looked_at_twice)] == [False]
    assert len(history(looked_at_twice, 1).decisions) == 1


@pytest.mark.parametrize("verdict", [WITHIN, BREAKS])
def test_lead_who_decides_otherwise_has_the_last_word(
    looked_at_twice: Database, clock: Clock, verdict: Verdict
) -> None:
    answered(looked_at_twice, BORIS, WITHIN)
    rule(looked_at_twice, LEAD, differences(looked_at_twice)[0].look_id, verdict)
    assert labels(looked_at_twice) == [(verdict.decision, "lena")]
    assert [bool(row.overturned) for row in looks_of(looked_at_twice)] == [True]
    assert state(looked_at_twice) == ["decided"]
    # The platform hears of it as of any case that is decided anew.
    assert [action for _, _, action, _ in logged(looked_at_twice)][-3:] == [
        "reopen",
        "decide",
        "rule",
    ]
    assert verify(looked_at_twice).problems == []
    clock.step(60)
    assert next_case(looked_at_twice, CARLA) is None  # a ruling is not looked at again


def test_ruling_is_a_leads_and_is_made_once(looked_at_twice: Database) -> None:
    answered(looked_at_twice, BORIS, WITHIN)
    look = differences(looked_at_twice)[0].look_id
    with pytest.raises(NotAllowedError):
        rule(looked_at_twice, CARLA, look, WITHIN)
    rule(looked_at_twice, LEAD, look, OPINION)
    with pytest.raises(ConflictError, match="ruled on already"):
        rule(looked_at_twice, LEAD, look, WITHIN)
    with pytest.raises(NotFoundError):
        rule(looked_at_twice, LEAD, look + 1, WITHIN)


def test_case_that_was_reopened_meanwhile_waits_for_no_ruling(looked_at_twice: Database) -> None:
    answered(looked_at_twice, BORIS, WITHIN)
    look = differences(looked_at_twice)[0].look_id
    reopen(looked_at_twice, LEAD, 1, "new evidence")
    assert differences(looked_at_twice) == []
    with pytest.raises(ConflictError, match="decided anew"):
        rule(looked_at_twice, LEAD, look, WITHIN)


def test_second_look_can_be_taken_back_and_done_once_more(looked_at_twice: Database) -> None:
    made = answered(looked_at_twice, BORIS, WITHIN)
    assert [row.decision_id for row in own_decisions(looked_at_twice, BORIS)] == [made.id]
    assert undo(looked_at_twice, BORIS, made.id).state == "open"
    assert differences(looked_at_twice) == []
    lease = take_case(looked_at_twice, BORIS, 1)
    decide(looked_at_twice, BORIS, 1, lease.token, lease.case.version, OPINION)
    (row,) = looks_of(looked_at_twice)
    assert row.second == "opinion"


def test_second_look_is_taken_back_by_whose_it_is_and_in_time(
    looked_at_twice: Database, clock: Clock
) -> None:
    made = answered(looked_at_twice, BORIS, WITHIN)
    with pytest.raises(NotAllowedError):
        undo(looked_at_twice, CARLA, made.id)
    clock.step(31)
    with pytest.raises(ConflictError, match="too long ago"):
        undo(looked_at_twice, BORIS, made.id)


def test_skipped_look_goes_to_somebody_else(looked_at_twice: Database) -> None:
    answered(looked_at_twice, BORIS, SKIP)
    assert next_case(looked_at_twice, BORIS) is None
    assert take(looked_at_twice, CARLA).case.id == 1
    assert looks_of(looked_at_twice) == []


def test_decision_that_can_still_be_undone_is_not_looked_at(
    database: Database, clock: Clock
) -> None:
    change_settings(database, LEAD, "all of them", second_look_rate=1.0)
    fill(database, 1)
    made = done(database, ANNA)
    assert next_case(database, BORIS) is None
    undo(database, ANNA, made.id)
    assert take(database, BORIS).case.state == "open"  # it is open again, and no second look
    clock.step(60)
    assert n_waiting(database) == 0


def test_words_that_have_changed_since_are_not_compared(database: Database, clock: Clock) -> None:
    change_settings(database, LEAD, "all of them", second_look_rate=1.0)
    fill(database, 1)
    done(database, ANNA)
    clock.step(60)
    database.write(lambda c: c.execute(cases.update().values(video_transcription_text="other")))
    assert next_case(database, BORIS) is None


def test_case_reported_again_in_the_hands_of_the_second_person_is_decided_as_a_new_round(
    looked_at_twice: Database,
) -> None:
    lease = take(looked_at_twice, BORIS)
    fill(looked_at_twice, 1, "b", report_count=[1_000])
    with pytest.raises(LostLeaseError):
        decide(looked_at_twice, BORIS, 1, lease.token, lease.case.version, WITHIN)
    again = take_case(looked_at_twice, BORIS, 1)
    decide(looked_at_twice, BORIS, 1, again.token, again.case.version, WITHIN)
    assert labels(looked_at_twice) == [("claim-within-rules", "boris")]
    assert looks_of(looked_at_twice) == []


def test_a_share_is_drawn_that_nobody_chooses(database: Database) -> None:
    change_settings(database, LEAD, "a tenth", second_look_rate=0.1)
    fill(database, 300)
    decide_cases(database, ANNA, shown(database, *range(1, 301)), OPINION)
    drawn = database.read(lambda c: list(c.scalars(select(second_looks.c.case_id))))
    assert 15 <= len(drawn) <= 50
    rates = database.read(lambda c: set(c.scalars(select(second_looks.c.probability))))
    assert rates == {0.1}


def test_second_looks_come_among_the_others_and_few_of_them(
    database: Database, clock: Clock
) -> None:
    change_settings(database, LEAD, "a tenth", second_look_rate=0.1)
    fill(database, 400)
    decide_cases(database, ANNA, shown(database, *range(1, 201)), OPINION)
    clock.step(60)
    for _ in range(100):
        done(database, BORIS)
    n_looks = sum(row.second_by == "boris" for row in looks_of(database))
    assert 5 <= n_looks <= 40


def test_without_a_rate_nothing_is_drawn(database: Database) -> None:
    change_settings(database, LEAD, "none", second_look_rate=0.0)
    fill(database, 100)
    decide_cases(database, ANNA, shown(database, *range(1, 101)), OPINION)
    assert n_waiting(database) == 0


def settled_case(database: Database, clock: Clock) -> None:
    change_settings(database, LEAD, "often", second_look_rate=0.0, settled_rate=1.0)
    fill(database, 2)
    done(database, ANNA, OPINION)
    settle(database, LEAD, 1, "the classic one")
    clock.step(1)


def test_settled_case_comes_back_unmarked_and_who_differs_is_shown_it_first(
    database: Database, clock: Clock
) -> None:
    settled_case(database, clock)
    lease = take(database, BORIS)
    assert (lease.case.id, lease.case.state) == (1, "open")
    decide(database, BORIS, 1, lease.token, lease.case.version, WITHIN)
    (own,) = own_settled_differences(database, BORIS)
    assert (own.first.decision, own.second.decision) == ("opinion", "claim-within-rules")
    assert own_settled_differences(database, ANNA) == []
    assert [(row.n_looks, row.n_differ) for row in settled(database)] == [(1, 0)]
    see_settled(database, BORIS, own.look_id)
    assert own_settled_differences(database, BORIS) == []
    assert [(row.n_looks, row.n_differ) for row in settled(database)] == [(1, 1)]
    assert differences(database) == []  # it is settled: no lead has to rule
    assert labels(database) == [("opinion", "anna")]
    assert take(database, BORIS).case.id == 2  # once for each person
    with pytest.raises(NotFoundError):
        see_settled(database, ANNA, own.look_id)


def test_who_has_seen_what_is_settled_cannot_decide_anew(database: Database, clock: Clock) -> None:
    settled_case(database, clock)
    made = answered(database, BORIS, WITHIN)
    undo(database, BORIS, made.id)
    lease = take_case(database, BORIS, 1)
    assert decide(database, BORIS, 1, lease.token, lease.case.version, BREAKS).id == made.id
    see_settled(database, BORIS, made.id)
    with pytest.raises(ConflictError, match="has changed since"):
        undo(database, BORIS, made.id)


def test_settled_case_that_is_decided_anew_or_unsettled_comes_back_no_more(
    database: Database, clock: Clock
) -> None:
    settled_case(database, clock)
    with pytest.raises(ConflictError, match="settled already"):
        settle(database, LEAD, 1, "again")
    with pytest.raises(ConflictError, match="Only a decided case"):
        settle(database, LEAD, 2, "open still")
    with pytest.raises(NotAllowedError):
        settle(database, ANNA, 1, "no lead")
    with pytest.raises(NotAllowedError):
        unsettle(database, ANNA, 1)
    unsettle(database, LEAD, 1)
    assert take(database, BORIS).case.id == 2
    with pytest.raises(NotFoundError):
        unsettle(database, LEAD, 1)
    settle(database, LEAD, 1, "once more")
    reopen(database, LEAD, 1, "new evidence")
    done(database, ANNA, WITHIN)
    assert [row.stands for row in settled(database)] == [False]
    assert next_case(database, CARLA) is None


def appealed(database: Database) -> None:
    fill(database, 1)
    done(database, ANNA, WITHIN)
    reopen(database, LEAD, 1, "the author appeals", by_others=True)


def test_appeal_is_for_somebody_else_than_before(database: Database) -> None:
    appealed(database)
    assert next_case(database, ANNA) is None
    with pytest.raises(LostLeaseError, match="Somebody else is to decide"):
        take_case(database, ANNA, 1)
    (left,) = decide_cases(database, ANNA, shown(database, 1), OPINION).left
    assert left.why == "for somebody who did not decide on it before"
    lease = take(database, BORIS)
    with pytest.raises(LostLeaseError, match="Somebody else is to decide"):
        hand_on(database, BORIS, 1, lease.token, ANNA)
    decide(database, BORIS, 1, lease.token, lease.case.version, BREAKS)
    (row,) = looks_of(database)
    assert (row.kind, row.first_by, row.second_by) == ("appeal", "anna", "boris")
    assert bool(row.overturned)


def test_case_that_is_only_reopened_is_for_anybody(database: Database) -> None:
    appealed(database)
    done(database, BORIS, WITHIN)
    assert [bool(row.overturned) for row in looks_of(database)] == [False]
    reopen(database, LEAD, 1, "new evidence")
    assert take(database, ANNA).case.id == 1


def test_two_people_never_look_again_at_once(looked_at_twice: Database) -> None:
    take(looked_at_twice, BORIS)
    assert next_case(looked_at_twice, CARLA) is None


def whole(rows: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows]


def test_own_figures_are_of_what_one_took_part_in(looked_at_twice: Database) -> None:
    answered(looked_at_twice, BORIS, OPINION)
    every = whole(looks_of(looked_at_twice))
    assert whole(looks_of(looked_at_twice, ANNA)) == every
    assert whole(looks_of(looked_at_twice, BORIS)) == every
    assert looks_of(looked_at_twice, CARLA) == []
