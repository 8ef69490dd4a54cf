"""The list's parts in order, and a page of the ranked queue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.dataset.cleaning import is_demo
from claimclf.people import Capability, Person
from claimclf.schema import VIDEO_ID
from claimclf.services import queue
from claimclf.ui.assets import script, style
from claimclf.ui.bulk.shown import n_cases
from claimclf.ui.cards import as_cards, offer_cards, send_cards
from claimclf.ui.counts import SECONDS
from claimclf.ui.guard import fragment
from claimclf.ui.messages import explained
from claimclf.ui.queue_list.bulk import n_uses, offer_work, show_last
from claimclf.ui.queue_list.case_cards import show_cards
from claimclf.ui.queue_list.chips import show_chips
from claimclf.ui.queue_list.filters import Choice, ask_filters, keep_link, read_link
from claimclf.ui.queue_list.moving import offer_moves
from claimclf.ui.queue_list.rows import Table, show_tables, tables_of, tick
from claimclf.ui.queue_list.sorting import follow_headers, order_of
from claimclf.ui.queue_list.views import offer_views

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed, Page
    from claimclf.queue.storage.database import Database

_STYLE = style(Path(__file__).with_suffix(".css"))
_SCRIPT = script(Path(__file__).with_suffix(".js"))
_ALL_COLUMNS = "list-all-columns"
_SEEN, _PLACES = "list_seen", "list_places"


def show_case_list(person: Person, database: Database) -> None:
    """Draw filters, saved views, the ranked list and what can be done with the chosen cases."""
    read_link(person, database)
    with st.container():  # always there: what is unfolded below stays so when the words go
        show_last(database)
    st.html(_STYLE)
    st.html(_SCRIPT, unsafe_allow_javascript=True)
    send_cards()
    with st.container(horizontal=True, vertical_alignment="center", key="list-filters"):
        choice = ask_filters(person)
        offer_views(person, database, choice)
    show_chips(choice)
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
    page, tables = _read(person, database, choice, places)
    if not page.rows:
        st.info("No open case fits these filters. Choose another lane or clear the search.")
        return
    with st.container(horizontal=True, key="list-and-case"):
        with st.container(key="list-table"):
            chosen = _show_page(person, database, choice, places, page, tables)
        if person.may(Capability.REVIEW) and not as_cards():
            with st.container(key="list-case"):
                named = [(table.key, len(table.rows)) for table in tables]
                offer_moves(named, chosen, (choice, len(places)))
                if offer_work(database, chosen, choice):
                    st.rerun()


def _show_page(
    person: Person,
    database: Database,
    choice: Choice,
    places: list[list[Any]],
    page: Page,
    tables: list[Table],
) -> list[Listed]:
    """Draw a page of the list and the way to others; return the rows that were chosen."""
    first = len(places) * queue.PAGE_SIZE
    chosen: list[Listed] = []
    if as_cards():
        show_cards(person, page, first, database.now(), choice)
    else:
        shows_all = bool(st.session_state.get(_ALL_COLUMNS))
        chosen = show_tables(tables, database.now(), order_of(choice), shows_all=shows_all)
    with st.container(horizontal=True, vertical_alignment="center", key="list-count"):
        more = "more than " if page.has_more_than_counted else ""
        last = first + len(page.rows)
        st.markdown(
            f"**{first + 1:,} to {last:,} of {more}{n_cases(page.total)}**", width="content"
        )
        _offer_turning(choice, places, page)
        st.toggle("All columns", key=_ALL_COLUMNS)
        offer_cards()
        st.caption(" ".join(_remarks(page)))
    return chosen


def _remarks(page: Page) -> list[str]:
    """Say what should be known of the rows of a page."""
    remarks = []
    if any(is_demo(row.case.video[VIDEO_ID]) for row in page.rows):
        remarks.append(
            ":material/science: **Synthetic demo data**: ids that begin with demo- are made up."
        )
    if page.total > len(page.rows) and not as_cards():
        remarks.append("A header sorts this page alone; *Ranked by* orders the whole queue.")
    return remarks


def _read(
    person: Person, database: Database, choice: Choice, places: list[list[Any]]
) -> tuple[Page, list[Table]]:
    """Return what the person sees while rows are chosen, else the queue as it is now."""
    drawn = (person, choice, len(places))
    drawn_before, page, at = st.session_state.get(_SEEN, (None, None, 0))
    first = len(places) * queue.PAGE_SIZE
    ticked: set[int] = set()
    if page is not None and drawn_before == drawn:
        seen = tables_of(page, first, at, order_of(choice), n_uses())
        ticked = {row.case.id for table in seen for row in table.chosen}
        follow_headers([table.key for table in seen], choice)
    if not ticked:
        with explained():
            page = queue.list_cases(database, person, *choice, places[-1] if places else None)
        at = database.now()
        st.session_state[_SEEN] = (drawn, page, at)
    tables = tables_of(page, first, at, order_of(choice), n_uses())
    tick(tables, ticked)
    return page, tables


def _offer_turning(choice: Choice, places: list[list[Any]], page: Page) -> None:
    if not places and page.after is None:
        return
    if st.button("Previous page", disabled=not places):
        st.session_state[_PLACES] = (choice, places[:-1])
        st.rerun()
    if st.button("Next page", disabled=page.after is None) and page.after is not None:
        st.session_state[_PLACES] = (choice, [*places, page.after])
        st.rerun()
