"""Sends events in the order of the log, again and again until the platform has taken each."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select, update

from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.message import Message, message_of
from claimclf.queue.outbound.webhook.outbox import IS_DEAD, IS_WAITING, add_new, lock_deliveries
from claimclf.queue.outbound.webhook.posting import Send, post
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import deliveries

_logger = logging.getLogger(__name__)
_LONGEST_ERROR = 500
_NO_LEASE = {"lease_token": None, "lease_started": None, "lease_until": None}


@dataclass(frozen=True)
class Delivered:
    """How many events were sent, failed, and are left.

    Parameters
    ----------
    n_delivered, n_failed : int
        Events that the platform has taken, and tries that failed, now.
    n_dead, n_waiting : int
        Dead letters, and events still to be sent, after it.
    n_before : int
        Events from before anything was sent, where it began now: they are left out.
    """

    n_delivered: int
    n_failed: int
    n_dead: int
    n_waiting: int
    n_before: int = 0


def deliver_due(
    database: Database, webhook: Webhook, send: Send = post, most: int = 1_000
) -> Delivered:
    """Send the platform what it has not taken yet, in the order of the audit log.

    An event that fails holds up those after it until it is taken, or given up after
    `webhook.tries` tries. Call it again and again: from one place or many, for only one of
    them at a time gets an event. A crash loses nothing; the event at hand is sent again when
    its lease is over.

    Parameters
    ----------
    most : int
        Events to try.
    """
    add_new(database)
    n_delivered = n_failed = 0
    while n_delivered + n_failed < most:
        leased = database.write(lambda c: _lease_first(c, webhook, database.now()))
        if leased is None:
            break
        token, message = leased
        problem = send(webhook, message)
        if problem:
            n_failed += 1
            failing = _failing(webhook, message.seq, token, problem, database.now())
            _log_failure(message, problem, is_dead=database.write(failing))
        else:
            n_delivered += 1
            database.write(_succeeding(message.seq, database.now()))
    n_dead, n_waiting = database.read(_left)
    if n_delivered:
        _logger.info(
            "Delivered %d events; %d wait, %d are given up", n_delivered, n_waiting, n_dead
        )
    return Delivered(n_delivered, n_failed, n_dead, n_waiting)


def _log_failure(message: Message, problem: str, *, is_dead: bool) -> None:
    what = "is given up" if is_dead else "will be tried again"
    belongs = {"case": message.case_id}
    _logger.warning("Event %d failed and %s: %s", message.seq, what, problem, extra=belongs)


def _lease_first(connection: Connection, webhook: Webhook, at: int) -> tuple[str, Message] | None:
    """Lease the first event that waits, if it is due and no other sender has it."""
    lock_deliveries(connection)
    first = select(deliveries).where(IS_WAITING).order_by(deliveries.c.seq).limit(1)
    row = connection.execute(first).one_or_none()
    if row is None or _lasts(row.lease_started, row.lease_until, at):
        return None
    if _lasts(row.tried_at, row.next_try_at, at):
        return None
    token = secrets.token_hex(16)
    lease = {"lease_token": token, "lease_started": at, "lease_until": at + webhook.lease}
    connection.execute(update(deliveries).where(deliveries.c.seq == row.seq).values(lease))
    return token, message_of(connection, webhook, row.seq, at)


def _lasts(start: int | None, end: int | None, at: int) -> bool:
    """Return whether a span lasts; not one that begins later, for the clock was put back."""
    return start is not None and end is not None and start <= at < end


def _succeeding(seq: int, at: int) -> Callable[[Connection], None]:
    """Note that the platform has taken an event, whoever has its lease by now."""
    values = {"delivered_at": at, "tried_at": at, "tries": deliveries.c.tries + 1, "dead_at": None}
    change = update(deliveries).where(deliveries.c.seq == seq).values(values | _NO_LEASE)

    def note(connection: Connection) -> None:
        lock_deliveries(connection)
        connection.execute(change.values(next_try_at=None, last_error=None))

    return note


def _failing(
    webhook: Webhook, seq: int, token: str, problem: str, at: int
) -> Callable[[Connection], bool]:
    """Note a try that failed, unless another sender has the event; say whether it was the last."""
    mine = and_(deliveries.c.seq == seq, deliveries.c.lease_token == token)

    def note(connection: Connection) -> bool:
        lock_deliveries(connection)
        tries: int | None = connection.scalar(select(deliveries.c.tries).where(mine))
        if tries is None:
            return False
        tries += 1
        is_last = tries >= webhook.tries
        times: dict[str, int | None] = {"tried_at": at, "next_try_at": at + webhook.wait(tries)}
        times |= {"dead_at": at if is_last else None}
        values = {"tries": tries, "last_error": problem[:_LONGEST_ERROR], **times}
        connection.execute(update(deliveries).where(mine).values(values | _NO_LEASE))
        return is_last

    return note


def _left(connection: Connection) -> tuple[int, int]:
    n_dead, n_waiting = (
        connection.scalar(select(func.count()).select_from(deliveries).where(which)) or 0
        for which in (IS_DEAD, IS_WAITING)
    )
    return n_dead, n_waiting
