"""Cells of text as what a column should hold: numbers, times, categories or text."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claimclf.dataset.texts import Text
from claimclf.dataset.validation.problems import problems_of
from claimclf.dataset.validation.units import (
    EARLIEST,
    PLAIN,
    SINCE_1970,
    Decimals,
    Units,
    each_once,
    reader_of,
    time_in,
    tomorrow,
)
from claimclf.schema import MISSING_WORDS, Column, Kind

#: Kinds of columns that hold text, and numbers.
TEXTUAL = (Kind.IDENTIFIER, Kind.TEXT, Kind.URL)
NUMERIC = (Kind.COUNT, Kind.NUMBER)
#: ASCII characters that are no white space.
GRAPHIC = bytes(range(0x21, 0x7F))

_EXACT_DIGITS = 15
#: From here on not every whole number is a double.
_WHOLE = 2**53
#: The least and the most that each byte of a plain time may be.
_TIMES = np.array([[*b"1000-00-00T00:00:00"], [*b"2999-99-99T99:99:99"]], dtype=np.uint8)


def read_column(
    cells: pd.Series, column: Column, units: Units = PLAIN
) -> tuple[pd.Series, pd.DataFrame]:
    """Read cells as a column's kind, each for itself.

    Parameters
    ----------
    cells : Series, shape (n_rows,)
        A column of `Table.frame`, its index from 0.
    column : Column
        What they should be.
    units : Units
        What the file's own pattern says of its cells.

    Returns
    -------
    values : Series, shape (n_rows,)
        Typed cells, missing where there is no value or none that can be read.
    problems : DataFrame
        `row`, `column`, `code` and `message` of what cannot be read.
    """
    if column.kind in NUMERIC and pd.api.types.is_numeric_dtype(cells.dtype):
        numbers = cells.astype("float64").reset_index(drop=True)
        return numbers, problems_of([], column.name, "not_a_number", [])
    text = text_of(cells)
    if column.kind in TEXTUAL:
        return or_missing(text), _unreadable_text(text, column)
    if column.kind is Kind.CATEGORY:
        return _categories(text, column), problems_of([], "", "missing", [])
    if column.kind is Kind.TIME:
        return _times(text, column, units)
    return _numbers(text, column, units)


def text_of(cells: pd.Series) -> Text:
    """Cells as stripped text, missing as the empty string."""
    if cells.dtype != "str":
        cells = cells.map(_plain, na_action="ignore").astype("str")
    text = Text.of(cells)
    stripped = text.begins(GRAPHIC) & text.stops(GRAPHIC)
    edged = ~stripped & (text.lengths > 0)
    if not edged.any():
        return text
    return text.replaced(edged, Text.of(text.some(edged).series().str.strip()))


def _plain(cell: object) -> str:
    """Write a typed cell (from Parquet) as a CSV would; what a double rounds is left marked."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _WHOLE:
        return str(int(cell))
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return str(cell)


def or_missing(text: Text) -> pd.Series:
    """Return cells of text, the empty ones as missing."""
    empty = text.lengths == 0
    if not empty.any():
        return text.series()
    return pd.Series(pc.if_else(pa.array(empty), None, text.cells).to_pandas())


def _without_missing_words(text: pd.Series) -> pd.Series:
    """Make the words for a missing value missing."""
    return text.mask(text.str.lower().isin(MISSING_WORDS)).astype("str")


def _categories(text: Text, column: Column) -> pd.Series:
    """Read each spelling once: a category has few."""
    coded = text.cells.dictionary_encode()
    spellings = _without_missing_words(coded.dictionary.to_pandas())
    values = spellings.str.casefold().replace(dict(column.synonyms)).astype("str")
    return values.take(coded.indices.to_numpy()).reset_index(drop=True)


def _numbers(text: Text, column: Column, units: Units) -> tuple[pd.Series, pd.DataFrame]:
    """Read numbers; plain digits, up to where a float is exact, by Arrow."""
    plain = text.within(*b"09") & (text.lengths > 0) & (text.lengths <= _EXACT_DIGITS)
    values = np.full(len(plain), np.nan)
    values[plain] = text.some(plain).cells.cast(pa.int64()).to_numpy()
    others = np.flatnonzero(~plain & (text.lengths > 0))
    given = _without_missing_words(text.cells.take(pa.array(others)).to_pandas())
    read, ambiguous = _odd_numbers(given, column, units)
    values[others] = read
    unread = given.notna().to_numpy() & np.isnan(read) & ~ambiguous
    not_numbers = problems_of(others[unread], column.name, "not_a_number", given[unread])
    if not ambiguous.any():
        return pd.Series(values), not_numbers
    doubts = problems_of(others[ambiguous], column.name, "ambiguous", given[ambiguous])
    return pd.Series(values), pd.concat([not_numbers, doubts])


