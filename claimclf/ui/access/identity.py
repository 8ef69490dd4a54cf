"""Who a token is of: the person's name, their role, and which sign-in it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from claimclf.errors import InvalidRequestError, NotAllowedError
from claimclf.people import CAPABILITIES, Role
from claimclf.services.names import person_name
from claimclf.ui.access.rules import Rules, folded


@dataclass(frozen=True)
class Login:
    """One sign-in of one person: what is told apart when it is ended.

    Parameters
    ----------
    key : tuple of str
        Unique among sign-ins.
    since : float
        When the token was issued, in seconds since 1970.
    """

    key: tuple[str, ...]
    since: float


def login_of(claims: Mapping[str, Any]) -> Login:
    """Tell one sign-in from all others; one without a time counts as one of 1970."""
    issued = claims.get("iat")
    since = float(issued) if isinstance(issued, int | float) and isfinite(issued) else 0.0
    names = ("iss", "sub", "iat", "sid", "nonce")
    return Login(tuple(str(claims.get(name, "")) for name in names), since)


def name_of(claims: Mapping[str, Any]) -> str:
    """Name a person: the verified e-mail address, else what is unique at the token's issuer.

    Raises
    ------
    NotAllowedError
        The address is said not to be verified, there is nothing to name the person by, or the
        name cannot be a person's.
    """
    email, verified = claims.get("email"), claims.get("email_verified")
    if isinstance(email, str) and "@" in email and "://" not in email and verified is not None:
        if str(verified).lower() != "true":
            raise NotAllowedError(
                "Your e-mail address is not verified.",
                f"Found: {email}, which may be somebody else's.",
                "Verify it where you signed in, then sign out here and in again.",
            )
        return _persons(folded(email))
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not issuer or not subject:
        raise NotAllowedError(
            "Nobody can tell who you are.",
            "Found: a sign-in that names neither a verified e-mail address nor a subject.",
            "Ask who runs the login for one of them in the token.",
        )
    return _persons(f"{issuer}#{subject}")


def _persons(name: str) -> str:
    """Return a name that can be stored and is not that of the program itself."""
    try:
        return person_name(name)
    except InvalidRequestError as error:
        raise NotAllowedError(
            "Nobody can be signed in under this name.", str(error), "Ask who runs the login."
        ) from error


def role_of(name: str, claims: Mapping[str, Any], rules: Rules) -> Role:
    """Return a person's role: the list's before the token's.

    Raises
    ------
    NotAllowedError
        Neither gives one.
    """
    held = rules.roles.get(name) or _claimed(claims, rules.role_claim)
    if held is None:
        raise NotAllowedError(
            "You have no role here.",
            f"Found: {name}, in no list of roles.",
            "Ask an admin of this dashboard for a role, then reload this page.",
        )
    return held


def _claimed(claims: Mapping[str, Any], claim: str | None) -> Role | None:
    value = claims.get(claim) if claim else None
    values = value if isinstance(value, list) else [value]
    names = {one.strip().lower() for one in values if isinstance(one, str)}
    return widest(role for role in Role if role in names)


def widest(roles: Iterable[Role]) -> Role | None:
    """Return the role with the widest rights, analyst only if it is alone; None without any."""
    held = set(roles)
    return next((role for role in reversed(CAPABILITIES) if role in held), None)
