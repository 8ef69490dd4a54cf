"""Decisions, cases and the audit log as tables for people outside the queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Connection,
    Double,
    FromClause,
    Integer,
    Table,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import InvalidRequestError
from claimclf.people import Person
from claimclf.queue.outbound.window import Place, Window, window_between
from claimclf.queue.storage.audit import DECIDED, Entry, append
from claimclf.queue.storage.cases import PREDICTED, VIDEO, AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.states import Event
from claimclf.queue.storage.tables import IS_DRAWN, arrivals, audit, cases, decisions, texts
from claimclf.schema import (
    FIRST_REPORTED,
    LANE,
    LAST_REPORTED,
    POSTED_AT,
    PREDICTION,
    PROBABILITY,
    REPORT_COUNT,
    VIDEO_ID,
)

What = Literal["decisions", "cases", "audit"]
#: One JSON object a decision, as `statement_of_reasons` returns it.
STATEMENT_OF_REASONS = "statement_of_reasons"

_CHUNK_ROWS = 10_000
_TIMES = frozenset(
    {
        *("at", "state_at", "undone_at", "lease_started", "lease_until"),
        *(FIRST_REPORTED, LAST_REPORTED, POSTED_AT),
    }
)
#: Entries that change what is said of a decision, and of a case; `ingest` is a whole upload's.
_OF_DECISIONS = (DECIDED, "undo")
_OF_CASES = (*_OF_DECISIONS, "reopen", str(Event.REPORTED_AGAIN))
_STORED = "ingest"
_NO_TIME = np.iinfo("int64").min
_START = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
Columns = dict[str, ColumnElement[Any]]


def _named(table: Table, *names: str) -> Columns:
    return {name: table.c[name] for name in names}


Touched = Callable[[ColumnElement[bool]], ColumnElement[bool]]


@dataclass(frozen=True)
class _Table:
    """Columns exported of a table, the row's number first, and those about the audit sample.

    `touched` turns a condition on entries of the log into one on rows that one of these is about.
    """

    columns: Columns
    number: ColumnElement[int]
    touched: Touched
    source: FromClause
    sample: Columns = field(default_factory=dict)


def _touched_decisions(entries: ColumnElement[bool]) -> ColumnElement[bool]:
    is_one = audit.c.action.in_(_OF_DECISIONS)
    return decisions.c.id.in_(select(audit.c.decision_id).where(entries, is_one))


def _touched_cases(entries: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return which cases have entries of their own, or come from an upload that has one."""
    own = select(audit.c.case_id).where(
        entries, audit.c.action.in_(_OF_CASES), audit.c.case_id.is_not(None)
    )
    uploads = select(audit.c.batch_id).where(entries, audit.c.action == _STORED)
    brought = (cases.c[name].in_(uploads) for name in ("first_batch_id", "last_batch_id"))
    return or_(cases.c.id.in_(own), *brought)


# Never a lease's token: who knows it can decide on the case.
_TABLES: dict[What, _Table] = {
    "decisions": _Table(
        {
            "decision_id": decisions.c.id,
            VIDEO_ID: cases.c[VIDEO_ID],
            **_named(
                decisions,
                *("case_id", "round", "decision", "reason_code", "note", "by", "at", "bulk_id"),
                *(LANE, PREDICTION, PROBABILITY, "model_name", "model_version", REPORT_COUNT),
            ),
            "text_hash": decisions.c.text_hash,
            "text": texts.c.text,
            "undone": decisions.c.undone_at.is_not(None),
            **_named(decisions, "undone_at", "undone_by"),
        },
        decisions.c.id,
        _touched_decisions,
        decisions.join(cases).outerjoin(texts, texts.c.hash == decisions.c.text_hash),
        _named(decisions, "sampled", "sample_probability"),
    ),
    "cases": _Table(
        {
            "case_id": cases.c.id,
            **_named(
                cases,
                *("state", "state_at", "round", "reported_again", "skip_count"),
                *("decided_reports", "first_batch_id", "last_batch_id"),
                *("lease_holder", "lease_started", "lease_until"),
                *(*PREDICTED, "model_name", "model_version", *VIDEO),
            ),
        },
        cases.c.id,
        _touched_cases,
        cases,
        {"drawn": IS_DRAWN, **_named(cases, "sample_draw", "sample_probability")},
    ),
    "audit": _Table(
        _named(audit, *(column.name for column in audit.columns)),
        audit.c.seq,
        lambda entries: entries,
        audit,
    ),
}


@dataclass(frozen=True)
class Exported:
    """A table, and where the next export goes on.

    Parameters
    ----------
    chunks : list of DataFrame
        At most 10,000 rows each, with the same columns and types; at least one, if empty.
    cursor : str
        What an export that follows this one begins with.
    """

    chunks: list[pd.DataFrame]
    cursor: str

    @property
    def table(self) -> pd.DataFrame:
        """All of it as one."""
        return pd.concat(self.chunks, ignore_index=True)


