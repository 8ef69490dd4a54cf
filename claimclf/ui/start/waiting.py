"""What waits in the shared queue, how far today's capacity reaches, and the ways in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.schema import CaseState, Lane
from claimclf.services import queue
from claimclf.ui.counts import SECONDS, n_open, open_by_age, tallies
from claimclf.ui.frame.pages import PAGES
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.choice import STARTS, UPLOAD, VIEW
from claimclf.ui.state.upload import remembered_summary
from claimclf.ui.wording import counted

if TYPE_CHECKING:
    from claimclf.queue.queries.tallying import Tally
    from claimclf.queue.storage.database import Database

_REVIEW, _QUEUE = "pages/review.py", "pages/triage_queue.py"
#: Whether a case is open, as the figures above say it.
_WAITS = "start_waits"


def show_waiting(person: Person, database: Database) -> None:
    """Say what waits for the person, and offer to begin: the next step first."""
    with st.container(border=True, key="waiting"):
        st.subheader("What waits", anchor=False)
        _show_figures(database)
        _offer_ways(person, st.session_state[_WAITS])
        summary = remembered_summary()
        if summary:
            st.caption(
                f"Your upload {plain(summary.name)} has "
                f"{counted(summary.claims, 'predicted claim')} in "
                f"{counted(summary.videos, 'video')}. Look at it, and add it, on the page "
                "*Triage queue*."
            )


@fragment(run_every=SECONDS)
def _show_figures(person: Person, database: Database) -> None:
    with explained():
        all_cases = tallies(database, person)
        day = queue.today(database, person)
    st.session_state[_WAITS] = bool(n_open(all_cases))
    grid = st.grid(len(Lane) + 1, min_column_width=140)
    for lane in Lane:
        with grid.cell():
            st.metric(lane.capitalize(), f"{n_open(all_cases, lane):,}")
            st.caption(_ages(all_cases, lane))
    escalated = sum(tally.n for tally in all_cases if tally.state is CaseState.ESCALATED)
    with grid.cell():
        st.metric("Escalated", f"{escalated:,}")
        st.caption("wait for a lead" if escalated else "none waits")
    words = [_of_day(day), *([_held(person, database)] if person.may(Capability.REVIEW) else [])]
    st.markdown(" · ".join(words))


def _ages(all_cases: list[Tally], lane: Lane) -> str:
    """Say how many of a lane's cases wait for how long, the longest first."""
    ages = [(name, n) for name, n in open_by_age(all_cases, lane).items() if n]
    return " · ".join(f"{n:,} for {name}" for name, n in reversed(ages)) or "none waits"


def _of_day(day: queue.Day) -> str:
    """Say how far today's work is."""
    if day.capacity is None:
        return f"**{day.decided:,}** decided today; no cut is set"
    left = max(day.capacity - day.decided, 0)
    return f"**{day.decided:,} of {day.capacity:,}** decided today, {left:,} to today's cut"


def _held(person: Person, database: Database) -> str:
    with explained():
        mine = [one for one in queue.held_cases(database, person) if one.holder == person.name]
    if not mine:
        return "you hold no case"
    return f"you hold {', '.join(f'case {one.case_id:,}' for one in mine)}"


def _offer_ways(person: Person, waits: bool) -> None:
    """Offer the next step: to review, where something waits; else to bring something in."""
    reviews = person.may(Capability.REVIEW)
    if not waits:
        st.info(
            "The shared queue is empty. "
            + ("Upload reported videos to fill it." if reviews else "Nothing is to be done here."),
            icon=":material/inbox:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        if (
            reviews
            and waits
            and st.button("Start reviewing", type="primary", icon=":material/play_arrow:")
        ):
            st.session_state[STARTS] = True
            st.switch_page(_REVIEW)
        upload = "primary" if reviews and not waits else "secondary"
        if st.button("Upload", type=upload, icon=":material/upload:"):  # type: ignore[arg-type]
            st.session_state[VIEW] = UPLOAD
            st.switch_page(_QUEUE)
        if waits:
            st.page_link(_QUEUE, label="See the queue", icon=PAGES[_QUEUE].icon)
