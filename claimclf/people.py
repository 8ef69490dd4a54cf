"""Who does something, and what their role covers."""

from __future__ import annotations

from dataclasses import dataclass

from claimclf.errors import NotAllowedError
from claimclf.schema import Role


@dataclass(frozen=True)
class Person:
    """Somebody at work on the queue.

    Parameters
    ----------
    name : str
        Unique among people.
    role : Role
        What the person may do.
    """

    name: str
    role: Role = Role.MODERATOR


#: Those who may act on other people's cases.
LEADS = (Role.LEAD, Role.ADMIN)


def allow(person: Person, *roles: Role) -> None:
    """Refuse a person of any other role.

    Raises
    ------
    NotAllowedError
        The person's role is not among `roles`.
    """
    if person.role not in roles:
        raise NotAllowedError(
            f"This needs the role {' or '.join(roles)}.",
            f"Found: {person.name} is {person.role}.",
            "Ask somebody who has it.",
        )
