"""The shared queue's database, one for all sessions of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from claimclf.configuration import database_url
from claimclf.ui.progress import drawn

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database


def queue_database() -> Database:
    """Return the shared queue's database, one for all sessions of this server."""
    return _database(database_url())


def _close(database: Database) -> None:
    database.close()


@st.cache_resource(show_spinner=False, max_entries=2, on_release=_close)
def _database(url: str) -> Database:
    from claimclf.services.databases import open_queue

    return open_queue(url, _say_why_nothing_happens)


def _say_why_nothing_happens() -> None:
    """Tell who is at a screen that the queue is busy; what they did is done when it is free."""
    if get_script_run_ctx(suppress_warning=True) is not None:
        words = (
            "A large upload is being stored. What you did is kept, and done as soon as it is in: "
            "within a minute or two."
        )
        drawn(lambda: st.toast(words, icon=":material/hourglass_top:"))
