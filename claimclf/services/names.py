"""Names under which people sign in: what the start page asks for needs no queue."""

from __future__ import annotations

from claimclf.people import Person
from claimclf.queue.settings import bounds


def person_name(name: str) -> str:
    """Return a name under which somebody may sign in.

    Raises
    ------
    InvalidRequestError
        It is missing, too long, cannot be read or is that of the program itself.
    """
    return bounds.check_person(Person(name)).name
