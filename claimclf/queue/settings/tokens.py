"""Tokens of programs that send reports or read by HTTP: made, listed and revoked by an admin.

A token is shown once, when it is made; what is stored is its hash. It has so many random bits
that a hash without salt cannot be guessed back, and can be looked up.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from claimclf.errors import ConflictError, InvalidRequestError, NotFoundError
from claimclf.people import Capability, Person, require
from claimclf.queue.settings.bounds import TIMES, check_number, shown
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import tokens

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_PREFIX, _N_BYTES = "claimclf_", 32
_LONGEST = 200


class Scope(StrEnum):
    """What a token is good for."""

    REPORT = "report"
    READ = "read"
    METRICS = "metrics"


@dataclass(frozen=True)
class Token:
    """A token, without itself.

    Parameters
    ----------
    name : str
        What people call it.
    sender : str
        Whose reports they are; several tokens may be of one sender, one after the other.
    scopes : tuple of Scope
        What it is good for.
    made_at, ends_at, revoked_at : int or None
        Microseconds since 1970, UTC; None for no end, and for one that is not revoked.
    """

    name: str
    sender: str
    scopes: tuple[Scope, ...]
    made_at: int
    ends_at: int | None
    revoked_at: int | None

    def counts(self, now: int) -> bool:
        """Return whether it lets anybody in at a time."""
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)


def make_token(
    database: Database,
    person: Person,
    name: str,
    scopes: Sequence[str],
    sender: str | None = None,
    ends_at: int | None = None,
) -> str:
    """Make a token and return it: it is never shown again.

    Parameters
    ----------
    sender : str or None
        Whose reports they are; by default what the token is called.
    ends_at : int or None
        When it ends, microseconds since 1970, UTC; None for never.

    Raises
    ------
    InvalidRequestError
        A name is none, there is no such scope, or the end is over already.
    ConflictError
        There is one of that name.
    """
    require(person, Capability.OPERATE)
    check_token_name(name)
    check_token_name(sender or name)
    check_scopes(scopes)
    written = f"{_PREFIX}{secrets.token_urlsafe(_N_BYTES)}"

    def make(connection: Connection) -> None:
        at = database.now()
        if ends_at is not None and check_number(ends_at, "The end", TIMES) <= at:
            raise InvalidRequestError(
                "The token would have ended already.", "", "Give a later end."
            )
        if connection.scalar(select(tokens.c.id).where(tokens.c.name == name)) is not None:
            advice = "Choose another name; a revoked token keeps its own."
            raise ConflictError(f"There is a token '{name}' already.", "", advice)
        values = {
            **{"name": name, "sender": sender or name, "hash": hash_of(written)},
            **{"scopes": " ".join(sorted(set(scopes))), "made_at": at, "made_by": person.name},
            "ends_at": ends_at,
        }
        connection.execute(insert(tokens).values(values))
        facts = {name: values[name] for name in ("name", "sender", "scopes", "ends_at")}
        append(connection, person, at, [Entry("make-token", details=facts)])

    database.write(make)
    return written


def revoke_token(database: Database, person: Person, name: str) -> None:
    """End a token at once.

    Raises
    ------
    NotFoundError
        There is none of that name that is not revoked.
    """
    require(person, Capability.OPERATE)

    def revoke(connection: Connection) -> None:
        at = database.now()
        this = (tokens.c.name == name, tokens.c.revoked_at.is_(None))
        values = {"revoked_at": at, "revoked_by": person.name}
        if not connection.execute(update(tokens).where(*this).values(values)).rowcount:
            advice = "Look at: claimclf token list"
            raise NotFoundError(f"There is no token {shown(name)} to revoke.", "", advice)
        append(connection, person, at, [Entry("revoke-token", details={"name": name})])

    database.write(revoke)


def tokens_of(database: Database) -> list[Token]:
    """Return all tokens, the oldest first."""
    rows = database.read(lambda c: c.execute(select(tokens).order_by(tokens.c.id)).all())
    return [_token(row) for row in rows]


def find_token(database: Database, written: str) -> Token | None:
    """Return the token that somebody shows, if it counts now."""
    if not written.startswith(_PREFIX) or len(written) > _LONGEST:
        return None
    this = select(tokens).where(tokens.c.hash == hash_of(written))
    row = database.read(lambda c: c.execute(this).one_or_none())
    token = None if row is None else _token(row)
    return token if token is not None and token.counts(database.now()) else None


def hash_of(written: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(written.encode()).hexdigest()


def check_token_name(name: str) -> None:
    """Refuse a name that cannot stand in a log or an address as it is.

    Raises
    ------
    InvalidRequestError
        It is none.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidRequestError(
            "The token's name cannot be used.",
            f"Found: {shown(name)}.",
            "Give up to 40 small letters, digits, - . and _, a letter or digit first.",
        )


def check_scopes(scopes: Sequence[str]) -> None:
    """Refuse scopes that there are not.

    Raises
    ------
    InvalidRequestError
        There is no such scope, or none is given.
    """
    known = isinstance(scopes, list | tuple) and all(scope in list(Scope) for scope in scopes)
    if not known or not scopes:
        raise InvalidRequestError(
            "The token's scope cannot be used.",
            f"Found: {shown(scopes)}.",
            f"Choose from {', '.join(Scope)}.",
        )


def check_stored(connection: Connection) -> None:
    """Refuse tokens that are stored and could not be read.

    Raises
    ------
    ValueError
        One has a scope that there is not.
    """
    for row in connection.execute(select(tokens)):
        _token(row)


def _token(row: AnyRow) -> Token:
    scopes = tuple(Scope(scope) for scope in row.scopes.split())
    return Token(row.name, row.sender, scopes, row.made_at, row.ends_at, row.revoked_at)
