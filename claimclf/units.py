"""Lengths of time in microseconds, the unit of every stored time (since 1970, UTC)."""

from __future__ import annotations

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
#: From Monday to Thursday: the first day of 1970 was a Thursday.
TO_THURSDAY = 3 * DAY


def week_of(at: int) -> int:
    """Return the number of the week, from Monday on in UTC, that a time lies in."""
    return (at + TO_THURSDAY) // WEEK


def start_of_week(week: int) -> int:
    """Return when a week begins, in microseconds since 1970, UTC."""
    return week * WEEK - TO_THURSDAY
