"""Who does something, and what their role covers: the one place that knows of roles.

Services, pages and commands ask for a *capability* by name. A new role is a member of `Role`
and a line of `CAPABILITIES`, and nothing else.
"""

from __future__ import annotations

import getpass
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from claimclf.errors import NotAllowedError


class Role(StrEnum):
    """What somebody is here for."""

    ANALYST = "analyst"
    MODERATOR = "moderator"
    LEAD = "lead"
    ADMIN = "admin"


class Capability(StrEnum):
    """What somebody may be allowed to do."""

    #: See the queue and the history of its cases, save filters under a name.
    LOOK = "look"
    #: Upload reported videos, take cases and decide on them.
    REVIEW = "review"
    #: Act on other people's cases, see the team's work, change its settings.
    LEAD = "lead"
    #: Read, verify and export the audit log, the decisions and the cases.
    READ_LOG = "read the log"
    #: Explore labelled data and compare models.
    STUDY = "study"
    #: Train models, change their threshold and error rates, choose the champion.
    MANAGE_MODELS = "manage models"
    #: Back the queue up, restore it, tell the platform, open files of the server's machine.
    OPERATE = "operate"


#: What each role may do, the narrowest role first: who has several works in the last of them.
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.ANALYST: frozenset(
        {Capability.LOOK, Capability.READ_LOG, Capability.STUDY, Capability.MANAGE_MODELS}
    ),
    Role.MODERATOR: frozenset({Capability.LOOK, Capability.REVIEW}),
    Role.LEAD: frozenset(
        {
            Capability.LOOK,
            Capability.REVIEW,
            Capability.LEAD,
            Capability.READ_LOG,
            Capability.STUDY,
            Capability.MANAGE_MODELS,
        }
    ),
    Role.ADMIN: frozenset(Capability),
}


@dataclass(frozen=True)
class Person:
    """Somebody at work.

    Parameters
    ----------
    name : str
        Unique among people.
    role : Role
        What the person may do.
    """

    name: str
    role: Role = Role.MODERATOR

    def may(self, capability: Capability) -> bool:
        """Say whether the person's role covers something."""
        return capability in CAPABILITIES[self.role]

    @property
    def title(self) -> str:
        """The name, with the role of whoever is not simply a moderator."""
        return self.name if self.role is Role.MODERATOR else f"{self.name} ({self.role})"


#: Who does what nobody asked for, such as noticing that a lease ran out.
PROGRAM = Person("claimclf", Role.ADMIN)
# Letters that look like one another in some script or typeface; those of Hangul are shown as none.
_ALIKE = str.maketrans("сϲаɑіιıӏι1|i", "ccaallllllll", "\u115f\u1160\u3164\uffa0")
_PROGRAM = PROGRAM.name.translate(_ALIKE)


def is_reserved(name: str) -> bool:
    """Return whether a name reads like that of the program, which no person may have.

    Case, spaces, marks and characters that are shown as nothing make no other name, nor do
    letters of other scripts that look the same.
    """
    spelled = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    return "".join(char for char in spelled.translate(_ALIKE) if char.isalnum()) == _PROGRAM


def local_user() -> Person:
    """Return who is at this machine, where nobody signs in: the owner of its files.

    Where it is run by a user of the program's own name, the acts of both stay apart.
    """
    name = getpass.getuser()
    return Person(f"{name} (local user)" if is_reserved(name) else name, Role.ADMIN)


def roles_with(capability: Capability) -> tuple[Role, ...]:
    """Return the roles that cover a capability, the narrowest first."""
    return tuple(role for role, covered in CAPABILITIES.items() if capability in covered)


def require(person: Person, capability: Capability) -> None:
    """Refuse a person whose role does not cover a capability.

    Raises
    ------
    NotAllowedError
        It does not.
    """
    if not person.may(capability):
        raise NotAllowedError(
            f"This needs the role {' or '.join(roles_with(capability))}.",
            f"Found: {person.name} is {person.role}.",
            "Ask somebody who has it.",
        )
