"""Parquet: batches of rows, sent on as Arrow streams."""

from __future__ import annotations

import io
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
from claimclf.dataset.readers.parquet_footer import account_length
from claimclf.dataset.readers.parquet_pages import unpacked_groups
from claimclf.dataset.sources import HashedStream, check_limit
from claimclf.errors import NotATableError, OverLimitError
from claimclf.schema import Limits

#: Bytes of a cell at least, as it is held.
_WIDTH = 8
#: No program writes pages of 256 MB, or lists of 1 GB into one row group.
MOST_IN_PAGE, MOST_NESTED = 2**28, 2**30
#: What an upload says of itself: Arrow makes hundreds of times as much of it, before all else.
MOST_ACCOUNT = 2**20


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
        _check_account(opening)
        parquet = pq.ParquetFile(_content(opening.source))
        check_limit(name, "rows", parquet.metadata.num_rows, limits.rows)
        columns = tuple(parquet.schema_arrow.names)
        check_header(name, columns, limits)
        _check_lists(name, parquet, limits)
        n_bytes, by_length = _checked_bytes(parquet, opening)
        footer = parquet.metadata
        groups = [footer.row_group(number).num_rows for number in range(footer.num_row_groups)]
        _check_rows(name, sum(groups), footer.num_rows)
        if not columns or not footer.num_rows:
            raise no_rows(name)
        parquet = _by_number(parquet, opening.source, by_length)
        layout = Layout(name, columns, gaps=_gaps(parquet), reader="parquet")
    return Blocks(layout, stream, _blocks(parquet, stream, layout, opening, n_bytes))


def _check_account(opening: Opening) -> None:
    source = opening.source
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
        length, size = account_length(stream), stream.seek(0, io.SEEK_END)
    # One that is longer than the file is none: it is cut, which is said where it is read.
    if opening.limits.size is not None and MOST_ACCOUNT < length <= size:
        raise OverLimitError(
            f"{opening.name} says too much of itself.",
            f"Found: {length:,} bytes about its columns; more than {MOST_ACCOUNT:,} are not read.",
            "Write it anew with fewer columns or larger row groups.",
        )


def _check_lists(name: str, parquet: pq.ParquetFile, limits: Limits) -> None:
    """Refuse lists that Arrow would make larger than the pages say, or as it makes no others.

    A list of fixed size takes its place in memory also where it is missing.
    """
    for part in parquet.schema_arrow:
        size, within = 1, part.type
        while pa.types.is_fixed_size_list(within):
            size, within = size * within.list_size, within.value_type
        n_bytes = parquet.metadata.num_rows * size * _WIDTH
        if size > 1:
            check_limit(name, "bytes", n_bytes, limits.size)
            _check_whole(name, f"the lists of {part.name}", n_bytes, MOST_NESTED)
        if any(map(_is_odd, _kinds_within(within))):
            raise NotATableError(
                f"{name} has lists of a kind that is not read.",
                f"Found: {part.type} in column {part.name}.",
                "Write it anew with plain lists, or without the column.",
            )


def _is_odd(kind: pa.DataType) -> bool:
    views = pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
    return bool(views or pa.types.is_fixed_size_list(kind))


def _kinds_within(kind: pa.DataType) -> Iterator[pa.DataType]:
    yield kind
    for place in range(kind.num_fields):
        yield from _kinds_within(kind.field(place).type)


def _by_number(
    parquet: pq.ParquetFile, source: Path | bytes, by_length: frozenset[str]
) -> pq.ParquetFile:
    """Open a file so that each text that comes again and again is in memory once.

    A small file may hold one long text a million times over; none whose texts are written one
    by one, each behind its length.
    """
    parts = [part for part in parquet.metadata.schema if part.physical_type == "BYTE_ARRAY"]
    texts = [part.path for part in parts if part.path not in by_length]
    return pq.ParquetFile(_content(source), read_dictionary=texts, arrow_extensions_enabled=False)


def _check_rows(name: str, found: int, said: int) -> None:
    """Refuse a file that has other rows than it says."""
    if found != said:
        raise NotATableError(
            f"{name} is not a readable Parquet file.",
            f"Found: {found:,} rows; it says that it has {said:,}.",
            "Export it again.",
        )


def _content(source: Path | bytes) -> Path | pa.BufferReader:
    return source if isinstance(source, Path) else pa.BufferReader(source)


