"""An input of any size in blocks of whole rows, none of them held longer than needed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from claimclf.dataset.records import cut, find_header
from claimclf.dataset.sources import (
    Format,
    HashedStream,
    TextSource,
    check_limit,
    explained,
    format_of,
    opened,
)
from claimclf.errors import DuplicateColumnError, EmptyTableError, NotATableError
from claimclf.schema import SHELL_LIMITS, Limits

BLOCK_BYTES = 16 * 2**20
#: So much is read for the header first.
_HEADER_BYTES = 2**16
#: A block has no more than this part of what is left of the input, and no less of a whole one.
_ENDING = 4


@dataclass(frozen=True)
class Layout:
    """What the blocks of an input have in common.

    Parameters
    ----------
    name : str
        The input's name, for messages.
    columns : tuple of str
        The input's own column names.
    delimiter : str
        What stands between the fields of a CSV; empty for Parquet.
    gaps : tuple of str
        Columns of whole numbers or truth values that lack a value somewhere, in Parquet.
    """

    name: str
    columns: tuple[str, ...]
    delimiter: str = ""
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Some whole rows of an input; `reading.parse` makes a table of them.

    Parameters
    ----------
    number : int
        Position among the input's blocks, from 0.
    line : int
        The input's line on which the content begins; for Parquet the first row's number.
    rows : int
        Number of rows, at least 1.
    content : bytes
        Records of a CSV in UTF-8, or an Arrow stream.
    layout : Layout
        What all blocks of the input have in common.
    start : int or None
        Where the content begins in the input's file; None where the file holds it in another
        form, as a packed one does.
    """

    number: int
    line: int
    rows: int
    content: bytes = field(repr=False)
    layout: Layout
    start: int | None = None

    @cached_property
    def digest(self) -> str:
        """Hash of all that the block's table depends on: content, place and layout."""
        place = repr((self.line, self.layout)).encode()
        return hashlib.sha256(hashlib.sha256(place).digest() + self.content).hexdigest()


class Blocks:
    """The blocks of an opened input, to be gone through once.

    Parameters
    ----------
    layout : Layout
        What the blocks have in common.
    stream : HashedStream
        What they come from.
    blocks : iterator of Block
        The blocks, in order.

    Attributes
    ----------
    done : int
        Bytes of the input that have been dealt with.
    """

    def __init__(self, layout: Layout, stream: HashedStream, blocks: Iterator[Block]) -> None:
        self.layout = layout
        self._stream, self._blocks = stream, blocks

    @property
    def name(self) -> str:
        """What the input is called in messages."""
        return self.layout.name

    @property
    def columns(self) -> list[str]:
        """The input's own column names."""
        return list(self.layout.columns)

    @property
    def size(self) -> int:
        """Bytes of the input, as it lies on disk."""
        return self._stream.size

    @property
    def done(self) -> int:
        """Bytes of the input read so far."""
        return self._stream.done

    @property
    def modified(self) -> int | None:
        """When the input's file was changed last before it was opened, in ns."""
        return self._stream.modified

    @property
    def sha256(self) -> str:
        """Hash of the bytes on disk, known after the last block; empty unless asked for."""
        if self.done < self.size:
            raise ValueError("The hash is known after the last block.")
        return self._stream.sha256

    def __iter__(self) -> Iterator[Block]:
        """Read on, a block at a time.

        Raises
        ------
        InputError
            The input is broken, not in its encoding, over a limit, or has no rows.
        """
        with explained(self.name):
            yield from self._blocks


@contextmanager
def open_blocks(
    source: Path | bytes,
    name: str | None = None,
    *,
    limits: Limits = SHELL_LIMITS,
    encoding: str | None = None,
    size: int = BLOCK_BYTES,
    hashed: bool = True,
) -> Iterator[Blocks]:
    """Open a CSV (comma, semicolon or tab; plain or gzip) or a Parquet file in blocks.

    Parameters
    ----------
    source : Path or bytes
        A file, or its content.
    name : str, optional
        What to call the input in messages; by default the file's name.
    limits : Limits
        The size, rows and columns beyond which the input is refused.
    encoding : str, optional
        Encoding of a CSV that is not UTF-8.
    size : int
        About how many bytes a block has; more where a record is longer.
    hashed : bool
        Whether to compute the hash of all bytes.

    Raises
    ------
    InputError
        The input cannot be opened, is not a table, has no header, is over a limit, or has two
        columns of one name. What is wrong further on comes up while going through the blocks.
    """
    if name is None:
        name = source.name if isinstance(source, Path) else "the input"
    with explained(name):
        stream = opened(source)
    with stream:
        with explained(name):
            read = HashedStream(stream, hashed=hashed)
            blocks = _blocks(read, format_of(stream, name), source, name, limits, encoding, size)
        yield blocks


