"""How far work is that takes more than a second, and work that a click does not end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

#: Takes how much is done, of how much, and words.
Tell: TypeAlias = Callable[[int, int, str], None]
#: Clicks that wait for work that goes on to its end; None where they end it.
_WAITING: ContextVar[list[BaseException] | None] = ContextVar("waiting_clicks", default=None)


@contextmanager
def progress_bar(words: str) -> Iterator[Tell]:
    """Draw a bar while work goes on; it goes with the work, also where that fails.

    Parameters
    ----------
    words : str
        What is said before anything is done.
    """
    place = st.empty()
    place.progress(0.0, words)

    def tell(done: int, total: int, words: str) -> None:
        drawn(lambda: place.progress(share(done, total), words))

    try:
        yield tell
    finally:  # no bar stays above an error
        place.empty()


def share(done: int, total: int) -> float:
    """Return which part of some work is done."""
    return min(done / total, 1.0) if total else 1.0


@contextmanager
def to_its_end() -> Iterator[None]:
    """Have work go on to its end although somebody clicks meanwhile, or closes the tab.

    Streamlit stops a run at the next thing that it draws once anything is clicked, and draws
    the page anew beside it: half of the work would be done, and nobody would be told. Whoever
    began it looks there at what is kept of it.
    """
    clicks: list[BaseException] = []
    token = _WAITING.set(clicks)
    try:
        yield
    finally:
        _WAITING.reset(token)
    if clicks:
        raise clicks[0]


def drawn(draw: Callable[[], object]) -> None:
    """Draw something; where work goes on to its end, a click does not end it there."""
    try:
        draw()
    except (RerunException, StopException) as click:
        clicks = _WAITING.get()
        if clicks is None:
            raise
        clicks[:] = [click]  # the last one counts
