from __future__ import annotations

import csv
import gzip
import hashlib
import io
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from claimclf.dataset.blocks import Block, open_blocks
from claimclf.dataset.readers import delimited
from claimclf.dataset.reading import Table, parse, read_table
from claimclf.errors import (
    EmptyTableError,
    InputError,
    InvalidRequestError,
    NotATableError,
    OverLimitError,
    WrongEncodingError,
)
from claimclf.schema import Limits
from tests.builders import as_csv, reported_csv, reported_rows

relaxed = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
sizes = st.integers(1, 40)

#: Any text at all, of the characters that mean something to a reader of CSV.
wild = st.text(st.sampled_from('ab,"\r\n \0é😀\ufeff'), max_size=60)
cells = st.text(st.sampled_from('a, "\r\n\0é😀\ufeff'), max_size=6)
#: As a program writes it: quotes around whole cells, where they are needed or everywhere.
written = st.builds(
    lambda rows, newline, quote_all: as_csv(
        {"0": [row[0] for row in rows], "1": [row[1] for row in rows]}, ",", newline,
        quote_all=quote_all,
    ).split(newline, 1)[1],
    st.lists(st.tuples(cells, cells), min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)  # fmt: skip
#: One row after another, of any width, some of them written by hand.
rows_by_hand = [
    "1,2\n", "1,2\r\n", "1,2\r", "1\n", "1,2,3\n", '1,2,"3,4",5\n', "\n", "\r\n", ",\n", " \n",
    '"a\nb",2\n', '"a\r\n",2\r\n', '"a""",""\n', '"",""\n', '5" wide,2\n',
]  # fmt: skip
uneven = st.lists(st.sampled_from(rows_by_hand), max_size=8).map("".join)
headers = st.sampled_from(
    ["video_id,note\n", "\n \r\nvideo_id,note\r\n", '"video_id","no\nte"\n', "x\n"]
)
contents = st.tuples(headers, wild | written | uneven | st.tuples(uneven, written).map("".join))


def pieces(source: Path | bytes, size: int, **options: Any) -> list[Block]:
    with open_blocks(source, size=size, **options) as blocks:
        return list(blocks)


def put_together(blocks: list[Block]) -> dict[str, Any]:
    """Say what the blocks' tables hold, one after another."""
    tables = [parse(block) for block in blocks]
    starts = np.cumsum([0, *map(len, tables)]).tolist()
    return {
        "columns": tables[0].columns,
        "rows": [row for table in tables for row in table.frame.to_numpy().tolist()],
        "dtypes": {tuple(table.frame.dtypes.astype(str)) for table in tables},
        "lines": [line for table in tables for line in table.lines.tolist()],
        "counts": [count for table in tables for count in table.field_counts.tolist()],
        "surplus": {
            start + row: fields
            for start, table in zip(starts, tables, strict=False)
            for row, fields in table.surplus.items()
        },
    }


def held(table: Table) -> dict[str, Any]:
    return {
        "columns": table.columns,
        "rows": table.frame.to_numpy().tolist(),
        "dtypes": {tuple(table.frame.dtypes.astype(str))},
        "lines": table.lines.tolist(),
        "counts": table.field_counts.tolist(),
        "surplus": table.surplus,
    }


def by_the_csv_module(content: str) -> dict[str, Any]:
    """Read as the csv module does, line by line: what every block is held against."""
    lines = list(io.StringIO(content.removeprefix("\ufeff"), newline=""))
    blank = next(n for n, line in enumerate(lines) if line.strip("\ufeff \r\n"))
    reader = csv.reader(lines[blank:], strict=True)
    columns = next(reader)
    width, rows, starts, before = len(columns), [], [], reader.line_num
    for fields in reader:
        if fields:
            rows.append(fields)
            starts.append(blank + before + 1)
        before = reader.line_num
    return {
        "columns": columns,
        "rows": [fields[:width] + [""] * (width - len(fields)) for fields in rows],
        "dtypes": {("str",) * width},
        "lines": starts,
        "counts": [len(fields) for fields in rows],
        "surplus": {n: ",".join(f[width:]) for n, f in enumerate(rows) if len(f) > width},
    }


@relaxed
@given(contents, sizes, st.booleans(), st.booleans())
@example(("x\n", "\ufeffa\n"), 2, False, False)
@example(("video_id,note\n", '1,"2\n'), 1, False, False)
@example(("video_id,note\n", '1,"2"3\n4,5\n'), 1, False, False)
@example(("video_id,note\n", "1,2\r\r\n3,4\r"), 1, False, False)
@example(("video_id,note\n", '5",2\n6,7"\n8,9\n'), 8, False, False)
def test_blocks_of_any_size_hold_what_the_csv_module_reads(
    parts: tuple[str, str], size: int, bom: bool, zipped: bool
) -> None:
    content = "\ufeff" * bom + "".join(parts)
    source = gzip.compress(content.encode()) if zipped else content.encode()
    try:
        expected = by_the_csv_module(content)
    except csv.Error as error:
        for run in (lambda: pieces(source, size), lambda: read_table(source)):
            with pytest.raises(NotATableError, match=f"Found: {re.escape(str(error))}"):
                run()
        return
    if not expected["rows"]:
        for run in (lambda: pieces(source, size), lambda: read_table(source)):
            with pytest.raises(EmptyTableError, match="no rows"):
                run()
        return
    blocks = pieces(source, size)
    assert put_together(blocks) == expected
    assert held(read_table(source)) == expected
    assert [block.number for block in blocks] == list(range(len(blocks)))
    assert all(block.rows == len(parse(block)) > 0 for block in blocks)
    for block in blocks:
        assert (block.start is None) is zipped
        if block.start is not None:
            assert source[block.start :].startswith(block.content)


@relaxed
@given(contents, sizes)
def test_a_broken_file_is_refused_in_the_same_words_at_any_size(
    parts: tuple[str, str], size: int
) -> None:
    source = "".join(parts).encode()
    said = []
    for run in (lambda: pieces(source, size), lambda: read_table(source)):
        try:
            run()
        except InputError as error:
            said.append((type(error), str(error)))
    assert len(said) != 1
    assert len(set(said)) <= 1


@settings(relaxed, max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1), sizes,
       st.sampled_from(["utf-16", "utf-32", "utf-8", "utf-7"]))  # fmt: skip
