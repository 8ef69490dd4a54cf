"""Who may come in, by what is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from claimclf import configuration
from claimclf.api.middleware.gate import Admission
from claimclf.configuration import HOSTS, PROXIES, look_up, served_below
from claimclf.errors import ServerError
from claimclf.services.serving import is_local, token_in_use


def admission(has_own_door: Callable[[str], bool] | None = None) -> Admission:
    """Return who may come in: whoever has the token, or people who sign in.

    Parameters
    ----------
    has_own_door : callable, optional
        Says whether what lies at a path asks for a token of its own.

    Raises
    ------
    NotConfiguredError
        A setting or the secrets cannot be read or understood.
    """
    if not configuration.has_login():
        own = Admission(token_in_use(), is_local, _proxies(), below=served_below())
        return replace(own, has_own_door=has_own_door) if has_own_door else own
    home = configuration.login_address()
    below = served_below()
    start = home + below if home else ""
    who = _is_signed_in, _sign_out
    team = Admission("", _one_of(home), _proxies(), *who, start, below=below)
    return replace(team, has_own_door=has_own_door) if has_own_door else team


def _one_of(home: str) -> Callable[[str], bool]:
    names = {name.lower() for name in look_up(HOSTS).value.split()} | {
        urlsplit(home).hostname or ""
    }
    names.discard("")
    return names.__contains__


def _proxies() -> tuple[IPv4Network | IPv6Network, ...]:
    setting = look_up(PROXIES)
    try:
        return tuple(ip_network(written) for written in setting.value.split())
    except ValueError as error:
        raise ServerError(
            "The address of a proxy cannot be understood.",
            f"Found: {setting.value} ({setting.source}).",
            "Give addresses or networks such as 127.0.0.1 and 172.16.0.0/12, with spaces between.",
        ) from error


def _is_signed_in(cookies: Mapping[str, str]) -> bool:
    """Ask the pages' own room, by name, for pages stand beside this one."""
    signed_in: bool = import_module("claimclf.ui.access.cookies").is_signed_in(cookies)
    return signed_in


def _sign_out(cookies: Mapping[str, str]) -> None:
    import_module("claimclf.ui.access.cookies").sign_out(cookies)
