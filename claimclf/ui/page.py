"""What every page does first: set itself up, draw the navigation, keep errors readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, NoReturn

import streamlit as st

from claimclf.errors import ClaimclfError, NotAllowedError
from claimclf.people import Capability, Person, Role, roles_with
from claimclf.ui import access


class Page(NamedTuple):
    """What a page is called, its sign in the navigation, and what it takes to open it."""

    label: str
    icon: str
    needs: Capability

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may open it."""
        return roles_with(self.needs)


#: By file, in the order of the navigation.
PAGES = {
    "app.py": Page("Start", ":material/home:", Capability.LOOK),
    "pages/review.py": Page("Review", ":material/rate_review:", Capability.REVIEW),
    "pages/triage_queue.py": Page(
        "Triage queue", ":material/format_list_numbered:", Capability.LOOK
    ),
    "pages/lead_view.py": Page("Lead's view", ":material/monitoring:", Capability.LEAD),
    "pages/dataset.py": Page("Dataset", ":material/database:", Capability.STUDY),
    "pages/model_comparison.py": Page("Model comparison", ":material/balance:", Capability.STUDY),
}

#: Draws what depends on a function's arguments alone: the next run sends the same messages.
#: Arguments whose names begin with an underscore are not compared.
drawn_once = st.cache_data(show_spinner=False, max_entries=32)

#: Seconds between two looks at who is there while nobody does anything.
_LOOK = 30

# An image of our own: an icon by name would be fetched from a host on the internet.
_FAVICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#00609C"/>
<path d="M4 5h8M4 8h6M4 11h3" stroke="#fff" stroke-width="2" stroke-linecap="round"/></svg>"""


# Streamlit's captions are too faint for many eyes, and so is white on a light button:
# WCAG wants a contrast of 4.5 to 1.
_STYLE = """<style>
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * { opacity: 1; }
[data-testid="stCaptionContainer"] :is(p, li) {
  color: color-mix(in srgb, currentColor 85%, transparent);
}
:is([data-testid^="stBaseButton-primary"], [data-testid="stMultiSelectTagsContainer"] > * > span) {
  /* The text on it is white. */
  &, &:hover, &:focus-visible { background-color: #00609C; border-color: #00609C; }
}
</style>"""


def open_page(file: str) -> None:
    """Set up a page and let in who may see it; each page calls this before anything else.

    A page may be the first thing that a fresh server is asked for, so nothing that another
    page did can be relied upon. For everybody else the run ends here.

    Parameters
    ----------
    file : str
        A key of `PAGES`.
    """
    page = PAGES[file]
    st.set_page_config(page_title=f"{page.label} · claimclf", page_icon=_FAVICON, layout="wide")
    st.html(_STYLE)
    person, login = _admitted()
    with st.sidebar:
        _draw_navigation(person, login)
    st.title(page.label if file != "app.py" else "claimclf")
    if not person.may(page.needs):
        _refuse(page, person)


def _admitted() -> tuple[Person, access.Login | None]:
    """Return who has a role here; draw what all others are told, and nothing else."""
    try:
        visitor = access.visitor()
    except ClaimclfError as error:
        _close(error)
    if visitor is None:
        _ask_to_sign_in()
    if visitor.login and not visitor.arrive():
        _end_session(visitor.login)
    if isinstance(visitor.person, NotAllowedError):
        _close(visitor.person, visitor.login)
    return visitor.person, visitor.login


def _ask_to_sign_in() -> NoReturn:
    st.title("claimclf")
    if access.was_idle():
        st.info(
            f"You were signed out. Nothing was done for {access.idle_minutes():g} minutes, or the "
            "server was started anew since you signed in."
        )
    st.markdown("Sign in to go on.")
    _offer_sign_in("Sign in")
    st.stop()


def _end_session(login: access.Login) -> NoReturn:
    st.title("claimclf")
    st.info(
        "Your session has ended: you signed out, or nothing was done for "
        f"{access.idle_minutes():g} minutes."
    )
    _offer_sign_in("Sign in again")
    access.sign_out_idle(login)
    st.stop()


def _offer_sign_in(label: str) -> None:
    for provider in access.providers():
        name = label if provider is None else f"{label} with {plain(provider)}"
        if st.button(name, type="primary", icon=":material/login:"):
            st.login(provider)


def _close(error: ClaimclfError, login: access.Login | None = None) -> NoReturn:
    """Say why nothing is shown here; who has signed in can sign out again."""
    st.title("claimclf")
    say_error(error)
    if login:
        _offer_sign_out(login)
    st.stop()


def _refuse(page: Page, person: Person) -> NoReturn:
    say_error(
        NotAllowedError(
            f"The page {page.label} needs the role {' or '.join(page.roles)}.",
            f"Found: {person.name} is {person.role}.",
            "Choose another page, or ask an admin for the role.",
        )
    )
    st.stop()


def _draw_navigation(person: Person, login: access.Login | None) -> None:
    st.markdown("### claimclf")
    for file, page in PAGES.items():
        if person.may(page.needs):
            st.page_link(file, label=page.label, icon=page.icon)
    st.caption(f"{plain(person.name)} · {person.role}")
    if login:
        _offer_sign_out(login)
        _keep_watch(person)


def _offer_sign_out(login: access.Login) -> None:
    if st.button("Sign out", icon=":material/logout:"):
        access.sign_out(login)


@st.fragment(run_every=_LOOK)
def _keep_watch(person: Person) -> None:
    """Clear the screen of somebody who has left, or lost their role, by a run of the page."""
    if not access.is_still(person):
        st.rerun()


def link_to(file: str, label: str) -> None:
    """Link to a page from within another, for those who may open it.

    Parameters
    ----------
    file : str
        A key of `PAGES`.
    label : str
        What the link says.
    """
    if access.person_at_work().may(PAGES[file].needs):
        st.page_link(file, label=label, icon=PAGES[file].icon)


def plain(text: object) -> str:
    """Escape text of users for a place that reads Markdown.

    Parameters
    ----------
    text : object
        Names of files and columns, cells, messages that quote them.
    """
    escaped = str(text).replace("\\", "\\\\")
    for character in "`*_{}[]()<>#+-.!|~$:":
        escaped = escaped.replace(character, "\\" + character)
    return escaped.replace("\n", " ")


def say_error(error: ClaimclfError) -> None:
    """Show what is wrong, what was found and what to do."""
    st.error(plain(error).replace(r"\*Match columns\*", "*Match columns*"))


@contextmanager
def explained() -> Iterator[None]:
    """Turn an error of ours into a message and end the page there."""
    try:
        yield
    except ClaimclfError as error:
        say_error(error)
        st.stop()


def synthetic_notice(what: str) -> None:
    """Say that what is shown was made up."""
    st.info(f"**Synthetic demo data.** {what}", icon=":material/science:")
