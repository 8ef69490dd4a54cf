"""An upload adds to what is known of a video and takes nothing away."""

from __future__ import annotations

from typing import Any

import pytest

from claimclf.queue.queries.listing import page
from claimclf.queue.storage.cases import Case
from claimclf.queue.storage.database import Database
from tests.queue.builders import fill

SAID = "someone read online that the tower is nine thousand years old"


def only(database: Database) -> Case:
    (row,) = page(database).rows
    return row.case


@pytest.fixture
def known(database: Database) -> Case:
    fill(
        database, 1, video_transcription_text=SAID, author_id="ann", statement_id="s",
        video_url="https://example.org/1", claim_probability=0.75,
    )  # fmt: skip
    return only(database)


EMPTY: dict[str, Any] = {
    "video_transcription_text": None, "author_id": None, "video_url": None, "statement_id": None,
    "verified_status": None, "claim_probability": float("nan"), "prediction": None,
    "lane": "uncertain", "reason": "cannot be scored: no video_transcription_text",
}  # fmt: skip


def test_a_later_row_without_values_leaves_what_is_known(database: Database, known: Case) -> None:
    fill(database, 1, "b", report_count=20, **EMPTY)
    case = only(database)
    for name in ("video_transcription_text", "author_id", "video_url", "verified_status"):
        assert case.video[name] == known.video[name] is not None
    assert case.video["statement_id"] == "s"
    assert (case.lane, case.prediction, case.probability) == ("claims", "claim", 0.75)
    assert case.video["report_count"] == 20


def test_a_later_caption_does_not_take_the_place_of_what_is_said(
    database: Database, known: Case
) -> None:
    caption = {"video_transcription_text": "look at this #tower", "claim_probability": 0.1}
    fill(database, 1, "b", text_source="caption", **caption)
    assert only(database).video["video_transcription_text"] == SAID
    fill(database, 1, "c", text_source="transcript", **caption)
    assert only(database).video["video_transcription_text"] == "look at this #tower"


def test_an_upload_says_how_many_reports_are_more_as_many_or_fewer(database: Database) -> None:
    fill(database, 4, report_count=[10, 10, 10, 10])
    batch = fill(database, 5, "b", report_count=[11, 10, 9, 0, 3])
    assert (batch.n_raised, batch.n_same, batch.n_lower) == (1, 1, 1)
    assert (batch.n_known, batch.n_new) == (4, 1)
    counts = sorted(row.case.video["report_count"] for row in page(database).rows)
    assert counts == [3, 10, 10, 10, 11]
