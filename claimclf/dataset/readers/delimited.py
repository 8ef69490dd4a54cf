"""CSV: records between line breaks, fields between commas, semicolons or tabs."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from claimclf.dataset.formatting import unprotected_text
from claimclf.dataset.readers.base import (
    Block,
    Blocks,
    Layout,
    Opening,
    Table,
    check_header,
    limited,
)
from claimclf.dataset.records import Records, cut, find_header, find_records, fitted, read_records
from claimclf.dataset.sources import ByteStream, TextSource
from claimclf.schema import LANE, LINE, PREDICTION, PROBABILITY, RANK, REASONS, VIDEO_ID

#: Columns of tables that this program writes for people.
_OURS = (
    {RANK, LANE, PREDICTION, PROBABILITY},
    {LINE, REASONS},
    {"case_id", VIDEO_ID, "decision"},
    {"case_id", VIDEO_ID, LANE},
)
#: So much is read for the header first.
_HEADER_BYTES = 2**16
#: A block has no more than this part of what is left of the input, and no less of a whole one.
_ENDING = 4
_MOST_BYTES = 2**31 - 1  # Arrow reads no longer text at once, and drops a byte-order mark


def open_delimited(
    text: TextSource, held: bytes, final: bool, stream: ByteStream, opening: Opening
) -> Blocks:
    """Open a CSV.

    Parameters
    ----------
    text : TextSource
        What is read on.
    held : bytes
        What has been read already.
    final : bool
        Whether that is all.
    stream : ByteStream
        What counts and hashes the input's bytes.
    opening : Opening
        How the input is opened.
    """
    name, size = opening.name, opening.size
    header = find_header(held, name, final=final)
    while header is None:
        held, final = _more(held, text, min(size, _HEADER_BYTES))
        header = find_header(held, name, final=final)
    check_header(name, header.names, opening.limits)
    is_ours = any(names <= set(header.names) for names in _OURS)
    names = unprotected_text(pd.Series(header.names, dtype="str")) if is_ours else header.names
    layout = Layout(name, tuple(names), header.delimiter, is_ours=is_ours, said=opening.said)
    place = None if text.start is None else text.start + header.size
    pieces = _pieces(held[header.size :], final, text, layout, header.lines + 1, place, size)
    return Blocks(layout, stream, limited(pieces, name, opening.limits))


def _more(held: bytes, text: TextSource, size: int) -> tuple[bytes, bool]:
    """Read on behind what is held, up to a block, or to twice as much in a longer record."""
    target = size if len(held) < size else 2 * len(held)
    piece = text.read(target - len(held))
    return held + piece, not piece


def _target_size(text: TextSource, size: int) -> int:
    """Return the bytes of the next block.

    Blocks shrink towards the end of the input, so that all workers finish at about the same time.
    """
    return max(1, size // _ENDING, min(size, text.left // _ENDING))


def _pieces(
    held: bytes,
    final: bool,
    text: TextSource,
    layout: Layout,
    line: int,
    place: int | None,
    size: int,
) -> Iterator[Block]:
    """Cut the text into blocks of whole records; some may hold blank lines only."""
    while held or not final:
        records = None
        target = _target_size(text, size)
        if final or len(held) >= target:
            records = cut(held, layout.delimiter, layout.name, line, final=final)
        if records is None:
            held, final = _more(held, text, target)
            continue
        yield Block(0, line, records.rows, held[: records.size], layout, place)
        held, line = held[records.size :], line + records.lines
        place = None if place is None else place + records.size


def parse(block: Block) -> Table:
    """Make a table of a block: by Arrow where it can, else by the csv module."""
    delimiter, records = block.layout.delimiter, None
    if len(block.content) < _MOST_BYTES and not block.content.startswith(BOM_UTF8):
        records = find_records(block.content, delimiter, final=True)
    table = None if records is None else _parse_regular(block, records)
    table = _parse_any(block) if table is None else table
    if not block.layout.is_ours:
        return table
    frame = table.frame
    cells = [unprotected_text(frame.iloc[:, place]) for place in range(frame.shape[1])]
    undone = pd.concat(cells, axis=1).set_axis(frame.columns, axis=1)
    return replace(table, frame=undone)


def _parse_any(block: Block) -> Table:
    """Parse with the csv module, which is the rule."""
    before, rows = zip(*read_records(block.content, block.layout.delimiter), strict=True)
    return _table(block, _frame(rows, block), np.array(before), dict(enumerate(rows)))


def _parse_regular(block: Block, records: Records) -> Table | None:
    """Parse with Arrow, rows of another width with the csv module; None where Arrow cannot."""
    malformed: list[int] = []

    def skip(row: Any) -> str:
        malformed.append(row.number - 1)
        return "skip"

    try:
        frame = _read_by_arrow(block, skip).to_pandas().set_axis(block.layout.columns, axis=1)
    except pa.ArrowInvalid:
        return None
    if len(frame) + len(malformed) != len(records):
        return None
    by_csv = {row: _one_record(block, records, row) for row in malformed}
    if by_csv:
        places = np.delete(np.arange(len(records)), malformed)
        both = pd.concat([frame, _frame(list(by_csv.values()), block)], ignore_index=True)
        frame = both.iloc[np.argsort([*places, *malformed])].reset_index(drop=True)
    return _table(block, frame, records.lines, by_csv)


def _read_by_arrow(block: Block, on_malformed: Callable[[Any], str]) -> pa.Table:
    columns = [str(position) for position in range(len(block.layout.columns))]
    return pa_csv.read_csv(
        pa.BufferReader(block.content),
        pa_csv.ReadOptions(use_threads=False, block_size=len(block.content), column_names=columns),
        pa_csv.ParseOptions(
            delimiter=block.layout.delimiter,
            newlines_in_values=True,
            invalid_row_handler=on_malformed,
        ),
        pa_csv.ConvertOptions(
            check_utf8=False,  # decoding has done it
            column_types=dict.fromkeys(columns, pa.large_string()),
            null_values=[],
        ),
    )


def _one_record(block: Block, records: Records, row: int) -> list[str]:
    text = block.content[records.starts[row] : records.ends[row]]
    return next(fields for _, fields in read_records(text, block.layout.delimiter))


def _frame(rows: Sequence[Sequence[str]], block: Block) -> pd.DataFrame:
    columns = block.layout.columns
    fitting = [fitted(fields, len(columns)) for fields in rows]
    return pd.DataFrame(fitting, columns=list(columns), dtype="str")


def _table(
    block: Block, frame: pd.DataFrame, before: np.ndarray, by_csv: Mapping[int, Sequence[str]]
) -> Table:
    width = len(block.layout.columns)
    counts = np.full(len(frame), width)
    counts[list(by_csv)] = [len(fields) for fields in by_csv.values()]
    surplus = {
        row: block.layout.delimiter.join(fields[width:])
        for row, fields in sorted(by_csv.items())
        if len(fields) > width
    }
    return Table(block.layout.name, frame, block.line + before, counts, surplus, "", block.layout)