def export(
    database: Database,
    person: Person,
    what: What,
    start: Place | None = None,
    stop: Place | None = None,
    *,
    with_sample: bool,
) -> Exported:
    """Return a table, or those rows of it that something happened to within a window of the log.

    Times are timestamps in UTC. Rows are in the order of their number, and as they are now.
    Each lies in that window in which the last happened to it: two windows that adjoin have no
    row in common and none between them, whoever writes meanwhile and however long. An upload
    that is still coming in is in the window in which it is whole. That it was exported, and by
    whom, goes to the audit log. Written to a CSV, formula cells must be neutralised: notes are
    anybody's text.

    Parameters
    ----------
    what : str
        `decisions`: one row each, as it was made, with the text it was made on and its statement
        of reasons; `undone` marks those taken back. `cases`: one row each, as it stands.
        `audit`: the log.
    start, stop : Cursor, int or None
        What happened from `start` on and before `stop`; times in microseconds since 1970, UTC.
        None for the beginning of the log, and for its end.
    with_sample : bool
        Whether to include the columns about the audit sample; must be False for the people who
        review it. A case is `drawn` where its draw is below its probability; a
        decision is `sampled` where the case was served as part of the sample.

    Raises
    ------
    InvalidRequestError
        There is no such table or window.
    """
    if what not in get_args(What):
        raise InvalidRequestError(
            f"There is no table '{what}' to export.", "", f"Choose {', '.join(get_args(What))}."
        )
    now = enter_export(database, person, what, start, stop, {"with_sample": with_sample})

    def read(connection: Connection) -> Exported:
        window = window_between(connection, start, stop, now)
        return Exported(list(_chunks(connection, what, window, with_sample)), str(window.cursor))

    # In one transaction, which sees one state of the database: that of the window's end.
    return database.read(read)


def enter_export(
    database: Database,
    person: Person,
    what: str,
    start: Place | None,
    stop: Place | None,
    details: dict[str, Any],
) -> int:
    """Note in the log that somebody exports; return when, in microseconds since 1970, UTC.

    With this entry all times before it have their place in the log.
    """

    def enter(connection: Connection) -> int:
        window_between(connection, start, stop, database.now())
        now = database.now()
        places = {"since": _as_noted(start), "until": _as_noted(stop)}
        append(
            connection, person, now, [Entry("export", details={"what": what, **places, **details})]
        )
        return now

    return database.write(enter)


def _as_noted(place: Place | None) -> int | str | None:
    return place if place is None or isinstance(place, int) else str(place)


def statement_of_reasons(decision: AnyRow) -> dict[str, Any]:
    """Return a decision and its grounds, in values that JSON knows.

    Parameters
    ----------
    decision : Row
        Has the columns of `decisions`, and `video_id`.

    Returns
    -------
    dict
        `decision_ground` is the reason code, null where no rule is broken.
        `automated_detection`: whether a model scored the video; null model where none could.
        `automated_decision` is always false: a prediction never becomes a decision.
    """
    scored = getattr(decision, PROBABILITY) is not None
    return {
        "video_id": getattr(decision, VIDEO_ID),
        "decision": decision.decision,
        "decision_ground": decision.reason_code,
        "decided_at": iso(decision.at),
        "automated_detection": scored,
        "model_name": decision.model_name if scored else None,
        "model_version": decision.model_version if scored else None,
        "automated_decision": False,
    }


def iso(at: int) -> str:
    """Write a time, microseconds since 1970 in UTC, as ISO 8601."""
    time = _START + timedelta(microseconds=at)
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _chunks(
    connection: Connection, what: What, window: Window, with_sample: bool
) -> Iterator[pd.DataFrame]:
    table = _TABLES[what]
    columns = table.columns | (table.sample if with_sample else {})
    query = select(*(column.label(name) for name, column in columns.items()))
    query = query.select_from(table.source).order_by(table.number).limit(_CHUNK_ROWS)
    query = query.where(*_conditions(what, window))
    last = 0
    while True:
        rows = connection.execute(query.where(table.number > last)).all()
        if rows or not last:
            yield _frame(rows, columns, what)
        if len(rows) < _CHUNK_ROWS:
            return
        last = rows[-1][0]


def _conditions(what: What, window: Window) -> list[ColumnElement[bool]]:
    """Return which rows a window holds: those that an entry of it is about, and no later one."""
    touched = _TABLES[what].touched
    conditions = []
    if window.after or not window.is_last:
        conditions.append(touched(window.holds(audit.c.seq)))
    elif what == "cases":  # all of them, but for those of an upload that is not whole yet
        arriving = select(arrivals.c.batch_id).where(arrivals.c.batch_id.is_not(None))
        conditions.append(cases.c.first_batch_id.not_in(arriving))
    if not window.is_last and what != "audit":
        conditions.append(~touched(audit.c.seq > window.until))
    return conditions


def _frame(rows: Sequence[AnyRow], columns: Columns, what: What) -> pd.DataFrame:
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = {
        name: _series(values, name, column)
        for (name, column), values in zip(columns.items(), cells, strict=True)
    }
    if what == "decisions":
        statements = [_encode(statement_of_reasons(row)) for row in rows]
        table[STATEMENT_OF_REASONS] = pd.Series(statements, dtype="str")
    return pd.DataFrame(table)


def _series(values: Sequence[Any], name: str, column: ColumnElement[Any]) -> pd.Series:
    """Return a column whose type does not depend on what happens to be in it."""
    series: pd.Series
    if name in _TIMES:
        numbers = [_NO_TIME if value is None else value for value in values]
        times = np.array(numbers, dtype="int64").view("datetime64[us]")
        series = pd.Series(pd.DatetimeIndex(times, tz="UTC"))
    else:
        series = pd.Series(list(values), dtype=_dtype(column))
    return series


def _dtype(column: ColumnElement[Any]) -> Any:
    if isinstance(column.type, Boolean):
        return "bool"
    if isinstance(column.type, Integer):  # BigInteger among them
        return "Int64"
    return "float64" if isinstance(column.type, Double) else "str"
