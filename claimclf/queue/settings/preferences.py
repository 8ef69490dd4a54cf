"""A person's settings of the review screen; no rule of the queue depends on them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select, update

from claimclf.errors import InvalidRequestError
from claimclf.people import Person
from claimclf.queue.settings.bounds import PAUSE_AFTER, check_number
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import preferences as table
from claimclf.schema import Lane


@dataclass(frozen=True)
class Preferences:
    """One person's settings of the review screen.

    Parameters
    ----------
    blur, greyscale : bool
        How pictures and videos are shown once they are asked for.
    pause_after : int
        Cases after which a pause is suggested; 0 for never.
    without : tuple of Lane
        Lanes from which the person gets no case.
    """

    blur: bool = True
    greyscale: bool = True
    pause_after: int = 50
    without: tuple[Lane, ...] = ()


def preferences_of(database: Database, person: Person) -> Preferences:
    """Return what a person has chosen, or the defaults."""
    return _preferences(database.read(lambda connection: _chosen(connection, person)))


def prefer(database: Database, person: Person, chosen: Preferences) -> None:
    """Keep what a person has chosen.

    Raises
    ------
    InvalidRequestError
        As for `check`.
    """
    check(chosen)
    row = {"person": person.name, "chosen": json.dumps(asdict(chosen))}

    def keep(connection: Connection) -> None:
        lock(connection, f"person {person.name}")
        if _chosen(connection, person) is None:
            connection.execute(insert(table).values(row))
        else:
            connection.execute(update(table).where(table.c.person == person.name).values(row))

    database.write(keep)


def check(chosen: Preferences) -> None:
    """Refuse what a screen cannot be.

    Raises
    ------
    InvalidRequestError
        No lane is left, or the number of cases is out of range.
    """
    without: object = chosen.without  # from a caller who may not keep to the type
    if not isinstance(without, tuple) or any(lane not in list(Lane) for lane in without):
        raise InvalidRequestError(
            "There is no such lane.", "", f"Leave out some of {', '.join(Lane)}."
        )
    if set(chosen.without) == set(Lane):
        raise InvalidRequestError(
            "No lane is left.", "Found: all are left out.", "Keep at least one."
        )
    check_number(chosen.pause_after, "The number of cases before a pause", PAUSE_AFTER)
    for name in ("blur", "greyscale"):
        if not isinstance(getattr(chosen, name), bool):
            raise InvalidRequestError(f"'{name}' is yes or no.", "", "Choose one.")


def check_stored(connection: Connection) -> None:
    """Refuse preferences that are stored and could not be read.

    Raises
    ------
    ValueError, TypeError, KeyError, InvalidRequestError
        Some are of another kind than they should be.
    """
    for written in connection.scalars(select(table.c.chosen)):
        check(_preferences(written))


def _chosen(connection: Connection, person: Person) -> str | None:
    return connection.scalar(select(table.c.chosen).where(table.c.person == person.name))


def _preferences(chosen: str | None) -> Preferences:
    if chosen is None:
        return Preferences()
    values = json.loads(chosen)
    return Preferences(**values | {"without": tuple(Lane(lane) for lane in values["without"])})
