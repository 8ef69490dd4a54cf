"""Without a login the dashboard is for this machine's user alone."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import streamlit as st

from claimclf.configuration import TOKEN, look_up
from claimclf.errors import ServerError
from claimclf.services.serving import TOKEN_COOKIE, exposed, is_local


def require_this_machine() -> None:
    """Refuse everybody where others than this machine's user could come in.

    Raises
    ------
    ServerError
        The server listens to others, a browser knows it by another host's name, or was let in
        without the token, as by `streamlit run app.py`.
    """
    address = st.get_option("server.address") or ""
    if not is_local(address):
        raise exposed(address)
    # A page of another host that points its name at this machine, or a proxy.
    host = asked_host()
    if host is None:
        return
    if not _is_this_machine(host):
        raise exposed(host)
    if not shows_token():
        raise ServerError(
            "This dashboard was not started so that it is its user's alone.",
            "Found: a browser without the token, and no gate before the pages.",
            "Start it with claimclf serve, and open the address that is printed.",
        )


def asked_host() -> str | None:
    """Return what the browser calls this server, None outside of one."""
    host = st.context.headers.get("Host")
    return host if isinstance(host, str) else None


def shows_token() -> bool:
    """Say whether this browser has the cookie that the gate hands out; it checks it before."""
    token = look_up(TOKEN).value.encode()
    cookies = st.context.cookies.to_dict()
    values = [value for name, value in cookies.items() if name.startswith(TOKEN_COOKIE)]
    return bool(token) and any(
        hmac.compare_digest(value.encode("utf-8", "surrogateescape"), token) for value in values
    )


def _is_this_machine(host: str) -> bool:
    try:
        return is_local(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # nothing that a browser sends
        return False
