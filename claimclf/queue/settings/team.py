"""What a team sets for its queue; every change is stored with person, time and reason."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_type_hints

from sqlalchemy import Connection, delete, func, insert, select

from claimclf.errors import InvalidRequestError
from claimclf.members import check_kind
from claimclf.people import Capability, Person, require
from claimclf.queue.settings.bounds import (
    LONGEST_ID,
    LONGEST_REASON,
    SETTINGS,
    check_number,
    check_text,
    check_time_zone,
    shown,
)
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cuts
from claimclf.queue.storage.tables import settings as table
from claimclf.schema import Ranking
from claimclf.units import MINUTE


@dataclass(frozen=True)
class Settings:
    """What a team sets for its queue.

    Parameters
    ----------
    ranking : Ranking
        What puts one case before another, unless a moderator chooses.
    lease_minutes : float
        How long a moderator holds a case without a sign of life.
    undo_minutes : float
        How long one's own decision can be taken back.
    reopen_factor : float
        A decided case reopens when its reports have grown to this many times as many.
    capacity : float or None
        Cases a day that can be reviewed: 1 or more is a number, below 1 a share of what is
        open. None reviews all but opinions.
    sample_rate : float
        Share of each lane that is drawn into the audit sample, from 0 to 1.
    sample_seed : int
        What the draw starts from.
    second_look_rate : float
        Share of decided cases that are drawn for a second person, from 0 to 1.
    settled_rate : float
        How often the next case is one on which a lead has settled, from 0 to 1.
    shadow : str or None
        The model that scores beside the one in use, unseen; None for none.
    promotion_margin : float or None
        A challenger that is better by the paired test is used by itself, unless its AUC is lower
        by more than this on any source; None where only people put one in use.
    time_zone : str
        Where the team works, such as `Europe/Berlin`: its days are those of the team.
    """

    ranking: Ranking = Ranking.REPORTS
    lease_minutes: float = 10
    undo_minutes: float = 30
    reopen_factor: float = 2
    capacity: float | None = None
    sample_rate: float = 0.02
    sample_seed: int = 0
    second_look_rate: float = 0.02
    settled_rate: float = 0.01
    shadow: str | None = None
    promotion_margin: float | None = None
    time_zone: str = "UTC"

    @property
    def lease(self) -> int:
        """Length of a lease in microseconds."""
        return round(self.lease_minutes * MINUTE)

    @property
    def undo(self) -> int:
        """Time in which a decision can be taken back, in microseconds."""
        return round(self.undo_minutes * MINUTE)


@dataclass(frozen=True)
class Change:
    """One setting as it was changed.

    Parameters
    ----------
    at : int
        Microseconds since 1970, UTC.
    by, reason : str
        Who, and why.
    name : str
        Of `Settings`.
    old, new : str, float or None
        Its value before and from then on.
    """

    at: int
    by: str
    reason: str
    name: str
    old: Any
    new: Any


#: Setting -> what people call it.
WORDS = {
    "capacity": "Capacity",
    "ranking": "Ranked by",
    "lease_minutes": "A case is held for (minutes)",
    "undo_minutes": "Undo within (minutes)",
    "reopen_factor": "Reopen at (times the reports)",
    "sample_rate": "Audit sample (%)",
    "sample_seed": "Seed of the audit sample",
    "second_look_rate": "Looked at by a second person (%)",
    "settled_rate": "Settled cases among the next ones (%)",
    "shadow": "Scores beside the model in use",
    "promotion_margin": "A better challenger is used by itself, losing at most (AUC)",
    "time_zone": "Time zone",
}


def settings_of(connection: Connection, at: int | None = None) -> Settings:
    """Return the settings in force: the latest of each, the default of the others.

    Parameters
    ----------
    at : int or None
        Those in force at that time, microseconds since 1970, UTC; None for now.
    """
    latest = select(func.max(table.c.id)).group_by(table.c.name)
    if at is not None:
        latest = latest.where(table.c.at <= at)
    rows = connection.execute(select(table.c.name, table.c.value).where(table.c.id.in_(latest)))
    values = {row.name: json.loads(row.value) for row in rows if row.name in WORDS}
    settings = replace(Settings(), **values)
    return replace(settings, ranking=Ranking(settings.ranking))


def check_stored(connection: Connection) -> None:
    """Refuse settings that are stored and could not be read: pages read them each time.

    Raises
    ------
    ValueError, TypeError, RecursionError, InvalidRequestError
        One is of another kind than it should be.
    """
    hints = get_type_hints(Settings)
    for name, written in connection.execute(select(table.c.name, table.c.value)):
        value = json.loads(written)
        if name == "ranking":
            Ranking(value)
        elif name == "time_zone":
            check_time_zone(value)
        elif name in WORDS:
            check_kind(name, value, hints[name])


def history(database: Database) -> list[Change]:
    """Return every change of a setting, the latest first."""
    own = select(table).where(table.c.name.in_(WORDS)).order_by(table.c.id)
    rows = database.read(lambda c: c.execute(own).all())
    now, changes = asdict(Settings()), []
    for row in rows:
        new = json.loads(row.value)
        changes.append(Change(row.at, row.by, row.reason, row.name, now[row.name], new))
        now[row.name] = new
    return changes[::-1]


def change_settings(database: Database, person: Person, reason: str, **values: Any) -> Settings:
    """Change settings from now on, and record why.

    Parameters
    ----------
    reason : str
        A few words.
    values
        New values by the names of `Settings`.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    InvalidRequestError
        No reason, no such setting, or a value out of range.
    """
    require(person, Capability.LEAD)
    check_text(reason, "A reason", LONGEST_REASON, required=True)
    _check(values)

    def change(connection: Connection) -> Settings:
        at, old = database.now(), asdict(settings_of(connection))
        for name, value in values.items():
            row = {"name": name, "value": json.dumps(value), "at": at}
            connection.execute(insert(table).values(**row, by=person.name, reason=reason))
        connection.execute(delete(cuts))
        changes = {name: {"old": old[name], "new": value} for name, value in values.items()}
        append(connection, person, at, [Entry("settings", details={**changes, "reason": reason})])
        return settings_of(connection)

    return database.write(change)


def _check(values: dict[str, Any]) -> None:
    known = [field.name for field in fields(Settings)]
    for name, value in values.items():
        if name not in known:
            raise InvalidRequestError(
                f"There is no setting {shown(name)}.", "", f"Choose one of {', '.join(known)}."
            )
        if name == "time_zone":
            check_time_zone(value)
        elif name == "ranking":
            _check_ranking(value)
        elif name == "shadow":
            check_text(value or "", "The name of the model", LONGEST_ID, lines=False)
        elif not (name in ("capacity", "promotion_margin") and value is None):
            check_number(value, f"The setting '{WORDS[name]}'", SETTINGS[name])


def _check_ranking(value: Any) -> None:
    if value not in list(Ranking):
        raise InvalidRequestError(
            f"The setting '{WORDS['ranking']}' is out of range.",
            f"Found: {shown(value)}.",
            f"Choose one of {', '.join(Ranking)}.",
        )
