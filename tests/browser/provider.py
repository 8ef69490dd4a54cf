"""A real OpenID Connect server on this machine: python -m tests.browser.provider PORT USERS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.browser.dashboard import free_port

_READY_SECONDS = 60
# Its pages fetch a style sheet from the internet; there is none in a test.
_STYLE = b"https://cdn.jsdelivr.net/npm/@picocss/pico@2/css/pico.min.css"


@contextmanager
def running_provider(users: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Run the server in a process of its own; yields its address and ends it afterwards.

    Parameters
    ----------
    users : mapping of str to mapping
        Subject -> the claims of their token.
    """
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.provider", str(port), json.dumps(users)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_served(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_served(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the provider ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"{address}/jwks", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the provider did not answer")


def main(port: int, users: dict[str, dict[str, Any]]) -> None:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback needs no TLS
    from flask import Response
    from oidc_provider_mock import User, app
    from werkzeug.serving import run_simple

    provider = app(user_claims=[User(sub=sub, claims=claims) for sub, claims in users.items()])

    @provider.after_request
    def without_style(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.set_data(response.get_data().replace(_STYLE, b"data:text/css,"))
        return response

    @provider.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)

    run_simple("127.0.0.1", port, provider, threaded=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