def _is_text(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(test(kind) for test in tests)


def _checked_bytes(parquet: pq.ParquetFile, opening: Opening) -> tuple[int, frozenset[str]]:
    """Return how many bytes the file has in memory; refuse it, unread, where they are too many.

    And which columns have texts that are not read by number.

    Whatever the limits are: no page and no row group's lists may be larger than any program
    writes, for each is in memory as a whole.
    """
    source, name, n_bytes = opening.source, opening.name, 0
    by_length: frozenset[str] = frozenset()
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
        for group in unpacked_groups(parquet, stream):
            n_bytes += group.n_bytes
            check_limit(name, "bytes", n_bytes, opening.limits.size)
            _check_whole(name, "one page", group.largest_page, MOST_IN_PAGE)
            _check_whole(name, "the lists of one row group", group.nested_bytes, MOST_NESTED)
            _check_counted(name, group.by_prefix)
            by_length |= group.by_length
    return n_bytes, by_length


def _check_counted(name: str, by_prefix: frozenset[str]) -> None:
    if by_prefix:
        raise NotATableError(
            f"{name} has texts whose length nothing tells before they are read.",
            f"Found: the encoding DELTA_BYTE_ARRAY in column {min(by_prefix)}.",
            "Write it anew with Parquet's first version of pages, or as CSV.",
        )


def _check_whole(name: str, place: str, n_bytes: int, most: int) -> None:
    """Refuse what would have to be in memory as a whole, with limits or without."""
    if n_bytes > most:
        raise OverLimitError(
            f"{name} has too many bytes in {place}.",
            f"Found: {n_bytes:,}; more than {most:,} are never read at once.",
            "Write it anew with smaller row groups and pages, or without the column.",
        )


def _gaps(parquet: pq.ParquetFile) -> tuple[str, ...]:
    """Name the columns whose cells pandas stores otherwise where a value is missing."""
    kinds = (pa.types.is_integer, pa.types.is_boolean)
    names = [part.name for part in parquet.schema_arrow if any(kind(part.type) for kind in kinds)]
    gaps = set()
    for batch in parquet.iter_batches(columns=names) if names else ():
        gaps |= {name for name in names if batch.column(name).null_count}
    return tuple(name for name in names if name in gaps)


def _blocks(
    parquet: pq.ParquetFile, stream: HashedStream, layout: Layout, opening: Opening, unpacked: int
) -> Iterator[Block]:
    """Yield blocks of about the size that was asked for, and count bytes before they are there."""
    n_rows, line, n_bytes = parquet.metadata.num_rows, 1, 0
    width = max(unpacked / n_rows, _WIDTH * len(layout.columns))
    with readable_parquet(layout.name):
        batches = _batches(parquet, max(1, int(opening.size / width)))
        for number, (parts, size) in enumerate(_gathered(batches, opening.size)):
            n_bytes += size
            check_limit(layout.name, "bytes", n_bytes, opening.limits.size)
            _check_whole(layout.name, "one row", size, max(opening.size, MOST_NESTED))
            rows = sum(map(len, parts))
            yield Block(number, line, rows, written(parts), layout)
            line += rows
            # Its parts stand anywhere in the file: hashed as far as the rows have come.
            stream.read(stream.size * (line - 1) // n_rows - stream.done)
    _check_rows(layout.name, line - 1, n_rows)  # Arrow may leave out what it cannot read


def _batches(parquet: pq.ParquetFile, n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches that are whole: numbers of texts may be damaged, and nobody looks before."""
    for batch in _read_batches(parquet, n_rows):
        batch.validate(full=True)
        yield batch


def _read_batches(parquet: pq.ParquetFile, n_rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches; Arrow reads texts within lists by number in one row group at a time."""
    if not any(pa.types.is_nested(part.type) for part in parquet.schema_arrow):
        yield from parquet.iter_batches(batch_size=n_rows)
        return
    for group in range(parquet.metadata.num_row_groups):
        yield from parquet.iter_batches(batch_size=n_rows, row_groups=[group])


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
    total = np.zeros(len(batch), dtype=np.int64)
    for column in batch.columns:
        total += _bytes_of_cells(column)
    return total


def _bytes_of_cells(column: pa.Array) -> np.ndarray:
    """Return how many bytes each cell has when it is written out, with all that is within it."""
    kind, cells = column.type, np.full(len(column), _WIDTH, dtype=np.int64)
    if pa.types.is_dictionary(kind) and _is_text(kind.value_type):
        lengths = pc.binary_length(column.dictionary).to_numpy(zero_copy_only=False)
        places = column.indices.fill_null(len(lengths)).to_numpy(zero_copy_only=False)
        cells += np.append(np.nan_to_num(lengths), 0).astype(np.int64)[places]
    elif pa.types.is_fixed_size_binary(kind):
        cells += kind.byte_width
    elif pa.types.is_struct(kind):
        for part in column.flatten():
            cells += _bytes_of_cells(part)
    elif pa.types.is_fixed_size_list(kind):
        start, width = column.offset * kind.list_size, len(column) * kind.list_size
        within = _bytes_of_cells(column.values.slice(start, width))
        cells += within.reshape(len(column), kind.list_size).sum(axis=1)
    elif pa.types.is_nested(kind):  # lists, and maps, which are lists of pairs
        values = column.values if not pa.types.is_map(kind) else _pairs(column)
        ends = np.append(0, np.cumsum(_bytes_of_cells(values)))
        offsets = column.offsets.to_numpy()
        cells += ends[offsets[1:]] - ends[offsets[:-1]]
    return cells


def _pairs(column: pa.MapArray) -> pa.StructArray:
    return pa.StructArray.from_arrays([column.keys, column.items], ["key", "value"])


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
    schema = pa.schema([(part.name, _plain_kind(part.type)) for part in batch.schema])
    if schema.equals(batch.schema):
        return batch
    if any(pa.types.is_nested(part.type) for part in batch.schema):
        batch = batch.take(
            pa.array(range(len(batch)))
        )  # else what other rows' lists hold comes too
    return batch.cast(schema)


def _plain_kind(kind: pa.DataType) -> pa.DataType:
    """Return a kind of column without the numbers that stand for texts, at any depth."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([part.with_type(_plain_kind(part.type)) for part in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain_kind(kind.key_type), _plain_kind(kind.item_type))
    if pa.types.is_fixed_size_list(kind):
        inner = kind.value_field.with_type(_plain_kind(kind.value_type))
        return pa.list_(inner, kind.list_size)
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain_kind(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain_kind(kind.value_type)))
    return kind


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
