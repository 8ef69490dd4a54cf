from __future__ import annotations

import pytest

from claimclf.errors import InvalidRequestError, LostLeaseError, NotAllowedError, UnknownCaseError
from claimclf.people import Person, Role
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.holding import held_cases
from claimclf.queue.queries.listing import history
from claimclf.queue.review.decisions import decide
from claimclf.queue.review.leases import (
    Lease,
    end_holds,
    hand_on,
    next_case,
    release,
    renew,
    take_case,
    take_over,
)
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision, Lane, Ranking
from claimclf.units import MINUTE
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    Clock,
    done,
    fill,
    take,
)

OTHER_LEAD = Person("lars", Role.LEAD)


def number(lease: Lease | None) -> int | None:
    """The number in the video's id: its place by reports."""
    return None if lease is None else int(lease.case.video["video_id"].removeprefix("video-"))


def actions(database: Database, case_id: int) -> list[str]:
    return [event.action for event in history(database, case_id).events]


def test_one_case_from_upload_to_decision(database: Database) -> None:
    fill(database, 3)
    lease = take(database)
    assert number(lease) == 0
    made = decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert made.case.state == "decided"
    assert number(take(database, BORIS)) == 1
    assert verify(database).problems == []


def test_no_two_people_hold_the_same_case(database: Database) -> None:
    fill(database, 3)
    people = [Person(f"person-{n}") for n in range(4)]
    assert [number(next_case(database, person)) for person in people] == [0, 1, 2, None]


def test_person_who_holds_a_case_gets_it_again(database: Database) -> None:
    fill(database)
    assert take(database) == take(database)


@pytest.mark.parametrize(
    ("ranking", "first"),
    [
        (Ranking.REPORTS, 0),
        (Ranking.EXPECTED_CLAIMS, 1),
        (Ranking.STATEMENT, 3),
        (Ranking.AUTHOR, 2),
    ],
)
def test_ranking_says_what_comes_first(database: Database, ranking: Ranking, first: int) -> None:
    fill(
        database,
        report_count=[50, 49, 48, 47, 46],
        claim_probability=[0.5, 0.9, 0.5, 0.5, 0.5],
        statement_id=["a", "b", "c", "d", "d"],
        author_id=["x", None, "y", "z", "y"],
    )
    assert number(take(database, ranking=ranking)) == first


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(lanes=(Lane.UNCERTAIN,)), 1),
        (Filters(lanes=(Lane.OPINIONS, Lane.UNCERTAIN)), 1),
        (Filters(lanes=(Lane.OPINIONS,)), 3),
        (Filters(verified=("verified",)), 2),
        (Filters(ban=("banned",)), 1),
        (Filters(statement_id="statement-4"), 4),
        (Filters(text="THING 2"), 2),
        (Filters(text="100%"), None),
        (Filters(min_reports=48, verified=("verified",)), 2),
        (Filters(min_reports=51), None),
        (Filters(escalated=False), 0),
    ],
)
def test_filters_say_what_is_given(
    database: Database, filters: Filters, expected: int | None
) -> None:
    fill(
        database,
        lane=["claims", "uncertain", "claims", "opinions", "claims"],
        verified_status=["not verified"] * 2 + ["verified"] * 3,
        author_ban_status=["active", "banned", "active", "active", None],
    )
    assert number(next_case(database, ANNA, filters)) == expected


def test_what_cannot_be_scored_comes_last_and_is_uncertain(database: Database) -> None:
    fill(
        database,
        3,
        lane=["uncertain", "opinions", "uncertain"],
        prediction=[None, "opinion", "claim"],
        claim_probability=[None, 0.1, 0.5],
    )
    filters = Filters(lanes=(Lane.UNCERTAIN,))
    assert number(take(database, ANNA)) == 2
    assert number(take(database, BORIS, filters=filters)) == 0


def test_lease_that_ran_out_goes_to_the_next_person(database: Database, clock: Clock) -> None:
    fill(database)
    lease = take(database)
    clock.step(minutes=9)
    assert number(take(database, BORIS)) == 1
    clock.step(minutes=1.1)
    assert number(take(database, LEAD)) == 0
    with pytest.raises(LostLeaseError, match="lena holds this case"):
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert actions(database, lease.case.id) == ["lease", "lapse", "lease"]


def test_renewed_lease_lasts(database: Database, clock: Clock) -> None:
    fill(database)
    lease = take(database)
    for _ in range(5):
        clock.step(minutes=8)
        assert renew(database, ANNA, lease.case.id, lease.token).until == clock() + 600_000_000
    assert number(take(database, BORIS)) == 1


def test_lapsed_lease_cannot_be_renewed(database: Database, clock: Clock) -> None:
    fill(database)
    lease = take(database)
    clock.step(minutes=11)
    with pytest.raises(LostLeaseError, match="Your hold on this case is over"):
        renew(database, ANNA, lease.case.id, lease.token)


def test_released_case_comes_back_at_once(database: Database) -> None:
    fill(database)
    lease = take(database)
    release(database, ANNA, lease.case.id, lease.token)
    assert number(take(database, BORIS)) == 0
    release(database, ANNA, lease.case.id, lease.token)
    assert number(take(database, BORIS)) == 0


