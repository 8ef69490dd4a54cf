"""Example: decisions in the form of Coop's action callbacks, for an endpoint that takes these.

`python deploy/receivers/coop.py coop.toml` listens on this machine; set CLAIMCLF_WEBHOOK_URL to
http://127.0.0.1:8600/ and run `claimclf deliver --every 60`. Needs the package `cryptography`.

Each event is checked (Standard Webhooks: signature and age), turned into a call and answered with
204 once the endpoint has taken it. Until then claimclf sends it again, and none after it: so order
and retries are claimclf's. An event whose number is not above the last one of its video is left
out. A claim that breaks a rule calls `restrict`; where that decision is undone, or another one is
made after it, `lift` is called. Opinions and claims within the rules call nothing else.

The form is that of Coop's documentation in November 2026 (docs/api/actions.md and
docs/development/api-auth.md in roostorg/coop): `item`, `action`, `policies`, `rules` (empty, for a
person decided) and `custom`; `Coop-Signature` is RSASSA-PKCS1-v1_5 with SHA-256 over the body, in
base64. claimclf tells nobody's name, so there is no `actorEmail`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

BREAKS = "claim-breaks-rules"
#: Seconds that an event may be old, or before our clock; and that the endpoint may take.
AGE, PATIENCE = 300, 8
MOST_BYTES = 2**20


class Relay:
    """Turns events into calls, each once and in order.

    Parameters
    ----------
    folder : Path
        From which relative paths of the settings count.
    settings : mapping
        As in coop.toml.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], now: Callable[[], float] = time.time
    ) -> None:
        secret = (folder / settings["secret_file"]).read_text("utf-8").strip()
        is_coded = secret.startswith("whsec_")
        self._secret = base64.b64decode(secret[6:]) if is_coded else secret.encode()
        key = load_pem_private_key((folder / settings["key_file"]).read_bytes(), None)
        self._key = cast("RSAPrivateKey", key)
        self._settings, self._now = settings, now
        self._state = sqlite3.connect(folder / settings["state_file"], check_same_thread=False)
        # By which event a video is restricted; empty where it is not.
        self._state.execute(
            "CREATE TABLE IF NOT EXISTS told (video TEXT PRIMARY KEY, seq INTEGER, by TEXT)"
        )

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Deal with an event; return the status that claimclf is answered with."""
        if not self._is_signed(headers, body):
            return 401
        event = json.loads(body)
        row = self._state.execute(
            "SELECT seq, by FROM told WHERE video = ?", (event["video_id"],)
        ).fetchone()
        seq, by = row or (0, "")
        if event["seq"] <= seq:
            return 204
        action, by = _wanted(event, by)
        if action and not self._is_taken(action, event):
            return 502
        with self._state:
            self._state.execute(
                "INSERT OR REPLACE INTO told VALUES (?, ?, ?)",
                (event["video_id"], event["seq"], by),
            )
        return 204

    def close(self) -> None:
        """Close the file of what was told."""
        self._state.close()

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not at.isascii() or not at.isdigit() or abs(self._now() - int(at)) > AGE:
            return False
        signed = f"{name}.{at}.".encode() + body
        due = hmac.new(self._secret, signed, hashlib.sha256).digest()
        return any(
            version == "v1" and hmac.compare_digest(_decoded(given), due)
            for version, _, given in (
                one.partition(",") for one in headers.get("webhook-signature", "").split()
            )
        )

    def _is_taken(self, action: str, event: Mapping[str, Any]) -> bool:
        """Call the endpoint; say whether it has taken the call."""
        called = self._settings[action]
        body = json.dumps(self._content(called["id"], event)).encode()
        signature = self._key.sign(body, padding.PKCS1v15(), hashes.SHA256())
        headers = {
            **self._settings.get("headers", {}),
            "Content-Type": "application/json",
            "Coop-Signature": base64.b64encode(signature).decode(),
        }
        try:
            request = Request(called["url"], body, headers)  # noqa: S310 - their own endpoint
            with build_opener(_Stay, ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
                return bool(200 <= answer.status < 300)
        except OSError:  # an answer that says no, or none
            return False

    def _content(self, action: str, event: Mapping[str, Any]) -> dict[str, Any]:
        ground = event.get("statement_of_reasons", {}).get("decision_ground")
        policy = {"id": ground, "name": ground, "penalty": "NONE"}
        policy |= self._settings.get("policies", {}).get(ground, {})
        return {
            "item": {"id": event["video_id"], "typeId": self._settings["item_type"]},
            "action": {"id": action},
            "policies": [policy] if ground else [],
            "rules": [],
            "custom": {"claimclf_event": event["id"], "claimclf_seq": event["seq"]},
        }


class _Stay(HTTPRedirectHandler):
    """Takes a redirect for a no: it would lose what is sent."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""
        return


def _wanted(event: Mapping[str, Any], by: str) -> tuple[str, str]:
    """Return which action to call, if any, and by which event the video is restricted then."""
    if event["type"] == "case.decided":
        if event["statement_of_reasons"]["decision"] == BREAKS:
            return "restrict", event["id"]
        return ("lift" if by else ""), ""
    is_undone = event["type"] == "case.decision_undone" and event.get("undoes", {}).get("id") == by
    return ("lift", "") if is_undone else ("", by)


def _decoded(written: str) -> bytes:
    try:
        return base64.b64decode(written, validate=True)
    except binascii.Error:
        return b""


def server_of(relay: Relay, port: int) -> HTTPServer:
    """Return a server on this machine that takes one event at a time."""

    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE

        def do_POST(self) -> None:
            length = self.headers.get("content-length", "")
            is_fine = length.isdigit() and int(length) <= MOST_BYTES
            body = self.rfile.read(int(length)) if is_fine else b""
            self.send_response(relay.take(self.headers, body) if is_fine else 413)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return HTTPServer(("127.0.0.1", port), Handler)


def main(file: Path) -> None:
    """Serve until the process is ended."""
    settings = tomllib.loads(file.read_text("utf-8"))
    server_of(Relay(file.parent, settings), settings["port"]).serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
