"""Whether the team agrees: differences to rule on, figures, settled cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.people import Person
from claimclf.schema import Decision
from claimclf.services import agreement as services
from claimclf.services.queue import settings_in_force
from claimclf.ui import outcomes
from claimclf.ui.agreement import show_overturned, show_report
from claimclf.ui.bulk.form import draw_verdict, verdict_of
from claimclf.ui.guard import action
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.database import queue_database
from claimclf.ui.wording import DECISIONS, REASONS, moment

if TYPE_CHECKING:
    from claimclf.queue.queries.looked_again import Difference, Said, SettledCase
    from claimclf.queue.storage.database import Database

_RULING, _SETTLING = "ruling", "settling"


def show_agreement(database: Database, person: Person) -> None:
    """Show what waits for a ruling, how often people agree, and what is settled."""
    with explained():
        waiting = services.differences(database, person)
        report = services.team_agreement(database, person)
        settled = services.settled_cases(database, person)
        settings = settings_in_force(database, person)
    st.subheader("Differences that wait for you")
    _show_differences(waiting)
    st.subheader("Do we agree?")
    show_report(report, settings.second_look_rate)
    show_overturned(report)
    st.subheader("Settled cases")
    _show_settled(settled, settings.settled_rate)


def _show_differences(waiting: list[Difference]) -> None:
    outcomes.show_outcome(_RULING)
    outcomes.forget(_RULING)
    if not waiting:
        st.info("No difference waits. A case comes here where a second person decides otherwise.")
        return
    names = {one.look_id: f"Case {one.case_id:,}" for one in waiting}
    st.caption(f"{len(waiting):,} wait, the oldest first. Nothing is learnt from them until then.")
    look = st.selectbox("Difference", list(names), format_func=names.__getitem__)
    one = next(one for one in waiting if one.look_id == look)
    with st.container(border=True):
        st.text(one.text or "No transcript.")
        for which, said in (("first", one.first), ("second", one.second)):
            st.markdown(f"**{plain(said.by)}**, {which}, {moment(said.at)}: {in_words(said)}")
    form = f"ruling-{one.look_id}"
    with st.form(form):
        draw_verdict(form, "What stands")
        st.form_submit_button("Rule", on_click=rule, args=(one.look_id, form))


def in_words(said: Said) -> str:
    """Write what somebody said of a case."""
    rule = f" ({REASONS[said.reason_code]})" if said.reason_code else ""
    note = f" Note: {plain(said.note)}" if said.note else ""
    words = "was not sure" if said.decision is Decision.ESCALATE else DECISIONS[said.decision]
    return f"{words}{rule}.{note}"


@action(_RULING)
def rule(person: Person, look_id: int, form: str) -> str:
    """Say which decision stands."""
    verdict = verdict_of(form)
    services.rule_on_difference(queue_database(), person, look_id, verdict)
    return f"What stands: {DECISIONS[verdict.decision].lower()}."


def _show_settled(settled: list[SettledCase], rate: float) -> None:
    st.markdown(
        f"A settled case comes back to others, unmarked, as {rate:.1%} of their next ones, once to "
        "each person. Who decides otherwise is shown that first; only then it counts below."
    )
    outcomes.show_outcome(_SETTLING)
    outcomes.forget(_SETTLING)
    if settled:
        st.dataframe([_row(one) for one in settled], hide_index=True, key="settled")
    with st.form("settle"):
        number, reason = st.columns([1, 3])
        number.number_input("Decided case", min_value=1, step=1, value=None, key="settle-case")
        reason.text_input("Why it is settled", key="settle-reason", placeholder="a few words")
        st.form_submit_button("Settle it", on_click=settle)
    if not settled:
        return
    which, end = st.columns([3, 1], vertical_alignment="bottom")
    numbers = [one.case_id for one in settled]
    which.selectbox("Settled case", numbers, format_func=lambda n: f"Case {n:,}", key="unsettle")
    end.button("Settled no more", on_click=unsettle, width="stretch")


def _row(one: SettledCase) -> dict[str, Any]:
    return {
        "case": one.case_id,
        "decision": DECISIONS[one.decision],
        "by": one.by,
        "why": one.reason,
        "decided again by": one.n_looks,
        "otherwise, and seen": one.n_differ,
        "comes back": "yes" if one.stands else "no: it was decided anew",
    }


@action(_SETTLING)
def settle(person: Person) -> str:
    """Let a decided case come back to others."""
    number = int(st.session_state["settle-case"] or 0)
    services.settle_case(queue_database(), person, number, st.session_state["settle-reason"])
    return f"Case {number:,} is settled."


@action(_SETTLING)
def unsettle(person: Person) -> str:
    """Let a settled case come back no more."""
    number = int(st.session_state["unsettle"])
    services.unsettle_case(queue_database(), person, number)
    return f"Case {number:,} is settled no more."
