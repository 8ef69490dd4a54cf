"""What so many reviews a day find, and how old the queue gets."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.modeling.monitoring.capacity import BREAKS, WEIGHT, found_within, outlook


def decided(*rows: tuple[float, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[WEIGHT, BREAKS])


#: Ten ranks stand for a case each, eight of them hits; ten for nine each, one of them a hit.
RANKED = decided(*[(1, k < 8) for k in range(10)], *[(9, False)] * 8, (9, True), (9, False))


def test_highest_ranks_are_reviewed_first() -> None:
    assert found_within(RANKED, 0.0) == 0
    assert found_within(RANKED, 0.04) == pytest.approx(4 / 17)
    assert found_within(RANKED, 0.1) == pytest.approx(8 / 17)
    assert found_within(RANKED, 1.0) == 1
    assert found_within(decided((1, False)), 1.0) == 0


def test_with_too_few_reviews_the_queue_grows_and_the_oldest_gets_older() -> None:
    seen = outlook(RANKED, 100, 50, 2.0, 10)
    assert seen.found == pytest.approx(8)
    assert seen.share == pytest.approx(8 / 17)
    assert (seen.waiting, seen.age) == (50 + 90 * 28, 30)
    assert seen.empty_after is None


def test_with_enough_reviews_the_queue_empties() -> None:
    seen = outlook(RANKED, 100, 400, 2.0, 200)
    assert seen.found == pytest.approx(17)
    assert (seen.waiting, seen.age, seen.empty_after) == (0, 0, 4)
    half = outlook(RANKED, 100, 5_600, 2.0, 200)
    assert (half.waiting, half.age, half.empty_after) == (2_800, 15, 56)


def test_nothing_arrives_or_nothing_waits() -> None:
    assert outlook(RANKED, 0, 0, 0.0, 10).empty_after == 0
    assert outlook(RANKED, 0, 100, 1.0, 10).empty_after == 10
    assert outlook(RANKED, 20, 0, 0.0, 10).age == 28
