"""Notes that were typed and not sent: they outlive the page and the case they were typed on."""

from __future__ import annotations

import streamlit as st

PREFIX = "note-"


def keep_drafts() -> None:
    """Keep what was typed into notes that are not on the screen now.

    Streamlit forgets a field that a run does not draw, unless its value was set in that run.
    """
    for name in list(st.session_state):
        if str(name).startswith(PREFIX):
            st.session_state[name] = st.session_state[name]
