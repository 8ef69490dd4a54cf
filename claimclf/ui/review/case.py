"""The case in hand: its words, how long it is held, what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ClaimclfError, LostLeaseError
from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained, plain
from claimclf.ui.review.decision import ask_for_decision
from claimclf.ui.review.desk import Console, desk
from claimclf.ui.review.statement import show_statement
from claimclf.ui.review.surroundings import (
    show_author,
    show_figures,
    show_video,
)
from claimclf.ui.review.words import show_words
from claimclf.ui.wording import moment
from claimclf.units import SECOND

if TYPE_CHECKING:
    from claimclf.queue.review.leases import Lease
    from claimclf.queue.storage.cases import Case

#: Seconds between two signs that a case is still on the screen.
_SIGN_OF_LIFE = 20


def show_case(person: Person, console: Console, lease: Lease) -> None:
    """Draw a case with all that is needed to decide on it."""
    case = lease.case
    with explained():
        brief = queue.briefing(console.database, person, case.id, console.ranking)
    with st.container(border=True, key="case"):
        heading, hold = st.columns([3, 2], vertical_alignment="center")
        again = " · :material/history: reported again since" if case.reported_again else ""
        heading.subheader(f"Case {case.id:,}{again}")
        with hold:
            _show_hold(console, lease)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            with st.container(height=250, border=False):
                show_words(case)
            ask_for_decision(person, console, lease)
        with right:
            show_figures(case, brief)
            show_author(case, brief.author)
            show_video(person, console, case)
        show_statement(console, lease, brief.statement)
        with st.expander("What happened to this case"):
            _show_history(person, console, case)


@fragment(run_every=_SIGN_OF_LIFE)
def _show_hold(person: Person, console: Console, lease: Lease) -> None:
    """Say for how long the case is held, and renew it while it is on the screen."""
    at_desk = desk()
    if at_desk.lease is None or at_desk.lease.token != lease.token:
        return  # another case is on the screen by now
    if at_desk.lost:
        st.error(f"{plain(at_desk.lost)} What you typed is kept.", icon=":material/lock_open:")
        return
    try:
        lease = queue.renew(console.database, person, lease.case.id, lease.token)
    except LostLeaseError as error:
        at_desk.lose(error)
        st.rerun()
    except ClaimclfError as error:
        st.error(plain(error))
        return
    if lease.other_text_of is not None:
        st.warning(
            f"While you hold this case, the upload {plain(lease.other_text_of)} brought another "
            "text for it. You decide on the one that is shown here.",
            icon=":material/edit_note:",
        )
    # The hold is renewed as of now: who handed it on is what was read when it came.
    came = at_desk.lease.case.handed_by
    by = f":material/forward: Handed on to you by {plain(came)}. " if came else ""
    left = max(lease.until - console.database.now(), 0) // SECOND
    st.caption(
        f"{by}:material/timer: Yours for {left // 60} min {left % 60:02} s; renewed while this "
        "page is open."
    )


def _show_history(person: Person, console: Console, case: Case) -> None:
    with explained():
        history = queue.case_history(console.database, person, case.id)
    rows = [
        {
            "when": moment(entry.at),
            "who": entry.actor,
            "role": entry.role,
            "what": entry.action,
            "more": ", ".join(f"{name}: {value}" for name, value in entry.details.items() if value),
        }
        for entry in history.events
    ]
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.caption("Nothing yet but its upload.")
