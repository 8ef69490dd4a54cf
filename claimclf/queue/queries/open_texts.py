"""What open cases say, for figures about all of them: of some of them where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from claimclf.queue.queries.tallying import n_open
from claimclf.queue.storage.cases import AnyRow
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import IS_OPEN, batches, cases
from claimclf.schema import LANE, PREDICTION, REASON, TEXT_SOURCE, TRANSCRIPT, VIDEO_ID, Lane

#: About so many cases are read: enough for shares to one in a hundred.
MOST = 10_000
FILE_NAME = "file_name"
#: What is read of each.
COLUMNS = (VIDEO_ID, TRANSCRIPT, TEXT_SOURCE, LANE, PREDICTION, REASON, FILE_NAME)


@dataclass(frozen=True)
class OpenTexts:
    """Open cases, as far as they were read.

    Parameters
    ----------
    rows : sequence of Row
        `COLUMNS`; `file_name` is that of the upload that brought the case first.
    by_lane : dict of Lane to int
        All open cases.
    one_in : int
        One of so many was read.
    """

    rows: Sequence[AnyRow]
    by_lane: dict[Lane, int]
    one_in: int


def open_texts(database: Database, most: int = MOST) -> OpenTexts:
    """Read about `most` open cases, spread evenly over their numbers; all where there are fewer."""

    def look(connection: Connection) -> OpenTexts:
        by_lane = {lane: n_open(connection, lane) for lane in Lane}
        step = max(-(-sum(by_lane.values()) // most), 1)
        query = (
            select(*(cases.c[name] for name in COLUMNS[:-1]), batches.c[FILE_NAME])
            .join_from(cases, batches, cases.c.first_batch_id == batches.c.id)
            .where(IS_OPEN, cases.c.id % step == 0)
            .order_by(cases.c.id)
        )
        return OpenTexts(connection.execute(query).all(), by_lane, step)

    return database.read(look)
