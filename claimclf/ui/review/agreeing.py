"""Whether others say the same as oneself, beside the console: seen by that person first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.services import agreement
from claimclf.services.queue import settings_in_force
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import explained, plain
from claimclf.ui.review.desk import Console
from claimclf.ui.wording import DECISIONS, REASONS

if TYPE_CHECKING:
    from claimclf.queue.queries.looked_again import Difference, Said
    from claimclf.queue.storage.database import Database

_SEEING = "seeing"


def show_own_agreement(person: Person, console: Console) -> None:
    """Show the settled cases that one decided otherwise, and one's own figures on demand."""
    with explained():
        others = agreement.own_settled_differences(console.database, person)
    words = "My agreement"
    if others:
        n = "1 settled case" if len(others) == 1 else f"{len(others):,} settled cases"
        words = f"{n} that you decided otherwise"
    with st.popover(words, icon=":material/balance:"):
        outcomes.show_outcome(_SEEING)
        outcomes.forget(_SEEING)
        if others:
            st.caption("Only you see this until you have.")
        for one in others:
            _show_difference(console, one)
        # Figures take a second to import: nobody waits for them who does not ask.
        if st.toggle("Show how often others say the same as I do"):
            _show_figures(person, console)


def _show_difference(console: Console, one: Difference) -> None:
    st.text(one.text or "No transcript.")
    words, seen = st.columns([5, 1], vertical_alignment="center")
    words.markdown(
        f"Case {one.case_id:,}: you said **{_said(one.second)}**; settled is "
        f"**{_said(one.first)}**. {plain(one.first.note)}"
    )
    seen.button(
        "Seen",
        key=f"seen-{one.look_id}",
        on_click=see,
        args=(console.database, one.look_id),
        width="stretch",
    )


def _said(said: Said) -> str:
    rule = f" ({REASONS[said.reason_code].lower()})" if said.reason_code else ""
    return DECISIONS[said.decision].lower() + rule


@action(_SEEING)
def see(person: Person, database: Database, look_id: int) -> None:
    """Keep that one has seen in what one differs from a settled case."""
    agreement.see_settled(database, person, look_id)


def _show_figures(person: Person, console: Console) -> None:
    from claimclf.ui.agreement import show_overturned, show_report

    with explained():
        report = agreement.own_agreement(console.database, person)
        settings = settings_in_force(console.database, person)
    show_report(report, settings.second_look_rate)
    show_overturned(report)
