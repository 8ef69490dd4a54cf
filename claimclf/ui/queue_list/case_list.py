"""The list's parts in order, and a page of the ranked queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.dataset.cleaning import is_demo
from claimclf.people import Capability, Person
from claimclf.schema import VIDEO_ID
from claimclf.services import queue
from claimclf.ui.counts import SECONDS
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained, synthetic_notice
from claimclf.ui.queue_list.bulk import n_uses, offer_work, show_last
from claimclf.ui.queue_list.filters import Choice, ask_filters, keep_link, read_link
from claimclf.ui.queue_list.rows import show_tables, some_chosen
from claimclf.ui.queue_list.views import offer_views

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Page
    from claimclf.queue.storage.database import Database

_SEEN, _PLACES = "list_seen", "list_places"


def show_case_list(person: Person, database: Database) -> None:
    """Draw filters, saved views, the ranked list and what can be done with the chosen cases."""
    read_link(person, database)
    with st.container():  # always there: what is unfolded below stays so when the words go
        show_last(database)
    choice = ask_filters(person)
    offer_views(person, database, choice)
    keep_link(choice)
    _show_list(database, choice)


@fragment(run_every=SECONDS)
def _show_list(person: Person, database: Database, choice: Choice) -> None:
    """Draw a page of the queue; the places before it are remembered for the way back.

    It follows what others do, but for the time in which rows are chosen: a decision must be on
    those that the person saw.
    """
    choice_before, places = st.session_state.get(_PLACES, (None, []))
    if choice_before != choice:
        places = []
    page = _page(person, database, choice, places)
    if not page.rows:
        st.info("No open case fits these filters. Choose another lane or clear the search.")
        return
    if any(is_demo(row.case.video[VIDEO_ID]) for row in page.rows):
        synthetic_notice("Ids that begin with demo- are made-up videos.")
    first = len(places) * queue.PAGE_SIZE
    more = "more than " if page.has_more_than_counted else ""
    st.markdown(
        f"**{more}{page.total:,} cases**, {first + 1:,} to {first + len(page.rows):,} shown"
    )
    if page.total > len(page.rows):
        st.caption("A header sorts what is shown here alone; *Ranked by* orders the whole queue.")
    chosen = show_tables(page, first, database.now(), n_uses())
    _offer_turning(choice, places, page)
    if person.may(Capability.REVIEW) and offer_work(database, chosen, choice):
        st.rerun()


def _page(person: Person, database: Database, choice: Choice, places: list[list[Any]]) -> Page:
    """Return what the person sees while rows are chosen, else the queue as it is now."""
    drawn = (person, choice, len(places))
    drawn_before, page = st.session_state.get(_SEEN, (None, None))
    if page is None or drawn_before != drawn or not some_chosen(page, n_uses()):
        with explained():
            page = queue.list_cases(database, person, *choice, places[-1] if places else None)
        st.session_state[_SEEN] = (drawn, page)
    return page  # type: ignore[no-any-return]


def _offer_turning(choice: Choice, places: list[list[Any]], page: Page) -> None:
    back, on, _ = st.columns([1, 1, 5])
    if places and back.button("Previous page"):
        st.session_state[_PLACES] = (choice, places[:-1])
        st.rerun()
    if page.after is not None and on.button("Next page"):
        st.session_state[_PLACES] = (choice, [*places, page.after])
        st.rerun()
