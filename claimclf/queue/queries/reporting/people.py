"""What each person did in a window, and how long a decision took them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from claimclf.people import Role
from claimclf.queue.queries.reporting.window import Window
from claimclf.queue.storage.audit import DECIDED
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.tables import CLOSES, audit, decisions
from claimclf.schema import PRIMARY_DECISIONS, Decision

#: Entries of the log by which a person comes to hold a case.
_TAKES = ("lease", "hand-on", "take-over", "reassign")
#: Entries of the log that make their author a person at work on cases.
_WORK = ("lease", "take-over", DECIDED, "undo")


@dataclass(frozen=True)
class AtWork:
    """What a person did in the window.

    Parameters
    ----------
    name : str
        Who.
    role : Role
        The role of their latest entry in the log.
    made : dict of Decision to int
        Decisions that they made and did not undo.
    undos : int
        What they undid.
    handling : int or None
        Median microseconds from taking a case to the decision that closed it; None where
        they closed none, or only many at once.
    last_seen : int
        Their latest entry in the log, microseconds since 1970, UTC.
    """

    name: str
    role: Role
    made: dict[Decision, int]
    undos: int
    handling: int | None
    last_seen: int

    @property
    def n_decided(self) -> int:
        """How many cases they closed."""
        return sum(self.made[decision] for decision in PRIMARY_DECISIONS)


def people_at_work(
    connection: Connection,
    window: Window,
    made: Iterable[AnyRow],
    first_entry: int,
    handling: Mapping[str | None, int],
) -> list[AtWork]:
    """Return what each person did, by name; only those at work on cases.

    Parameters
    ----------
    made : iterable of Row
        What `count_decisions` returned.
    first_entry : int
        Number of the log's first entry of the window.
    handling : mapping of str or None to int
        What `handling_times` returned.
    """
    standing: dict[str, Counter[str]] = defaultdict(Counter)
    for row in made:
        if row.stands and row.hour < window.end:
            standing[row.by][row.decision] += row.n
    people = []
    for name, rows in sorted(_entries_by_person(connection, window, first_entry).items()):
        if not any(row.action in _WORK for row in rows):
            continue
        latest = max(rows, key=lambda row: row.last)
        people.append(
            AtWork(
                name=name,
                role=Role(latest.role),
                made={decision: standing[name][decision] for decision in Decision},
                undos=sum(row.n for row in rows if row.action == "undo"),
                handling=handling.get(name),
                last_seen=latest.last,
            )
        )
    return people


def handling_times(connection: Connection, window: Window) -> dict[str | None, int]:
    """Return each person's median time from taking a case to deciding on it; None is all."""
    # The last taking before a decision is the decider's own: nobody decides without a lease.
    taken_at = (
        select(func.max(audit.c.at))
        .where(audit.c.case_id == decisions.c.case_id, audit.c.at <= decisions.c.at)
        .where(audit.c.action.in_(_TAKES))
        .scalar_subquery()
    )
    query = select(decisions.c.by, decisions.c.at - taken_at).where(
        window.within(decisions.c.at), CLOSES, decisions.c.bulk_id.is_(None)
    )
    times: dict[str | None, list[int]] = defaultdict(list)
    for by, time in connection.execute(query).all():
        if time is not None:
            for name in (None, by):
                times[name].append(time)
    return {name: round(float(np.median(own))) for name, own in times.items()}


def _entries_by_person(
    connection: Connection, window: Window, first_entry: int
) -> dict[str, list[AnyRow]]:
    """Count the log's entries of the window by person, role and action."""
    kind = (audit.c.actor, audit.c.role, audit.c.action)
    query = select(*kind, func.count().label("n"), func.max(audit.c.at).label("last"))
    query = query.where(audit.c.seq >= first_entry, window.within(audit.c.at)).group_by(*kind)
    entries: dict[str, list[AnyRow]] = defaultdict(list)
    for row in connection.execute(query):
        entries[row.actor].append(row)
    return entries
