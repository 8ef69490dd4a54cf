"""Reports are stored once, however often they are sent, before anybody is told that they are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from claimclf.errors import ConflictError
from claimclf.people import Person
from claimclf.queue.intake.reports.contract import Fault, Report, named, read_report
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import insert_missing
from claimclf.queue.storage.tables import reports, requests
from claimclf.schema import VIDEO_ID
from claimclf.units import HOUR

ACCEPTED, KNOWN, REJECTED = "accepted", "known", "rejected"
PENDING, QUEUED = "pending", "queued"
WITHDRAWN, SET_ASIDE, TAKEN_BACK = "withdrawn", "set-aside", "taken-back"
#: Reports that count, and all that a report may be.
ACTIVE = (PENDING, QUEUED)
STATES = (*ACTIVE, WITHDRAWN, SET_ASIDE, TAKEN_BACK)
#: Characters that are answered of an id that is none.
_LONGEST_SAID = 200
#: For so long a request may be repeated under its key.
_KEPT = 24 * HOUR
_OTHER = Fault("/id", "other-content", "There is a report of this id that says something else.")


class Key(NamedTuple):
    """An `Idempotency-Key`, and the hash of the request that it came with."""

    key: str
    digest: str


def receive(
    database: Database, _person: Person, sender: str, records: Sequence[Any], key: Key | None
) -> dict[str, Any]:
    """Store reports that are new; what is answered says what became of each.

    All of it is in the database for good when this returns.

    Parameters
    ----------
    sender : str
        Whose reports they are: each sender has ids of its own.
    records : sequence
        As they were sent.
    key : Key or None
        The same key with the same request is answered as it was at first.

    Raises
    ------
    ConflictError
        The key came with another request before.
    StorageError
        Nothing was stored.
    """
    now = database.now()
    read = [read_report(record, sender, now) for record in records]

    def store(connection: Connection) -> dict[str, Any]:
        earlier = None if key is None else _earlier(connection, sender, key)
        if earlier is not None:
            return earlier
        answer = _store(connection, sender, read, records, now)
        if key is not None:
            row = {"sender": sender, "key": key.key, "digest": key.digest, "at": now}
            insert_missing(connection, requests, {**row, "answer": json.dumps(answer)})
        return answer

    return database.write(store)


def forget_requests(database: Database) -> None:
    """Forget requests that are too old to be repeated."""
    old = requests.c.at < database.now() - _KEPT
    database.write(lambda connection: connection.execute(delete(requests).where(old)))


def _earlier(connection: Connection, sender: str, key: Key) -> dict[str, Any] | None:
    this = (requests.c.sender == sender, requests.c.key == key.key)
    row = connection.execute(select(requests).where(*this)).one_or_none()
    if row is None:
        return None
    if row.digest != key.digest:
        raise ConflictError(
            "This Idempotency-Key came with another request before.",
            "",
            "Give each request a key of its own.",
        )
    answer: dict[str, Any] = json.loads(row.answer)
    return answer


def _store(
    connection: Connection,
    sender: str,
    read: Sequence[Report | list[Fault]],
    records: Sequence[Any],
    now: int,
) -> dict[str, Any]:
    first: dict[str, Report] = {}
    for one in read:
        if isinstance(one, Report):
            first.setdefault(one.id, one)
    new = _insert(connection, sender, list(first.values()), now)
    stored = _stored(connection, sender, [name for name in first if name not in new])
    stored |= {name: (first[name].digest, PENDING) for name in new}
    lines = []
    for place, (one, record) in enumerate(zip(read, records, strict=True)):
        if isinstance(one, Report):
            is_new = one.id in new and first[one.id] is one
            lines.append(_line(place, one, *stored[one.id], is_new=is_new))
        else:
            name = record.get("id") if isinstance(record, dict) else None
            name = named(name, _LONGEST_SAID) if isinstance(name, str) else None
            lines.append({"place": place, "id": name, "status": REJECTED, "errors": _plain(one)})
    counts = {
        status: sum(line["status"] == status for line in lines)
        for status in (ACCEPTED, KNOWN, REJECTED)
    }
    return {**counts, "reports": lines}


def _line(place: int, report: Report, digest: str, state: str, *, is_new: bool) -> dict[str, Any]:
    line: dict[str, Any] = {"place": place, "id": report.id}
    if is_new:
        return {**line, "status": ACCEPTED}
    if digest == report.digest:
        known = {**line, "status": KNOWN}
        return known if state in ACTIVE else {**known, "state": state}
    return {**line, "status": REJECTED, "errors": _plain([_OTHER])}


def _plain(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [fault.__dict__ for fault in faults]


def _insert(connection: Connection, sender: str, new: Sequence[Report], now: int) -> set[str]:
    """Insert reports whose ids the sender has not used; return which these are."""
    if not new:
        return set()
    rows = [
        {
            **{"sender": sender, "report_id": one.id, "digest": one.digest, "state": PENDING},
            **{VIDEO_ID: one.video_id, "at": one.at, "reason": one.reason},
            **{"reporter": one.reporter, "video": one.video, "received_at": now},
        }
        # In one order, so that two requests with the same reports wait for each other, not both.
        for one in sorted(new, key=lambda one: one.id)
    ]
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(reports).on_conflict_do_nothing()
    return set(connection.scalars(insert.returning(reports.c.report_id), rows))


def _stored(
    connection: Connection, sender: str, names: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return what reports said and their state, by the sender's ids."""
    if not names:
        return {}
    these = (reports.c.sender == sender, reports.c.report_id.in_(names))
    query = select(reports.c.report_id, reports.c.digest, reports.c.state).where(*these)
    return {row.report_id: (row.digest, row.state) for row in connection.execute(query)}
