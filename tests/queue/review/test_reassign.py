"""A lead gives cases to others."""

from __future__ import annotations

import pytest

from claimclf.errors import InvalidRequestError, LostLeaseError, NotAllowedError, UnknownCaseError
from claimclf.people import Person, Role
from claimclf.queue.queries.listing import history
from claimclf.queue.review.decisions import decide
from claimclf.queue.review.leases import held, reassign, renew
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.units import DAY
from tests.queue.builders import ANNA, BORIS, ESCALATE, LEAD, OPINION, Clock, done, fill, take

OTHER_LEAD = Person("lars", Role.LEAD)


def test_held_case_goes_to_another_who_finds_it_as_their_next(
    database: Database, clock: Clock
) -> None:
    fill(database)
    lost = take(database)
    clock.step(minutes=5)
    given = reassign(database, LEAD, lost.case.id, BORIS)
    assert (given.case.holder, given.until) == ("boris", clock() + DAY)
    assert given.case.handed_by == "lena"
    with pytest.raises(LostLeaseError, match="boris holds"):
        renew(database, ANNA, lost.case.id, lost.token)
    assert held(database, ANNA) is None
    lease = take(database, BORIS)
    assert lease == given
    decide(database, BORIS, lease.case.id, lease.token, lease.case.version, OPINION)
    entry = history(database, lost.case.id).events[1]
    assert (entry.actor, entry.action) == ("lena", "reassign")
    assert entry.details == {"from": "anna", "to": "boris"}
    assert verify(database).problems == []


def test_escalated_case_that_nobody_holds_goes_to_a_lead_alone(database: Database) -> None:
    fill(database)
    case = done(database, ANNA, ESCALATE).case.id
    with pytest.raises(
        InvalidRequestError, match=r"boris cannot decide.* is escalated, boris is moderator"
    ):
        reassign(database, LEAD, case, BORIS)
    assert reassign(database, LEAD, case, OTHER_LEAD).case.holder == "lars"
    assert held(database, OTHER_LEAD) == take(database, OTHER_LEAD)


def test_case_that_came_back_meanwhile_is_given_all_the_same(
    database: Database, clock: Clock
) -> None:
    fill(database)
    case = take(database).case.id
    clock.step(minutes=20)
    assert reassign(database, LEAD, case, BORIS).case.holder == "boris"


def test_what_makes_no_sense_is_refused(database: Database) -> None:
    fill(database)
    lease = take(database)
    with pytest.raises(NotAllowedError, match="boris is moderator"):
        reassign(database, BORIS, lease.case.id, BORIS)
    with pytest.raises(InvalidRequestError, match="name is missing"):
        reassign(database, LEAD, lease.case.id, Person(" "))
    with pytest.raises(InvalidRequestError, match="olga is analyst"):
        reassign(database, LEAD, lease.case.id, Person("olga", Role.ANALYST))
    with pytest.raises(UnknownCaseError):
        reassign(database, LEAD, 999, BORIS)
    decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    with pytest.raises(LostLeaseError, match="anna decided this first"):
        reassign(database, LEAD, lease.case.id, BORIS)
