"""Rows as cards, for screens on which a table shows no word of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from claimclf.ui.assets import script, style
from claimclf.ui.messages import plain

_STYLE = style(Path(__file__).with_suffix(".css"))
_SCRIPT = script(Path(__file__).with_suffix(".js"))
_CARDS = "as-cards"
#: Characters: more than three lines of a card hold.
_LONGEST = 300


def as_cards() -> bool:
    """Say whether cards are wanted; small screens begin so."""
    return bool(st.session_state.get(_CARDS))


def send_cards() -> None:
    """Send what cards need to the browser, once at a page's top."""
    st.html(_STYLE)
    st.html(_SCRIPT, unsafe_allow_javascript=True)


def offer_cards() -> None:
    """Let a person choose between cards and the table."""
    st.toggle("Cards", key=_CARDS, help="With three lines of text; small screens begin so")


@contextmanager
def cards() -> Iterator[None]:
    """Draw what stands in the block as cards, one below the other."""
    with st.container(key="cards", gap="xsmall"):
        yield


def label(head: Iterable[str], text: str | None) -> str:
    """Write a card: where something stands and why, in markup; then what is said in it."""
    words = str(text or "No transcript.")[:_LONGEST]
    return f"**{' · '.join(head)}** {plain(words)}"
