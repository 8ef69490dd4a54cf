"""Where the records of a CSV end, found in its bytes.

Text is UTF-8 here. A record ends at a line break outside of quotes; LF, CRLF and CR all break
lines. Most files are regular: quotes stand around whole cells and no CR stands alone. There
a line break is outside of quotes where the number of quotes before it is even, which arrays
of positions tell; everything else is left to the csv module, which defines the result of both.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from claimclf.errors import EmptyTableError, NotATableError
from claimclf.schema import LABELLED, REPORTED, recognise

DELIMITERS = (",", ";", "\t")
#: A header line beyond this is no header; a small gzip file may unpack to an endless line.
_HEADER_CHARACTERS = 4_000_000
_LF, _CR, _QUOTE = b'\n\r"'
#: The line with which spreadsheets are told what stands between fields.
_QUOTES = re.compile(rb'"+')
_SEPARATOR = re.compile(rb'(?:\xef\xbb\xbf)?"?sep=([,;\t|])"?')


@dataclass(frozen=True)
class Header:
    """The first record that holds something.

    Parameters
    ----------
    names : tuple of str
        Its fields.
    delimiter : str
        What stands between fields.
    size, lines : int
        Bytes and lines up to the end of the record, blank lines before it included.
    """

    names: tuple[str, ...]
    delimiter: str
    size: int
    lines: int


@dataclass(frozen=True)
class Cut:
    """Whole records at the start of some text.

    Parameters
    ----------
    size, lines, rows : int
        Their bytes, lines and rows; blank lines are not rows.
    """

    size: int
    lines: int
    rows: int


@dataclass(frozen=True)
class Records:
    """The records of regular text, blank lines left out.

    Parameters
    ----------
    starts, ends : ndarray of int, shape (n_rows,)
        The bytes of each, its line break included.
    lines : ndarray of int, shape (n_rows,)
        How many lines begin before each.
    size, n_breaks : int
        Bytes and line breaks up to the end of the last record, blank lines included.
    """

    starts: np.ndarray
    ends: np.ndarray
    lines: np.ndarray
    size: int
    n_breaks: int

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.ends)


def csv_reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Return the csv module's reader as it is used everywhere here."""
    csv.field_size_limit(2**31 - 1)  # the contract limits cells, with a line number
    return csv.reader(lines, delimiter=delimiter, strict=True)


def line_number(reader: Iterator[list[str]]) -> int:
    """Return how many lines the reader has read."""
    return int(reader.line_num)  # type: ignore[attr-defined]


def not_csv(
    name: str, line: int, row: Sequence[bytes], delimiter: str, error: csv.Error
) -> NotATableError:
    """Word what the csv module found in the row that begins on a line.

    It finds a quotation mark that is not closed lines later, where the next one is; said is the
    line on which it opens.
    """
    opened = line + _lines_before_quote(b"".join(row), delimiter.encode())
    return NotATableError(
        f"{name} cannot be read as CSV near line {opened:,}.",
        f"Found: {error}.",
        "Look for a quotation mark that is not closed, or double the quotes inside a cell.",
    )


def _lines_before_quote(row: bytes, delimiter: bytes) -> int:
    """Count the line breaks before the quotation mark of a row that is not closed as it should."""
    opened, is_open = 0, False
    for run in _QUOTES.finditer(row):
        is_odd = (run.end() - run.start()) % 2 == 1  # two are one within a cell
        before, behind = row[: run.start()][-1:], row[run.end() : run.end() + 1]
        if not is_open and before in (b"", b"\n", b"\r", delimiter):
            opened, is_open = run.start(), is_odd
        elif is_open and is_odd:
            is_open = False
            if behind not in (b"", b"\n", b"\r", delimiter):
                break
    return len((row[:opened] + b".").splitlines()) - 1


def find_header(text: bytes, name: str, *, final: bool) -> Header | None:
    """Read the header, or return None where the text does not hold all of it.

    Parameters
    ----------
    text : bytes
        The start of the input.
    name : str
        What to call the input in messages.
    final : bool
        Whether the text is the whole input.

    Raises
    ------
    EmptyTableError
        No line of the input holds anything.
    NotATableError
        The header is endless, or its quotes are broken.
    """
    lines = _lines(text, final=final)
    blank = 0
    for line in lines:
        if _holds_something(line, name):
            break
        blank += 1
    if blank == len(lines):
        if final:
            raise _no_header(name)
        _holds_something(text[sum(map(len, lines)) :], name)
        return None
    given = _SEPARATOR.fullmatch(lines[blank].strip())
    if given:  # a line for spreadsheets, before the header
        blank += 1
        while blank < len(lines) and not _holds_something(lines[blank], name):
            blank += 1
        if blank == len(lines):
            if final:
                raise _no_header(name)
            return None
    delimiter = given[1].decode() if given else _delimiter(lines[blank].decode())
    reader = csv_reader((line.decode() for line in lines[blank:]), delimiter)
    try:
        names = next(reader)
    except csv.Error as error:
        if final or blank + line_number(reader) < len(lines):
            raise not_csv(name, blank + 1, lines[blank:], delimiter, error) from error
        return None
    used = blank + line_number(reader)
    return Header(tuple(names), delimiter, sum(map(len, lines[:used])), used)


