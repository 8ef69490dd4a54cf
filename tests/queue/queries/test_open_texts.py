"""What open cases say: all of them where they are few, some of them where there are many."""

from __future__ import annotations

from claimclf.queue.queries.open_texts import open_texts
from claimclf.queue.storage.database import Database
from claimclf.schema import Lane
from tests.queue.builders import ESCALATE, done, fill

N = 40


def test_open_cases_alone_are_read_with_the_upload_that_brought_them(database: Database) -> None:
    fill(database, N, lane=["claims", "uncertain"] * (N // 2))
    fill(database, 2, "b", video_id=["other-1", "other-2"])
    done(database)
    done(database, verdict=ESCALATE)
    read = open_texts(database)
    assert read.one_in == 1
    assert len(read.rows) == N
    assert sum(read.by_lane.values()) == N
    assert read.by_lane[Lane.OPINIONS] == 0
    assert {row.file_name for row in read.rows} == {"a.csv", "b.csv"}
    assert all(row.video_transcription_text.startswith("someone said") for row in read.rows)


def test_of_many_cases_some_are_read_evenly_and_all_are_counted(database: Database) -> None:
    fill(database, N)
    read = open_texts(database, most=10)
    assert read.one_in == 4
    assert len(read.rows) == 10
    assert sum(read.by_lane.values()) == N


def test_empty_queue_has_no_texts(database: Database) -> None:
    read = open_texts(database)
    assert (list(read.rows), read.one_in, sum(read.by_lane.values())) == ([], 1, 0)
