"""What a challenger says of cases beside the model in use; nothing of it is seen by moderators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Connection, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from claimclf.queue.intake.staging import Progress, plain
from claimclf.queue.storage.cases import VIDEO, AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import among
from claimclf.queue.storage.tables import IS_OPEN, cases, shadow_scores
from claimclf.schema import LANE, PROBABILITY

CHUNK_ROWS = 2_000


def shadow(
    database: Database,
    model_name: str,
    model_version: str,
    predict: Callable[[pd.DataFrame], pd.DataFrame],
    progress: Progress = lambda done, total: None,
) -> int:
    """Keep what a challenger says of each open case that it has not scored, some at a time.

    Held ones too: a case itself is not touched. A crash leaves some scored; the next call goes on.

    Parameters
    ----------
    predict : callable
        As for `claimclf.queue.intake.rescoring.rescore`.
    progress : callable
        Gets the cases done and all of them.

    Returns
    -------
    int
        Cases that were scored.
    """
    new = _is_new(model_name, model_version)
    total = database.read(
        lambda c: c.scalar(select(func.count()).select_from(cases).where(IS_OPEN, new)) or 0
    )
    last = done = 0
    while batch := database.read(partial(_some_after, last, new)):
        last = batch[-1].id
        videos = pd.DataFrame(batch).set_index("id")
        predicted = predict(videos[list(VIDEO)]).loc[videos.index]
        model = {"model_name": model_name, "model_version": model_version}
        rows = [{**model, **row, "at": database.now()} for row in _rows(batch, videos, predicted)]
        database.write(partial(_store, rows))
        done += len(rows)
        progress(min(done, total), total)
    return done


def _is_new(name: str, version: str) -> ColumnElement[bool]:
    scores = shadow_scores.c
    same = (scores.model_name == name, scores.model_version == version)
    return ~exists().where(*same, scores.case_id == cases.c.id)


def _some_after(last: int, new: ColumnElement[bool], connection: Connection) -> Sequence[AnyRow]:
    names = ("id", "model_name", "model_version", LANE, PROBABILITY, *VIDEO)
    query = select(*(cases.c[name] for name in names)).where(IS_OPEN, new, cases.c.id > last)
    return connection.execute(query.order_by(cases.c.id).limit(CHUNK_ROWS)).all()


def _rows(
    batch: Sequence[AnyRow], videos: pd.DataFrame, predicted: pd.DataFrame
) -> list[dict[str, Any]]:
    said = zip(plain(predicted[LANE]), plain(predicted[PROBABILITY]), strict=True)
    return [
        {
            "case_id": row.id,
            LANE: lane,
            PROBABILITY: probability,
            "used_name": row.model_name,
            "used_version": row.model_version,
            "used_lane": getattr(row, LANE),
            "used_probability": getattr(row, PROBABILITY),
        }
        for row, (lane, probability) in zip(batch, said, strict=True)
    ]


def _store(rows: list[dict[str, Any]], connection: Connection) -> None:
    # Two at once score the same cases: the first to store counts.
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    known = select(cases.c.id).where(among(connection, cases.c.id, [r["case_id"] for r in rows]))
    # An upload that was taken back meanwhile has taken its cases along.
    there = set(connection.scalars(known.with_for_update(read=True, key_share=True)))
    rows = [row for row in rows if row["case_id"] in there]
    if rows:
        connection.execute(dialect.insert(shadow_scores).on_conflict_do_nothing(), rows)