def _no_header(name: str) -> EmptyTableError:
    return EmptyTableError(
        f"{name} is empty.", "Found: no header line.", "Give a CSV with a header and rows."
    )


def _lines(text: bytes, *, final: bool) -> list[bytes]:
    """Split into lines; one whose end may come with the next piece is left out."""
    lines = text.splitlines(keepends=True)
    if lines and not final and not lines[-1].endswith(b"\n"):
        lines.pop()
    return lines


def _holds_something(line: bytes, name: str) -> bool:
    characters = line.decode()
    if len(characters) >= _HEADER_CHARACTERS:
        raise NotATableError(
            f"{name} has no header that can be read.",
            f"Found: a first line of {_HEADER_CHARACTERS:,} characters or more.",
            "Give a CSV whose first line names the columns.",
        )
    return bool(characters.strip("\ufeff \t\r\n"))


def _delimiter(header: str) -> str:
    """Choose the delimiter under which most columns are known, then most columns stand."""
    csv.field_size_limit(2**31 - 1)

    def score(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        known = sum(bool(recognise(n, LABELLED) or recognise(n, REPORTED)) for n in names[:1000])
        return known, len(names)

    return max(DELIMITERS, key=score)


def find_records(text: bytes, delimiter: str, *, final: bool) -> Records | None:
    """Find the whole records of regular text; None where it is not regular.

    Parameters
    ----------
    text : bytes
        Begins where a record begins.
    delimiter : str
        What stands between fields.
    final : bool
        Whether the text is all there is; then its last record may lack a line break.
    """
    codes = np.frombuffer(text, np.uint8)
    if b"\r" in text and _lone_return(codes, final=final):
        return None
    quotes = np.flatnonzero(codes == _QUOTE) if b'"' in text else np.array([], dtype=int)
    breaks = np.flatnonzero(codes == _LF)
    outside = np.flatnonzero(np.searchsorted(quotes, breaks) % 2 == 0)
    ends = breaks[outside] + 1
    lines = np.concatenate([[0], outside + 1])
    if final and len(text) > (ends[-1] if len(ends) else 0):
        ends = np.append(ends, len(text))
    size = int(ends[-1]) if len(ends) else 0
    within = quotes[: np.searchsorted(quotes, size or len(text))]
    if (size and len(within) % 2) or not _regular(codes, within, delimiter):
        return None
    starts = np.concatenate([[0], ends[:-1]])[: len(ends)].astype(int)
    held = np.flatnonzero((codes[starts] != _LF) & (codes[starts] != _CR))
    n_breaks = int(np.searchsorted(breaks, size))
    return Records(starts[held], ends[held], lines[held], size, n_breaks)


def _lone_return(codes: np.ndarray, *, final: bool) -> bool:
    """Say whether a CR stands without an LF; behind the last one it may still come."""
    behind = np.flatnonzero(codes == _CR) + 1
    known = behind[behind < len(codes)]
    return bool((codes[known] != _LF).any() or (final and len(known) < len(behind)))


def _regular(codes: np.ndarray, quotes: np.ndarray, delimiter: str) -> bool:
    """Say whether each opening quote begins a cell and each closing one ends or doubles one."""
    beside = np.zeros(256, dtype=bool)
    beside[[_LF, _CR, _QUOTE, ord(delimiter)]] = True
    before = quotes[0::2] - 1
    after = quotes[1::2] + 1
    before, after = before[before >= 0], after[after < len(codes)]
    return bool(beside[codes[before]].all() and beside[codes[after]].all())


def cut(text: bytes, delimiter: str, name: str, line: int, *, final: bool) -> Cut | None:
    """Take as many whole records as the text holds; None where it holds none.

    Parameters
    ----------
    text : bytes
        Begins where a record begins.
    delimiter : str
        What stands between fields.
    name : str
        What to call the input in messages.
    line : int
        The line of the input on which the text begins.
    final : bool
        Whether the text goes to the end of the input.

    Raises
    ------
    NotATableError
        A quote is not closed, or text follows a closing one.
    """
    records = find_records(text, delimiter, final=final)
    if records is None:
        return _cut_by_csv(text, delimiter, name, line, final=final)
    if not records.size:
        return None
    return Cut(records.size, records.n_breaks, len(records))


def _cut_by_csv(text: bytes, delimiter: str, name: str, line: int, *, final: bool) -> Cut | None:
    lines = _lines(text, final=final)
    reader = csv_reader((part.decode() for part in lines), delimiter)
    whole = rows = 0
    try:
        for fields in reader:
            whole, rows = line_number(reader), rows + bool(fields)
    except csv.Error as error:
        # On the last line, the rest of the record may simply be missing yet.
        if final or line_number(reader) < len(lines):
            read = lines[whole : line_number(reader)]
            raise not_csv(name, line + whole, read, delimiter, error) from error
    return Cut(sum(map(len, lines[:whole])), whole, rows) if whole else None


def read_records(text: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of lines that begin before it; blank lines are not rows."""
    reader = csv_reader((line.decode() for line in _lines(text, final=True)), delimiter)
    before = 0
    for fields in reader:
        if fields:
            yield before, fields
        before = line_number(reader)


def fitted(fields: Sequence[str], width: int) -> list[str]:
    """Cut or fill a row to the header's width; validation rejects it by its field count."""
    return [*fields[:width], *[""] * (width - len(fields))]
