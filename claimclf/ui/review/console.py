"""The review screen: what became of the last click, the case in hand, the keys."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from claimclf.errors import LostLeaseError
from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.assets import script, style
from claimclf.ui.bulk.account import show_account
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained, plain
from claimclf.ui.review.actions import CONSOLE, end_pause, take_next, undo
from claimclf.ui.review.agreeing import show_own_agreement
from claimclf.ui.review.case import show_case
from claimclf.ui.review.desk import Console, desk
from claimclf.ui.review.drafts import keep_drafts
from claimclf.ui.review.keys import show_keys
from claimclf.ui.review.own import show_own
from claimclf.ui.review.tab import tell_sent

_STYLE = style(Path(__file__).with_suffix(".css"))
_SCRIPTS = script(Path(__file__).with_suffix(".js")) + script(Path(__file__).with_name("tab.js"))


@fragment()
def show_console(person: Person, console: Console) -> None:
    """Draw the case in hand, or the way to the first one."""
    keep_drafts()
    st.html(_STYLE)
    st.html(_SCRIPTS, unsafe_allow_javascript=True)
    at_desk = desk()
    if isinstance(lost := outcomes.outcome_at(CONSOLE), LostLeaseError):
        at_desk.lose(lost)  # said where the hold is
        outcomes.forget(CONSOLE)
    if at_desk.lease is None:
        with explained():  # a new screen finds the case that the person holds
            at_desk.put(queue.held_case(console.database, person))
    last = st.container(horizontal=True, vertical_alignment="center", key="last-click")
    if at_desk.lease is None:
        st.button(
            "Start reviewing" if not at_desk.reviewed else "Take the next case",
            type="primary",
            shortcut="N",
            on_click=take_next,
            args=(console,),
        )
    else:
        show_case(person, console, at_desk.lease)
    with last:  # it stands above, but the case is what one waits for
        _show_last(console, person)
    tell_sent()


def _show_last(console: Console, person: Person) -> None:
    """Say what became of the last click, with the ways back."""
    done, outcome = desk().last, outcomes.outcome_at(CONSOLE)
    if outcome:
        st.warning(plain(outcome))
    if done:
        show_account(done.account)
    if not outcome and not done:
        st.caption("What you decided last is said here, with its *Undo*.")
    _show_pause(console, person)
    if done and done.take_back is not None:
        st.button("Undo", shortcut="U", on_click=undo, args=(console,))
    show_own(person, console)
    show_own_agreement(person, console)
    show_keys()


def _show_pause(console: Console, person: Person) -> None:
    after = queue.my_preferences(console.database, person).pause_after
    if after and desk().reviewed >= after:
        st.info(
            f"{desk().reviewed:,} cases since the last pause. A few minutes away do good.",
            icon=":material/self_improvement:",
        )
        st.button("I had a pause", on_click=end_pause)
