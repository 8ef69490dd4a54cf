"""One HTTP request to the platform."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.message import Message

#: Sends a message; returns what went wrong, or nothing.
Send = Callable[[Webhook, Message], str]


def post(webhook: Webhook, message: Message) -> str:
    """Send a message; return what went wrong, or nothing. Follows no redirect."""
    request = Request(webhook.url, message.body, message.headers, method="POST")  # noqa: S310
    # A request to this machine goes past no proxy.
    handlers = [ProxyHandler({})] if urlsplit(webhook.url).scheme == "http" else []
    try:
        opener = build_opener(_NoRedirect, *handlers)
        with opener.open(request, timeout=webhook.timeout) as answer:
            return "" if 200 <= answer.status < 300 else f"answer {answer.status}"
    except HTTPError as error:
        error.close()
        return f"answer {error.code} {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return f"{getattr(error, 'reason', error) or type(error).__name__}"


class _NoRedirect(HTTPRedirectHandler):
    """Makes an error of a redirect: it could lead anywhere."""

    def redirect_request(self, *_: Any) -> None:
        return None
