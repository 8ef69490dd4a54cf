"""What the secrets say of people: roles, and after how long a session ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from claimclf.errors import ServerError
from claimclf.people import CAPABILITIES, Role

IDLE_MINUTES = 30
_MANUAL = "See docs/login.md."


@dataclass(frozen=True)
class Rules:
    """What the secrets say of people.

    Parameters
    ----------
    roles : mapping of str to Role
        By the person's name.
    role_claim : str or None
        The claim of the token that holds a role or a list of roles.
    idle_seconds : float
        After how long without any interaction a session ends.
    """

    roles: Mapping[str, Role]
    role_claim: str | None
    idle_seconds: float


def rules_of(secrets: Mapping[str, Any]) -> Rules:
    """Read the section `[claimclf]` of the secrets.

    Raises
    ------
    ServerError
        It cannot be understood. Nobody is let in then: half a list may let in the wrong ones.
    """
    section = secrets.get("claimclf", {})
    if not isinstance(section, Mapping):
        raise unreadable("claimclf", section, "Make it a section, [claimclf]")
    claim = section.get("role_claim")
    if claim is not None and not (isinstance(claim, str) and claim):
        raise unreadable("role_claim", claim, "Name one claim of the token")
    minutes = section.get("idle_minutes", IDLE_MINUTES)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < inf:
        raise unreadable("idle_minutes", minutes, "Give a number of minutes above 0")
    return Rules(_listed(section.get("roles", {})), claim, 60.0 * minutes)


def _listed(section: object) -> dict[str, Role]:
    """Return the role of each person that the secrets name."""
    if not isinstance(section, Mapping):
        raise unreadable("roles", section, "Make it a section, [claimclf.roles]")
    unknown = sorted(set(section) - set(Role))
    if unknown:
        raise unreadable("roles", ", ".join(unknown), f"Use the roles {', '.join(Role)}")
    roles: dict[str, Role] = {}
    for role in CAPABILITIES:  # the widest is put in last, and stays
        names = section.get(role, [])
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise unreadable(f"roles.{role}", type(names).__name__, "Give a list of addresses")
        roles |= {folded(name): role for name in names}
    return roles


def unreadable(name: str, found: object, advice: str) -> ServerError:
    """Return the error for a part of the secrets that cannot be understood."""
    return ServerError(
        f"{name} in the Streamlit secrets cannot be understood.",
        f"Found: {found}.",
        f"{advice}. {_MANUAL}",
    )


def folded(name: str) -> str:
    """Write an e-mail address in one way; other names, which hold an issuer, keep their case.

    Only the letters of ASCII lose their case: others could make two people's addresses one.
    """
    name = name.strip()
    return name.lower() if name.isascii() and "://" not in name else name
