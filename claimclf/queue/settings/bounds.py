"""How large, how long and of which characters is what people give the queue: all of it here.

Services check every note, name, number and setting by this module before anything is stored,
and refuse in words. What is stored can then be shown, exported, backed up and restored.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from claimclf.errors import ClaimclfError, InvalidRequestError
from claimclf.people import Person, is_reserved
from claimclf.units import HOUR

#: Characters of a text.
LONGEST_NOTE, LONGEST_REASON = 10_000, 1_000
#: Of a person's name: an address of mail is no longer.
LONGEST_NAME = 254
LONGEST_VIEW_NAME = 80
#: Of a statement's, an author's or a bulk's id.
LONGEST_ID = 200
#: Of what is typed into a search or a filter.
LONGEST_FILTER = 1_000
#: Of the path of a file or folder.
LONGEST_PATH = 4_096
#: Of the name of a file that was uploaded.
LONGEST_FILE_NAME = 255
#: The largest whole number of both databases.
MOST = 2**63 - 1
#: The largest number of a case, a decision, an upload, or its version.
MOST_VERSION = 2**31 - 1
#: Most rows of a list that are read at once.
MOST_ROWS = 1_000
# What steers a machine, and halves of characters that no encoding can write.
_STEERING = frozenset({"Cc", "Cs"})
_OF_LINES = frozenset("\n\r\t")


@dataclass(frozen=True)
class Range:
    """The values of a number, both ends included."""

    low: float
    high: float
    is_whole: bool = False

    def __contains__(self, value: object) -> bool:
        """Return whether a value is such a number; a truth value is none."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not self.low <= value <= self.high:  # NaN is between no numbers
            return False
        return not self.is_whole or isinstance(value, int)

    def __str__(self) -> str:
        """Say it in words."""
        ends = (f"{end:,}" if self.is_whole else f"{end:g}" for end in (self.low, self.high))
        return " to ".join(ends) + (", a whole number" if self.is_whole else "")


#: Setting of a team -> the values of its number.
SETTINGS = {
    "lease_minutes": Range(0.1, 24 * 60),
    "undo_minutes": Range(0, 7 * 24 * 60),
    "reopen_factor": Range(1, 1_000),
    "capacity": Range(0, 10_000_000),
    "sample_rate": Range(0, 1),
    "second_look_rate": Range(0, 1),
    "settled_rate": Range(0, 1),
    "promotion_margin": Range(0, 1),
    "sample_seed": Range(0, 2**31 - 1, is_whole=True),
}
#: Filter -> the values of its number.
FILTERS = {
    # No platform has more reports on a video, and a database takes no number of any length.
    "min_reports": Range(0, 10**12, is_whole=True),
    "min_probability": Range(0, 1),
    "max_probability": Range(0, 1),
    "older_than_hours": Range(0, math.nextafter(math.inf, 0)),
    "newer_than_hours": Range(0, math.nextafter(math.inf, 0)),
}
#: Hours of a report: each is a row of it.
PERIOD = Range(0, 10 * 366 * 24)
PAUSE_AFTER = Range(0, 100_000, is_whole=True)
WEEKS = Range(1, 10 * 53, is_whole=True)
DAYS = Range(1, 10 * 366, is_whole=True)
IDS = Range(1, MOST, is_whole=True)
VERSIONS = Range(0, MOST_VERSION, is_whole=True)
TIMES = Range(0, 253_402_300_799_999_999, is_whole=True)  # to the end of the year 9999
ROWS = Range(1, MOST_ROWS, is_whole=True)


def check_text(
    text: Any, what: str, longest: int, *, required: bool = False, lines: bool = True
) -> str:
    """Return a text that can be stored and read.

    Parameters
    ----------
    what : str
        What it is, at the beginning of a sentence: `The note`.
    longest : int
        Characters.
    required : bool
        Whether there must be something to read.
    lines : bool
        Whether it may have several lines.

    Raises
    ------
    InvalidRequestError
        It is too long, holds characters that cannot be stored or read, or is empty.
    """
    if not isinstance(text, str):
        raise _refused(what, "is no text", type(text).__name__, "Type it in letters.")
    if len(text) > longest:
        found = f"{len(text):,} characters"
        raise _refused(what, "is too long", found, f"Keep it to {longest:,}.")
    steering = next((char for char in text if _steers(char, lines)), None)
    if steering is not None:
        found = f"the character U+{ord(steering):04X}"
        raise _refused(what, "holds a character that cannot be kept", found, "Leave it out.")
    if required and not any(map(_is_read, text)):
        raise InvalidRequestError(f"{what} is missing.", "", "Say in a few words.")
    return text


