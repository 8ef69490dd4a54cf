"""Tells the platform, which enforces, of decisions: each of them at least once, in order.

The audit log is the source: what is in it will be told, and nothing else is written when
somebody decides. `deliveries` says how far each event is. The form is that of Standard
Webhooks: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, the last of
them `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots.

An event's id stays the same however often it is told. One that was told late, from the
dead-letter list, may follow a newer one: a receiver ignores an event whose `seq` is not above
the last that it has seen of that video.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from sqlalchemy import (
    Connection,
    Select,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import QueueError
from claimclf.people import LEADS, Person, allow
from claimclf.queue.outbound.export import iso, statement_of_reasons
from claimclf.queue.storage.audit import DECIDED, Entry, append
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.states import Event
from claimclf.queue.storage.tables import audit, cases, decisions, deliveries
from claimclf.schema import PRIMARY_DECISIONS, VIDEO_ID

#: Where the platform listens, and the secret that signs what it is told.
URL_VARIABLE = "CLAIMCLF_WEBHOOK_URL"
SECRET_VARIABLE = "CLAIMCLF_WEBHOOK_SECRET"  # noqa: S105
SECOND = 1_000_000

_SECRET_PREFIX = "whsec_"  # noqa: S105
_SHORTEST_SECRET = 24
_CHUNK_ROWS = 10_000
_LONGEST_ERROR = 500
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_IS_WAITING = deliveries.c.delivered_at.is_(None) & deliveries.c.dead_at.is_(None)
_IS_DEAD = deliveries.c.dead_at.is_not(None)
_FREE = {"lease_token": None, "lease_started": None, "lease_until": None}

#: Action of the log: from here on the platform is told.
_BEGIN = "webhook"
#: Action of the log -> type of the event.
EVENTS = {
    DECIDED: "case.decided",
    "undo": "case.decision_undone",
    "reopen": "case.reopened",
    str(Event.REPORTED_AGAIN): "case.reported_again",
}


@dataclass(frozen=True)
class Webhook:
    """Where to tell of decisions.

    Parameters
    ----------
    url : str
        https, or http on this very machine; without name or password.
    secret : str
        At least 24 characters; `whsec_` and base64 for the bytes that it stands for.
    timeout : float
        Seconds to wait for each step of an answer.
    tries : int
        After so many, an event goes to the dead-letter list.
    first_wait, longest_wait : float
        Seconds to the second try, and between any two; the wait doubles each time.

    Raises
    ------
    QueueError
        The address is not safe, or the secret too short.
    """

    url: str
    secret: str = field(repr=False)
    timeout: float = 10
    tries: int = 12
    first_wait: float = 10
    longest_wait: float = 3600

    def __post_init__(self) -> None:
        _check_url(self.url)
        if len(self.key) < _SHORTEST_SECRET:
            raise QueueError(
                "The webhook's secret is too short.",
                f"Found: {len(self.key)} bytes.",
                f"Set {SECRET_VARIABLE} to {_SHORTEST_SECRET} or more random characters.",
            )

    @property
    def key(self) -> bytes:
        """The bytes that sign."""
        if not self.secret.startswith(_SECRET_PREFIX):
            return self.secret.encode()
        try:
            return base64.b64decode(self.secret.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise QueueError(
                "The webhook's secret cannot be read.",
                f"Found: {_SECRET_PREFIX} without base64 after it.",
                f"Copy the secret to {SECRET_VARIABLE} again.",
            ) from error

    def wait(self, tries: int) -> int:
        """Return the microseconds to wait after so many tries have failed."""
        seconds = self.first_wait * 2.0 ** min(tries - 1, 64)
        return round(min(seconds, self.longest_wait) * SECOND)

    @property
    def lease(self) -> int:
        """How long a sender has an event to itself, in microseconds: any try is over by then."""
        return round(6 * self.timeout * SECOND)


@dataclass(frozen=True)
class Message:
    """What is sent of an event.

    Parameters
    ----------
    id : str
        The same at every try: the hash of its entry in the log.
    seq : int
        Number of that entry.
    body : bytes
        Canonical JSON; the same at every try.
    headers : dict
        With the signature.
    """

    id: str
    seq: int
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Delivered:
    """What came of it.

    Parameters
    ----------
    n_delivered, n_failed : int
        Events that were told, and tries that failed, now.
    n_dead, n_waiting : int
        Events on the dead-letter list, and those still to be told, after it.
    n_before : int
        Events from before anybody told anything, where it began now: they are left out.
    """

    n_delivered: int
    n_failed: int
    n_dead: int
    n_waiting: int
    n_before: int = 0


@dataclass(frozen=True)
class DeadLetter:
    """An event that could not be told.

    Parameters
    ----------
    seq : int
        Number of its entry in the log, for `requeue`.
    type : str
        As the platform would have been told.
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


