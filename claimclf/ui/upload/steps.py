"""The three steps of an upload, each with its number: a file, what is read, the queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

FILE, READ, ADD = 1, 2, 3
_TITLES = {FILE: "Choose a file", READ: "See what is read", ADD: "Add to the shared queue"}
_LATER = {
    READ: "What the file is, which column is read as what, and what is wrong with which rows.",
    ADD: "Nothing is in the shared queue before you press the button there.",
}


@contextmanager
def step(number: int) -> Iterator[None]:
    """Draw what belongs to a step within its frame."""
    with st.container(border=True, key=f"step-{number}"):
        st.subheader(f"{number} · {_TITLES[number]}", anchor=False)
        yield


def show_later_steps() -> None:
    """Say what comes once a file is chosen."""
    for number, words in _LATER.items():
        with step(number):
            st.caption(words)
