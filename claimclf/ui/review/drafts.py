"""Notes that were typed and not sent: they outlive the page and the case they were typed on.

Within a browser session they are kept here; what outlives the session is in `tab`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from claimclf.queue.storage.cases import Case

PREFIX = "note-"


def note_key(case: Case) -> str:
    """Name the field of a case's note: of the case, not of the lease.

    What was typed outlives a lost hold.
    """
    return f"{PREFIX}{case.id}-{case.round}"


def keep_drafts() -> None:
    """Keep what was typed into notes that are not on the screen now.

    Streamlit forgets a field that a run does not draw, unless its value was set in that run.
    """
    for name in list(st.session_state):
        if str(name).startswith(PREFIX):
            st.session_state[name] = st.session_state[name]