#: Sends a message; returns what went wrong, or nothing.
Send = Callable[[Webhook, Message], str]


def configured() -> Webhook | None:
    """Return the webhook that the environment names, or None.

    Raises
    ------
    QueueError
        Its address or its secret is missing or unsafe.
    """
    url, secret = os.environ.get(URL_VARIABLE, ""), os.environ.get(SECRET_VARIABLE, "")
    if not url and not secret:
        return None
    if not url or not secret:
        missing, there = (URL_VARIABLE, SECRET_VARIABLE)[:: 1 if secret else -1]
        raise QueueError(
            "The webhook is set up by halves.", f"Found: {there} alone.", f"Set {missing} as well."
        )
    return Webhook(url, secret)


def post(webhook: Webhook, message: Message) -> str:
    """Send a message; return what went wrong, or nothing. Follows no redirect."""
    request = Request(webhook.url, message.body, message.headers, method="POST")  # noqa: S310
    # What stays on this machine goes past no proxy either.
    handlers = [ProxyHandler({})] if urlsplit(webhook.url).scheme == "http" else []
    try:
        opener = build_opener(_NoRedirect, *handlers)
        with opener.open(request, timeout=webhook.timeout) as answer:
            return "" if 200 <= answer.status < 300 else f"answer {answer.status}"
    except HTTPError as error:
        error.close()
        return f"answer {error.code} {error.reason}"
    except (OSError, http.client.HTTPException) as error:
        return f"{getattr(error, 'reason', error) or type(error).__name__}"


def begin(database: Database, person: Person) -> int:
    """Have the platform told of what happens from now on, unless that has begun already.

    Returns
    -------
    int
        Events before it, which are left out until `add_history`; 0 where it had begun.
    """

    def note(connection: Connection) -> int:
        lock(connection, "deliveries")
        if _last_noted(connection) is not None:
            return 0
        n = connection.scalar(select(func.count()).select_from(_events().subquery())) or 0
        append(connection, person, database.now(), [Entry(_BEGIN, details={"n_before": n})])
        return n

    return database.write(note)


def add_history(database: Database, person: Person) -> int:
    """Put up all events of the log that the platform was never to be told of.

    Returns
    -------
    int
        How many.
    """
    noted = exists().where(deliveries.c.seq == audit.c.seq)

    def note(connection: Connection) -> int:
        lock(connection, "deliveries")
        n = _put_up(connection, _events().where(~noted))
        append(connection, person, database.now(), [Entry(_BEGIN, details={"n_history": n})])
        return n

    return database.write(note)


def deliver_due(
    database: Database, webhook: Webhook, send: Send = post, most: int = 1_000
) -> Delivered:
    """Tell the platform what it has not been told yet, in the order of the audit log.

    An event that fails holds up those after it until it is told, or given up after
    `webhook.tries` tries. Call it again and again: from one place or many, for only one of
    them at a time gets an event. A crash loses nothing; the event at hand is told again when
    its lease is over.

    Parameters
    ----------
    most : int
        Events to try.
    """
    while database.write(_note) == _CHUNK_ROWS:
        pass
    n_delivered = n_failed = 0
    while n_delivered + n_failed < most:
        taken = database.write(lambda c: _take(c, webhook, database.now()))
        if taken is None:
            break
        token, message = taken
        problem = send(webhook, message)
        if problem:
            n_failed += 1
            database.write(_failing(webhook, message.seq, token, problem, database.now()))
        else:
            n_delivered += 1
            database.write(_succeeding(message.seq, database.now()))
    n_dead, n_waiting = database.read(_left)
    return Delivered(n_delivered, n_failed, n_dead, n_waiting)


