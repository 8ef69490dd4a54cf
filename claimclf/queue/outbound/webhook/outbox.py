"""Which entries of the audit log are sent, and from which on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, insert, literal, or_, select

from claimclf.people import Person
from claimclf.queue.outbound.webhook.message import EVENTS
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import audit, decisions, deliveries
from claimclf.schema import PRIMARY_DECISIONS

#: Whether an event is still to be sent, and whether it was given up, as conditions in SQL.
IS_WAITING = deliveries.c.delivered_at.is_(None) & deliveries.c.dead_at.is_(None)
IS_DEAD = deliveries.c.dead_at.is_not(None)
#: Most events that one transaction adds to `deliveries`.
_CHUNK_ROWS = 10_000

#: Action of the audit log: from here on, events are sent.
_BEGIN = "webhook"


def begin(database: Database, person: Person) -> int:
    """Have events sent that happen from now on, unless that has begun already.

    Returns
    -------
    int
        Events before it, which are left out until `add_history`; 0 where it had begun.
    """

    def note_beginning(connection: Connection) -> int:
        lock_deliveries(connection)
        if _last_added(connection) is not None:
            return 0
        n = connection.scalar(select(func.count()).select_from(select_events().subquery())) or 0
        append(connection, person, database.now(), [Entry(_BEGIN, details={"n_before": n})])
        return n

    return database.write(note_beginning)


def add_history(database: Database, person: Person) -> int:
    """Add the events of the log that were left out, because nobody had begun to send any.

    Returns
    -------
    int
        How many.
    """
    is_added = exists().where(deliveries.c.seq == audit.c.seq)

    def add(connection: Connection) -> int:
        lock_deliveries(connection)
        n = _add(connection, select_events().where(~is_added))
        append(connection, person, database.now(), [Entry(_BEGIN, details={"n_history": n})])
        return n

    return database.write(add)


def add_new(database: Database) -> None:
    """Add the events that the log has got since the last call."""
    while database.write(_add_chunk) == _CHUNK_ROWS:
        pass


def lock_deliveries(connection: Connection) -> None:
    """Let one transaction at a time change `deliveries`."""
    lock(connection, "deliveries")


def _add_chunk(connection: Connection) -> int:
    """Add the next events of the log; return how many."""
    lock_deliveries(connection)
    new = select_events().where(audit.c.seq > (_last_added(connection) or 0))
    return _add(connection, new.order_by(audit.c.seq).limit(_CHUNK_ROWS))


def _last_added(connection: Connection) -> int | None:
    """Return the entry of the log after which nothing is added yet; None where nobody began."""
    last: int | None = connection.scalar(select(func.max(deliveries.c.seq)))
    if last is None:
        begun = select(func.max(audit.c.seq)).where(audit.c.action == _BEGIN)
        last = connection.scalar(begun)
    return last


def select_events() -> Select[Any]:
    """Select the entries of the log that are events, each with no try yet."""
    # A skip and an escalation close no case; nor is taking one of them back an event.
    closes = decisions.c.decision.in_(PRIMARY_DECISIONS)
    is_event = and_(audit.c.action.in_(EVENTS), or_(audit.c.decision_id.is_(None), closes))
    log = audit.outerjoin(decisions, decisions.c.id == audit.c.decision_id)
    return select(audit.c.seq, literal(0)).select_from(log).where(is_event)


def _add(connection: Connection, events: Select[Any]) -> int:
    added = insert(deliveries).from_select(["seq", "tries"], events)
    return len(connection.scalars(added.returning(deliveries.c.seq)).all())
