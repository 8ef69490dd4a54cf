"""Buttons and keys that decide on the case in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.people import Person
from claimclf.schema import CaseState, Decision, ReasonCode
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


#: Shares of the row: as wide as their words, and the same whatever the case.
_WIDTHS = {
    Decision.BREAKS_RULES: 4,
    Decision.WITHIN_RULES: 4,
    Decision.OPINION: 2.2,
    Decision.ESCALATE: 2.3,
    Decision.SKIP: 1.8,
}
_STOP = 3.4
_RULES = {
    ReasonCode.HEALTH: 4,
    ReasonCode.CIVIC: 4.2,
    ReasonCode.DANGEROUS_ACT: 3.2,
    ReasonCode.HARASSMENT: 3.3,
    ReasonCode.FRAUD: 1.9,
    ReasonCode.OTHER: 4.2,
}
_BACK = 2.2


def ask_for_decision(person: Person, console: Console, lease: Lease) -> None:
    """Offer the decisions, or the question which rule is broken, or what to do with a lost case.

    All of it stands in one row at the lower edge of the screen, whatever the case.
    """
    at_desk = desk()
    with fresh_place():
        question = "**Which rule is broken?** " if at_desk.asks_rule else ""
        _ask_for_note(person, lease, question)
        if at_desk.lost:
            _offer_what_is_left(console, lease)
        elif at_desk.listed:
            _offer_to_close(lease)
        elif at_desk.asks_rule:
            _ask_for_rule(console, lease)
        else:
            _offer_decisions(console, lease)


def offer_colleague(console: Console, lease: Lease) -> None:
    """Offer to give the case to somebody else."""
    # A case that waits for a lead is a lead's to give: on the page Lead's view.
    if desk().lost or not signs_in() or lease.case.state is not CaseState.OPEN:
        return
    with st.popover("Give it to a colleague", icon=":material/forward:"):
        st.text_input("Sign-in name", key=actions.COLLEAGUE, placeholder="anna@example.org")
        st.button(
            "Give",
            key=actions.shown_key("give", lease.case),
            on_click=actions.hand_on,
            args=(console, lease),
        )


def _ask_for_note(person: Person, lease: Lease, question: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="note-row"):
        if question:
            st.markdown(question, width="content")
        st.text_input(
            NOTE,
            key=note_key(lease.case),
            placeholder="Note, optional, for later readers (M)",
            label_visibility="collapsed",
        )
        name_draft(person, lease.case)


def _offer_what_is_left(console: Console, lease: Lease) -> None:
    """Offer ways on from a case that is not in hand any more."""
    again, other = st.columns(2)
    if desk().may_take:
        again.button(
            "Take this case again",
            width="stretch",
            on_click=actions.take_case,
            args=(console, lease.case.id),
        )
    other.button(
        "Next case",
        shortcut="N",
        width="stretch",
        on_click=actions.take_next,
        args=(console,),
        type="primary",
    )


def _offer_to_close(lease: Lease) -> None:
    words, back = st.columns([sum(_RULES.values()), _BACK], vertical_alignment="center")
    words.caption("The videos with this statement are listed above. *Back* closes the list.")
    back.button(
        "Back", shortcut="Escape", width="stretch", on_click=actions.close_list, args=(lease,)
    )


def _offer_decisions(console: Console, lease: Lease) -> None:
    *places, last = st.columns([*_WIDTHS.values(), _STOP], gap="xsmall")
    escalated = lease.case.state is CaseState.ESCALATED
    for place, decision in zip(places, _WIDTHS, strict=True):
        breaks = decision is Decision.BREAKS_RULES
        kind: Any = "primary" if breaks else "secondary"
        place.button(
            DECISIONS[decision],
            key=actions.shown_key(f"decide-{decision}", lease.case),
            shortcut=KEYS[decision],
            type=kind,
            width="stretch",
            wrap=True,
            disabled=escalated and decision is Decision.ESCALATE,
            on_click=actions.ask_rule if breaks else actions.decide,
            args=(lease, True) if breaks else (console, lease, decision),
        )
    last.button(
        "Stop, give it back",
        key=actions.shown_key("stop", lease.case),
        shortcut="S",
        type="tertiary",
        width="stretch",
        wrap=True,
        on_click=actions.stop,
        args=(console, lease),
    )


def _ask_for_rule(console: Console, lease: Lease) -> None:
    """Ask which rule is broken: as many keys as there are rules."""
    *places, last = st.columns([*_RULES.values(), _BACK], gap="xsmall")
    for n, (place, reason) in enumerate(zip(places, _RULES, strict=True), 1):
        place.button(
            REASONS[reason],
            key=actions.shown_key(f"rule-{reason}", lease.case),
            shortcut=str(n),
            width="stretch",
            wrap=True,
            on_click=actions.decide,
            args=(console, lease, Decision.BREAKS_RULES, reason),
        )
    last.button(
        "Back",
        shortcut="Escape",
        type="tertiary",
        width="stretch",
        on_click=actions.ask_rule,
        args=(lease, False),
    )