def dead_letters(database: Database, most: int = 1_000) -> list[DeadLetter]:
    """Return the events that were given up, in the order of the log."""
    columns = [deliveries.c[name] for name in ("seq", "tries", "last_error", "dead_at")]
    query = select(*columns, audit.c.action, audit.c.case_id).join(audit).where(_IS_DEAD)
    rows = database.read(lambda c: c.execute(query.order_by(deliveries.c.seq).limit(most)).all())
    return [
        DeadLetter(row.seq, EVENTS[row.action], row.case_id, row.tries, row.last_error, row.dead_at)
        for row in rows
    ]


def requeue(database: Database, person: Person, seqs: Sequence[int] | None = None) -> int:
    """Try events of the dead-letter list again, as if for the first time.

    Parameters
    ----------
    seqs : sequence of int or None
        Which; None for all.

    Returns
    -------
    int
        How many; those that are not on the list stay as they are.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    """
    allow(person, *LEADS)
    chosen = _IS_DEAD if seqs is None else and_(_IS_DEAD, deliveries.c.seq.in_(seqs))
    again = {"dead_at": None, "tries": 0, "tried_at": None, "next_try_at": None}

    def put_back(connection: Connection) -> int:
        lock(connection, "deliveries")
        n = connection.execute(update(deliveries).where(chosen).values(again)).rowcount
        entries = [Entry("requeue", details={"n_events": n})] if n else []
        append(connection, person, database.now(), entries)
        return n

    return database.write(put_back)


