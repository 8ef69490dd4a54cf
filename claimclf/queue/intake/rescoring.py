"""Predictions of a new model for the open cases that nobody holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Connection, bindparam, cast, func, select, update
from sqlalchemy.sql.elements import ColumnElement

from claimclf.people import Capability, Person, require
from claimclf.queue.intake.staging import Progress, plain
from claimclf.queue.queries.ordering import rank_of
from claimclf.queue.queries.sampling import drop_cuts
from claimclf.queue.settings.team import settings_of
from claimclf.queue.storage.audit import Entry, append
from claimclf.queue.storage.cases import PREDICTED, VIDEO, AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import IS_FREE, cases
from claimclf.schema import LANE, PROBABILITY, REPORT_COUNT, VIEWS

_logger = logging.getLogger(__name__)

CHUNK_ROWS = 2_000


@dataclass(frozen=True)
class Rescored:
    """How many cases were rescored.

    Parameters
    ----------
    n_rescored : int
        Cases that have the new prediction.
    n_left : int
        Cases that were leased or changed while they were scored; they keep their prediction.
    """

    n_rescored: int
    n_left: int


def rescore(
    database: Database,
    person: Person,
    model_name: str,
    model_version: str,
    predict: Callable[[pd.DataFrame], pd.DataFrame],
    progress: Progress = lambda done, total: None,
) -> Rescored:
    """Give the open cases that nobody holds another model's prediction, some at a time.

    A crash leaves some cases with the new model's prediction and the rest with the old one's;
    each case names its model. Run it again for the rest.

    Parameters
    ----------
    predict : callable
        Gets videos by the names of claimclf.schema; returns `lane`, `prediction`,
        `claim_probability` and `reason` with the same index.
    progress : callable
        Gets the cases done and all of them.

    Raises
    ------
    NotAllowedError
        The person is no lead.
    """
    require(person, Capability.LEAD)
    other = (cases.c.model_name != model_name) | (cases.c.model_version != model_version)
    total = database.read(
        lambda c: c.scalar(select(func.count()).select_from(cases).where(IS_FREE, other)) or 0
    )
    model = {"model_name": model_name, "model_version": model_version}
    last, seen, done = 0, 0, 0
    while batch := database.read(partial(_some_after, last, other)):
        last, seen = batch[-1].id, seen + len(batch)
        videos = pd.DataFrame(batch).set_index("id")
        predicted = predict(videos[list(VIDEO)]).loc[videos.index]
        rows = _rows(videos, predicted)
        done += database.write(partial(_store, database.now(), person, model, rows))
        progress(min(seen, total), total)
    _logger.info("Rescored %d cases with %s, %d left as they are", done, model_name, seen - done)
    return Rescored(done, seen - done)


def _some_after(last: int, which: ColumnElement[bool], connection: Connection) -> Sequence[AnyRow]:
    columns = [cases.c[name] for name in ("id", "version", *VIDEO)]
    query = select(*columns).where(IS_FREE, which, cases.c.id > last)
    return connection.execute(query.order_by(cases.c.id).limit(CHUNK_ROWS)).all()


def _rows(videos: pd.DataFrame, predicted: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {f"new_{name}": plain(predicted[name]) for name in PREDICTED}
    columns |= {"case": videos.index.tolist(), "seen": videos["version"].tolist()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _store(
    at: int,
    person: Person,
    model: dict[str, str],
    rows: list[dict[str, Any]],
    connection: Connection,
) -> int:
    """Store predictions of cases that are as they were when they were read."""
    # Cast: PostgreSQL does not know what to make of `-NULL`.
    new = {name: cast(bindparam(f"new_{name}"), cases.c[name].type) for name in PREDICTED}
    figures = (new[LANE], new[PROBABILITY], cases.c[REPORT_COUNT], cases.c[VIEWS])
    values = {
        **model,
        **new,
        **rank_of(*figures),
        "sample_probability": settings_of(connection).sample_rate,
        "version": cases.c.version + 1,
    }
    seen = (cases.c.id == bindparam("case"), cases.c.version == bindparam("seen"), IS_FREE)
    change = update(cases).where(*seen).values(values)
    done = sum(connection.execute(change, row).rowcount for row in rows)
    drop_cuts(connection)
    span = {"from": rows[0]["case"], "to": rows[-1]["case"], "n": done}
    append(connection, person, at, [Entry("rescore", details={**model, **span})])
    return done
