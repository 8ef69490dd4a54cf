"""The end of a sign-in: by the person, or because nobody did anything."""

from __future__ import annotations

import streamlit as st

from claimclf.ui.access import attendance
from claimclf.ui.access.browser import browser_name
from claimclf.ui.access.identity import Login

_MOST_BROWSERS = 1_000


def end_sign_in(login: Login) -> None:
    """End a sign-in in all its tabs."""
    attendance.MEMORY.attendance.end(login)


def sign_out_idle(login: Login) -> None:
    """End a sign-in that was not used for too long; the sign-in page will say so.

    Only the first tab that notices it signs the browser out. A later one, such as a tab that
    slept, would throw out the person who has signed in again meanwhile.
    """
    if not attendance.MEMORY.attendance.end(login):
        return
    browser, idle = browser_name(), attendance.MEMORY.idle_browsers
    if browser:
        while len(idle) >= _MOST_BROWSERS:
            idle.pop(next(iter(idle)), None)
        idle[browser] = None
    st.logout()


def was_idle() -> bool:
    """Say whether this browser was just signed out because nobody did anything."""
    browser = browser_name()
    if browser in attendance.MEMORY.idle_browsers:
        attendance.MEMORY.idle_browsers.pop(browser, None)
        st.session_state["was_idle"] = True  # as long as the sign-in page is there
    return bool(st.session_state.get("was_idle"))
