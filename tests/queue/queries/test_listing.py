"""What a list needs to know of the whole queue."""

from __future__ import annotations

from claimclf.queue.queries.listing import has_case_beside
from claimclf.queue.storage.database import Database
from tests.queue.builders import fill


def test_queue_of_made_up_videos_alone_holds_no_other(database: Database) -> None:
    assert not has_case_beside(database, "demo-")
    fill(database, 3, video_id=["demo-1", "demo-2", "demo-3"])
    assert not has_case_beside(database, "demo-")


def test_one_other_case_among_many_counts(database: Database) -> None:
    fill(database, 3, video_id=["demo-1", "demo_2", "demo-3"])
    assert has_case_beside(database, "demo-")
