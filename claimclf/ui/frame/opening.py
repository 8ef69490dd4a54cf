"""The first statement of every page: who is there, and may they see it."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from claimclf import logs
from claimclf.errors import ClaimclfError, NotAllowedError
from claimclf.people import Person
from claimclf.ui import guard
from claimclf.ui.access import visitor as visitors
from claimclf.ui.access.identity import Login
from claimclf.ui.assets import style
from claimclf.ui.frame import closed
from claimclf.ui.frame.navigation import draw_navigation
from claimclf.ui.frame.pages import PAGES
from claimclf.ui.messages import plain
from claimclf.ui.review.drafts import keep_drafts

_logger = logging.getLogger(__name__)
_HERE = Path(__file__).parent
_STYLE = style(_HERE / "page.css")
# An image of our own: an icon by name would be fetched from a host on the internet.
_SIDEBAR = 232  # pixels: as wide as its words; folded on small screens
_FAVICON = (_HERE / "favicon.svg").read_text("utf-8").strip()


def open_page(file: str) -> Person:
    """Set up a page and let in who may see it; each page calls this before anything else.

    A page may be the first thing that a fresh server is asked for, so nothing that another
    page did can be relied upon. For everybody else the run ends here.

    Parameters
    ----------
    file : str
        A key of `PAGES`.

    Returns
    -------
    Person
        Who is there, in the role of now.
    """
    page = PAGES[file]
    logs.belong_to(person="-", request=logs.new_id())
    st.set_page_config(
        page_title=f"{page.label} · claimclf",
        page_icon=_FAVICON,
        layout="wide",
        initial_sidebar_state=_SIDEBAR,
    )
    st.html(_STYLE)
    person, login = _admitted()
    logs.belong_to(person=person.name)
    keep_drafts()
    with st.sidebar:
        draw_navigation(person, login)
    st.title(page.label if file != "app.py" else "claimclf")
    notice = guard.take_notice()
    if notice:
        st.warning(plain(notice), icon=":material/badge:")
    if not person.may(page.needs):
        closed.refuse(page, person)
    return person


def _admitted() -> tuple[Person, Login | None]:
    """Return who has a role here; draw what all others are told, and nothing else."""
    try:
        visitor = visitors.visitor()
    except ClaimclfError as error:
        _logger.warning("Nobody is let in: %s", error.problem)
        guard.take_screen(None)
        closed.close(error)
    is_over = visitor is not None and not visitor.arrive()
    guard.take_screen(visitor)
    if visitor is None:
        closed.ask_to_sign_in()
    if visitor.login and is_over:
        closed.end_session(visitor.login, guard.take_notice())
    if isinstance(visitor.person, NotAllowedError):
        guard.take_notice()  # the refusal says all
        closed.close(visitor.person, visitor.login)
    return visitor.person, visitor.login