def test_whatever_somebody_holds_who_has_left_comes_back_and_the_program_says_so(
    database: Database,
) -> None:
    fill(database, 3)
    lease, other = take(database, ANNA), take(database, BORIS)
    assert end_holds(database, ANNA.name) == 1
    with pytest.raises(LostLeaseError, match="hold on this case is over"):
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    last = history(database, lease.case.id).events[-1]
    assert (last.action, last.actor, last.role) == ("sign-off", "claimclf", "admin")
    assert last.details == {"holder": "anna"}
    assert renew(database, BORIS, other.case.id, other.token).token == other.token
    assert number(take(database, LEAD)) == number(lease)
    assert verify(database).problems == []


def test_where_somebody_who_has_left_holds_nothing_nothing_is_logged(database: Database) -> None:
    fill(database, 1)
    before = verify(database).n_entries
    assert end_holds(database, ANNA.name) == 0
    assert verify(database).n_entries == before


def test_clock_that_steps_back_an_hour_gives_cases_back(database: Database, clock: Clock) -> None:
    fill(database)
    lease = take(database)
    clock.step(minutes=-60)
    assert number(take(database, BORIS)) == 0
    with pytest.raises(LostLeaseError):
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert number(take(database, ANNA)) == 1
    assert verify(database).problems == []


def test_case_is_handed_on_with_a_new_token(database: Database) -> None:
    fill(database)
    lease = take(database)
    hand_on(database, ANNA, lease.case.id, lease.token, BORIS)
    with pytest.raises(LostLeaseError, match="boris holds"):
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert number(take(database, BORIS)) == 0
    assert number(take(database, ANNA)) == 1
    assert actions(database, lease.case.id) == ["lease", "hand-on"]


def test_case_that_was_handed_on_waits_for_a_day_and_says_so_to_both(
    database: Database, clock: Clock
) -> None:
    fill(database)
    lease = take(database)
    given = hand_on(database, ANNA, lease.case.id, lease.token, BORIS)
    assert given.until == clock() + 24 * 60 * MINUTE
    clock.step(minutes=23 * 60)
    with pytest.raises(LostLeaseError, match=r"boris holds.*waits until .*; you handed it on"):
        take_case(database, ANNA, lease.case.id)
    waiting = take(database, BORIS)
    assert (waiting.case.id, waiting.case.handed_by) == (lease.case.id, "anna")
    (held,) = held_cases(database)
    assert (held.holder, held.handed_by) == ("boris", "anna")
    # From the first look on it is a lease like any other.
    looked_at = renew(database, BORIS, waiting.case.id, waiting.token)
    assert (looked_at.case.handed_by, looked_at.until) == (None, clock() + 10 * MINUTE)
    clock.step(minutes=11)
    assert number(take(database, ANNA)) == 0


def test_escalated_case_is_handed_on_to_leads_only(database: Database) -> None:
    fill(database)
    done(database, ANNA, ESCALATE)
    lease = take(database, LEAD, filters=Filters(escalated=True))
    with pytest.raises(InvalidRequestError, match="boris cannot decide on this case"):
        hand_on(database, LEAD, lease.case.id, lease.token, BORIS)
    assert (
        hand_on(database, LEAD, lease.case.id, lease.token, OTHER_LEAD).case.holder
        == OTHER_LEAD.name
    )


def test_lead_takes_over_and_moderators_do_not(database: Database) -> None:
    fill(database)
    lease = take(database)
    with pytest.raises(NotAllowedError, match="boris is moderator"):
        take_over(database, BORIS, lease.case.id)
    assert take_over(database, LEAD, lease.case.id).case.holder == "lena"
    with pytest.raises(LostLeaseError, match="lena holds"):
        renew(database, ANNA, lease.case.id, lease.token)


def test_chosen_case_is_taken_and_the_other_let_go(database: Database) -> None:
    fill(database)
    first = take(database)
    other = first.case.id + 3
    assert take_case(database, ANNA, other).case.id == other
    assert take_case(database, ANNA, other).case.id == other
    assert number(take(database, BORIS)) == 0
    with pytest.raises(LostLeaseError, match="anna holds"):
        take_case(database, BORIS, other)
    with pytest.raises(UnknownCaseError, match="no case 999"):
        take_case(database, BORIS, 999)


def test_skipped_case_goes_to_others_but_not_to_me_again(database: Database) -> None:
    fill(database, 2)
    done(database, ANNA, SKIP)
    done(database, ANNA, SKIP)
    assert next_case(database, ANNA) is None
    lease = take(database, BORIS)
    assert (number(lease), lease.case.skip_count) == (0, 1)


def test_escalated_case_waits_for_a_lead(database: Database) -> None:
    fill(database, 1)
    made = done(database, ANNA, ESCALATE)
    assert made.case.state == "escalated"
    assert next_case(database, BORIS) is None
    with pytest.raises(NotAllowedError):
        next_case(database, BORIS, Filters(escalated=True))
    with pytest.raises(LostLeaseError, match="passed this on"):
        take_case(database, BORIS, made.case.id)
    lease = take(database, LEAD, filters=Filters(escalated=True))
    ruled = decide(database, LEAD, lease.case.id, lease.token, lease.case.version, OPINION)
    assert ruled.case.state == "decided"
    said = [row["decision"] for row in history(database, made.case.id).decisions]
    assert said == [Decision.ESCALATE, Decision.OPINION]
