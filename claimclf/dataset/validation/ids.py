"""Ids that went through a spreadsheet or a double, and what a TikTok id says of itself.

A TikTok id has 19 digits; a double holds 15 to 17 of them. What comes back is another id that
looks as good: it must never be taken for the video's. The upper 32 bits of an id are the second
of the upload, which the damage leaves as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from claimclf.dataset.texts import Text
from claimclf.dataset.validation.problems import problems_of
from claimclf.dataset.validation.units import tomorrow
from claimclf.errors import DamagedIdsError
from claimclf.schema import VIDEO_ID

#: From so many digits on, a double does not hold an id.
LONG = 16
_TIKTOK_DIGITS = 19
#: What a double of an id's size is a multiple of.
STEP = 1_024
_MOST_INT64 = 2**63 - 1
_FIRST_SECOND = datetime(2016, 1, 1, tzinfo=UTC).timestamp()
_E_NOTATION = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?(?:1[5-9]|2\d)")
_FLOAT = re.compile(r"\d{16,}[.,]\d*")
#: 15 digits, as many as a spreadsheet keeps, and zeros.
_ZEROS = re.compile(r"\d{15}0+")
_IN_LINK = re.compile(
    r"/(?:video|photo|v|item|reel|p|shorts)/([\w-]{5,})|[?&](?:v|item_id)=([\w-]{5,})"
)
#: Ids fewer than this may all be multiples by chance.
_LEAST_TELLING = 2


@dataclass(frozen=True)
class IdCounts:
    """What the ids of some rows say of the whole column.

    Parameters
    ----------
    n_long : int
        Ids of 16 digits and more, without those that are plainly damaged.
    n_multiples : int
        Of these, multiples of 1,024.
    n_repaired : int
        Ids that were taken from the row's link.
    """

    n_long: int = 0
    n_multiples: int = 0
    n_repaired: int = 0

    def __add__(self, other: IdCounts) -> IdCounts:
        """Count both."""
        return IdCounts(
            self.n_long + other.n_long,
            self.n_multiples + other.n_multiples,
            self.n_repaired + other.n_repaired,
        )

    @property
    def are_doubles(self) -> bool:
        """Whether every id has been through a double."""
        return self.n_long >= _LEAST_TELLING and self.n_multiples == self.n_long

    def refuse_doubles(self, name: str) -> None:
        """Refuse a table of which no id can be trusted.

        Raises
        ------
        DamagedIdsError
            Every id has been through a double, and no link helps.
        """
        if self.are_doubles and not self.n_repaired:
            raise DamagedIdsError(name, self.n_long)


NO_IDS = IdCounts()


def sampled_doubles(ids: pd.Series) -> bool:
    """Say whether the first ids of a table have all been through a double."""
    return _counted(Text.of(ids)).are_doubles


def _counted(text: Text) -> IdCounts:
    numbers = long_numbers(text)
    held = numbers[numbers > 0]
    return IdCounts(len(held), int((held % STEP == 0).sum()))


def long_numbers(text: Text) -> np.ndarray:
    """Return ids of 16 to 19 digits as numbers, shape (n,) of int64; 0 for all others."""
    numbers = np.zeros(len(text.lengths), dtype=np.int64)
    digits = (text.lengths >= LONG) & (text.lengths <= _TIKTOK_DIGITS)
    if not digits.any():
        return numbers
    digits &= text.within(*b"09")
    if not digits.any():
        return numbers
    cells = text.some(digits).cells
    try:
        numbers[digits] = cells.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:  # 19 digits may be more than 63 bits
        whole = [int(cell) for cell in cells.to_pylist()]
        numbers[digits] = [number if number <= _MOST_INT64 else 0 for number in whole]
    return numbers


@dataclass(frozen=True)
class ReadIds:
    """The ids of some rows.

    Parameters
    ----------
    ids : Series of str, shape (n_rows,)
        Whole ids; missing where there is none.
    problems, notes : DataFrame
        Ids that are damaged, and what is odd about accepted ones.
    counts : IdCounts
        What they say of the column.
    """

    ids: pd.Series
    problems: pd.DataFrame
    notes: pd.DataFrame
    counts: IdCounts


def read_ids(
    ids: pd.Series, links: pd.Series | None, *, are_doubles: bool, are_trusted: bool
) -> ReadIds:
    """Tell damaged ids from whole ones, and take whole ones from links.

    Parameters
    ----------
    ids : Series of str, shape (n_rows,)
        As they are written; missing where there is none.
    links : Series of str or None, shape (n_rows,)
        The videos' addresses.
    are_doubles : bool
        Whether the column is known to have been through a double.
    are_trusted : bool
        Whether a person has said that the ids are right.
    """
    nothing = problems_of([], VIDEO_ID, "damaged", [])
    if are_trusted:
        return ReadIds(ids, nothing, nothing, NO_IDS)
    text = Text.of(ids)
    suspects = _suspects(text, are_doubles=are_doubles)
    counts = _counted(text)
    linked = _whole_from_links(ids, links, suspects, text)
    missing = ids.isna().to_numpy() & linked.notna().to_numpy()
    repaired = linked.notna().to_numpy() & (suspects | missing | _changed(text, linked))
    whole = ids.mask(repaired, linked).astype("str")
    damaged = np.flatnonzero(suspects & ~repaired)
    rows = np.flatnonzero(repaired & ~missing)
    notes = problems_of(rows, VIDEO_ID, "repaired", ids.iloc[rows], linked.iloc[rows].tolist())
    return ReadIds(
        whole,
        problems_of(damaged, VIDEO_ID, "damaged", ids.iloc[damaged]),
        notes,
        IdCounts(counts.n_long, counts.n_multiples, int(repaired.sum())),
    )


def _suspects(text: Text, *, are_doubles: bool) -> np.ndarray:
    """Say which ids are plainly damaged, shape (n,)."""
    suspects = np.zeros(len(text.lengths), dtype=bool)
    # All of them begin and end with a digit, or with a point: few other ids do, and no letters.
    digits = text.begins(b"0123456789+-") & text.stops(b"0123456789.,") & (text.lengths >= 5)
    looked_at = digits & ~(text.within(*b"09") & (text.lengths < LONG))
    marked = looked_at & ~text.within(*b"09") & text.holds(b"eE.,")
    for row in np.flatnonzero(marked):
        cell = text.cells[int(row)].as_py()
        suspects[row] = bool(_E_NOTATION.fullmatch(cell) or _FLOAT.fullmatch(cell))
    long = np.flatnonzero(looked_at & text.within(*b"09") & text.stops(b"0"))
    if len(long):
        cells = text.cells.take(pa.array(long)).to_pandas()
        suspects[long] = cells.str.fullmatch(_ZEROS.pattern).to_numpy(dtype=bool)
    if are_doubles:
        numbers = long_numbers(text)
        suspects |= (numbers > 0) & (numbers % STEP == 0)
    return suspects


def _whole_from_links(
    ids: pd.Series, links: pd.Series | None, suspects: np.ndarray, text: Text
) -> pd.Series:
    """Return the ids that links hold, where an id is missing or may be damaged."""
    none = pd.Series(pd.NA, index=ids.index, dtype="str")
    if links is None:
        return none
    numbers = long_numbers(text)
    doubtful = suspects | ids.isna().to_numpy() | ((numbers > 0) & (numbers % STEP == 0))
    if not doubtful.any():
        return none
    cells = links[doubtful].fillna("").map(_in_link)
    in_links = none.copy()
    in_links[doubtful] = cells.astype("str").to_numpy()
    return in_links


def _in_link(link: str) -> str | None:
    match = _IN_LINK.search(link)
    return None if match is None else next(group for group in match.groups() if group)


def _changed(text: Text, linked: pd.Series) -> np.ndarray:
    """Say which ids are the double of the id in their link, and not that id itself."""
    changed = np.zeros(len(linked), dtype=bool)
    for row in np.flatnonzero(linked.notna().to_numpy()):
        own, whole = text.cells[int(row)].as_py(), str(linked.iloc[row])
        if own != whole and own.isdigit() and whole.isdigit() and own.isascii():
            changed[row] = float(own) == float(whole)
    return changed


def upload_times(ids: pd.Series) -> tuple[pd.Series, pd.DataFrame]:
    """Read the second of the upload from TikTok ids.

    Parameters
    ----------
    ids : Series of str, shape (n_rows,)
        Whole ids.

    Returns
    -------
    times : Series of datetime, shape (n_rows,)
        UTC; missing where the id is no TikTok id.
    notes : DataFrame
        Ids of 19 digits whose time no TikTok video can have.
    """
    text = Text.of(ids)
    numbers = np.where(text.lengths == _TIKTOK_DIGITS, long_numbers(text), 0)
    seconds = numbers >> 32
    possible = (seconds >= _FIRST_SECOND) & (seconds <= tomorrow().timestamp())
    micros = np.where(possible, seconds * 10**6, np.iinfo(np.int64).min)
    times = pd.Series(micros.view("datetime64[us]"), index=ids.index).dt.tz_localize("UTC")
    odd = np.flatnonzero((numbers > 0) & ~possible)
    days = [datetime.fromtimestamp(int(s), UTC).strftime("%Y-%m-%d") for s in seconds[odd]]
    return times, problems_of(odd, VIDEO_ID, "not_its_time", ids.iloc[odd], days)
