"""NDJSON: one object a line, of a known program or of any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Protocol

import numpy as np
import pyarrow as pa

from claimclf.dataset.formats import Exporter, exporter_named, told_by_records
from claimclf.dataset.readers.base import (
    Block,
    Blocks,
    Layout,
    Opening,
    Table,
    check_header,
    limited,
)
from claimclf.dataset.readers.shapes import (
    OTHER_FIELDS,
    flat,
    held_lines,
    read_flat,
    record_of,
    shape_of,
)
from claimclf.dataset.sources import ByteStream
from claimclf.errors import NotATableError

#: So much is looked at to tell the program, or to find the fields of an unknown one.
HEAD_BYTES = 2**20
_FLAT_BYTES = 8 * 2**20
_TOLD_BY = 50
#: Lines are long, and few of their bytes are read: a block holds more of them than of a CSV.
_LONGER = 4
_LF, _SPACE = ord("\n"), ord(" ")
_ENDING = 4
#: So much is read at a time of what stays in the file: memory for it is used again.
_AT_ONCE = 2**20
#: So many bytes are compared at a time: what comes of it stays in the cache.
_CACHED = 2**18


class Lines(Protocol):
    """Gives JSON objects, one a line."""

    start: int | None

    @property
    def left(self) -> int:
        """Bytes of the input that have not been read."""

    def read(self, size: int) -> bytes:
        """Return about `size` bytes, none at the end only."""


def open_lines(
    lines: Lines, held: bytes, final: bool, stream: ByteStream, opening: Opening
) -> Blocks:
    """Open lines of JSON.

    Parameters
    ----------
    lines : Lines
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
    while not final and len(held) < HEAD_BYTES:
        held, final = _more(held, lines, HEAD_BYTES)
    sample = _whole(held, final)
    exporter = told_by_records(sampled(sample))
    if exporter is None:
        while not final and len(held) < _FLAT_BYTES:
            held, final = _more(held, lines, _FLAT_BYTES)
        columns = _fields(_whole(held, final), opening.limits.columns)
        if not columns:
            raise NotATableError(
                f"{opening.name} is not a table.",
                "Found: JSON without objects.",
                "Give an object for each video, one a line or in an array.",
            )
    else:
        columns = exporter.fields
    check_header(opening.name, columns, opening.limits)
    layout = Layout(
        opening.name,
        columns,
        reader="json_lines",
        exporter=_name(exporter),
        said=opening.said,
    )
    size = opening.size * _LONGER
    if opening.contents or lines.start is None:
        pieces = _pieces(held, final, lines, layout, size)
    else:
        few = _pieces(held, final, lines, layout, min(size, _AT_ONCE))
        pieces = _without_content(few, lines, size)
    return Blocks(layout, stream, limited(pieces, opening.name, opening.limits))


def sampled(content: bytes) -> list[object]:
    """Return some of the objects at the start of lines."""
    records = (record_of(line)[0] for line in islice(held_lines(content), _TOLD_BY))
    return [record for record in records if record is not None]


def _name(exporter: Exporter | None) -> str:
    return "" if exporter is None else exporter.name


def _whole(held: bytes, final: bool) -> bytes:
    return held if final else held[: held.rfind(b"\n") + 1]


def _fields(content: bytes, most: int) -> tuple[str, ...]:
    """Name the fields of lines of an unknown kind, and a place for those that come later."""
    names: dict[str, None] = {}
    for line in held_lines(content):
        names |= dict.fromkeys(name for name, _ in flat(record_of(line)[0] or {}))
    names.pop(OTHER_FIELDS, None)
    return (*list(names)[: most - 1], OTHER_FIELDS) if names else ()


def _more(held: bytes, lines: Lines, size: int) -> tuple[bytes, bool]:
    n_bytes = size if len(held) < size else 2 * len(held)
    piece = lines.read(n_bytes - len(held))
    return held + piece, not piece


def _pieces(held: bytes, final: bool, lines: Lines, layout: Layout, size: int) -> Iterator[Block]:
    line, place = 1, lines.start
    for content in _contents(held, final, lines, size):
        breaks, rows = _counted(content)
        is_dense = rows == breaks + (not content.endswith(b"\n"))
        yield Block(0, line, rows, content, layout, place, is_dense)
        line += breaks
        place = None if place is None else place + len(content)


def _without_content(pieces: Iterator[Block], lines: Lines, size: int) -> Iterator[Block]:
    """Join small pieces to blocks of about a size, whose content stays in the file."""
    joined: Block | None = None
    for piece in pieces:
        if joined is None:
            least = _target_size(lines, size)
            joined = replace(piece, content=b"", left=piece.size)
        else:
            joined = replace(
                joined,
                rows=joined.rows + piece.rows,
                is_dense=joined.is_dense and piece.is_dense,
                left=joined.size + piece.size,
            )
        if joined.size >= least:
            yield joined
            joined = None
    if joined is not None:
        yield joined


def _target_size(lines: Lines, size: int) -> int:
    """Return the bytes of the next block: they shrink towards the end of the input."""
    return max(1, size // _ENDING, min(size, lines.left // _ENDING))


def _contents(held: bytes, final: bool, lines: Lines, size: int) -> Iterator[bytes]:
    """Yield whole lines of about a size; they are copied once, for they are most of the time."""
    while held or not final:
        n_bytes = _target_size(lines, size)
        end = len(held) if final else held.rfind(b"\n") + 1
        if final or (len(held) >= n_bytes and end):
            content, held = held[:end], held[end:]
            yield content
            continue
        wanted = n_bytes if len(held) < n_bytes else 2 * len(held)
        piece = lines.read(wanted - len(held))
        final = not piece
        end = piece.rfind(b"\n") + 1
        if end and len(held) + len(piece) >= wanted:
            content, held = b"".join([held, memoryview(piece)[:end]]), piece[end:]
            yield content
        else:
            held += piece


def _counted(content: bytes) -> tuple[int, int]:
    """Count line breaks, and the lines that hold something."""
    codes = np.frombuffer(content, np.uint8)
    breaks = np.concatenate(
        [
            at + np.flatnonzero(codes[at : at + _CACHED] == _LF)
            for at in range(0, max(len(codes), 1), _CACHED)
        ]
    )
    starts = np.concatenate([[0], breaks + 1])
    begins = codes[starts[starts < len(codes)]]
    if (begins <= _SPACE).any():  # blank, or begun with blanks
        return len(breaks), sum(1 for _ in held_lines(content))
    return len(breaks), len(begins)


def parse(block: Block) -> Table:
    """Make a table of a block: fields as columns, cells as text."""
    exporter = exporter_named(block.layout.exporter)
    columns = block.layout.columns
    read = shape_of(columns).read if exporter else lambda content: read_flat(content, columns)
    cells, broken = read(block.content)
    names = [str(place) for place in range(len(columns))]
    frame = pa.Table.from_arrays(cells, names).to_pandas().set_axis(list(columns), axis=1)
    counts = np.full(len(frame), len(columns))
    return Table(
        block.layout.name, frame, _line_numbers(block), counts, {}, "", block.layout, broken
    )


def _line_numbers(block: Block) -> np.ndarray:
    if block.is_dense:
        return np.arange(block.line, block.line + block.rows)
    held = [number for number, line in enumerate(block.content.split(b"\n")) if line.strip()]
    return block.line + np.array(held, dtype=int)
