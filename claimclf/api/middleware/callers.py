"""Under which name a server was called, by which page, and through what."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

#: What programs between a browser and a server add, besides names that begin as below.
_ADDED = frozenset(
    {
        *("forwarded", "forwarded-for", "via", "x-forwarded"),
        *("x-real-ip", "x-client-ip", "x-remote-ip", "x-cluster-client-ip", "client-ip"),
        *("cf-connecting-ip", "true-client-ip", "fastly-client-ip", "fly-client-ip"),
        *("x-original-host", "x-original-url", "x-rewrite-url", "x-host"),
    }
)
_ADDED_PREFIXES = ("x-forwarded-", "x-envoy-", "x-original-forwarded-")
#: What browsers have not spoken for decades, and some proxies do where nobody set them up.
_OLD = "1.0"

#: A name or an address, which has brackets where it has colons, and a port.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^\s@/?#:\[\]\\]+)(:[0-9]{1,5})?")


def called_as(headers: Headers) -> str:
    """Return the name or address by which the server was called; empty where it is not clear."""
    hosts = headers.getlist("host")
    called = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    return called["name"].strip("[]").lower() if called else ""


def asks_from_elsewhere(headers: Headers) -> bool:
    """Say whether a page of another origin asks; a program, or an address typed, names none."""
    origins = headers.getlist("origin")
    if not origins:
        return False
    _, mark, place = origins[0].lower().partition("://")
    return len(origins) > 1 or not mark or place != headers.get("host", "").lower()


def came_through_proxy(scope: Scope) -> bool:
    """Say whether something stood between the browser and this server, as far as it can be seen."""
    names = {name.replace("_", "-") for name in Headers(scope=scope)}
    is_old = scope["type"] == "http" and scope.get("http_version") == _OLD
    return (
        is_old
        or not names.isdisjoint(_ADDED)
        or any(name.startswith(_ADDED_PREFIXES) for name in names)
    )


def is_of(scope: Scope, networks: Collection[IPv4Network | IPv6Network]) -> bool:
    """Say whether a connection comes from one of these networks."""
    client = scope.get("client")
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return False
    return address is not None and any(address in network for network in networks)
