"""Buttons and keys that decide on the case in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.people import Person
from claimclf.schema import CaseState, Decision
from claimclf.ui.access.secrets import signs_in
from claimclf.ui.review import actions
from claimclf.ui.review.desk import Console, desk, fresh_place
from claimclf.ui.review.drafts import note_key
from claimclf.ui.review.keys import KEYS
from claimclf.ui.review.tab import name_draft
from claimclf.ui.wording import DECISIONS, REASONS

if TYPE_CHECKING:
    from claimclf.queue.review.leases import Lease

#: The script for the keyboard finds the field by it.
NOTE = "Note"


def ask_for_decision(person: Person, console: Console, lease: Lease) -> None:
    """Offer the decisions, or the question which rule is broken, or what to do with a lost case."""
    at_desk = desk()
    with fresh_place():
        st.text_input(NOTE, key=note_key(lease.case), placeholder="Optional, for later readers (M)")
        name_draft(person, lease.case)
        if at_desk.lost:
            _offer_what_is_left(console, lease)
        elif at_desk.listed:
            st.caption("The videos with this statement are listed below. *Back* closes the list.")
        elif at_desk.asks_rule:
            _ask_for_rule(console, lease)
        else:
            _offer_decisions(console, lease)
            _offer_ways_out(console, lease)


def _offer_what_is_left(console: Console, lease: Lease) -> None:
    """Offer ways on from a case that is not in hand any more."""
    again, other = st.columns(2)
    if desk().may_take:
        again.button(
            "Take this case again", on_click=actions.take_case, args=(console, lease.case.id)
        )
    other.button(
        "Next case", shortcut="N", on_click=actions.take_next, args=(console,), type="primary"
    )


def _offer_decisions(console: Console, lease: Lease) -> None:
    rows = [st.columns(2), st.columns(3)]
    escalated = lease.case.state is CaseState.ESCALATED
    for place, (decision, key) in zip([*rows[0], *rows[1]], KEYS.items(), strict=True):
        breaks = decision is Decision.BREAKS_RULES
        kind: Any = "primary" if breaks else "secondary"
        place.button(
            DECISIONS[decision],
            key=actions.shown_key(f"decide-{decision}", lease.case),
            shortcut=key,
            type=kind,
            width="stretch",
            disabled=escalated and decision is Decision.ESCALATE,
            on_click=actions.ask_rule if breaks else actions.decide,
            args=(lease, True) if breaks else (console, lease, decision),
        )


def _offer_ways_out(console: Console, lease: Lease) -> None:
    stop, colleague = st.columns(2)
    stop.button(
        "Stop, give it back",
        key=actions.shown_key("stop", lease.case),
        shortcut="S",
        on_click=actions.stop,
        args=(console, lease),
    )
    # A case that waits for a lead is a lead's to give: on the page Lead's view.
    if signs_in() and lease.case.state is CaseState.OPEN:
        with colleague.popover("Give it to a colleague", icon=":material/forward:"):
            st.text_input("Sign-in name", key=actions.COLLEAGUE, placeholder="anna@example.org")
            st.button("Give", on_click=actions.hand_on, args=(console, lease))


def _ask_for_rule(console: Console, lease: Lease) -> None:
    """Ask which rule is broken: as many keys as there are rules."""
    st.markdown("**Which rule is broken?**")
    places = [*st.columns(2), *st.columns(2), *st.columns(2)]
    for place, (n, (reason, words)) in zip(places, enumerate(REASONS.items(), 1), strict=True):
        place.button(
            words,
            key=actions.shown_key(f"rule-{reason}", lease.case),
            shortcut=str(n),
            width="stretch",
            on_click=actions.decide,
            args=(console, lease, Decision.BREAKS_RULES, reason),
        )
    st.button("Back", shortcut="Escape", on_click=actions.ask_rule, args=(lease, False))
