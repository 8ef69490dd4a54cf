"""What clicks do in the lead's view.

The case is what the field says at the click: the list may be another one by now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ClaimclfError
from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.access.rules import folded
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.guard import action
from claimclf.ui.lead.period import report_of
from claimclf.ui.state.choice import CHOSEN_CASE
from claimclf.ui.state.database import queue_database
from claimclf.ui.wording import moment

if TYPE_CHECKING:
    from claimclf.queue.review.leases import Lease

#: Parts of the page where something is done; the fields of the case that it is done to.
ESCALATED, HELD, SETTINGS = "escalated_case", "held_case", "settings"
UNDELIVERED = "undelivered_events"
RESTRICTIONS = "restrictions"


@action(ESCALATED)
def take(person: Person, field: str) -> str:
    """Take an escalated case."""
    with counted_anew():
        return _mine(queue.take_case(queue_database(), person, st.session_state[field]))


@action(HELD)
def take_over(person: Person, field: str) -> str:
    """Take a case out of somebody's hands."""
    with counted_anew():
        return _mine(queue.take_over(queue_database(), person, st.session_state[field]))


@action(ESCALATED)
def give_escalated(person: Person, field: str, to_field: str, people: dict[str, Person]) -> str:
    """Give an escalated case to a lead."""
    with counted_anew():
        return _reassign(person, field, to_field, people)


@action(HELD)
def reassign_held(person: Person, field: str, to_field: str, people: dict[str, Person]) -> str:
    """Give a case that somebody holds to somebody else."""
    with counted_anew():
        return _reassign(person, field, to_field, people)


def show_outcome(place: str) -> None:
    """Say what became of the last click there; a case that was taken can be decided on."""
    outcomes.show_outcome(place)
    outcome = outcomes.outcome_at(place)
    if outcome and not isinstance(outcome, ClaimclfError) and CHOSEN_CASE in st.session_state:
        link_to("pages/review.py", "Decide on it: open Review")


def forget_outcomes() -> None:
    """Say them no more: the page was drawn to its end."""
    outcomes.forget(ESCALATED, HELD, SETTINGS, UNDELIVERED, RESTRICTIONS)


@contextmanager
def counted_anew() -> Iterator[None]:
    """Show one's own deeds at once; the page Review opens what was taken last."""
    st.session_state.pop(CHOSEN_CASE, None)
    try:
        yield
    finally:
        report_of.clear()


def _mine(lease: Lease) -> str:
    st.session_state[CHOSEN_CASE] = lease.case.id
    return f"Case {lease.case.id} is yours now. Decide on it on the page Review."


def _reassign(person: Person, field: str, to_field: str, people: dict[str, Person]) -> str:
    name = folded(st.session_state[to_field] or "")
    to = people.get(name, Person(name))
    lease = queue.reassign(queue_database(), person, st.session_state[field], to)
    return (
        f"{to.name} has case {lease.case.id} now, and finds it on the page Review until "
        f"{moment(lease.until)}; then it comes back to the queue."
    )
