"""Parquet: batches of rows, sent on as Arrow streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from claimclf.dataset.readers.base import (
    Block,
    Blocks,
    Layout,
    Opening,
    Table,
    check_header,
    no_rows,
)
from claimclf.dataset.sources import HashedStream, check_limit
from claimclf.errors import NotATableError

#: Bytes of a cell at least, as it is held.
_WIDTH = 8


@contextmanager
def readable_parquet(name: str) -> Iterator[None]:
    """Say in words that a Parquet file is damaged."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeError) as error:  # pages are an OSError, names text
        raise NotATableError(
            f"{name} is not a readable Parquet file.",
            "Found: damaged or cut data.",
            "Export it again.",
        ) from error


def open_parquet(stream: HashedStream, opening: Opening) -> Blocks:
    """Open a Parquet file."""
    name, limits = opening.name, opening.limits
    with readable_parquet(name):
        parquet = _opened(opening.source)
        check_limit(name, "rows", parquet.metadata.num_rows, limits.rows)
        check_limit(name, "bytes", _unpacked_bytes(parquet), limits.size)
        columns = tuple(parquet.schema_arrow.names)
        check_header(name, columns, limits)
        if not columns or not parquet.metadata.num_rows:
            raise no_rows(name)
        layout = Layout(name, columns, gaps=_gaps(parquet), reader="parquet")
    return Blocks(layout, stream, _blocks(parquet, stream, layout, opening))


def _opened(source: Path | bytes) -> pq.ParquetFile:
    """Open a file so that each text that comes again and again is in memory once.

    A small file may hold one long text a million times over.
    """
    content = source if isinstance(source, Path) else pa.BufferReader(source)
    schema = pq.read_schema(content)
    texts = [part.name for part in schema if _is_text(part.type)]
    if not isinstance(source, Path):
        content = pa.BufferReader(source)
    return pq.ParquetFile(content, read_dictionary=texts)


def _is_text(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(test(kind) for test in tests)


def _gaps(parquet: pq.ParquetFile) -> tuple[str, ...]:
    """Name the columns whose cells pandas stores otherwise where a value is missing."""
    kinds = (pa.types.is_integer, pa.types.is_boolean)
    names = [part.name for part in parquet.schema_arrow if any(kind(part.type) for kind in kinds)]
    gaps = set()
    for batch in parquet.iter_batches(columns=names) if names else ():
        gaps |= {name for name in names if batch.column(name).null_count}
    return tuple(name for name in names if name in gaps)


def _unpacked_bytes(parquet: pq.ParquetFile) -> int:
    """Return how many bytes the file's pages have unpacked, as it says itself."""
    data = parquet.metadata
    return sum(data.row_group(number).total_byte_size for number in range(data.num_row_groups))


def _blocks(
    parquet: pq.ParquetFile, stream: HashedStream, layout: Layout, opening: Opening
) -> Iterator[Block]:
    """Yield blocks of about the size that was asked for, and count bytes before they are there."""
    n_rows, line, n_bytes = parquet.metadata.num_rows, 1, 0
    with readable_parquet(layout.name):
        batches = parquet.iter_batches(batch_size=_rows_at_once(parquet, opening.size))
        for number, (parts, size) in enumerate(_gathered(batches, opening.size)):
            n_bytes += size
            check_limit(layout.name, "bytes", n_bytes, opening.limits.size)
            rows = sum(map(len, parts))
            yield Block(number, line, rows, written(parts), layout)
            line += rows
            # Its parts stand anywhere in the file: hashed as far as the rows have come.
            stream.read(stream.size * (line - 1) // n_rows - stream.done)


def _rows_at_once(parquet: pq.ParquetFile, size: int) -> int:
    """Return how many rows are about `size` bytes, long texts that come again counted once."""
    n_rows = max(1, parquet.metadata.num_rows)
    width = max(_unpacked_bytes(parquet) / n_rows, _WIDTH * len(parquet.schema_arrow.names))
    return max(1, int(size / width))


def _gathered(
    batches: Iterable[pa.RecordBatch], size: int
) -> Iterator[tuple[list[pa.RecordBatch], int]]:
    """Yield parts of about `size` bytes together: a file may consist of many small ones."""
    parts: list[pa.RecordBatch] = []
    n_bytes = 0
    for piece, n_more in (cut for batch in batches for cut in _pieces(batch, size)):
        if parts and n_bytes + n_more > size:
            yield parts, n_bytes
            parts, n_bytes = [], 0
        parts.append(piece)
        n_bytes += n_more
    if parts:
        yield parts, n_bytes


def _pieces(batch: pa.RecordBatch, size: int) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Cut a batch where its texts, written out, would be more than `size` bytes."""
    ends = np.cumsum(_bytes_of_rows(batch))
    start = 0
    while start < len(batch):
        before = ends[start - 1] if start else 0
        end = max(start + 1, int(np.searchsorted(ends, before + size, side="right")))
        yield batch.slice(start, end - start), int(ends[end - 1] - before)
        start = end


def _bytes_of_rows(batch: pa.RecordBatch) -> np.ndarray:
    """Return how many bytes each row has when it is written out, shape (n_rows,)."""
    total = np.full(len(batch), _WIDTH * batch.num_columns, dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False)
            places = column.indices.fill_null(len(lengths)).to_numpy(zero_copy_only=False)
            total += np.append(np.nan_to_num(lengths), 0).astype(np.int64)[places]
    return total


def written(batches: Sequence[pa.RecordBatch]) -> bytes:
    """Write batches of the same columns as one Arrow stream."""
    plain = [_plain(batch) for batch in batches]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, plain[0].schema) as writer:
        for batch in plain:
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Write out texts that come again and again: each batch has them under other numbers."""
    for number, part in enumerate(batch.schema):
        if pa.types.is_dictionary(part.type):
            texts = batch.column(number).cast(part.type.value_type)
            batch = batch.set_column(number, part.name, texts)
    return batch


def parse(block: Block) -> Table:
    """Make a table of a block."""
    with readable_parquet(block.layout.name):
        # Without pandas' own notes an index stays a column; whole numbers beside missing ones
        # stay whole: as floats, long ids would lose their last digits.
        table = pa.ipc.open_stream(block.content).read_all()
        table.validate(full=True)  # text of a damaged page need not be text
        frame = _as_text(table).to_pandas(ignore_metadata=True, integer_object_nulls=True)
    frame = frame.astype(dict.fromkeys(block.layout.gaps, object))
    counts = np.full(block.rows, len(block.layout.columns))
    lines = np.arange(block.line, block.line + block.rows)
    return Table(block.layout.name, frame, lines, counts, {}, "", block.layout)


def _as_text(table: pa.Table) -> pa.Table:
    """Take bytes for UTF-8: some programs write text and do not say that it is."""
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    for number, part in enumerate(table.schema):
        if any(is_kind(part.type) for is_kind in kinds):
            cells = [
                None if cell is None else cell.decode("utf-8", "replace")
                for cell in table.column(number).to_pylist()
            ]
            table = table.set_column(number, part.name, pa.array(cells, pa.large_string()))
    return table
