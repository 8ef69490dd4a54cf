"""Tokens of programs that send reports or read by HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from claimclf.people import Capability, Person, roles_with
from claimclf.queue.settings import tokens as stored
from claimclf.queue.settings.tokens import Scope, Token
from claimclf.queue.storage.database import Database
from claimclf.services.permissions import needs

__all__ = [
    "Keyring",
    "Scope",
    "Token",
    "list_tokens",
    "make_token",
    "person_of",
    "revoke_token",
]

#: What a token is good for -> what its program must be able to do.
_NEEDS = {
    Scope.REPORT: Capability.REVIEW,
    Scope.READ: Capability.READ_LOG,
    Scope.METRICS: Capability.LOOK,
}


@needs(Capability.OPERATE)
def make_token(
    database: Database,
    person: Person,
    name: str,
    scopes: Sequence[str],
    sender: str | None = None,
    ends_at: int | None = None,
) -> str:
    """Make a token and return it: it is never shown again."""
    return stored.make_token(database, person, name, scopes, sender, ends_at)


@needs(Capability.OPERATE)
def revoke_token(database: Database, person: Person, name: str) -> None:
    """End a token at once."""
    stored.revoke_token(database, person, name)


@needs(Capability.OPERATE)
def list_tokens(database: Database, _person: Person) -> list[Token]:
    """Return all tokens, the oldest first, without themselves."""
    return stored.tokens_of(database)


class Keyring:
    """Knows tokens by what a request shows: who asks is known only afterwards.

    Parameters
    ----------
    database : Database
        The queue's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, written: str) -> Token | None:
        """Return the token that a request shows, if it counts now."""
        return stored.find_token(self._database, written)


def person_of(token: Token, scope: Scope) -> Person:
    """Return who acts by a token: its sender, in the narrowest role that covers the scope."""
    return Person(f"api:{token.sender}", roles_with(_NEEDS[scope])[0])
