from __future__ import annotations

from datetime import date

import pytest

from claimclf.queue.settings.days import day_of, said, start_of, today
from claimclf.units import DAY, HOUR


def number(*of: int) -> int:
    return (date(*of) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", (2027, 3, 28), 24),
        ("Europe/Berlin", (2027, 3, 27), 24),
        ("Europe/Berlin", (2027, 3, 28), 23),
        ("Europe/Berlin", (2027, 10, 31), 25),
        ("Australia/Lord_Howe", (2027, 4, 4), 24.5),
        ("America/Havana", (2027, 3, 14), 23),  # put forward at midnight: there is no 0:00
        ("America/Havana", (2027, 11, 7), 25),
        ("Pacific/Apia", (2011, 12, 30), 0),  # left out as a whole
    ],
)
def test_a_day_is_as_long_as_the_clocks_of_the_team_make_it(
    zone: str, day: tuple[int, int, int], hours: float
) -> None:
    start, end = start_of(number(*day), zone), start_of(number(*day) + 1, zone)
    assert end - start == hours * HOUR
    if hours:
        assert day_of(start, zone) == day_of(end - 1, zone) == number(*day)
        assert today(start, zone) == today(end - 1, zone) == (start, end)


def test_a_time_is_said_with_its_zone() -> None:
    noon = number(2027, 7, 1) * DAY + 12 * HOUR
    assert said(noon, "UTC") == "2027-07-01 12:00 UTC"
    assert said(noon, "Europe/Berlin") == "2027-07-01 14:00 CEST"
