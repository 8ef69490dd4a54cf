"""Reports that wait, as videos for the model and the queue."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from claimclf.queue.intake.reports.changing import recount
from claimclf.queue.intake.reports.receiving import ACTIVE, PENDING, QUEUED, TAKEN_BACK
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.dialects import lock
from claimclf.queue.storage.tables import batches, reports
from claimclf.schema import FIRST_REPORTED, LAST_REPORTED, REPORT_COUNT, VIDEO_ID

#: Reports that become one batch.
MOST = 3_000


@dataclass(frozen=True)
class Pending:
    """Some reports of one sender that wait.

    Parameters
    ----------
    sender : str
        Whose they are.
    digests : dict of int to str
        Number of each report -> hash of what it said.
    videos : list of dict
        One a video: its id, all its reports that count, and what is known of it. Times are
        microseconds since 1970, UTC.
    has_more : bool
        Whether others wait behind them.
    """

    sender: str
    digests: dict[int, str]
    videos: list[dict[str, Any]]
    has_more: bool


def next_pending(
    database: Database, most: int = MOST, unscored: Collection[str] = ()
) -> Pending | None:
    """Return the reports that have waited longest, with their videos; None where none waits.

    Parameters
    ----------
    most : int
        Reports at once.
    unscored : collection of str
        Hashes of what reports say that are to wait on.
    """

    def look(connection: Connection) -> Pending | None:
        waiting = select(reports).where(reports.c.state == PENDING).order_by(reports.c.id)
        if unscored:
            waiting = waiting.where(reports.c.digest.not_in(unscored))
        rows = connection.execute(waiting.limit(most)).all()
        own = [row for row in rows if row.sender == rows[0].sender]
        if not own:
            return None
        digests = {row.id: row.digest for row in own}
        has_more = len(rows) == most or len(own) < len(rows)
        return Pending(own[0].sender, digests, _videos(connection, own), has_more)

    return database.read(look)


def mark_queued(connection: Connection, pending: Pending, batch_id: int) -> None:
    """Note that reports are in the queue; those changed meanwhile stay pending.

    Others of the same videos may have been withdrawn since they were counted, and the upload may
    have been taken back where it came in some time ago.

    Parameters
    ----------
    batch_id : int
        The upload that they became.
    """
    lock(connection, "ingest")
    back = select(batches.c.taken_back_at).where(batches.c.id == batch_id)
    state = QUEUED if connection.scalar(back) is None else TAKEN_BACK
    columns = (reports.c.id, reports.c.state, reports.c.digest)
    these = reports.c.id.in_(list(pending.digests))
    rows = connection.execute(select(*columns).where(these).with_for_update()).all()
    same = [row.id for row in rows if (row.state, row.digest) == _as_was(pending, row)]
    change = update(reports).where(reports.c.id.in_(same))
    connection.execute(change.values(state=state, batch_id=batch_id))
    recount(connection, [video[VIDEO_ID] for video in pending.videos])


def backlog(connection: Connection) -> tuple[int, int | None]:
    """Return how many reports wait, and since when the first of them does."""
    waiting = select(func.count(), func.min(reports.c.received_at))
    n, since = connection.execute(waiting.where(reports.c.state == PENDING)).one()
    return n, since


def _as_was(pending: Pending, row: AnyRow) -> tuple[str, str]:
    return PENDING, pending.digests[row.id]


def _videos(connection: Connection, rows: Sequence[AnyRow]) -> list[dict[str, Any]]:
    said: dict[str, dict[str, Any]] = {}
    for row in rows:  # the newest word counts, field by field
        said.setdefault(getattr(row, VIDEO_ID), {}).update(json.loads(row.video or "{}"))
    counted = (
        select(
            reports.c[VIDEO_ID].label("video"),
            func.count().label("n"),
            func.min(reports.c.at).label("first"),
            func.max(reports.c.at).label("last"),
        )
        .where(reports.c[VIDEO_ID].in_(list(said)), reports.c.state.in_(ACTIVE))
        .group_by(reports.c[VIDEO_ID])
    )
    counts = {row.video: row for row in connection.execute(counted)}
    return [
        {
            **known,
            **{VIDEO_ID: video, REPORT_COUNT: counts[video].n},
            **{FIRST_REPORTED: counts[video].first, LAST_REPORTED: counts[video].last},
        }
        for video, known in said.items()
    ]
