"""Why a person cannot do something with a case: who was first, with what, and when."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from claimclf.errors import LostLeaseError
from claimclf.people import Capability, Person
from claimclf.queue.queries.holding import running
from claimclf.queue.queries.outcomes import Outcome, outcomes_of
from claimclf.queue.queries.second_looks import hides_first, is_barred
from claimclf.queue.settings.days import said
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.cases import find_case
from claimclf.queue.storage.tables import IS_HELD, cases, decisions
from claimclf.schema import PRIMARY_DECISIONS, CaseState, Decision

_ADVICE = "Take the next case."


def lost(
    connection: Connection,
    case_id: int,
    person: Person,
    at: int,
    token: str | None = None,
    to: Person | None = None,
) -> LostLeaseError:
    """Return the error that explains why a person has no lease on a case.

    Parameters
    ----------
    token : str or None
        Of the lease that the person had, if any.
    to : Person or None
        Who was to have it; None for the person.

    Raises
    ------
    UnknownCaseError
        There is no such case.
    """
    case = find_case(connection, case_id)
    zone = settings_of(connection).time_zone
    own = _said_with(connection, case_id, person, token)
    if own is not None:  # a key pressed twice is nobody else's doing
        return _was_first(own, person, case_id, f"{_PAST[own.decision]} this", zone)
    if hides_first(connection, case_id, person):
        found = f"Found: case {case_id}."
        return LostLeaseError("This case is not in your hands any more.", found, _ADVICE)
    if connection.scalar(select(exists().where(cases.c.id == case_id, is_barred(to or person)))):
        name = (to or person).name
        found = f"Found: case {case_id} was reopened for others than {name}, who decided before."
        return LostLeaseError("Somebody else is to decide on this case.", found, _ADVICE)
    if case.state is CaseState.DECIDED:
        first = outcomes_of(connection, [case_id], PRIMARY_DECISIONS).get(case_id)
        return _was_first(first, person, case_id, "decided this", zone)
    if case.state is CaseState.ESCALATED and not person.may(Capability.LEAD):
        first = outcomes_of(connection, [case_id], (Decision.ESCALATE,)).get(case_id)
        return _was_first(first, person, case_id, "passed this on to a lead", zone)
    # One from ahead of a clock that was set back holds no longer.
    is_held = connection.scalar(select(exists().where(cases.c.id == case_id, IS_HELD, running(at))))
    if is_held and case.holder != person.name:
        until = said(case.held_until or 0, zone)
        held = f"Found: case {case_id} is {case.holder}'s until {until}, unless it is renewed."
        if case.handed_by is not None:
            by = "you handed it on" if case.handed_by == person.name else f"{case.handed_by} did so"
            held = f"Found: case {case_id} was handed on and waits until {until}; {by}."
        return LostLeaseError(f"{case.holder} holds this case.", held, _ADVICE, by=case.holder)
    if is_held:
        return LostLeaseError(
            "The case is not as it was shown, or you took it anew.",
            f"Found: version {case.version} of case {case_id}.",
            "Look at it again.",
            may_take=True,
        )
    free = f"Found: nobody holds case {case_id}."
    return LostLeaseError("Your hold on this case is over.", free, _ADVICE, may_take=True)


_PAST = dict.fromkeys(Decision, "decided") | {
    Decision.SKIP: "skipped",
    Decision.ESCALATE: "passed on",
}


def _said_with(
    connection: Connection, case_id: int, person: Person, token: str | None
) -> Outcome | None:
    """Return what the person said under the very lease that they name now."""
    if token is None:
        return None
    same = (decisions.c.lease_token == token, decisions.c.by == person.name)
    return outcomes_of(connection, [case_id], Decision, *same).get(case_id)


def _was_first(
    first: Outcome | None, person: Person, case_id: int, what: str, zone: str
) -> LostLeaseError:
    if first is None:  # its decision is missing, which a check of the log finds
        return LostLeaseError("This case is closed.", f"Found: case {case_id}.", _ADVICE)
    is_own = first.by == person.name
    problem = f"You {what} already." if is_own else f"{first.by} {what} first."
    by = "you" if is_own else first.by
    found = f"Found: '{first.decision}' on case {case_id} by {by} at {said(first.at, zone)}."
    return LostLeaseError(problem, found, _ADVICE, by=first.by, at=first.at, said=first.decision)