def check_number(value: Any, what: str, allowed: Range) -> Any:
    """Return a number that is in its range.

    Raises
    ------
    InvalidRequestError
        It is not.
    """
    if value not in allowed:
        raise _refused(what, "is out of range", shown(value), f"Choose from {allowed}.")
    return value


def check_ids(ids: Sequence[int], what: str) -> None:
    """Refuse numbers that no case, decision or upload can have.

    Raises
    ------
    InvalidRequestError
        One of them is not a whole number from 1 on.
    """
    for number in ids:
        check_number(number, what, IDS)


def check_time(at: Any, what: str) -> Any:
    """Return a time, microseconds since 1970 in UTC, that has a date; None stays None.

    Raises
    ------
    InvalidRequestError
        It has none.
    """
    return None if at is None else check_number(at, what, TIMES)


def check_person(person: Person, what: str = "The name") -> Person:
    """Return a person whose name can be stored, and is not the one of the program.

    Raises
    ------
    InvalidRequestError
        The name is missing, reserved, too long or cannot be read.
    """
    check_text(person.name, what, LONGEST_NAME, required=True, lines=False)
    if is_reserved(person.name):
        found = f"'{person.name}', which stands for what the program itself does"
        raise _refused(what, "is reserved", found, "Choose another name.")
    return person


def check_period(since: int, until: int) -> None:
    """Refuse a period that is too long to be reported hour by hour.

    Parameters
    ----------
    since, until : int
        Microseconds since 1970, UTC.

    Raises
    ------
    InvalidRequestError
        It ends before it begins, or is longer than `PERIOD`.
    """
    check_number(since, "The beginning", TIMES)
    check_number(until, "The end", TIMES)
    hours = (until - since) / HOUR
    if hours not in PERIOD:
        found = f"Found: {hours / 24:,.0f} days."
        raise InvalidRequestError(
            "The period cannot be reported.", found, "Choose one of 0 days to 10 years."
        )


def check_time_zone(name: Any) -> str:
    """Return the name of a time zone.

    Raises
    ------
    InvalidRequestError
        There is none of that name.
    """
    if not isinstance(name, str) or name not in available_timezones():
        advice = "Choose one such as Europe/Berlin, or UTC."
        raise _refused("The time zone", "is not known", shown(name), advice)
    return ZoneInfo(name).key


def is_storable(text: Any) -> bool:
    """Return whether a database takes that text: what comes from a link may be anything."""
    if not isinstance(text, str):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character
        return False
    return "\0" not in text


def is_name(text: str) -> bool:
    """Return whether nothing in a text steers a machine, so that it can stand in one line."""
    return text.isprintable() or not any(_steers(char, lines=False) for char in text)


def shown(value: Any) -> str:
    """Write any value for a message: short, on one line, and of characters that can be read."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MOST:
        return "a number of more than 19 digits"
    if isinstance(value, float) and not math.isfinite(value):
        return "no number" if math.isnan(value) else "an endless number"
    text = ascii(value) if not isinstance(value, str) else f"'{value[:60]}'"
    plain = "".join("?" if _steers(char, lines=False) else char for char in text)
    return plain if len(plain) <= 64 else plain[:60] + "…"


def _steers(char: str, lines: bool) -> bool:
    return unicodedata.category(char) in _STEERING and not (lines and char in _OF_LINES)


def _is_read(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("Cf", "Zs", "Zl", "Zp")


def _refused(what: str, why: str, found: str, advice: str) -> ClaimclfError:
    return InvalidRequestError(f"{what} {why}.", f"Found: {found}.", advice)
