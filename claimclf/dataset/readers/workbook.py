"""Excel workbooks: one sheet's rows as text, numbers beyond what a double holds marked as such."""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
import openpyxl
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
from claimclf.dataset.sources import HashedStream, check_limit
from claimclf.errors import InputError, NotATableError
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
    """A sheet that holds something: its first rows, and how its header scores."""

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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that do not matter here
            book = openpyxl.load_workbook(content, read_only=True, data_only=True)
            sheets = [_looked_at(sheet) for sheet in book.worksheets]
    except Exception as error:  # whatever a damaged archive makes of its parser
        raise NotATableError(
            f"{name} is not a readable Excel workbook.", "Found: damaged data.", "Save it again."
        ) from error
    held = [sheet for sheet in sheets if sheet is not None]
    sheet = _chosen(held, opening, [sheet.title for sheet in book.worksheets])
    rows = book[sheet.title].iter_rows(min_row=sheet.header, values_only=True)
    columns = _header(next(rows), name)
    check_header(name, columns, opening.limits)
    remarks = _remarks(sheet, [other.title for other in book.worksheets], held)
    layout = Layout(
        name,
        columns,
        reader="workbook",
        remarks=remarks,
        sheets=tuple(other.title for other in held),
        sheet=sheet.title,
        said="" if sheet is held[0] else f"sheet {sheet.title}",
    )
    blocks = _batches(rows, sheet.header + 1, layout, stream)
    return Blocks(layout, stream, limited(blocks, name, opening.limits))


def _check_size(content: BinaryIO, opening: Opening) -> None:
    with zipfile.ZipFile(content) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    # Cells are written as XML, many times as long as what is in them.
    check_limit(opening.name, "bytes", size // 4, opening.limits.size)
    content.seek(0)


def _looked_at(sheet: Any) -> _Sheet | None:
    """Find a sheet's header: where most names are known, else where most cells are filled."""
    sheet.reset_dimensions()  # some programs write wrong ones
    best: _Sheet | None = None
    for number, row in enumerate(islice(sheet.iter_rows(values_only=True), _TOP_ROWS), start=1):
        names = [str(value) for value in row if value not in (None, "")]
        known = sum(bool(recognise(n, REPORTED) or recognise(n, LABELLED)) for n in names)
        score = (known, len(names))
        if names and (best is None or score > best.score):
            best = _Sheet(sheet.title, number, score)
    return best


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


def _header(row: Sequence[Any], name: str) -> tuple[str, ...]:
    cells = [_cell(value).strip() for value in row]
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        raise no_rows(name)
    return tuple(cell or f"column {place}" for place, cell in enumerate(cells, start=1))


def _batches(
    rows: Iterator[Sequence[Any]], first: int, layout: Layout, stream: HashedStream
) -> Iterator[Block]:
    numbered = enumerate(rows, start=first)
    width = len(layout.columns)
    count = 0
    while True:
        some = list(islice(numbered, _BLOCK_ROWS))
        if not some:
            break
        held = [(number, row) for number, row in some if any(v not in (None, "") for v in row)]
        if held:
            yield Block(0, held[0][0], len(held), _packed(held, width), layout)
            count += len(held)
    stream.read()  # hashed, and dealt with


def _packed(rows: Sequence[tuple[int, Sequence[Any]]], width: int) -> bytes:
    cells = [[_cell(v) for v in row[:width]] + [""] * (width - len(row)) for _, row in rows]
    numbers = pa.array([number for number, _ in rows], pa.int64())
    columns = [pa.array(column, pa.large_string()) for column in zip(*cells, strict=True)]
    names = [_ROW, *map(str, range(width))]
    return written([pa.RecordBatch.from_arrays([numbers, *columns], names)])


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
