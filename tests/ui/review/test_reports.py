from __future__ import annotations

import pytest

from claimclf.ui.review.reports import pace
from claimclf.units import DAY, HOUR


@pytest.mark.parametrize(
    ("reports", "sentence"),
    [
        ([(0, 3)], "How fast reports come is not known."),
        ([(0, 3), (5 * DAY, 3)], "No new reports over 5 days."),
        ([(0, 3), (5 * DAY, 4)], "Fewer than one a day over 5 days."),
        ([(0, 3), (5 * DAY, 13)], "About 2 a day over 5 days."),
        ([(0, 0), (2 * HOUR, 3000)], "About 1,500 an hour over 2 hours."),
    ],
)
def test_pace_of_reports_is_said_so_that_it_is_read_once(
    reports: list[tuple[int, int]], sentence: str
) -> None:
    assert pace(reports) == sentence
