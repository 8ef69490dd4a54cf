"""Spellings of numbers, lengths and times that are not plain, each read once.

What can be read in two ways is not read at all: `AMBIGUOUS` stands for it, and a note says so.
`docs/data-contract.md` lists the same spellings for readers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from claimclf.schema import DURATION, MISSING_WORDS, Column, Kind


class Decimals(StrEnum):
    """What stands before the decimals of a file's numbers, as far as the file tells."""

    UNKNOWN = "unknown"
    POINT = "point"
    COMMA = "comma"


class Days(StrEnum):
    """What comes first in a file's dates like 05/06/2025, as far as the file tells."""

    UNKNOWN = "unknown"
    DAY = "day first"
    MONTH = "month first"


@dataclass(frozen=True)
class Units:
    """What a file's own pattern says of its cells.

    Parameters
    ----------
    decimals : Decimals
        What stands before decimals.
    days : mapping of str to Days, as pairs
        Column of the contract -> what comes first in its dates.
    serial_days : bool
        Whether numbers may be days since 1899-12-30, as in workbooks.
    """

    decimals: Decimals = Decimals.UNKNOWN
    days: tuple[tuple[str, Days], ...] = ()
    serial_days: bool = False

    def days_of(self, column: str) -> Days:
        """Return what comes first in a column's dates."""
        return dict(self.days).get(column, Days.UNKNOWN)


PLAIN = Units()
AMBIGUOUS = object()
#: Times before this, or later than tomorrow, are no times of a video.
EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
_FACTORS = {
    "": 1, "k": 1e3, "tsd": 1e3, "mil": 1e3, "m": 1e6, "mio": 1e6, "mn": 1e6,
    "b": 1e9, "bn": 1e9, "mrd": 1e9,
}  # fmt: skip
_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009\u2007'’"), None)
_SUFFIXED = re.compile(r"([+-]?\d[\d.,]*)(k|tsd|mil|mio|mn|m|mrd|bn|b)\.?\+?", re.IGNORECASE)
_GROUPS = {
    ",": re.compile(r"[+-]?\d{1,3}(,\d{3})+"),
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+"),
}
_SPACED = re.compile(r"[+-]?\d{1,3}([ \u00a0\u202f\u2009\u2007'’]\d{3})+")
_MARKED = re.compile(r"[\d.,]*[.,][\d.,]*")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):([0-5]?\d(?:[.,]\d+)?)")
_ISO_LENGTH = re.compile(
    r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?", re.IGNORECASE
)
_SPELT = re.compile(
    r"(?:(\d+)\s*h(?:ours?|rs?)?)?\s*(?:(\d+)\s*m(?:in(?:utes?)?)?)?\s*"
    r"(?:(\d+(?:[.,]\d+)?)\s*s(?:ec(?:onds?)?)?)?", re.IGNORECASE,
)  # fmt: skip
_NUMERIC_DATE = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[,T]?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?"
    r"(?:\s*([AaPp])\.?[Mm]\.?)?)?(?:\s*(?:Uhr|UTC|Z|GMT))?"
)
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})(?:[T ]+(.*))?")
_SPELT_DATES = (
    "%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %Z",
    "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y %H:%M", "%B %d, %Y %H:%M",
    "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%b %d, %Y %I:%M %p", "%b %d, %Y, %I:%M:%S %p",
)  # fmt: skip
#: Digits of a moment since 1970 -> how many of its unit a second has.
SINCE_1970 = {10: 1, 13: 10**3, 16: 10**6}
_MONTHS = 12
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)


def tomorrow() -> datetime:
    """Return the latest time that a video can have."""
    return datetime.now(UTC) + timedelta(days=1)


def decimals_of(cells: Iterable[str], delimiter: str) -> Decimals:
    """Say what stands before decimals, where cells of numbers leave no doubt.

    Parameters
    ----------
    cells : iterable of str
        Of columns that hold numbers.
    delimiter : str
        What stands between the file's fields: beside commas, numbers have a point.
    """
    marked = {cell for cell in (c.strip() for c in cells) if "," in cell or "." in cell}
    kinds = {_decimals_in(cell) for cell in marked} - {Decimals.UNKNOWN}
    if len(kinds) == 1:
        return kinds.pop()
    return Decimals.UNKNOWN


