"""Decisions, cases and the audit log as tables for people outside the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Connection,
    Double,
    FromClause,
    Integer,
    Select,
    Table,
    or_,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from claimclf.errors import InvalidRequestError
from claimclf.people import Person
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import PREDICTED, VIDEO, AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import IS_DRAWN, audit, cases, decisions, texts
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
_NO_TIME = np.iinfo("int64").min
_START = datetime(1970, 1, 1, tzinfo=UTC)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
Columns = dict[str, ColumnElement[Any]]


def _named(table: Table, *names: str) -> Columns:
    return {name: table.c[name] for name in names}


@dataclass(frozen=True)
class _Table:
    """Columns exported of a table, the row's number first, and those about the audit sample."""

    columns: Columns
    number: ColumnElement[int]
    times: tuple[ColumnElement[int | None], ...]
    source: FromClause
    sample: Columns = field(default_factory=dict)


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
        (decisions.c.at, decisions.c.undone_at),
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
        (cases.c.state_at,),
        cases,
        {"drawn": IS_DRAWN, **_named(cases, "sample_draw", "sample_probability")},
    ),
    "audit": _Table(
        _named(audit, *(column.name for column in audit.columns)),
        audit.c.seq,
        (audit.c.at,),
        audit,
    ),
}


def export(
    database: Database,
    person: Person,
    what: What,
    since: int | None = None,
    *,
    with_sample: bool,
) -> Iterator[pd.DataFrame]:
    """Return a table in chunks that have the same columns and types; at least one, if empty.

    Times are timestamps in UTC. Rows are in the order of their number; what is written
    meanwhile may or may not be among them. That it was exported, and by whom, goes to the
    audit log. Written to a CSV, formula cells must be neutralised: notes are anybody's text.

    Parameters
    ----------
    what : str
        `decisions`: one row each, as it was made, with the text it was made on and its statement
        of reasons; `undone` marks those taken back. `cases`: one row each, as it stands.
        `audit`: the log.
    since : int or None
        Decisions made or undone, cases whose state changed, entries written from then on:
        microseconds since 1970, UTC. None for all.
    with_sample : bool
        Whether to include the columns about the audit sample; must be False for the people who
        review it. A case is `drawn` where its draw is below its probability; a
        decision is `sampled` where the case was served as part of the sample.

    Yields
    ------
    DataFrame, shape (at most 10,000, n_columns)

    Raises
    ------
    InvalidRequestError
        There is no such table.
    """
    if what not in get_args(What):
        raise InvalidRequestError(
            f"There is no table '{what}' to export.", "", f"Choose {', '.join(get_args(What))}."
        )
    entry = Entry("export", details={"what": what, "since": since, "with_sample": with_sample})
    database.write(lambda c: append(c, person, database.now(), [entry]))
    return _chunks(database, what, since, with_sample)


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
    database: Database, what: What, since: int | None, with_sample: bool
) -> Iterator[pd.DataFrame]:
    table = _TABLES[what]
    columns = table.columns | (table.sample if with_sample else {})
    query = select(*(column.label(name) for name, column in columns.items()))
    query = query.select_from(table.source).order_by(table.number).limit(_CHUNK_ROWS)
    if since is not None:
        query = query.where(or_(*(time >= since for time in table.times)))
    last = 0
    while True:
        # A transaction for each chunk: a slow reader keeps none open.
        rows = database.read(partial(_rows, query.where(table.number > last)))
        if rows or not last:
            yield _frame(rows, columns, what)
        if len(rows) < _CHUNK_ROWS:
            return
        last = rows[-1][0]


def _rows(query: Select[Any], connection: Connection) -> Sequence[AnyRow]:
    return connection.execute(query).all()


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
