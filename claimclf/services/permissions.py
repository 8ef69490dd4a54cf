"""How a service says whom it serves."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from claimclf.people import Capability, Person, require

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database

P = ParamSpec("P")
R = TypeVar("R")
Service = Callable[Concatenate["Database", Person, P], R]


def needs(capability: Capability) -> Callable[[Service[P, R]], Service[P, R]]:
    """Let a service be asked by people of this capability only; it is readable as `capability`.

    A service takes the queue's database and the person first. Who may not is refused before
    anything else is done.
    """

    def guarded(service: Service[P, R]) -> Service[P, R]:
        @wraps(service)
        def checked(database: Database, person: Person, /, *args: P.args, **kwargs: P.kwargs) -> R:
            require(person, capability)
            return service(database, person, *args, **kwargs)

        checked.capability = capability  # type: ignore[attr-defined]
        return checked

    return guarded
