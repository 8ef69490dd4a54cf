"""Entries in the audit log for what is changed outside of the database, such as a model.

The log and what lies outside of it cannot be changed as one. So the entry is made first, and is
there for good before the change is: whatever breaks in between, the log tells of every change
that there was. The other order could leave a change that nobody knows of. Where a change fails
after its entry, a second entry says so; after a killed process that one is missing, and the
changed thing's own history tells whether the change was made.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from claimclf.errors import StorageError
from claimclf.people import Person
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit_head

#: The entry of a change that was entered and then not made.
FAILED = "change-failed"

_logger = logging.getLogger(__name__)

Enter = Callable[[dict[str, Any]], None]


@contextmanager
def recorded(database: Database, person: Person, action: str) -> Iterator[Enter]:
    """Lend what makes the entry of a change; call it when all is checked, before the change.

    Parameters
    ----------
    action : str
        A verb of the log.

    Yields
    ------
    callable
        Takes the entry's details. Raises StorageError where the log cannot be reached: then
        nothing may be changed.
    """
    made: list[dict[str, Any]] = []

    def enter(details: dict[str, Any]) -> None:
        _append(database, person, Entry(action, details=details))
        made.append(details)

    try:
        yield enter
    except BaseException as error:
        problem = str(error) or type(error).__name__
        for details in made:
            _enter_failure(database, person, action, {**details, "problem": problem})
        raise
    for details in made:
        _logger.info("%s: %s", action, details.get("model", "-"))


def require_log(database: Database) -> None:
    """Refuse to begin a long work whose result could not be entered into the log.

    Raises
    ------
    StorageError
        The log cannot be reached.
    """
    database.read(lambda connection: connection.execute(select(audit_head.c.seq)).one())


def _enter_failure(
    database: Database, person: Person, action: str, details: dict[str, Any]
) -> None:
    """Enter that a change was not made; what went wrong first is what the person must hear."""
    _logger.warning("A change, %s, failed after its entry in the audit log", action)
    try:
        _append(database, person, Entry(FAILED, details={**details, "action": action}))
    except StorageError:
        _logger.warning("That %s failed could not be entered in the audit log", action)


def _append(database: Database, person: Person, entry: Entry) -> None:
    database.write(lambda connection: append(connection, person, database.now(), [entry]))
