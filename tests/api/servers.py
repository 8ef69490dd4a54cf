"""Both kinds of server, and clients that do not behave."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from itsdangerous import URLSafeTimedSerializer
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.dashboard import cookie, running_dashboard

SECRET = "a secret of these tests, long enough to be one"  # noqa: S105
USER = "_streamlit_user"
SECRETS = f"""
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "claimclf"
client_secret = "any"
server_metadata_url = "http://127.0.0.1:1/none"

[claimclf.roles]
analyst = ["ana@example.org"]
moderator = ["mia@example.org"]
"""


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Parameters
    ----------
    status : int
        Of HTTP; 101 for a websocket that opened.
    body : str
        Its text.
    headers : dict of str to str
        By their names in small letters.
    """

    status: int
    body: str
    headers: dict[str, str]

    @property
    def is_refused(self) -> bool:
        """Whether the gate did not let the request through."""
        words = ("one person's", "Nobody is signed in", "through a proxy", "under this name")
        others = "another site"
        return self.status == 403 and (
            not self.body or any(word in self.body for word in (*words, others))
        )


@dataclass(frozen=True)
class Server:
    """One that runs.

    Parameters
    ----------
    address : str
        As in `http://127.0.0.1:8501`.
    cookies : str
        Those of whoever may come in.
    """

    address: str
    cookies: str

    @property
    def place(self) -> str:
        """Its host and port."""
        return urlsplit(self.address).netloc

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        host: str = "",
        cookies: str = "",
        **headers: str,
    ) -> Answer:
        """Send a request as no browser would; `_` in names of headers stands for `-`."""
        connection = http.client.HTTPConnection(self.place, timeout=60)
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", host or self.place)
        for name, value in {"Cookie": cookies, **headers}.items():
            if value:
                connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        answer = Answer(
            response.status,
            response.read().decode("utf-8", "replace"),
            {name.lower(): value for name, value in response.getheaders()},
        )
        connection.close()
        return answer

    def open_websocket(self, *, host: str = "", cookies: str = "", origin: str = "") -> Answer:
        """Open the websocket and close it again."""
        headers = {"Cookie": cookies, "Origin": origin}
        try:
            with connect(
                f"ws://{host or self.place}/_stcore/stream",
                sock=socket.create_connection(("127.0.0.1", int(self.place.rpartition(":")[2]))),
                additional_headers={name: value for name, value in headers.items() if value},
                proxy=None,
            ):
                return Answer(101, "", {})
        except InvalidStatus as error:
            return Answer(error.response.status_code, "", {})


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server without a login, for whoever has its token."""
    with running_dashboard() as address:
        yield Server(address, cookie())


@contextmanager
def team_server(folder: Path, **environment: str) -> Iterator[Server]:
    """Run a server where people sign in."""
    file = folder / "secrets.toml"
    file.write_text(SECRETS, "utf-8")
    with running_dashboard(STREAMLIT_SECRETS_FILES=str(file), **environment) as address:
        yield Server(address, signed_in(address))


def signed_in(address: str, secret: str = SECRET, **claims: object) -> str:
    """Return the cookie of a sign-in that counts, or whose claims are others."""
    good = {
        "origin": address,
        "is_logged_in": True,
        "iss": address,
        "sub": "ana",
        "email": "ana@example.org",
        "email_verified": True,
        "iat": int(time.time()),
    }
    signed = URLSafeTimedSerializer(secret, salt=USER).dumps(json.dumps({**good, **claims}))
    return f"{USER}={signed if isinstance(signed, str) else signed.decode()}"