def test_another_encoding_is_decoded_on_the_way(notes: list[str], size: int, encoding: str) -> None:
    content = as_csv({"video_id": ["7"] * len(notes), "note": notes})
    blocks = pieces(content.encode(encoding), size, encoding=encoding)
    assert put_together(blocks) == held(read_table(content.encode()))
    assert all(block.start is None for block in blocks)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("content", "options", "error", "message"),
    [
        (reported_csv(2) + "é\n".encode("latin-1"), {}, WrongEncodingError, "cp1252"),
        (reported_csv(2), {"encoding": "utf-16"}, InputError, "is not utf-16 text"),
        (reported_csv(2), {"encoding": "nonsense"}, InvalidRequestError, "unknown"),
        (gzip.compress(reported_csv(50))[:-20], {}, NotATableError, "gzip"),
        (gzip.compress(reported_csv(50)), {"limits": Limits(size=900)}, OverLimitError, "901"),
        (reported_csv(9), {"limits": Limits(rows=3)}, OverLimitError, "Found: 9; the limit is 3"),
        (reported_csv(2), {"limits": Limits(columns=3)}, OverLimitError, "columns"),
        (b"a,b\n\n\n", {}, EmptyTableError, "no rows"),
        (b"\n \n", {}, EmptyTableError, "no header line"),
        (b"a,\"b\n1,2\n", {}, NotATableError, "near line 1"),
        (b'a,b\n1,2\n3,"4\n5,6\n7,"8"\n', {}, NotATableError, "near line 3"),
        (b'a,b\n\n1,2\n3,"4\n5,6\n', {}, NotATableError, "near line 4"),
        (b'\n\na,b\n1,"2"3\n', {}, NotATableError, "near line 4"),
        (b"\x7fELF" + bytes(range(256)) * 4, {}, NotATableError, "binary data"),
        (b"PAR1", {}, NotATableError, "Parquet"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_any_block_size(
    content: bytes, options: dict[str, Any], error: type[InputError], message: str, size: int
) -> None:
    with pytest.raises(error, match=message) as in_blocks:
        pieces(content, size, **options)
    with pytest.raises(error) as whole:
        read_table(content, **options)
    assert str(in_blocks.value) == str(whole.value)


def test_rows_up_to_the_limit_come_before_the_refusal() -> None:
    seen = []
    with (
        pytest.raises(OverLimitError),
        open_blocks(reported_csv(9), size=1, limits=Limits(rows=3)) as blocks,
    ):
        seen.extend(blocks)
    assert [block.rows for block in seen] == [1, 1, 1]


def test_an_endless_header_is_refused_at_any_block_size() -> None:
    for size in (100_000, 5_000_000):
        with pytest.raises(NotATableError, match="header"):
            pieces(gzip.compress(b"0" * 5_000_000), size)


def test_the_hash_is_that_of_the_file_and_known_at_the_end(tmp_path: Path) -> None:
    content = gzip.compress(reported_csv(40), mtime=0)
    path = tmp_path / "in.csv.gz"
    path.write_bytes(content)
    with open_blocks(path, size=50) as blocks:
        assert blocks.name == "in.csv.gz"
        assert blocks.columns == list(reported_rows())
        done = [blocks.done for _ in blocks]
        assert blocks.sha256 == hashlib.sha256(content).hexdigest()
        assert done == sorted(done)
        assert blocks.done == blocks.size == len(content)


def test_the_hash_is_not_given_too_early() -> None:
    content = reported_csv(40)
    with open_blocks(content, size=50) as blocks:
        next(iter(blocks))
        with pytest.raises(ValueError, match="after the last block"):
            _ = blocks.sha256


def test_a_block_goes_to_another_process_and_gives_the_same_table() -> None:
    for block in pieces(reported_csv(5), 200):
        again = pickle.loads(pickle.dumps(block))  # noqa: S301
        assert again == block
        pd.testing.assert_frame_equal(parse(again).frame, parse(block).frame)


def test_the_digest_tells_apart_what_gives_another_table() -> None:
    def digests(content: bytes) -> list[str]:
        return [block.digest for block in pieces(content, 1)]

    first = digests(b"a,b\n1,2\n3,4\n")
    assert first == digests(b"a,b\n1,2\n3,4\n")
    assert first[1] == digests(b"a,b\n9,9\n3,4\n")[1]  # another row elsewhere
    others = [b"a,b\n1,2\n3,5\n", b"a,c\n1,2\n3,4\n", b"a,b\n\n1,2\n3,4\n", b"a;b\n1;2\n3,4\n"]
    assert not {digest for other in others for digest in digests(other)[1:]} & {first[1]}


def test_errors_of_whoever_goes_through_the_blocks_stay_their_own() -> None:
    def goes_wrong() -> None:
        with open_blocks(reported_csv(2)) as blocks:
            for _ in blocks:
                raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        goes_wrong()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("quote_all", [True, False])
def test_regular_text_never_needs_the_slow_parser(
    newline: str, quote_all: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = ["plain", 'say "hi"', "a,b", "two\nlines", "", "ünï", '"'] * 3
    columns = reported_rows(len(notes), note=notes)
    content = as_csv(columns, ",", newline, quote_all=quote_all) + newline + f"too,few{newline}"
    expected = put_together(pieces(content.encode(), 10**6))
    monkeypatch.setattr(delimited, "_parse_any", None)
    assert put_together(pieces(content.encode(), 300)) == expected


# Parquet


def parquet(table: pa.Table, **options: Any) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


MIXED = pa.table(
    {
        "id": pa.array([7_234_567_890_123_456_789, 2, None, 4, 5], pa.int64()),
        "full": pa.array([1, 2, 3, 4, 5], pa.int32()),
        "truth": pa.array([True, False, True, True, None]),
        "part": pa.array([0.5, None, 1.0, 2.0, 3.0]),
        "text": pa.array(["a", None, "", "é", "x"]),
        "word": pa.array(["a", "b", None, "b", "c"]).dictionary_encode(),
        "time": pa.array([0, 1, None, 3, 4], pa.timestamp("us", tz="UTC")),
        "list": pa.array([[1], [], None, [2, 3], [4]]),
    }
)


@pytest.mark.parametrize("row_group_size", [2, 100])
@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_parquet_in_blocks_is_parquet_as_a_whole(row_group_size: int, size: int) -> None:
    content = parquet(MIXED, row_group_size=row_group_size)
    blocks = pieces(content, size)
    whole = read_table(content)
    tables = [parse(block) for block in blocks]
    together = pd.concat([table.frame for table in tables], ignore_index=True)
    pd.testing.assert_frame_equal(together, whole.frame)
    pd.testing.assert_frame_equal(
        whole.frame.drop(columns="word"),
        MIXED.drop_columns("word").to_pandas(integer_object_nulls=True),
    )
    assert whole.frame["word"].tolist() == ["a", "b", np.nan, "b", "c"]
    assert np.concatenate([table.lines for table in tables]).tolist() == [1, 2, 3, 4, 5]
    assert {tuple(table.frame.dtypes) for table in tables} == {tuple(whole.frame.dtypes)}
    assert len(blocks) == (5 if size == 1 else len(blocks))


def test_parquet_tells_how_far_it_is_and_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    path.write_bytes(parquet(MIXED))
    with open_blocks(path, size=1) as blocks:
        done = [blocks.done for _ in blocks]
        assert blocks.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(set(done)) == 5
    assert blocks.done == blocks.size == path.stat().st_size


def test_damaged_pages_of_parquet_are_found_in_blocks_too() -> None:
    whole = parquet(pa.table(reported_rows(50)))
    with pytest.raises(NotATableError, match="not a readable Parquet file"):
        pieces(whole[:40] + b"\xff" * 1_500 + whole[1_540:], 100)
