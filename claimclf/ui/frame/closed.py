"""What is shown to those who may not see a page, and nothing else; the run ends there."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from claimclf.errors import ClaimclfError, NotAllowedError
from claimclf.people import Person
from claimclf.ui.access.identity import Login
from claimclf.ui.access.leaving import sign_out_idle, was_idle
from claimclf.ui.access.secrets import idle_minutes, providers
from claimclf.ui.frame.navigation import offer_sign_out
from claimclf.ui.frame.pages import Page
from claimclf.ui.messages import plain, say_error


def ask_to_sign_in() -> NoReturn:
    """Offer to sign in; say so where this browser was just signed out."""
    st.title("claimclf")
    if was_idle():
        st.info(
            f"You were signed out. Nothing was done for {idle_minutes():g} minutes, or the "
            "server was started anew since you signed in."
        )
    st.markdown("Sign in to go on.")
    _offer_sign_in("Sign in")
    st.stop()


def end_session(login: Login, notice: str) -> NoReturn:
    """Say that the sign-in is over, and offer another.

    Parameters
    ----------
    notice : str
        What became of late clicks; empty where there was no screen to click on.
    """
    st.title("claimclf")
    st.info(
        "Your session has ended: you signed out, or nothing was done for "
        f"{idle_minutes():g} minutes.{notice and ' '}{notice}"
    )
    _offer_sign_in("Sign in again")
    sign_out_idle(login)
    st.stop()


def close(error: ClaimclfError, login: Login | None = None) -> NoReturn:
    """Say why nothing is shown here; who has signed in can sign out again."""
    st.title("claimclf")
    say_error(error)
    if login:
        offer_sign_out(login)
    st.stop()


def refuse(page: Page, person: Person) -> NoReturn:
    """Say which role the page needs."""
    say_error(
        NotAllowedError(
            f"The page {page.label} needs the role {' or '.join(page.roles)}.",
            f"Found: {person.name} is {person.role}.",
            "Choose another page, or ask an admin for the role.",
        )
    )
    st.stop()


def _offer_sign_in(label: str) -> None:
    for provider in providers():
        name = label if provider is None else f"{label} with {plain(provider)}"
        if st.button(name, type="primary", icon=":material/login:"):
            st.login(provider)
