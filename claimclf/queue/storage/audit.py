"""The audit log: who did what and when, each entry holding the hash of the one before.

Triggers in the database refuse to change or delete an entry. Somebody who removes the
triggers still cannot alter or remove one without breaking the chain: `verify` finds it. An
end cut off together with `audit_head` shows only to those who noted the head elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, select, update

from claimclf.people import Person
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, audit_head, decisions, texts

#: The hash before the first entry.
START = "0" * 64
_CHUNK_ROWS, _CHUNK_TEXTS = 5_000, 500
_HASHED = tuple(column.name for column in audit.columns if column.name != "hash")
_DECISION = ("decision", "reason_code", "note", "round", "text_hash")
#: The entry that a decision must have.
DECIDED = "decide"


@dataclass(frozen=True)
class Entry:
    """One thing that was done.

    Parameters
    ----------
    action : str
        A verb, such as `lease` or `decide`.
    case_id, batch_id, decision_id : int or None
        What it was done to.
    details : dict
        Whatever else a later reader needs; as JSON.
    """

    action: str
    case_id: int | None = None
    batch_id: int | None = None
    decision_id: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verified:
    """What a walk along the chain found.

    Parameters
    ----------
    n_entries : int
        Entries that were read.
    head : str
        Hash of the last entry; note it elsewhere to notice an end that was cut off.
    problems : list of str
        What is altered or missing, the first of them first; empty if all is well.
    """

    n_entries: int
    head: str
    problems: list[str]


def append(connection: Connection, person: Person, at: int, entries: Sequence[Entry]) -> None:
    """Add entries to the end of the chain, within the transaction that they record.

    Holds the chain's head until the transaction ends: append as late as possible.

    Parameters
    ----------
    at : int
        Microseconds since 1970, UTC.
    """
    if not entries:
        return
    head = connection.execute(select(audit_head).with_for_update()).one()
    seq, previous, rows = head.seq, head.hash, []
    for entry in entries:
        seq += 1
        row = {
            "seq": seq,
            "at": at,
            "actor": person.name,
            "role": str(person.role),
            "action": entry.action,
            "case_id": entry.case_id,
            "batch_id": entry.batch_id,
            "decision_id": entry.decision_id,
            "details": _canonical(entry.details),
            "previous_hash": previous,
        }
        previous = row["hash"] = _hash(row)
        rows.append(row)
    connection.execute(insert(audit), rows)
    connection.execute(update(audit_head).values(seq=seq, hash=previous))


def verify(database: Database) -> Verified:
    """Walk the whole chain; name every entry that is altered or missing.

    Raises
    ------
    StorageError
        As for every use of the database.
    """
    return database.read(walk)


def walk(connection: Connection) -> Verified:
    """Walk the whole chain within a transaction that sees one state of it."""
    head = connection.execute(select(audit_head)).one()
    problems: list[str] = []
    seq, previous = 0, START
    while rows := connection.execute(
        select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(_CHUNK_ROWS)
    ).all():
        for row in rows:
            problems += broken(row._asdict(), seq, previous)
            seq, previous = row.seq, row.hash
        problems += _altered_decisions(connection, rows[0].seq, rows[-1].seq)
    if (head.seq, head.hash) != (seq, previous):
        problems.append(f"The chain ends at entry {seq}; it was written up to entry {head.seq}.")
    problems += [*_unaudited(connection), *_altered_texts(connection)]
    return Verified(seq, previous, problems)


def broken(row: dict[str, Any], seq: int, previous: str) -> list[str]:
    """Return what is wrong with an entry that should follow entry `seq`."""
    problems = []
    if row["seq"] != seq + 1:
        missing = f"Entry {seq + 1} is" if row["seq"] == seq + 2 else f"Entries from {seq + 1} are"
        problems.append(f"{missing} missing: entry {row['seq']} follows entry {seq}.")
    elif row["previous_hash"] != previous:
        problems.append(f"Entry {row['seq']} does not continue entry {seq}.")
    if row["hash"] != _hash(row):
        problems.append(f"Entry {row['seq']} was altered.")
    return problems


def _altered_decisions(connection: Connection, first: int, last: int) -> list[str]:
    """Compare decisions with their entries, for a stretch of the chain."""
    columns = [decisions.c[name] for name in (*_DECISION, "by", "at")]
    query = select(audit.c.details, audit.c.decision_id, decisions.c.id.label("found"), *columns)
    query = query.join_from(
        audit, decisions, decisions.c.id == audit.c.decision_id, isouter=True
    ).where(audit.c.action == DECIDED, audit.c.seq.between(first, last))
    query = query.add_columns(audit.c.actor, audit.c.at.label("told_at")).order_by(audit.c.seq)
    problems = []
    for row in connection.execute(query):
        details = json.loads(row.details)
        if row.found is None:
            problems.append(f"Decision {row.decision_id} is missing.")
        elif any(details.get(name) != getattr(row, name) for name in _DECISION) or (
            (row.by, row.at) != (row.actor, row.told_at)
        ):
            problems.append(f"Decision {row.decision_id} was altered.")
    return problems


def _unaudited(connection: Connection) -> list[str]:
    entry = exists().where(and_(audit.c.decision_id == decisions.c.id, audit.c.action == DECIDED))
    numbers = connection.scalars(select(decisions.c.id).where(~entry).order_by(decisions.c.id))
    return [f"Decision {decision} has no entry." for decision in numbers]


def _altered_texts(connection: Connection) -> list[str]:
    """Compare the texts that were decided on with their hashes, which the entries hold."""
    stored = texts.c.hash == decisions.c.text_hash
    lost = select(decisions.c.id).where(decisions.c.text_hash.is_not(None), ~exists().where(stored))
    numbers = connection.scalars(lost.order_by(decisions.c.id))
    problems = [f"The text of decision {number} is missing." for number in numbers]
    last = ""
    while rows := connection.execute(
        select(texts).where(texts.c.hash > last).order_by(texts.c.hash).limit(_CHUNK_TEXTS)
    ).all():
        altered = (row.hash for row in rows if hash_of(row.text) != row.hash)
        problems += [f"The text {digest} was altered." for digest in altered]
        last = rows[-1].hash
    return problems


def hash_of(text: str | None) -> str | None:
    """Return the SHA-256 of a transcript in UTF-8, as hexadecimal digits; None for none."""
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def _hash(row: dict[str, Any]) -> str:
    content = _canonical({name: row[name] for name in _HASHED})
    return hashlib.sha256(content.encode()).hexdigest()


def _canonical(values: dict[str, Any]) -> str:
    """Write values as JSON in the one form that has one hash."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
