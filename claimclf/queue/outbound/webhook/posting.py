"""One HTTP request to the platform, over by a deadline whatever the other side does."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.message import Message

#: Sends a message; returns what went wrong, or nothing.
Send = Callable[[Webhook, Message], str]

_LATE = "no answer in time"
#: Kind of an error -> what is kept of it. Never its text, which may repeat an address with a
#: secret in it, or whatever the other side has sent. The first that fits counts.
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, _LATE),
    (ConnectionRefusedError, "connection refused"),
    (socket.gaierror, "host not found"),
    (ssl.SSLCertVerificationError, "certificate not trusted"),
    (ssl.SSLError, "no secure connection"),
    (http.client.HTTPException, "answer that is no HTTP"),
    (ConnectionError, "connection broken off"),
    (OSError, "no connection"),
)


def post(webhook: Webhook, message: Message) -> str:
    """Send a message; return what went wrong, or nothing. Follows no redirect.

    A receiver that sends one byte now and then keeps within the limit of each step for ever:
    the whole try is over at `webhook.deadline`.
    """
    outcome: SimpleQueue[str] = SimpleQueue()
    connections: list[http.client.HTTPConnection] = []
    work = partial(_send, webhook, message, connections)
    Thread(target=lambda: outcome.put(work()), daemon=True).start()
    try:
        return outcome.get(timeout=webhook.deadline)
    except Empty:
        _hang_up(connections)
        return _LATE


def _send(webhook: Webhook, message: Message, connections: list[http.client.HTTPConnection]) -> str:
    request = Request(webhook.url, message.body, message.headers, method="POST")  # noqa: S310
    # A request to this machine goes past no proxy.
    past_proxies = [ProxyHandler({})] if urlsplit(webhook.url).scheme == "http" else []
    try:
        opener = build_opener(_NoRedirect, _Plain(connections), _Secure(connections), *past_proxies)
        with opener.open(request, timeout=webhook.timeout) as answer:
            return "" if 200 <= answer.status < 300 else f"answer {answer.status}"
    except HTTPError as error:
        error.close()
        return f"answer {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return _kind(error)


def _kind(error: BaseException) -> str:
    """Name what went wrong without a word of the error's own."""
    if isinstance(error, URLError) and isinstance(error.reason, BaseException):
        error = error.reason
    kinds = (words for kind, words in _KINDS if isinstance(error, kind))
    return next(kinds, "request that cannot be sent")


def _hang_up(connections: list[http.client.HTTPConnection]) -> None:
    """End what is under way, so that no thread waits for it."""
    for connection in connections:
        if connection.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def _noted(
    kind: type[http.client.HTTPConnection],
    connections: list[http.client.HTTPConnection],
    *args: Any,
    **options: Any,
) -> http.client.HTTPConnection:
    connections.append(kind(*args, **options))
    return connections[-1]


class _Plain(HTTPHandler):
    """Opens http connections that can be hung up on."""

    def __init__(self, connections: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self._opened = partial(_noted, http.client.HTTPConnection, connections)

    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(self._opened, req)


class _Secure(HTTPSHandler):
    """Opens https connections that can be hung up on."""

    def __init__(self, connections: list[http.client.HTTPConnection]) -> None:
        self._trusting = ssl.create_default_context()
        super().__init__(context=self._trusting)
        self._opened = partial(_noted, http.client.HTTPSConnection, connections)

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(self._opened, req, context=self._trusting)


class _NoRedirect(HTTPRedirectHandler):
    """Makes an error of a redirect: it could lead anywhere."""

    def redirect_request(self, *_: Any) -> None:
        return None
