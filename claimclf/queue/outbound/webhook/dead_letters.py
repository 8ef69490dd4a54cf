"""Events that were given up after all tries, and trying them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, select, update

from claimclf.people import Capability, Person, require
from claimclf.queue.outbound.webhook.message import EVENTS
from claimclf.queue.outbound.webhook.outbox import IS_DEAD, lock_deliveries
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, deliveries


@dataclass(frozen=True)
class DeadLetter:
    """An event that was given up.

    Parameters
    ----------
    seq : int
        Number of its entry in the log, for `requeue`.
    type : str
        Of the event, one of the values of `EVENTS`.
    case_id : int
        The case.
    tries : int
        How often it was tried.
    last_error : str
        Why the last try failed.
    dead_at : int
        When it was given up, microseconds since 1970, UTC.
    """

    seq: int
    type: str
    case_id: int
    tries: int
    last_error: str
    dead_at: int


def dead_letters(database: Database, most: int = 1_000) -> list[DeadLetter]:
    """Return the events that were given up, in the order of the log."""
    columns = [deliveries.c[name] for name in ("seq", "tries", "last_error", "dead_at")]
    query = select(*columns, audit.c.action, audit.c.case_id).join(audit).where(IS_DEAD)
    rows = database.read(lambda c: c.execute(query.order_by(deliveries.c.seq).limit(most)).all())
    return [
        DeadLetter(row.seq, EVENTS[row.action], row.case_id, row.tries, row.last_error, row.dead_at)
        for row in rows
    ]


def requeue(database: Database, person: Person, seqs: Sequence[int] | None = None) -> int:
    """Try dead letters again, as if for the first time.

    Parameters
    ----------
    seqs : sequence of int or None
        Which; None for all.

    Returns
    -------
    int
        How many; events that were not given up stay as they are.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    """
    require(person, Capability.LEAD)
    chosen = IS_DEAD if seqs is None else and_(IS_DEAD, deliveries.c.seq.in_(seqs))
    untried = {"dead_at": None, "tries": 0, "tried_at": None, "next_try_at": None}

    def put_back(connection: Connection) -> int:
        lock_deliveries(connection)
        n = connection.execute(update(deliveries).where(chosen).values(untried)).rowcount
        entries = [Entry("requeue", details={"n_events": n})] if n else []
        append(connection, person, database.now(), entries)
        return n

    return database.write(put_back)
