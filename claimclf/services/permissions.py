"""How a service says whom it serves."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from claimclf.errors import NotAllowedError
from claimclf.logs import belonging_to
from claimclf.people import Capability, Person, require
from claimclf.queue.settings.bounds import IDS, check_person
from claimclf.services.arguments import check_arguments

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database

_logger = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")
Service = Callable[Concatenate["Database", Person, P], R]


def needs(capability: Capability) -> Callable[[Service[P, R]], Service[P, R]]:
    """Let a service be asked by people of this capability only; it is readable as `capability`.

    A service takes the queue's database and the person first. Who may not is refused before
    anything else is done; then what is out of bounds, by `claimclf.services.arguments`. What is
    logged meanwhile belongs to the person, and to the case that the argument `case_id` names.
    """

    def guarded(service: Service[P, R]) -> Service[P, R]:
        names = list(signature(service).parameters)[2:]

        @wraps(service)
        def checked(database: Database, person: Person, /, *args: P.args, **kwargs: P.kwargs) -> R:
            given = {**dict(zip(names, args, strict=False)), **kwargs}
            case_id = given.get("case_id")
            with belonging_to(person=person.name, case=case_id if case_id in IDS else None):
                _require(person, capability, service.__name__)
                check_person(person)
                check_arguments(given)
                return service(database, person, *args, **kwargs)

        checked.capability = capability  # type: ignore[attr-defined]
        return checked

    return guarded


def _require(person: Person, capability: Capability, service: str) -> None:
    try:
        require(person, capability)
    except NotAllowedError:
        _logger.warning("Refused %s: it needs the capability '%s'", service, capability)
        raise