def _decimals_in(cell: str) -> Decimals:
    suffixed = _SUFFIXED.fullmatch(cell)
    number = (suffixed[1] if suffixed else cell).lstrip("+-")
    if not _MARKED.fullmatch(number):
        return Decimals.UNKNOWN
    last = max(number.rfind(","), number.rfind("."))
    mark, other = number[last], "," if number[last] == "." else "."
    own = Decimals.COMMA if mark == "," else Decimals.POINT
    opposite = Decimals.POINT if mark == "," else Decimals.COMMA
    if other in number:  # 1.234,5 or 1,234.5
        return own
    if number.count(mark) > 1:  # 1,234,567
        return opposite
    if suffixed and len(number) - last - 1 < 3:
        return own
    return own if len(number) - last - 1 != 3 or number[:last] in ("", "0") else Decimals.UNKNOWN


def days_in(cells: Iterable[str]) -> Days:
    """Say what comes first in dates like 05/06/2025, where one of them leaves no doubt."""
    kinds = set()
    for cell in cells:
        match = _NUMERIC_DATE.fullmatch(cell.strip())
        if match:
            kinds |= {Days.DAY} if int(match[1]) > _MONTHS or match[2] == "." else set()
            kinds |= {Days.MONTH} if int(match[3]) > _MONTHS else set()
    return kinds.pop() if len(kinds) == 1 else Days.UNKNOWN


def each_once(cells: pd.Series, read: Callable[[str], object]) -> tuple[np.ndarray, np.ndarray]:
    """Read each spelling once.

    Returns
    -------
    values : ndarray of float, shape (n,)
        NaN where there is none.
    ambiguous : ndarray of bool, shape (n,)
        Which can be read in two ways.
    """
    codes, spellings = pd.factorize(cells)
    numbers = [read(str(spelling)) for spelling in spellings]
    values = np.array([np.nan if v is None or v is AMBIGUOUS else v for v in numbers], dtype=float)
    doubts = np.array([value is AMBIGUOUS for value in numbers], dtype=bool)
    if not len(numbers):
        return np.full(len(cells), np.nan), np.zeros(len(cells), dtype=bool)
    return np.where(codes < 0, np.nan, values[codes]), doubts[codes] & (codes >= 0)


def number_in(cell: str, column: Column, decimals: Decimals) -> object:
    """Read a number: grouped, with a decimal comma, or with a word for thousands or millions."""
    text = cell.strip()
    suffixed = _SUFFIXED.fullmatch(text.translate(_SPACES))
    if suffixed:
        number = _plain_number(suffixed[1], Kind.NUMBER, decimals, suffixed=True)
        if number is None or number is AMBIGUOUS:
            return number
        return round(float(number) * _FACTORS[suffixed[2].casefold()])  # type: ignore[arg-type]
    if _SPACED.fullmatch(text):
        text = text.translate(_SPACES)
    return _plain_number(text, column.kind, decimals)


def _plain_number(text: str, kind: Kind, decimals: Decimals, *, suffixed: bool = False) -> object:
    if not _MARKED.fullmatch(text.lstrip("+-")):
        return _float(text)
    own = _decimals_in(text)
    if own is not Decimals.UNKNOWN and not (suffixed and decimals not in (own, Decimals.UNKNOWN)):
        if decimals is Decimals.UNKNOWN or own is decimals:
            return _with(text, own)
        return AMBIGUOUS if _with(text, own) is not None else None
    if decimals is not Decimals.UNKNOWN:
        return _with(text, decimals)
    grouped = _GROUPS[","].fullmatch(text) is not None
    # Counts are whole: 12,345 with a decimal comma would not be.
    return _with(text, Decimals.POINT) if grouped and kind is Kind.COUNT else AMBIGUOUS


def _with(text: str, decimals: Decimals) -> float | None:
    group, mark = (",", ".") if decimals is Decimals.POINT else (".", ",")
    whole, _, rest = text.partition(mark)
    if group in rest or (group in whole and not _GROUPS[group].fullmatch(whole)):
        return None
    return _float(whole.replace(group, "") + "." + rest if rest else whole.replace(group, ""))


