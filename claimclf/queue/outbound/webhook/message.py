"""What is sent of an event: its body, its headers and their signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, select
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.outbound.export import iso, statement_of_reasons
from claimclf.queue.outbound.reasons.exporting import statement_then
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.storage.audit import DECIDED
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.states import Event
from claimclf.queue.storage.tables import audit, cases, decisions
from claimclf.schema import VIDEO_ID
from claimclf.units import SECOND

#: Action of the audit log -> type of the event; entries with other actions are no events.
EVENTS = {
    DECIDED: "case.decided",
    "undo": "case.decision_undone",
    "reopen": "case.reopened",
    str(Event.REPORTED_AGAIN): "case.reported_again",
}
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


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
    case_id : int
        The case that it is about.
    """

    id: str
    seq: int
    body: bytes
    headers: dict[str, str]
    case_id: int


def message_of(connection: Connection, webhook: Webhook, seq: int, at: int) -> Message:
    """Return the message of an entry of the log, signed at a time.

    Parameters
    ----------
    seq : int
        Number of the entry, whose action is one of `EVENTS`.
    at : int
        Microseconds since 1970, UTC.
    """
    row = _entry(connection, seq)
    body, seconds = _encode(_content(connection, row)).encode(), at // SECOND
    headers = {
        "content-type": "application/json",
        "user-agent": "claimclf",
        "webhook-id": row.hash,
        "webhook-timestamp": str(seconds),
        "webhook-signature": sign(webhook, row.hash, seconds, body),
    }
    return Message(row.hash, seq, body, headers, row.case_id)


def content_of(connection: Connection, seq: int) -> dict[str, Any]:
    """Return what is told of an entry of the log: nobody's name, and no free text."""
    return _content(connection, _entry(connection, seq))


def sign(webhook: Webhook, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of an event's id, the seconds since 1970 and the body."""
    signed = b"%s.%d.%s" % (event_id.encode(), timestamp, body)
    digest = hmac.new(webhook.key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _entry(connection: Connection, seq: int) -> AnyRow:
    """Return an entry of the log with its video's id and, where it has one, its decision."""
    names = (
        *("decision", "reason_code", "bulk_id"),
        *("model_name", "model_version", "claim_probability"),
    )
    columns: list[ColumnElement[Any]] = [cases.c[VIDEO_ID], *(decisions.c[n] for n in names)]
    log = audit.join(cases, cases.c.id == audit.c.case_id)
    log = log.outerjoin(decisions, decisions.c.id == audit.c.decision_id)
    made = audit.alias("made")  # the entry with which an undone decision was made
    is_undone = and_(audit.c.action != DECIDED, made.c.decision_id == audit.c.decision_id)
    log = log.outerjoin(made, and_(is_undone, made.c.action == DECIDED))
    undone = (made.c.hash.label("made_hash"), made.c.seq.label("made_seq"))
    query = select(audit, *columns, *undone).select_from(log).where(audit.c.seq == seq)
    return connection.execute(query).one()


def _content(connection: Connection, row: AnyRow) -> dict[str, Any]:
    """Return an event's content: nobody's name, and no free text."""
    content = {
        "id": row.hash,
        "seq": row.seq,
        "type": EVENTS[row.action],
        "at": iso(row.at),
        "case_id": row.case_id,
        VIDEO_ID: getattr(row, VIDEO_ID),
    }
    if row.decision_id is not None:
        content |= {"decision_id": row.decision_id, "bulk_id": row.bulk_id}
    if row.made_hash is not None:
        content["undoes"] = {"id": row.made_hash, "seq": row.made_seq}
    if row.action == DECIDED:  # entry and decision are of the same time
        content["statement_of_reasons"] = statement_of_reasons(row)
        content |= _for_the_transparency_database(connection, row.decision_id)
    return content


def _for_the_transparency_database(connection: Connection, decision_id: int) -> dict[str, Any]:
    """Return the attributes of a decision that restricts something, or why there are none."""
    made = statement_then(connection, decision_id)
    if made is None:
        return {}
    statement, problems = made
    if problems:
        return {"transparency_database_problems": [str(problem) for problem in problems]}
    return {"transparency_database": statement}
