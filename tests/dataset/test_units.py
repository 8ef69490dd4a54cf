"""Each spelling of the data contract is read; what can be read in two ways is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.dataset.validation.cells import read_column
from claimclf.dataset.validation.units import Days, Decimals, Units, days_in, decimals_of
from claimclf.schema import REPORTED

VIEWS, LENGTH, POSTED = (
    REPORTED[name] for name in ("video_view_count", "video_duration_sec", "posted_at")
)
COMMA, POINT = Units(Decimals.COMMA), Units(Decimals.POINT)
counts = st.integers(0, 10**9)
relaxed = settings(deadline=None, max_examples=60)


def value(cell: str, column: object, units: Units = Units()) -> object:  # noqa: B008
    values, problems = read_column(pd.Series([cell], dtype="str"), column, units)
    return problems["code"].iloc[0] if len(problems) else values.iloc[0]


@relaxed
@given(counts)
def test_grouped_counts_are_read_as_they_were(n: int) -> None:
    grouped = f"{n:,}"
    assert value(grouped, VIEWS) == n
    assert value(grouped.replace(",", "."), VIEWS, COMMA) == n
    for space in (" ", "\u00a0", "\u202f", "'"):
        assert value(grouped.replace(",", space), VIEWS) == n


@relaxed
@given(st.integers(0, 9_999), st.sampled_from([("K", 1e3), ("M", 1e6), ("B", 1e9), ("m", 1e6)]))
def test_short_counts_are_read_as_they_were(tenths: int, unit: tuple[str, float]) -> None:
    letter, factor = unit
    assert value(f"{tenths / 10:.1f}{letter}", VIEWS) == round(tenths / 10 * factor)
    assert value(f"{tenths // 10},{tenths % 10} {letter}", VIEWS) == round(tenths / 10 * factor)


@pytest.mark.parametrize(
    ("cell", "units"), [("1.234K", Units()), ("1,234,567", COMMA), ("1.234.567", POINT)]
)
def test_a_count_that_can_be_read_in_two_ways_is_not_read(cell: str, units: Units) -> None:
    assert value(cell, VIEWS, units) == "ambiguous"


@relaxed
@given(st.integers(1, 35_999))
def test_lengths_are_read_as_they_were(seconds: int) -> None:
    h, m, s = seconds // 3600, seconds // 60 % 60, seconds % 60
    assert value(f"{h}:{m:02}:{s:02}", LENGTH) == seconds
    assert value(f"PT{h}H{m}M{s}S", LENGTH) == seconds
    assert value(str(seconds), LENGTH) == seconds
    if not h:
        assert value(f"{m}:{s:02}", LENGTH) == seconds


times = st.datetimes(datetime(2005, 1, 2), datetime(2026, 1, 1)).map(
    lambda t: t.replace(microsecond=0)
)


@relaxed
@given(times)
def test_times_are_read_as_they_were(time: datetime) -> None:
    moment = pd.Timestamp(time, tz="UTC")
    since = int(moment.timestamp())
    for cell in (
        time.isoformat(), f"{time.isoformat()}Z", f"{time} UTC", str(since), f"{since}000",
        f"{since}000000", f"{time:%d.%m.%Y %H:%M:%S}",
        (moment + timedelta(hours=2)).tz_localize(None).isoformat() + "+02:00",
    ):  # fmt: skip
        assert value(cell, POSTED) == moment, cell
    day_first = Units(days=(("posted_at", Days.DAY),))
    assert value(f"{time:%d/%m/%Y %H:%M:%S}", POSTED, day_first) == moment


def test_a_moment_outside_of_what_can_be_is_no_time() -> None:
    later = int((datetime.now(UTC) + timedelta(days=3)).timestamp())
    for cell in (str(later), "1000000000", "45426"):
        assert value(cell, POSTED) == "not_a_time"
    assert value("45426", POSTED, Units(serial_days=True)) == pd.Timestamp("2024-05-14", tz="UTC")


def test_a_date_is_read_where_the_column_leaves_no_doubt() -> None:
    assert value("05/06/2025", POSTED) == "ambiguous"
    assert days_in(["05/06/2025", "13/06/2025"]) is Days.DAY
    assert days_in(["05/06/2025", "06/13/2025"]) is Days.MONTH
    assert days_in(["13/06/2025", "06/13/2025"]) is Days.UNKNOWN


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (["1,5", "12.345"], Decimals.COMMA),
        (["1.5", "12,345"], Decimals.POINT),
        (["48.2K", "5133"], Decimals.POINT),
        (["12.345"], Decimals.UNKNOWN),
        (["1,5", "1.5"], Decimals.UNKNOWN),
    ],
)
def test_a_files_own_pattern_says_what_decimals_have(cells: list[str], decimals: Decimals) -> None:
    assert decimals_of(cells, ",") is decimals
