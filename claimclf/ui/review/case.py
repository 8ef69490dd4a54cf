"""The case in hand: its words, how long it is held, what happened to it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ClaimclfError, LostLeaseError
from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained, plain
from claimclf.ui.review.decision import ask_for_decision, offer_colleague
from claimclf.ui.review.desk import Console, desk
from claimclf.ui.review.statement import show_list, show_statement
from claimclf.ui.review.surroundings import (
    show_author,
    show_figures,
    show_video,
)
from claimclf.ui.review.why import why
from claimclf.ui.review.words import show_words, words_of
from claimclf.ui.wording import moment
from claimclf.units import MINUTE

if TYPE_CHECKING:
    from claimclf.modeling.explaining.explained import Explained
    from claimclf.queue.review.leases import Lease
    from claimclf.queue.storage.cases import Case

#: Seconds between two signs that a case is still on the screen.
_SIGN_OF_LIFE = 20
#: Pixels: what was done is read beside who did it and when.
_HISTORY_WIDTH = 640
#: Whether score and history are open.
UNFOLDED = "case-history"


def show_case(person: Person, console: Console, lease: Lease) -> None:
    """Draw a case with all that is needed to decide on it, what is read first before the rest."""
    case = lease.case
    with st.container(border=True, key="case"):
        head = st.container(horizontal=True, vertical_alignment="center", key="case-head")
        again = " · :material/history: reported again since" if case.reported_again else ""
        head.subheader(f"Case {case.id:,}{again}", width="content", anchor=False)
        st.markdown(why(case))
        left, right = st.columns([3, 2], gap="medium")
        with left:
            words = words_of(case)
            show_words(case, words)
        with right:
            with explained():
                brief = queue.briefing(console.database, person, case.id, console.ranking)
            show_figures(case, brief)
            show_author(case, brief.author)
            show_statement(lease, console, brief.statement)
            show_video(person, console, case)
        show_list(console, lease)
        with st.container(key="bar"):
            ask_for_decision(person, console, lease)
        with head:
            with st.container():
                _show_hold(console, lease)
            _offer_history(person, console, case, words.score)
            offer_colleague(console, lease)


def _offer_history(person: Person, console: Console, case: Case, score: Explained | None) -> None:
    """Say where the score comes from and what was done with the case to who asks for it."""
    icon = ":material/history:"
    unfolded = st.popover("Score and history", icon=icon, key=UNFOLDED, on_change="rerun")
    with unfolded:
        if not unfolded.open:
            return
        if score is not None:
            from claimclf.ui.transcript import account

            st.caption(account(score))
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
    left = -(-max(lease.until - console.database.now(), 0) // MINUTE)
    st.caption(f"{by}:material/timer: Yours for {left:,} min; renewed while this page is open.")
    st.html(
        '<div class="claimclf-away" role="status">The server does not answer. Your note is '
        f"kept in this tab, and the case is yours until {escape(moment(lease.until))}: the page "
        "goes on by itself once the server answers.</div>"
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
        st.dataframe(rows, hide_index=True, width=_HISTORY_WIDTH)
    else:
        st.caption("Nothing yet but its upload.")
