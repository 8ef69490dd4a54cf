"""Tokens of programs that send reports or read by HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from claimclf.people import Capability, Person, Role
from claimclf.queue.settings import tokens as stored
from claimclf.queue.settings.tokens import Scope, Token
from claimclf.queue.storage.database import Database
from claimclf.services.permissions import needs

__all__ = [
    "Scope",
    "Token",
    "list_tokens",
    "make_token",
    "person_of",
    "revoke_token",
    "shown_token",
]

#: What a token is good for -> the role in which its program acts.
_ROLES = {Scope.REPORT: Role.MODERATOR, Scope.READ: Role.ANALYST, Scope.METRICS: Role.MODERATOR}


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


def shown_token(database: Database, written: str) -> Token | None:
    """Return the token that a request shows, if it counts now."""
    return stored.find_token(database, written)


def person_of(token: Token, scope: Scope) -> Person:
    """Return who acts by a token: its sender, in the role that the scope stands for."""
    return Person(f"api:{token.sender}", _ROLES[scope])
