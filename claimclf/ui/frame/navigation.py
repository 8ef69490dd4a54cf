"""The way from page to page, and out."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from claimclf.people import Person
from claimclf.ui import guard
from claimclf.ui.access import visitor as visitors
from claimclf.ui.access.identity import Login
from claimclf.ui.access.leaving import end_sign_in
from claimclf.ui.assets import script
from claimclf.ui.frame.pages import PAGES
from claimclf.ui.guard import fragment
from claimclf.ui.messages import plain

_SCRIPT = script(Path(__file__).with_suffix(".js"))
#: Seconds between two looks at who is there while nobody does anything.
_LOOK = 30


def draw_navigation(person: Person, login: Login | None) -> None:
    """Link to the pages that the person may open, and say who it is."""
    st.markdown("### claimclf")
    for file, page in PAGES.items():
        if person.may(page.needs):
            st.page_link(file, label=page.label, icon=page.icon)
    st.caption(f"{plain(person.name)} · {person.role}")
    st.html(_SCRIPT, unsafe_allow_javascript=True)
    if login:
        offer_sign_out(login)
        _keep_watch()


def offer_sign_out(login: Login) -> None:
    """Offer to end the sign-in; what the person holds goes back to the queue."""
    if st.button("Sign out", icon=":material/logout:"):
        end_sign_in(login)
        guard.take_screen(visitors.visitor())
        st.logout()
        st.stop()


def link_to(file: str, label: str) -> None:
    """Link to a page from within another, for those who may open it.

    Parameters
    ----------
    file : str
        A key of `PAGES`.
    label : str
        What the link says.
    """
    if guard.screen_person().may(PAGES[file].needs):
        st.page_link(file, label=label, icon=PAGES[file].icon)


@fragment(run_every=_LOOK)
def _keep_watch(person: Person) -> None:
    """Clear the screen of somebody who has left, or lost their role: the guard does it."""
