"""What every page does first: set itself up, draw the navigation, keep errors readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from claimclf.errors import ClaimclfError

#: File -> label and icon, in the order of the navigation.
PAGES = {
    "app.py": ("Start", ":material/home:"),
    "pages/triage_queue.py": ("Triage queue", ":material/format_list_numbered:"),
    "pages/dataset.py": ("Dataset", ":material/database:"),
    "pages/model_comparison.py": ("Model comparison", ":material/balance:"),
}


# An image of our own: an icon by name would be fetched from a host on the internet.
_FAVICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#00609C"/>
<path d="M4 5h8M4 8h6M4 11h3" stroke="#fff" stroke-width="2" stroke-linecap="round"/></svg>"""


def open_page(file: str) -> None:
    """Set up a page; each page calls this before anything else.

    A page may be the first thing that a fresh server is asked for, so nothing that another
    page did can be relied upon.

    Parameters
    ----------
    file : str
        A key of `PAGES`.
    """
    label, _ = PAGES[file]
    st.set_page_config(page_title=f"{label} · claimclf", page_icon=_FAVICON, layout="wide")
    with st.sidebar:
        st.markdown("### claimclf")
        for page, (name, page_icon) in PAGES.items():
            st.page_link(page, label=name, icon=page_icon)
    st.title(label if file != "app.py" else "claimclf")


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