def sign(webhook: Webhook, name: str, timestamp: int, body: bytes) -> str:
    """Return the signature of an event's id, the seconds since 1970 and the body."""
    signed = b"%s.%d.%s" % (name.encode(), timestamp, body)
    digest = hmac.new(webhook.key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class _NoRedirect(HTTPRedirectHandler):
    """Makes an error of a redirect: it could lead anywhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
    if not (host and safe) or "@" in parts.netloc:
        # The rest of an address may be a secret.
        raise QueueError(
            "The webhook's address is not safe.",
            f"Found: {parts.scheme or 'no'} address"
            f"{' with a name or password' if '@' in parts.netloc else ''}.",
            f"Set {URL_VARIABLE} to https://host/path, or to http:// on this machine.",
        )


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _note(connection: Connection) -> int:
    """Note the next events of the log; return how many."""
    lock(connection, "deliveries")
    new = _events().where(audit.c.seq > (_last_noted(connection) or 0))
    return _put_up(connection, new.order_by(audit.c.seq).limit(_CHUNK_ROWS))


def _last_noted(connection: Connection) -> int | None:
    """Return the entry of the log after which nothing is noted yet; None where nobody began."""
    last: int | None = connection.scalar(select(func.max(deliveries.c.seq)))
    if last is None:
        begun = select(func.max(audit.c.seq)).where(audit.c.action == _BEGIN)
        last = connection.scalar(begun)
    return last


def _events() -> Select[Any]:
    """Select the entries of the log that the platform is told of."""
    # What is passed on or over is no ruling; nor is it one when that is taken back.
    ruling = decisions.c.decision.in_(PRIMARY_DECISIONS)
    told = and_(audit.c.action.in_(EVENTS), or_(audit.c.decision_id.is_(None), ruling))
    log = audit.outerjoin(decisions, decisions.c.id == audit.c.decision_id)
    return select(audit.c.seq, literal(0)).select_from(log).where(told)


def _put_up(connection: Connection, events: Select[Any]) -> int:
    noted = insert(deliveries).from_select(["seq", "tries"], events)
    return len(connection.scalars(noted.returning(deliveries.c.seq)).all())


def _take(connection: Connection, webhook: Webhook, at: int) -> tuple[str, Message] | None:
    """Lease the first event that waits, if it is due and nobody is at it."""
    lock(connection, "deliveries")
    first = select(deliveries).where(_IS_WAITING).order_by(deliveries.c.seq).limit(1)
    row = connection.execute(first).one_or_none()
    if row is None or _lasts(row.lease_started, row.lease_until, at):
        return None
    if _lasts(row.tried_at, row.next_try_at, at):
        return None
    token = secrets.token_hex(16)
    lease = {"lease_token": token, "lease_started": at, "lease_until": at + webhook.lease}
    connection.execute(update(deliveries).where(deliveries.c.seq == row.seq).values(lease))
    return token, _message(connection, webhook, row.seq, at)


def _lasts(start: int | None, end: int | None, at: int) -> bool:
    """Return whether a span lasts; not one that begins later, for the clock was put back."""
    return start is not None and end is not None and start <= at < end


def _message(connection: Connection, webhook: Webhook, seq: int, at: int) -> Message:
    names = ("decision", "reason_code", "model_name", "model_version", "claim_probability")
    columns: list[ColumnElement[Any]] = [cases.c[VIDEO_ID], *(decisions.c[n] for n in names)]
    log = audit.join(cases, cases.c.id == audit.c.case_id)
    log = log.outerjoin(decisions, decisions.c.id == audit.c.decision_id)
    found = select(audit, *columns).select_from(log).where(audit.c.seq == seq)
    row = connection.execute(found).one()
    body, seconds = _encode(_told(row)).encode(), at // SECOND
    headers = {
        "content-type": "application/json",
        "user-agent": "claimclf",
        "webhook-id": row.hash,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(webhook, row.hash, seconds, body),
    }
    return Message(row.hash, seq, body, headers)


def _told(row: AnyRow) -> dict[str, Any]:
    """Return what the platform is told: nobody's name, and no free text."""
    told = {
        "id": row.hash,
        "seq": row.seq,
        "type": EVENTS[row.action],
        "at": iso(row.at),
        "case_id": row.case_id,
        VIDEO_ID: getattr(row, VIDEO_ID),
    }
    if row.decision_id is not None:
        told["decision_id"] = row.decision_id
    if row.action == DECIDED:  # entry and decision are of the same time
        told["statement_of_reasons"] = statement_of_reasons(row)
    return told


def _succeeding(seq: int, at: int) -> Callable[[Connection], None]:
    """Note that an event was told, whoever has its lease by now."""
    told = {"delivered_at": at, "tried_at": at, "tries": deliveries.c.tries + 1, "dead_at": None}
    change = update(deliveries).where(deliveries.c.seq == seq).values(told | _FREE)

    def note(connection: Connection) -> None:
        lock(connection, "deliveries")
        connection.execute(change.values(next_try_at=None, last_error=None))

    return note


def _failing(
    webhook: Webhook, seq: int, token: str, problem: str, at: int
) -> Callable[[Connection], None]:
    """Note a try that failed, unless another sender is at the event by now."""
    mine = and_(deliveries.c.seq == seq, deliveries.c.lease_token == token)

    def note(connection: Connection) -> None:
        lock(connection, "deliveries")
        tries = connection.scalar(select(deliveries.c.tries).where(mine))
        if tries is None:
            return
        tries += 1
        values = {"tries": tries, "tried_at": at, "next_try_at": at + webhook.wait(tries)}
        values |= {"dead_at": at if tries >= webhook.tries else None}
        values |= {"last_error": problem[:_LONGEST_ERROR]}
        connection.execute(update(deliveries).where(mine).values(values | _FREE))

    return note


def _left(connection: Connection) -> tuple[int, int]:
    dead, waiting = (
        connection.scalar(select(func.count()).select_from(deliveries).where(which)) or 0
        for which in (_IS_DEAD, _IS_WAITING)
    )
    return dead, waiting
