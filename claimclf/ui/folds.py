"""What few look at, folded: it is drawn once somebody has opened it, and not with each page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st


def fold(
    label: str,
    draw: Callable[[], object],
    *,
    key: str,
    icon: str | None = None,
    is_open: bool = False,
) -> None:
    """Draw what is folded from the moment on when it is first opened in a session.

    Parameters
    ----------
    label : str
        What stands on the fold.
    draw : callable
        Draws what is in it. What a person has typed there stays when it is folded again.
    key : str
        The fold's own.
    icon : str, optional
        Before the label.
    is_open : bool
        Whether it is open to begin with.
    """
    folded = st.expander(label, is_open, icon=icon, key=f"fold-{key}", on_change="rerun")
    if folded.open:
        st.session_state[was_opened(key)] = True
    if st.session_state.get(was_opened(key)):
        with folded:
            draw()


def was_opened(key: str) -> str:
    """Return under what a session knows that a fold was opened."""
    return f"fold-{key}-was-opened"
