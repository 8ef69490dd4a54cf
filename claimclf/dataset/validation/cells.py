"""Cells of text as what a column should hold: numbers, times, categories or text."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claimclf.dataset.texts import Text
from claimclf.dataset.validation.problems import problems_of
from claimclf.schema import MISSING_WORDS, Column, Kind

#: Kinds of columns that hold text, and numbers.
TEXTUAL = (Kind.IDENTIFIER, Kind.TEXT, Kind.URL)
NUMERIC = (Kind.COUNT, Kind.NUMBER)
#: ASCII characters that are no white space.
GRAPHIC = bytes(range(0x21, 0x7F))

_EXACT_DIGITS = 15
#: The least and the most that each byte of a plain time may be.
_TIMES = np.array([[*b"1000-00-00T00:00:00"], [*b"2999-99-99T99:99:99"]], dtype=np.uint8)


def read_column(cells: pd.Series, column: Column) -> tuple[pd.Series, pd.DataFrame]:
    """Read cells as a column's kind, each for itself.

    Parameters
    ----------
    cells : Series, shape (n_rows,)
        A column of `Table.frame`, its index from 0.
    column : Column
        What they should be.

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
    text = _text(cells)
    if column.kind in TEXTUAL:
        return _or_missing(text), _unreadable_text(text, column)
    if column.kind is Kind.CATEGORY:
        return _categories(text, column), problems_of([], "", "missing", [])
    if column.kind is Kind.TIME:
        return _times(text, column)
    return _numbers(text, column)


def _text(cells: pd.Series) -> Text:
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
    """Write a typed cell (from Parquet) as a CSV would."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    return str(cell)


def _or_missing(text: Text) -> pd.Series:
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


def _numbers(text: Text, column: Column) -> tuple[pd.Series, pd.DataFrame]:
    """Read numbers; plain digits, up to where a float is exact, by Arrow."""
    plain = text.within(*b"09") & (text.lengths > 0) & (text.lengths <= _EXACT_DIGITS)
    values = np.full(len(plain), np.nan)
    values[plain] = text.some(plain).cells.cast(pa.int64()).to_numpy()
    others = np.flatnonzero(~plain & (text.lengths > 0))
    texts = _without_missing_words(text.cells.take(pa.array(others)).to_pandas())
    values[others] = pd.to_numeric(texts, errors="coerce").astype("float64")
    unreadable = texts.notna().to_numpy() & np.isnan(values[others])
    problems = problems_of(others[unreadable], column.name, "not_a_number", texts[unreadable])
    return pd.Series(values), problems


def _times(text: Text, column: Column) -> tuple[pd.Series, pd.DataFrame]:
    plain = _plain_times(text)
    if plain is not None:
        return plain, problems_of([], column.name, "not_a_time", [])
    texts = _without_missing_words(text.series())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # mixed formats are slower, not wrong
        values = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    unreadable = np.flatnonzero(texts.notna() & values.isna())
    return values, problems_of(unreadable, column.name, "not_a_time", texts.iloc[unreadable])


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


def _unreadable_text(text: Text, column: Column) -> pd.DataFrame:
    # A NUL cannot be stored in every database, and it hides text from some readers.
    rows = np.flatnonzero(text.holds(b"\0"))
    return problems_of(rows, column.name, "nul_character", [""] * len(rows))
