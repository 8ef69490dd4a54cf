"""Without a login the dashboard is for this machine's user alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from claimclf.services.serving import exposed, is_local


def require_this_machine() -> None:
    """Refuse everybody where others than this machine's user could come in.

    Raises
    ------
    ServerError
        The server listens to others, or a browser knows it by another host's name.
    """
    address = st.get_option("server.address") or ""
    if not is_local(address):
        raise exposed(address)
    # A page of another host that points its name at this machine, or a proxy.
    host = asked_host()
    if host is not None and not _is_this_machine(host):
        raise exposed(host)


def asked_host() -> str | None:
    """Return what the browser calls this server, None outside of one."""
    host = st.context.headers.get("Host")
    return host if isinstance(host, str) else None


def _is_this_machine(host: str) -> bool:
    try:
        return is_local(urlsplit(f"//{host}").hostname or "")
    except ValueError:  # nothing that a browser sends
        return False
