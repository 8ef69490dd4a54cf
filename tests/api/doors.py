"""A server for reports alone, and somebody who asks it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from claimclf.people import Person, Role
from claimclf.queue.storage.database import Database
from claimclf.services.intake_stress import served
from claimclf.services.tokens import Scope, make_token

ADMIN = Person("ada", Role.ADMIN)


@dataclass(frozen=True)
class Said:
    """An answer.

    Parameters
    ----------
    status : int
        Of HTTP.
    headers : dict of str to str
        By their names in small letters.
    body : str
        Its text.
    """

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


@dataclass
class Door:
    """A running server, and tokens that count there.

    Parameters
    ----------
    place : (str, int)
        Address and port.
    database : Database
        The same queue, seen from outside.
    tokens : dict of Scope to str
        One for each scope.
    """

    place: tuple[str, int]
    database: Database
    tokens: dict[Scope, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The queue's address."""
        return self.database.url.render_as_string(hide_password=False)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        scope: Scope | None = Scope.REPORT,
        token: str | None = None,
        **headers: str,
    ) -> Said:
        """Send a request; `_` in names of headers stands for `-`."""
        connection = http.client.HTTPConnection(*self.place, timeout=60)
        shown = token if token is not None or scope is None else self.tokens[scope]
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if shown:
            sent["Authorization"] = f"Bearer {shown}"
        content: Any = json.dumps(body).encode() if isinstance(body, dict | list) else body
        with closing(connection):
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Said(response.status, names, response.read().decode("utf-8", "replace"))


def tokens_for(database: Database) -> dict[Scope, str]:
    """Make a token for each scope, all of one sender."""
    return {scope: make_token(database, ADMIN, f"for-{scope}", [scope], "shop") for scope in Scope}


@contextmanager
def open_door(url: str) -> Iterator[Door]:
    """Run a server on a queue."""
    database = Database(url)
    tokens = tokens_for(database)
    with served(url) as place:
        yield Door(place, database, tokens)
    database.close()
