"""The Streamlit secrets, as far as they say how people sign in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from claimclf.errors import ServerError
from claimclf.services.serving import require_login_packages
from claimclf.ui.access import attendance
from claimclf.ui.access.rules import rules_of, unreadable

#: A shorter key could be guessed, and with it anybody's sign-in be forged.
LEAST_SECRET = 32


def all_secrets() -> Mapping[str, Any]:
    """Return all Streamlit secrets; none where there is no file of them.

    Raises
    ------
    ServerError
        There is a file and it cannot be read: perhaps it holds a login.
    """
    try:
        secrets: Mapping[str, Any] = st.secrets.to_dict()
    except (StreamlitSecretNotFoundError, OSError, UnicodeError) as error:
        missing = not any(os.path.lexists(file) for file in st.get_option("secrets.files"))
        if isinstance(error, StreamlitSecretNotFoundError) and missing:
            return {}
        raise ServerError(
            "The Streamlit secrets cannot be read.",
            f"Found: {type(error).__name__} while reading them.",
            "Correct the file, which must be TOML in UTF-8, and reload this page.",
        ) from error
    return secrets


def has_login(secrets: Mapping[str, Any]) -> bool:
    """Say whether people sign in here.

    Raises
    ------
    ServerError
        They did, and the login is gone: nobody may become the one local user by that.
    """
    if "auth" in secrets:
        attendance.MEMORY.had_login = True
    elif attendance.MEMORY.had_login:
        raise ServerError(
            "The login is gone from the Streamlit secrets.",
            "Found: no section [auth], which was there before.",
            "Put it back, or start the server anew to go without.",
        )
    return "auth" in secrets


def check_login(auth: object) -> None:
    """Refuse a login that cannot work, or that anybody could forge.

    Raises
    ------
    ServerError
        It is one of these.
    """
    if not isinstance(auth, Mapping) or not _providers(auth):
        raise unreadable("auth", "nothing to sign in with", "Give its client_id and the rest")
    if not auth.get("redirect_uri"):
        raise unreadable("auth", "no redirect_uri", "Give the address that ends in oauth2callback")
    length = len(str(auth.get("cookie_secret", "")))
    if length < LEAST_SECRET:
        raise unreadable(
            "auth",
            f"a cookie_secret of {length} characters, with which anybody could forge a sign-in",
            f"Give at least {LEAST_SECRET} random ones",
        )
    require_login_packages()


def signs_in() -> bool:
    """Say whether people sign in here, rather than one local user being at work."""
    return "auth" in all_secrets()


def idle_minutes() -> float:
    """Return after how many minutes without any interaction a session ends."""
    return rules_of(all_secrets()).idle_seconds / 60


def providers() -> list[str | None]:
    """Name what one can sign in with; None is the one without a name."""
    return _providers(all_secrets().get("auth", {}))


def _providers(auth: Mapping[str, Any]) -> list[str | None]:
    names = [
        name
        for name, section in auth.items()
        if isinstance(section, Mapping) and "client_id" in section
    ]
    return [*([None] if "client_id" in auth else []), *names]
