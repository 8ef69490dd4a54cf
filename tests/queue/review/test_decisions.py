from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from claimclf.errors import (
    ConflictError,
    InvalidRequestError,
    LostLeaseError,
    NotAllowedError,
    NotFoundError,
    UnknownCaseError,
)
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import history
from claimclf.queue.review.decisions import Verdict, decide, reopen, undo
from claimclf.queue.review.leases import take_case, take_over
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import decisions
from claimclf.schema import CaseState, Decision, ReasonCode
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
    take,
)

BREAKS = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH, "cures nothing")


def test_decision_keeps_what_was_predicted_and_reported(database: Database) -> None:
    fill(database, 1, claim_probability=0.75, report_count=12)
    made = done(database, ANNA, BREAKS)
    fill(database, 1, "b", claim_probability=0.1, report_count=13, prediction="opinion")
    (row,) = history(database, made.case.id).decisions
    assert row["claim_probability"] == 0.75
    assert row["report_count"] == 12
    assert row["prediction"] == "claim"
    assert (row["model_name"], row["model_version"], row["lane"]) == ("forest", "1", "claims")
    assert (row["reason_code"], row["note"]) == ("misinformation-health", "cures nothing")
    assert (row["by"], row["round"], row["sampled"]) == ("anna", 1, False)


def test_second_click_is_told_so_and_records_nothing(database: Database) -> None:
    fill(database, 1)
    lease = take(database)
    click = (lease.case.id, lease.token, lease.case.version, OPINION)
    decide(database, ANNA, *click)
    with pytest.raises(LostLeaseError, match=r"You decided this already\. Found: 'opinion'"):
        decide(database, ANNA, *click)
    assert len(history(database, lease.case.id).decisions) == 1


def test_second_click_on_a_skipped_or_escalated_case_is_nobody_elses_doing(
    database: Database,
) -> None:
    fill(database, 2)
    for verdict, words in ((SKIP, "You skipped this"), (ESCALATE, "You passed on this")):
        lease = take(database)
        click = (lease.case.id, lease.token, lease.case.version, verdict)
        decide(database, ANNA, *click)
        take_case(database, BORIS if verdict is SKIP else LEAD, lease.case.id)
        with pytest.raises(LostLeaseError, match=words):
            decide(database, ANNA, *click)


def test_refusal_says_who_was_first_with_what_and_when(database: Database) -> None:
    change_settings(database, LEAD, "where we work", time_zone="Europe/Berlin")
    fill(database, 1)
    lease = take(database)
    theirs = take_over(database, LEAD, lease.case.id)
    decide(database, LEAD, theirs.case.id, theirs.token, theirs.case.version, WITHIN)
    with pytest.raises(LostLeaseError) as refused:
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert str(refused.value) == (
        "lena decided this first. Found: 'claim-within-rules' on case 1 by lena at "
        "2027-01-15 09:00 CET. Take the next case."
    )
    error = refused.value
    assert (error.by, error.said, error.at) == ("lena", WITHIN.decision, database.now())
    assert not error.may_take


def test_decision_on_another_case_than_the_one_shown_is_refused(database: Database) -> None:
    fill(database, 2)
    shown = take(database)
    decide(database, ANNA, shown.case.id, shown.token, shown.case.version, OPINION)
    following = take(database)
    for late in ((shown.case.id, following.token), (following.case.id, shown.token)):
        with pytest.raises(LostLeaseError):
            decide(database, ANNA, *late, following.case.version, OPINION)
    assert history(database, following.case.id).decisions == []


@pytest.mark.parametrize("wrong", ["token", "version", "person"])
def test_decision_needs_the_token_the_version_and_the_holder(
    database: Database, wrong: str
) -> None:
    fill(database, 1)
    lease = take(database)
    token = "0" * 32 if wrong == "token" else lease.token
    version = lease.case.version + (wrong == "version")
    with pytest.raises(LostLeaseError):
        decide(
            database, BORIS if wrong == "person" else ANNA, lease.case.id, token, version, OPINION
        )
    assert history(database, lease.case.id).decisions == []


def test_unknown_case_is_named(database: Database) -> None:
    with pytest.raises(UnknownCaseError, match="There is no case 7"):
        decide(database, ANNA, 7, "", 1, OPINION)


@pytest.mark.parametrize(
    ("verdict", "message"),
    [
        (Verdict(Decision.BREAKS_RULES), r"A reason code is missing.*misinformation-health"),
        (replace(BREAKS, decision=Decision.OPINION), "says which rule is broken"),
        (replace(OPINION, note="x" * 10_001), "The note is too long"),
    ],
)
def test_verdict_that_says_too_little_or_too_much_is_refused(
    database: Database, verdict: Verdict, message: str
) -> None:
    fill(database, 1)
    with pytest.raises(InvalidRequestError, match=message):
        done(database, ANNA, verdict)


