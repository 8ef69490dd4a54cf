"""Nobody reaches anything before it is known that they may: the one way in.

Without a login the dashboard is one person's. `claimclf serve` prints an address with a token in
it, which nobody else on the machine knows; whoever opens it gets a cookie, and what comes without
is refused. With a login pages are open to all, for they ask to sign in; files, uploads and
figures of the server are for people who have.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from claimclf.api.middleware.answers import onward, refuse
from claimclf.api.middleware.callers import (
    asks_from_elsewhere,
    called_as,
    came_through_proxy,
    is_of,
)
from claimclf.services.serving import TOKEN_COOKIE

#: Where programs ask whether the server is up; it tells nothing else.
HEALTH = "/_stcore/health"
PARAMETER = "token"
#: Where Streamlit takes a browser's cookies away, also from whoever opens it by hand.
_SIGNS_OUT = "/auth/logout"
#: Fonts, scripts and styles that pages are drawn with, the same for everybody.
_DRAWN_WITH = "static"
#: What lies below the other two is for people who have signed in, ...
_ROOMS = frozenset({"_stcore", "media", _DRAWN_WITH})
#: ... but for what the page needs that asks them to.
_OPEN = [["health"], ["host-config"], ["stream"], ["bidi-components"]]


@dataclass(frozen=True)
class Admission:
    """Who may come in.

    Parameters
    ----------
    token : str
        What the address of the one local user holds; empty where people sign in.
    may_call : callable
        Says whether the server answers under a name.
    proxies : tuple of network
        From where requests may come that went through a proxy.
    is_signed_in : callable
        Says whether cookies are of a sign-in that counts.
    sign_out : callable
        Ends the sign-in that cookies are of.
    address : str
        Where people open the dashboard, for those who came another way; empty if not known.
    has_own_door : callable
        Says whether what lies at a path asks for a token of its own; cookies open nothing there.
    below : str
        Path below which everything is served; empty for the root.
    """

    token: str
    may_call: Callable[[str], bool]
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    is_signed_in: Callable[[Mapping[str, str]], bool] = lambda _: False
    sign_out: Callable[[Mapping[str, str]], object] = lambda _: None
    address: str = ""
    has_own_door: Callable[[str], bool] = lambda _: False
    below: str = ""

    def lets_in(self, cookies: Mapping[str, str]) -> bool:
        """Say whether files are for whom these cookies are; without a login all have the token."""
        return bool(self.token) or self.is_signed_in(cookies)


class Gate:
    """Let in who may come, before all routes and the websocket."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        is_asked_for = scope["type"] in ("http", "websocket")
        if not is_asked_for or scope["path"] == self._admission.below + HEALTH:
            await self._app(scope, receive, send)
            return
        words = self._why_not_this_way(scope)
        if words is None and self._admission.has_own_door(scope["path"]):
            await self._app(scope, receive, send)
            return
        if words is None and self._brings_token(scope):
            await self._hand_cookie(scope, receive, send)
            return
        words = words or await self._why_not_you(scope)
        if words:
            await refuse(scope, receive, send, words)
        else:
            await self._app(scope, receive, send)

    def _why_not_this_way(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        if came_through_proxy(scope) and not is_of(scope, self._admission.proxies):
            return (
                "This dashboard takes no requests through a proxy. Found: headers that a proxy "
                "adds, or HTTP 1.0. Name the proxy's address in CLAIMCLF_PROXIES, as "
                "docs/configuration.md says."
            )
        if not self._admission.may_call(called_as(headers)):
            return f"This dashboard does not answer under this name. {self._where()}"
        if asks_from_elsewhere(headers):
            return f"A page of another site asked for this. {self._where()}"
        return None

    def _where(self) -> str:
        if self._admission.address:
            return (
                f"Open {self._admission.address}, or add the name to CLAIMCLF_HOSTS, as "
                "docs/configuration.md says."
            )
        return "Open the address that claimclf serve printed when it was started."

    async def _why_not_you(self, scope: Scope) -> str | None:
        if self._admission.token:
            return None if self._has_cookie(scope) else _NOT_THEIRS
        path, cookies = scope["path"].removeprefix(self._admission.below), _cookies(scope)
        if path == _SIGNS_OUT:
            await run_in_threadpool(self._admission.sign_out, cookies)
        if not _is_closed(path):
            return None
        signed_in = await run_in_threadpool(self._admission.is_signed_in, cookies)
        return None if signed_in else _NOT_SIGNED_IN

    def _has_cookie(self, scope: Scope) -> bool:
        cookies = _cookies(scope)
        return any(
            self._is_token(value)
            for name, value in cookies.items()
            if name.startswith(TOKEN_COOKIE)
        )

    def _brings_token(self, scope: Scope) -> bool:
        if not self._admission.token or scope["type"] != "http" or scope["method"] != "GET":
            return False
        return any(name == PARAMETER and self._is_token(value) for name, value in _query(scope))

    def _is_token(self, value: str) -> bool:
        return hmac.compare_digest(
            value.encode("utf-8", "surrogateescape"), self._admission.token.encode()
        )

    async def _hand_cookie(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the browser keep the token out of the address, where others could see it."""
        others = [(name, value) for name, value in _query(scope) if name != PARAMETER]
        answer = onward(scope["path"], urlencode(others))
        port = (scope.get("server") or ("", 0))[1]
        answer.set_cookie(
            f"{TOKEN_COOKIE}{port}", self._admission.token, httponly=True, samesite="strict"
        )
        await answer(scope, receive, send)


_NOT_THEIRS = (
    "This dashboard is one person's, and this browser has not shown that it is theirs. Open the "
    "address that claimclf serve printed when it was started: it ends in ?token=... and is "
    "needed once for each browser and start of the server."
)
_NOT_SIGNED_IN = (
    "Nobody is signed in here. Open the dashboard's start page, sign in, and try again."
)


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def _cookies(scope: Scope) -> dict[str, str]:
    return HTTPConnection(scope).cookies


def _is_closed(path: str) -> bool:
    """Say whether a path below the server's root is for people who have signed in."""
    parts = [part for part in path.split("/") if part]
    first = next((place for place, part in enumerate(parts) if part in _ROOMS), None)
    if first is None or parts[first] == _DRAWN_WITH:
        return False
    return parts[first] == "media" or parts[first + 1 : first + 2] not in _OPEN
