"""Where events are sent, the secret that signs them, and how long to wait."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from claimclf.configuration import WEBHOOK_SECRET, WEBHOOK_URL, look_up
from claimclf.errors import NotConfiguredError
from claimclf.units import SECOND

_SECRET_PREFIX = "whsec_"  # noqa: S105
_SHORTEST_SECRET = 24
_LONGEST_HOST = 253
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)


@dataclass(frozen=True)
class Webhook:
    """Where and how events are sent.

    Parameters
    ----------
    url : str
        https, or http on this very machine; without name or password.
    secret : str
        At least 24 characters; `whsec_` and base64 for the bytes that it stands for.
    timeout : float
        Seconds to wait for each step of an answer.
    tries : int
        After so many, an event becomes a dead letter.
    first_wait, longest_wait : float
        Seconds to the second try, and between any two; the wait doubles each time.

    Raises
    ------
    NotConfiguredError
        The address is not safe, or the secret too short.
    """

    url: str
    secret: str = field(repr=False)
    timeout: float = 10
    tries: int = 12
    first_wait: float = 10
    longest_wait: float = 3600

    def __post_init__(self) -> None:
        _check_url(self.url)
        if len(self.key) < _SHORTEST_SECRET:
            raise NotConfiguredError(
                "The webhook's secret is too short.",
                f"Found: {len(self.key)} bytes.",
                f"Set {WEBHOOK_SECRET.variable} to {_SHORTEST_SECRET} or more random characters.",
            )

    @property
    def key(self) -> bytes:
        """The bytes that sign."""
        if not self.secret.startswith(_SECRET_PREFIX):
            return self.secret.encode()
        try:
            return base64.b64decode(self.secret.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise NotConfiguredError(
                "The webhook's secret cannot be read.",
                f"Found: {_SECRET_PREFIX} without base64 after it.",
                f"Copy the secret to {WEBHOOK_SECRET.variable} again.",
            ) from error

    def wait(self, tries: int) -> int:
        """Return the microseconds to wait after so many tries have failed."""
        seconds = self.first_wait * 2.0 ** min(tries - 1, 64)
        return round(min(seconds, self.longest_wait) * SECOND)

    @property
    def deadline(self) -> float:
        """Seconds after which a try is over, whatever the other side does."""
        return 3 * self.timeout

    @property
    def lease(self) -> int:
        """How long a sender has an event to itself, in microseconds: any try is over by then."""
        return round(6 * self.timeout * SECOND)


def configured() -> Webhook | None:
    """Return the webhook that is set up, or None.

    Raises
    ------
    NotConfiguredError
        Its address or its secret is missing or unsafe.
    """
    url, secret = look_up(WEBHOOK_URL).value, look_up(WEBHOOK_SECRET).value
    if not url and not secret:
        return None
    if not url or not secret:
        both = (WEBHOOK_URL.variable, WEBHOOK_SECRET.variable)
        missing, present = both[:: 1 if secret else -1]
        raise NotConfiguredError(
            "The webhook is set up by halves.",
            f"Found: {present} alone.",
            f"Set {missing} as well.",
        )
    return Webhook(url, secret)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    # Parsing takes some control characters out without a word.
    readable = all(32 < ord(letter) != 127 for letter in url) and _is_host(host)
    # What follows the host is sent as it is written, where it is sent at all.
    readable &= f"{parts.path}{parts.query}{parts.fragment}".isascii()
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
    if not (readable and safe) or "@" in parts.netloc:
        # The rest of an address may be a secret.
        raise NotConfiguredError(
            "The webhook's address is not safe.",
            f"Found: {parts.scheme or 'no'} address"
            f"{' with a name or password' if '@' in parts.netloc else ''}.",
            f"Set {WEBHOOK_URL.variable} to https://host/path, or to http:// on this machine.",
        )


def _is_host(host: str) -> bool:
    """Return whether a name can be looked up: no label empty or over 63 characters.

    Looked at is what is asked for: a space or a stop of another script becomes one of ours.
    """
    if _is_address(host):
        return True
    try:
        asked = host.encode("idna").decode()
    except UnicodeError:
        return False
    return len(asked) <= _LONGEST_HOST and bool(_HOST.fullmatch(asked))


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