def test_database_itself_refuses_a_second_decision_in_a_round(database: Database) -> None:
    fill(database, 1)
    made = done(database)
    row = history(database, made.case.id).decisions[0]
    again = {name: value for name, value in row.items() if name not in ("id", "text")}
    with pytest.raises(IntegrityError):
        database.write(lambda c: c.execute(insert(decisions).values(again)))


def test_undone_decision_leaves_the_case_open_and_the_history_whole(
    database: Database, clock: Clock
) -> None:
    fill(database, 1)
    made = done(database)
    clock.step(minutes=29)
    assert undo(database, ANNA, made.id).state == CaseState.OPEN
    again = done(database, BORIS, WITHIN)
    rows = history(database, again.case.id).decisions
    assert [(row["decision"], row["undone_by"]) for row in rows] == [
        ("opinion", "anna"),
        ("claim-within-rules", None),
    ]
    assert verify(database).problems == []


def test_decision_is_undone_by_the_same_person_within_the_time_and_once(
    database: Database, clock: Clock
) -> None:
    fill(database, 2)
    made = done(database)
    with pytest.raises(NotAllowedError, match="anna made it"):
        undo(database, BORIS, made.id)
    undo(database, ANNA, made.id)
    with pytest.raises(ConflictError, match="undone already"):
        undo(database, ANNA, made.id)
    late = done(database)
    clock.step(minutes=31)
    with pytest.raises(ConflictError, match=r"too long ago.*Ask a lead"):
        undo(database, ANNA, late.id)
    with pytest.raises(NotFoundError, match="no such decision"):
        undo(database, ANNA, 999)


def test_skip_is_not_undone(database: Database) -> None:
    fill(database, 1)
    made = done(database, ANNA, SKIP)
    with pytest.raises(ConflictError, match="was skipped"):
        undo(database, ANNA, made.id)


def test_decision_on_a_case_that_went_on_is_not_undone(database: Database) -> None:
    fill(database, 1)
    made = done(database, ANNA, ESCALATE)
    lease = take(database, LEAD, filters=Filters(escalated=True))
    with pytest.raises(ConflictError, match="changed since"):
        undo(database, ANNA, made.id)
    ruled = decide(database, LEAD, lease.case.id, lease.token, lease.case.version, OPINION)
    with pytest.raises(ConflictError, match="changed since"):
        undo(database, ANNA, made.id)
    assert undo(database, LEAD, ruled.id).state == CaseState.ESCALATED
    with pytest.raises(ConflictError, match="changed since"):
        undo(database, ANNA, made.id)


def test_escalation_is_undone_after_a_leads_lease_ran_out(database: Database, clock: Clock) -> None:
    fill(database, 1)
    made = done(database, ANNA, ESCALATE)
    change_settings(database, LEAD, "short", lease_minutes=1)
    take(database, LEAD, filters=Filters(escalated=True))
    clock.step(minutes=2)
    assert undo(database, ANNA, made.id).state == CaseState.OPEN


def test_escalated_case_is_not_escalated_again_and_stays_in_hand(database: Database) -> None:
    fill(database, 1)
    done(database, ANNA, ESCALATE)
    lease = take(database, LEAD, filters=Filters(escalated=True))
    click = (lease.case.id, lease.token, lease.case.version)
    with pytest.raises(ConflictError, match="'escalate', and case 1 is escalated"):
        decide(database, LEAD, *click, ESCALATE)
    decide(database, LEAD, *click, OPINION)


def test_escalation_is_undone(database: Database) -> None:
    fill(database, 1)
    made = done(database, ANNA, ESCALATE)
    assert undo(database, ANNA, made.id).state == CaseState.OPEN


def test_lead_reopens_for_another_round_with_a_reason(database: Database) -> None:
    fill(database, 1)
    made = done(database)
    with pytest.raises(NotAllowedError):
        reopen(database, BORIS, made.case.id, "wrong")
    with pytest.raises(InvalidRequestError, match="A reason is missing"):
        reopen(database, LEAD, made.case.id, " ")
    assert reopen(database, LEAD, made.case.id, "wrong").round == 2
    with pytest.raises(ConflictError, match="Only a decided case"):
        reopen(database, LEAD, made.case.id, "wrong")
    with pytest.raises(ConflictError, match="changed since"):
        undo(database, ANNA, made.id)
    done(database, ANNA, WITHIN)
    past = history(database, made.case.id)
    assert [row["round"] for row in past.decisions] == [1, 2]
    assert {"reason": "wrong"} in [event.details for event in past.events]
