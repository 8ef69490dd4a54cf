"""A day is a day of the team: from midnight to midnight in its time zone, 23 to 25 hours long."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_START = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = date(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)


def local(at: int, zone: str) -> datetime:
    """Return a time, microseconds since 1970 in UTC, by the clocks of a time zone."""
    return (_START + timedelta(microseconds=at)).astimezone(ZoneInfo(zone))


def said(at: int, zone: str) -> str:
    """Write a time to the minute, with the name by which its time zone is known then."""
    return f"{local(at, zone):%Y-%m-%d %H:%M} {local(at, zone).tzname()}"


def day_of(at: int, zone: str) -> int:
    """Return the number of the team's day that a time lies in, counted from 1 January 1970."""
    return (local(at, zone).date() - _FIRST).days


@lru_cache(maxsize=4096)
def start_of(day: int, zone: str) -> int:
    """Return when a day begins, in microseconds since 1970, UTC: at its first moment."""
    # `fold=0`: the earlier of two midnights; and where there is none, by the clocks before it,
    # which is the moment at which they were put forward.
    midnight = datetime.combine(_FIRST + timedelta(days=day), time.min, ZoneInfo(zone))
    return (midnight.astimezone(UTC) - _START) // _MICROSECOND


def today(now: int, zone: str) -> tuple[int, int]:
    """Return when the day that holds `now` begins and ends, microseconds since 1970, UTC."""
    day = day_of(now, zone)
    return start_of(day, zone), start_of(day + 1, zone)
