"""Parquet: batches of rows, sent on as Arrow streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
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


def open_parquet(stream: HashedStream, opening: Opening) -> Blocks:
    """Open a Parquet file."""
    source, name, limits = opening.source, opening.name, opening.limits
    with readable_parquet(name):
        parquet = pq.ParquetFile(source if isinstance(source, Path) else pa.BufferReader(source))
        check_limit(name, "rows", parquet.metadata.num_rows, limits.rows)
        columns = tuple(parquet.schema_arrow.names)
        check_header(name, columns, limits)
        if not columns or not parquet.metadata.num_rows:
            raise no_rows(name)
        layout = Layout(name, columns, gaps=_gaps(parquet), reader="parquet")
    return Blocks(layout, stream, _batches(parquet, stream, layout, opening.size))


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
            yield Block(number, line, len(batch), written(batch), layout)
            line += len(batch)
            # Its parts stand anywhere in the file: hashed as far as the rows have come.
            stream.read(stream.size * (line - 1) // data.num_rows - stream.done)


def written(batch: pa.RecordBatch) -> bytes:
    """Write a batch as an Arrow stream."""
    for number, part in enumerate(batch.schema):
        if pa.types.is_dictionary(part.type):  # each batch has another one
            plain = batch.column(number).cast(part.type.value_type)
            batch = batch.set_column(number, part.name, plain)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def parse(block: Block) -> Table:
    """Make a table of a block."""
    with readable_parquet(block.layout.name):
        # Without pandas' own notes an index stays a column; whole numbers beside missing ones
        # stay whole: as floats, long ids would lose their last digits.
        frame = (
            pa.ipc.open_stream(block.content)
            .read_all()
            .to_pandas(ignore_metadata=True, integer_object_nulls=True)
        )
    frame = frame.astype(dict.fromkeys(block.layout.gaps, object))
    counts = np.full(block.rows, len(block.layout.columns))
    lines = np.arange(block.line, block.line + block.rows)
    return Table(block.layout.name, frame, lines, counts, {}, "", block.layout)