def _odd_numbers(given: pd.Series, column: Column, units: Units) -> tuple[np.ndarray, np.ndarray]:
    """Read numbers as Python writes them, all at once; each other spelling by itself."""
    values = pd.to_numeric(given, errors="coerce").astype("float64").to_numpy(copy=True)
    ambiguous = np.zeros(len(values), dtype=bool)
    # 12.345 is a number of Python's, too: in a file with decimal commas it is another one.
    unread = np.isnan(values)
    if units.decimals is Decimals.COMMA:
        unread |= given.str.contains(".", regex=False).fillna(False).to_numpy(dtype=bool)
    unread &= given.notna().to_numpy()
    if unread.any():
        own = given[unread].reset_index(drop=True)
        values[unread], ambiguous[unread] = each_once(own, reader_of(column, units))
    return values, ambiguous


def _times(text: Text, column: Column, units: Units) -> tuple[pd.Series, pd.DataFrame]:
    plain = _plain_times(text)
    plain = _moments(text) if plain is None else plain
    if plain is not None:
        return plain, problems_of([], column.name, "not_a_time", [])
    texts = _without_missing_words(text.series())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # mixed formats are slower, not wrong
        values = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    unread = (texts.notna() & values.isna()).to_numpy()
    if not unread.any():
        return values, problems_of([], column.name, "not_a_time", [])
    days, own = units.days_of(column.name), texts[unread].reset_index(drop=True)
    seconds, doubts = each_once(own, partial(time_in, days=days, serial_days=units.serial_days))
    if np.isnan(seconds).all():
        return values, _unread_times(unread, own, doubts, np.isnan(seconds), column)
    moments = pd.to_datetime(np.round(seconds * 1e6), unit="us", utc=True).as_unit("us")
    whole = values.astype("datetime64[us, UTC]")
    whole = whole.where(~unread, pd.Series(moments, index=np.flatnonzero(unread)))
    return whole, _unread_times(unread, own, doubts, np.isnan(seconds), column)


def _unread_times(
    unread: np.ndarray, own: pd.Series, doubts: np.ndarray, none: np.ndarray, column: Column
) -> pd.DataFrame:
    rows, cells = np.flatnonzero(unread), own.to_numpy(dtype=object)
    none = none & ~doubts
    parts = [
        problems_of(rows[none], column.name, "not_a_time", cells[none]),
        problems_of(rows[doubts], column.name, "ambiguous", cells[doubts]),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1])


def _plain_times(text: Text) -> pd.Series | None:
    """Read times like 2025-01-31T12:00:00, a Z behind or not, where all are such."""
    lengths = text.lengths
    if not (((lengths == 19) | (lengths == 20)).all() and len(lengths)):
        return None
    if (lengths == lengths[0]).all():
        codes = text.codes.reshape(len(lengths), -1)[:, :19]
    else:
        codes = text.codes[text.ends[:-1, np.newaxis] + np.arange(19)]
    least, most = _TIMES
    zoned = text.stops(b"Z") == (lengths == 20)
    if not (zoned.all() and (codes >= least).all() and (codes <= most).all()):
        return None
    try:
        times = pc.utf8_slice_codeunits(text.cells, 0, 19).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:  # a day that no month has
        return None
    return pd.Series(times.to_numpy()).dt.tz_localize("UTC")


def _moments(text: Text) -> pd.Series | None:
    """Read seconds, milliseconds or microseconds since 1970, where all cells are such."""
    lengths = text.lengths
    given = lengths > 0
    factors = np.select([lengths == size for size in SINCE_1970], list(SINCE_1970.values()), 0)
    if not given.any() or not (factors[given] > 0).all() or not text.within(*b"09").all():
        return None
    micros = np.full(len(lengths), np.iinfo(np.int64).min)
    numbers = text.some(given).cells.cast(pa.int64()).to_numpy()
    micros[given] = numbers * (10**6 // factors[given])
    least, most = (int(time.timestamp() * 1e6) for time in (EARLIEST, tomorrow()))
    if not ((micros[given] >= least) & (micros[given] <= most)).all():
        return None
    return pd.Series(micros.view("datetime64[us]")).dt.tz_localize("UTC")


def _unreadable_text(text: Text, column: Column) -> pd.DataFrame:
    # A NUL cannot be stored in every database, and it hides text from some readers.
    rows = np.flatnonzero(text.holds(b"\0"))
    return problems_of(rows, column.name, "nul_character", [""] * len(rows))