def _blocks(
    stream: HashedStream,
    form: Format,
    source: Path | bytes,
    name: str,
    limits: Limits,
    encoding: str | None,
    size: int,
) -> Blocks:
    check_limit(name, "bytes", stream.size, limits.size)
    if form is Format.PARQUET:
        return _parquet_blocks(source, stream, name, limits, size)
    text = TextSource(stream, name, limits, encoding, zipped=form is Format.GZIP)
    return _csv_blocks(stream, text, name, limits, size)


def _check_header(name: str, header: Sequence[str], limits: Limits) -> None:
    check_limit(name, "columns", len(header), limits.columns)
    seen: dict[str, int] = {}
    for position, column in enumerate(header, start=1):
        if column in seen:
            title = f"'{column}'" if column else "without a name"
            raise DuplicateColumnError(
                f"Two columns of {name} have the same name.",
                f"Found: column {title} at positions {seen[column]} and {position}.",
                "Rename or remove one of them.",
            )
        seen[column] = position


def _no_rows(name: str) -> EmptyTableError:
    return EmptyTableError(
        f"{name} has no rows.", "Found: a header only.", "Add one row per video."
    )


# CSV


def _csv_blocks(
    stream: HashedStream, text: TextSource, name: str, limits: Limits, size: int
) -> Blocks:
    start, final, header = b"", False, None
    while header is None:
        start, final = _more(start, text, min(size, _HEADER_BYTES))
        header = find_header(start, name, final=final)
    _check_header(name, header.names, limits)
    layout = Layout(name, header.names, header.delimiter)
    place = None if text.start is None else text.start + header.size
    pieces = _pieces(start[header.size :], final, text, layout, header.lines + 1, place, size)
    return Blocks(layout, stream, _limited(pieces, name, limits))


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


def _limited(blocks: Iterator[Block], name: str, limits: Limits) -> Iterator[Block]:
    """Give the blocks that have rows their numbers, and count the rows."""
    number = rows = 0
    for block in blocks:
        rows += block.rows
        if block.rows and (limits.rows is None or rows <= limits.rows):
            yield replace(block, number=number)
            number += 1
    check_limit(name, "rows", rows, limits.rows)  # at the end, when the number of rows is known
    if not rows:
        raise _no_rows(name)


# Parquet


@contextmanager
def readable_parquet(name: str) -> Iterator[None]:
    """Say in words that a Parquet file is damaged."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:  # damaged pages are an OSError
        raise NotATableError(
            f"{name} is not a readable Parquet file.",
            "Found: damaged or cut data.",
            "Export it again.",
        ) from error


def _parquet_blocks(
    source: Path | bytes, stream: HashedStream, name: str, limits: Limits, size: int
) -> Blocks:
    with readable_parquet(name):
        parquet = pq.ParquetFile(source if isinstance(source, Path) else pa.BufferReader(source))
        check_limit(name, "rows", parquet.metadata.num_rows, limits.rows)
        columns = tuple(parquet.schema_arrow.names)
        _check_header(name, columns, limits)
        if not columns or not parquet.metadata.num_rows:
            raise _no_rows(name)
        layout = Layout(name, columns, gaps=_gaps(parquet))
    return Blocks(layout, stream, _batches(parquet, stream, layout, size))


def _gaps(parquet: pq.ParquetFile) -> tuple[str, ...]:
    """Name the columns whose cells pandas stores otherwise where a value is missing."""
    kinds = (pa.types.is_integer, pa.types.is_boolean)
    names = [part.name for part in parquet.schema_arrow if any(kind(part.type) for kind in kinds)]
    gaps = set()
    for batch in parquet.iter_batches(columns=names) if names else ():
        gaps |= {name for name in names if batch.column(name).null_count}
    return tuple(name for name in names if name in gaps)


def _batches(
    parquet: pq.ParquetFile, stream: HashedStream, layout: Layout, size: int
) -> Iterator[Block]:
    data = parquet.metadata
    held = sum(data.row_group(number).total_byte_size for number in range(data.num_row_groups))
    rows = max(1, size * data.num_rows // max(1, held))
    line = 1
    with readable_parquet(layout.name):
        for number, batch in enumerate(parquet.iter_batches(batch_size=rows)):
            yield Block(number, line, len(batch), _written(batch), layout)
            line += len(batch)
            # Its parts stand anywhere in the file: hashed as far as the rows have come.
            stream.read(stream.size * (line - 1) // data.num_rows - stream.done)


def _written(batch: pa.RecordBatch) -> bytes:
    for number, part in enumerate(batch.schema):
        if pa.types.is_dictionary(part.type):  # each batch has another one
            plain = batch.column(number).cast(part.type.value_type)
            batch = batch.set_column(number, part.name, plain)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
