"""Excel workbooks: one sheet's rows as text, numbers beyond what a double holds marked as such."""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from claimclf.dataset.readers.base import (
    Block,
    Blocks,
    Layout,
    Opening,
    Table,
    check_header,
    limited,
    no_rows,
)
from claimclf.dataset.readers.parquet import written
from claimclf.dataset.readers.sheets import Book, Row, n_bytes, open_book
from claimclf.dataset.sources import HashedStream, check_limit
from claimclf.errors import ClaimclfError, InputError, NotATableError
from claimclf.schema import LABELLED, REPORTED, recognise

#: A title, notes and blank lines stand above a header, no more than this.
_TOP_ROWS = 20
_BLOCK_ROWS = 20_000
#: The column of a block with the sheet's row numbers.
_ROW = "row of the sheet"
#: From here on a number of a spreadsheet is not exact.
_EXACT = 2**53


@dataclass(frozen=True)
class _Sheet:
    """A sheet that holds something: where its header is, and how it scores."""

    place: int
    title: str
    header: int
    score: tuple[int, int]


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Say whether an archive is an Excel workbook."""
    return "xl/workbook.xml" in archive.namelist()


def open_workbook(stream: HashedStream, content: BinaryIO, opening: Opening) -> Blocks:
    """Open a sheet of a workbook: the one that is named, or else the one that looks like videos.

    Parameters
    ----------
    stream : HashedStream
        What counts and hashes the input's bytes.
    content : binary file
        The same bytes, to be read in any order; open as long as the blocks are gone through.
    opening : Opening
        How the input is opened.

    Raises
    ------
    InputError
        The workbook is damaged or empty, or has no sheet of that name.
    """
    name = opening.name
    _check_size(content, opening)
    with _readable(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and extensions that do not matter here
        book = open_book(content, opening)
        sheets = [_looked_at(book, place) for place in range(len(book.titles))]
    held = [sheet for sheet in sheets if sheet is not None]
    sheet = _chosen(held, opening, book.titles)
    rows = _rows(book, sheet, name)
    columns = _header(next(rows)[1], name)
    check_header(name, columns, opening.limits)
    layout = Layout(
        name,
        columns,
        reader="workbook",
        remarks=_remarks(sheet, book.titles, held),
        sheets=tuple(other.title for other in held),
        sheet=sheet.title,
        said="" if sheet is held[0] else f"sheet {sheet.title}",
    )
    blocks = _batches(rows, layout, stream, opening)
    return Blocks(layout, stream, limited(blocks, name, opening.limits))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Say in words that a workbook is damaged."""
    try:
        yield
    except ClaimclfError:
        raise
    except Exception as error:  # whatever a damaged archive makes of its parser
        raise NotATableError(
            f"{name} is not a readable Excel workbook.", "Found: damaged data.", "Save it again."
        ) from error


