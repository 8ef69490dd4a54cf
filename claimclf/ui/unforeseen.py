"""What a page says of an error that nobody foresaw: a number, under which it is in the log."""

from __future__ import annotations

import streamlit as st

from claimclf import logs
from claimclf.errors import ClaimclfError
from claimclf.ui.messages import say_error

#: Errors of one visit that are logged: who makes them on purpose fills no log.
_MOST_LOGGED = 20
_LOGGED = "errors_logged"


def foreseen(error: Exception) -> ClaimclfError:
    """Return an error that can be said; one that nobody foresaw is logged, and has its number."""
    if isinstance(error, ClaimclfError):
        return error
    logged = st.session_state.get(_LOGGED, 0)
    st.session_state[_LOGGED] = logged + 1
    number = (
        logs.unforeseen(error) if logged < _MOST_LOGGED else "without a number: there were many"
    )
    return ClaimclfError(
        "Something went wrong that nobody foresaw.",
        f"Found: error {number}.",
        "Reload the page; if it comes again, give this number to whoever runs this dashboard.",
    )


def show_unforeseen(error: Exception) -> bool:
    """Log an error that a page, a part of one or a click did not deal with, and say so there.

    The server calls it for every page: nothing of the error itself is shown.

    Returns
    -------
    bool
        True: all is said, Streamlit need not say anything.
    """
    if isinstance(error, ClaimclfError):
        say_error(error)
        return True
    st.error(str(foreseen(error)), icon=":material/report:")
    return True
