"""What became of every row of an upload: each once, and the numbers add up."""

from __future__ import annotations

import pytest

from claimclf.queue.intake.batches import Batch
from claimclf.ui.upload.account import account_of

#: 10 rows: 2 rejected, 1 that repeats a video, 7 videos of which 2 are new.
SOME = Batch(3, "anna", 0, 10, 8, 2, 1, 2, 5, 1, n_raised=2, n_same=1, n_lower=1)
ONE = Batch(1, "anna", 0, 1, 1, 0, 0, 1, 0, 0)


@pytest.mark.parametrize("batch", [SOME, ONE], ids=["some", "one"])
def test_tiles_add_up_to_the_known_videos(batch: Batch) -> None:
    tiles = dict(account_of(batch).tiles)
    assert tiles.pop("New") == batch.n_new
    assert tiles.pop("Known") == batch.n_known == sum(tiles.values())


def test_every_row_and_every_known_video_is_accounted_for_in_words() -> None:
    account = account_of(SOME)
    assert account.words == "Batch 3: 2 new cases, 5 known videos."
    assert account.lines == (
        "5 known videos = 2 raised (more reports than before) + 1 unchanged (as many) + 1 lowered "
        "(fewer in this file; the larger number stays) + 1 not compared (a count is missing, here "
        "or before).",
        "1 decided case is open again: reports have grown since.",
        "10 rows = 7 videos + 1 row that repeats a video + 2 rejected rows.",
        "1 video cannot be scored and waits in the lane *uncertain*.",
    )


def test_one_of_anything_is_called_one() -> None:
    account = account_of(ONE)
    assert (account.words, account.lines) == ("Batch 1: 1 new case.", ("1 row = 1 video.",))