def _float(text: str) -> float | None:
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


def length_in(cell: str, column: Column, decimals: Decimals) -> object:
    """Read a length in seconds: 00:59, 1:02:03, PT1M3S, 1 min 3 s, or a number."""
    text = cell.strip()
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (_number(part) for part in clock.groups())
        return None if hours and minutes > 59 else hours * 3600 + minutes * 60 + seconds
    iso = _ISO_LENGTH.fullmatch(text)
    if iso and any(iso.groups()):
        days, hours, minutes, seconds = (_number(part) for part in iso.groups())
        return days * 86_400 + hours * 3600 + minutes * 60 + seconds
    spelt = _SPELT.fullmatch(text)
    if spelt and any(spelt.groups()):
        hours, minutes, seconds = (_number(part) for part in spelt.groups())
        return hours * 3600 + minutes * 60 + seconds
    return number_in(text, column, decimals)


def _number(part: str | None) -> float:
    return float(part.replace(",", ".")) if part else 0.0


def time_in(cell: str, days: Days, *, serial_days: bool) -> object:
    """Read a time that is not ISO 8601 as seconds since 1970."""
    text = cell.strip()
    moment: object = _since_1970(text)
    if moment is None and serial_days:
        moment = _serial(text)
    if moment is None:
        moment = _date(text, days)
    return moment.timestamp() if isinstance(moment, datetime) else moment


def _since_1970(text: str) -> datetime | None:
    """Read seconds, milliseconds or microseconds, told by size."""
    whole, _, rest = text.partition(".")
    factor = SINCE_1970.get(len(whole))
    if (
        factor is None
        or not whole.isascii()
        or not whole.isdigit()
        or (rest and not rest.isdigit())
    ):
        return None
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(whole) * (10**6 // factor))
    return moment if EARLIEST <= moment <= tomorrow() else None


def _serial(text: str) -> datetime | None:
    number = _float(text)
    if number is None or not 1 <= number < 100_000:
        return None
    moment = _SERIAL_ZERO + timedelta(seconds=round(number * 86_400))
    return moment if EARLIEST <= moment <= tomorrow() else None


def _date(text: str, days: Days) -> object:
    match = _NUMERIC_DATE.fullmatch(text)
    if match:
        return _numeric_date(match, days)
    year = _YEAR_FIRST.fullmatch(text)
    if year:
        clock = f"T{year[4]}" if year[4] else ""
        return _iso(f"{year[1]}-{int(year[2]):02}-{int(year[3]):02}{clock}")
    zoned = re.fullmatch(r"(\d{4}-\d{2}-\d{2}[T ].+?)\s*(?:UTC|GMT)", text)
    if zoned:
        return _iso(zoned[1])
    for form in _SPELT_DATES:
        try:
            spelt = datetime.strptime(text, form)
        except ValueError:
            continue
        return spelt if spelt.tzinfo else spelt.replace(tzinfo=UTC)
    return None


def _iso(text: str) -> datetime | None:
    moment = pd.to_datetime(pd.Series([text]), format="ISO8601", utc=True, errors="coerce")[0]
    return None if pd.isna(moment) else moment.to_pydatetime()


def _numeric_date(match: re.Match[str], days: Days) -> object:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    order = days
    if match[2] == "." or first > _MONTHS:
        order = Days.DAY
    elif second > _MONTHS:
        order = Days.MONTH
    if order is Days.UNKNOWN and first != second:
        return AMBIGUOUS
    day, month = (second, first) if order is Days.MONTH else (first, second)
    hour = int(match[5] or 0)
    if match[8]:
        hour = hour % 12 + (12 if match[8].casefold() == "p" else 0)
    try:
        return datetime(year, month, day, hour, int(match[6] or 0), int(match[7] or 0), tzinfo=UTC)
    except ValueError:
        return None


def reader_of(column: Column, units: Units) -> Callable[[str], object]:
    """Return what reads one spelling of a column of numbers."""
    if column.name == DURATION:
        return lambda cell: length_in(cell, column, units.decimals)
    return lambda cell: number_in(cell, column, units.decimals)


def is_missing(cell: str) -> bool:
    """Say whether a cell is a word for no value."""
    return cell.strip().casefold() in MISSING_WORDS