def _check_size(content: BinaryIO, opening: Opening) -> None:
    """Refuse at once what is far too large; what is in the cells is counted while it arrives."""
    with zipfile.ZipFile(content) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    # Cells are written as XML, many times as long as what is in them.
    check_limit(opening.name, "bytes", size // 4, opening.limits.size)
    content.seek(0)


def _looked_at(book: Book, place: int) -> _Sheet | None:
    """Find a sheet's header: where most names are known, else where most cells are filled."""
    best: _Sheet | None = None
    top = takewhile(lambda row: row[0] <= _TOP_ROWS, book.rows(place, _TOP_ROWS))
    for number, row in top:
        names = [str(value) for value in row.values() if value not in (None, "")]
        known = sum(bool(recognise(n, REPORTED) or recognise(n, LABELLED)) for n in names)
        score = (known, len(names))
        if names and (best is None or score > best.score):
            best = _Sheet(place, book.titles[place], number, score)
    return best


def _rows(book: Book, sheet: _Sheet, name: str) -> Iterator[Row]:
    """Yield a sheet's rows from its header on."""
    with _readable(name):
        yield from (row for row in book.rows(sheet.place, None) if row[0] >= sheet.header)


def _chosen(held: Sequence[_Sheet], opening: Opening, titles: Sequence[str]) -> _Sheet:
    if opening.sheet is not None:
        sheet_of_name = next((sheet for sheet in held if sheet.title == opening.sheet), None)
        if sheet_of_name is None:
            raise InputError(
                f"{opening.name} has no filled sheet '{opening.sheet}'.",
                f"Found: {', '.join(titles)}.",
                "Name one of these.",
            )
        return sheet_of_name
    if not held:
        raise no_rows(opening.name)
    return max(held, key=lambda sheet: sheet.score)  # of equal ones the first


def _remarks(sheet: _Sheet, titles: Sequence[str], held: Sequence[_Sheet]) -> tuple[str, ...]:
    remarks = [f"Sheet '{sheet.title}' is read; its header is row {sheet.header:,}."]
    filled = {other.title for other in held}
    for title in titles:
        if title != sheet.title:
            left = "is left out" if title in filled else "is empty"
            remarks.append(f"Sheet '{title}' {left}.")
    return tuple(remarks) if len(titles) > 1 or sheet.header > 1 else ()


def _header(row: Mapping[int, Any], name: str) -> tuple[str, ...]:
    cells = [_cell(row.get(place)).strip() for place in range(max(row, default=-1) + 1)]
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        raise no_rows(name)
    return tuple(cell or f"column {place}" for place, cell in enumerate(cells, start=1))


def _batches(
    rows: Iterator[Row], layout: Layout, stream: HashedStream, opening: Opening
) -> Iterator[Block]:
    """Yield blocks of about the size that was asked for, and count bytes before they are there.

    A text that cells share is in the file once, and in as many rows as it likes.
    """
    name, limits, width = layout.name, opening.limits, len(layout.columns)
    held: list[tuple[int, list[str]]] = []
    size = total = 0
    for number, row in rows:
        n_filled = sum(value not in (None, "") for value in row.values())
        check_limit(name, "columns", n_filled, limits.columns)
        if not n_filled:
            continue
        cells = [_cell(row.get(place)) for place in range(width)]
        n_more = sum(map(n_bytes, cells)) + width  # as in a CSV
        total += n_more
        check_limit(name, "bytes", total, limits.size)
        if held and (len(held) == _BLOCK_ROWS or size + n_more > opening.size):
            yield _block(held, layout)
            held, size = [], 0
        held.append((number, cells))
        size += n_more
    if held:
        yield _block(held, layout)
    stream.read()  # hashed, and dealt with


def _block(rows: Sequence[tuple[int, list[str]]], layout: Layout) -> Block:
    width = len(layout.columns)
    cells = [row for _, row in rows]
    numbers = pa.array([number for number, _ in rows], pa.int64())
    columns = [pa.array(column, pa.large_string()) for column in zip(*cells, strict=True)]
    names = [_ROW, *map(str, range(width))]
    content = written([pa.RecordBatch.from_arrays([numbers, *columns], names)])
    return Block(0, rows[0][0], len(rows), content, layout)


def _cell(value: Any) -> str:
    """Write a cell as text; a number that a double does not hold is left in E notation."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _EXACT
        return str(int(value)) if whole else f"{value:.14E}" if abs(value) >= _EXACT else str(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.timedelta):
        return f"{value.total_seconds():g}"
    return str(value)


def parse(block: Block) -> Table:
    """Make a table of a block."""
    table = pa.ipc.open_stream(block.content).read_all()
    lines = table.column(_ROW).to_numpy()
    frame = table.drop_columns([_ROW]).to_pandas()
    frame = frame.set_axis(list(block.layout.columns), axis=1)
    counts = np.full(len(frame), frame.shape[1])
    return Table(block.layout.name, frame, lines, counts, {}, "", block.layout)
