"""An upload that was added: what became of it, and the ways on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.messages import plain
from claimclf.ui.state.choice import SHARED, STARTS, VIEW
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.upload import STORING, Added, last_added
from claimclf.ui.upload.account import account_of
from claimclf.ui.wording import counted

if TYPE_CHECKING:
    from claimclf.queue.intake.batches import Batch


def show_added(person: Person, added: Added) -> None:
    """Say what became of an upload, and offer what comes next."""
    batch = added.batch
    with st.container(border=True, key="added"):
        if batch.is_repeated:
            st.subheader("In the shared queue already", anchor=False)
            st.info(
                f"{plain(added.file_name)} was stored before, as batch {batch.id}: nothing was "
                "changed."
            )
        else:
            _show_account(added)
        with st.container(horizontal=True, vertical_alignment="center"):
            _offer_ways()
            if batch.uploaded_by == person.name or person.may(Capability.LEAD):
                _offer_taking_back(batch)


def _show_account(added: Added) -> None:
    account = account_of(added.batch)
    st.subheader("Added to the shared queue", anchor=False)
    st.success(account.words, icon=":material/check_circle:")
    grid = st.grid(len(account.tiles), min_column_width=100)
    for label, n in account.tiles.items():
        with grid.cell():
            st.metric(label, f"{n:,}")
    st.caption("  \n".join([*account.lines, f"From {plain(added.file_name)}."]))


def _offer_ways() -> None:
    """Offer to review, to see the queue, or to upload something else."""
    if st.button("Start reviewing", type="primary", icon=":material/play_arrow:"):
        st.session_state[STARTS] = True
        st.switch_page("pages/review.py")
    if st.button("See the queue", icon=":material/format_list_numbered:"):
        st.session_state[VIEW] = SHARED
        st.rerun()
    if st.button("Upload another file", icon=":material/upload:"):
        last_added().clear()
        st.rerun()


def _offer_taking_back(batch: Batch) -> None:
    """Ask once more: cases go."""
    with st.popover("Take this batch back", icon=":material/undo:"):
        if batch.is_repeated:
            st.markdown(f"Batch {batch.id} was added at an earlier time.")
        st.markdown(_what_goes(batch))
        if st.button(f"Take batch {batch.id} back"):
            with st.spinner("Taking it back …"):
                take_back(batch.id)
            outcomes.redraw_or_explain(STORING)


def _what_goes(batch: Batch) -> str:
    """Say what taking a batch back does, and when it can be done."""
    parts = []
    if batch.n_new:
        goes = "leaves" if batch.n_new == 1 else "leave"
        parts.append(f"{counted(batch.n_new, 'new case')} {goes} the queue")
    if batch.n_known:
        parts.append(f"{counted(batch.n_known, 'known video')} will be as before")
    what = " and ".join(parts)
    return f"{what}. It works as long as nobody has worked on its cases."


@action(STORING)
def take_back(person: Person, batch_id: int) -> str:
    """Undo an upload, and say how many cases are gone."""
    added, keep = last_added(), outcomes.keeper(STORING)
    done = queue.take_back(queue_database(), person, batch_id)
    added.clear()
    restored = f", {done.n_restored:,} as before it" if done.n_restored else ""
    words = (
        f"Batch {batch_id} ({done.file_name}) is taken back: "
        f"{counted(done.n_removed, 'case')} removed{restored}."
    )
    keep(words)  # whatever was clicked meanwhile
    return words
