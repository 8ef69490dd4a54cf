"""Small Parquet files that are huge once they are written out."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.readers import parquet
from claimclf.dataset.reading import parse
from claimclf.errors import NotATableError, OverLimitError
from claimclf.schema import Limits
from claimclf.services.inspecting import inspect_file
from tests.dataset.readers.compact import signed

SIZE = 2**20
ROWS = 20_000


def packed(columns: dict[str, pa.Array], **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, compression="zstd", **options)
    return sink.getvalue()


def repeated_text(n_bytes: int = 10_000) -> dict[str, pa.Array]:
    """One long text in each row, which a file holds once."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS, pa.int32()), ["x" * n_bytes])
    return {
        "text": texts.cast(pa.string()),
        "n": pa.array([1] * (ROWS - 1) + [None], pa.int64()),
    }


def test_blocks_are_of_the_size_that_was_asked_for_whatever_they_unpack_to(tmp_path: Path) -> None:
    content = packed(repeated_text(), row_group_size=ROWS)
    assert len(content) < SIZE / 10
    file = tmp_path / "bomb.parquet"
    file.write_bytes(content)
    for source in (file, content):
        with open_blocks(source, "bomb.parquet", size=SIZE) as blocks:
            sizes = [(block.line, block.rows, len(block.content)) for block in blocks]
        assert max(size for _, _, size in sizes) < 1.1 * SIZE
        assert sum(rows for _, rows, _ in sizes) == ROWS
        assert sizes[1][0] == 1 + sizes[0][1], "lines go on from block to block"


def test_numbers_that_are_all_alike_come_in_pieces_too() -> None:
    content = packed({f"n{place}": pa.array([7] * ROWS * 10) for place in range(8)})
    with open_blocks(content, "alike.parquet", size=SIZE) as blocks:
        assert max(len(block.content) for block in blocks) < 1.1 * SIZE


def test_file_that_unpacks_to_more_than_the_limit_is_refused_before_it_does() -> None:
    content, limits = packed(repeated_text()), Limits(size=8 * SIZE, rows=ROWS)
    read: list[int] = []
    with (
        open_blocks(content, "bomb.parquet", limits=limits, size=SIZE) as blocks,
        pytest.raises(OverLimitError, match="too many bytes"),
    ):
        read.extend(len(block.content) for block in blocks)
    assert sum(read) <= 9 * SIZE


def test_one_page_of_more_than_the_limit_is_refused_unread() -> None:
    huge = packed({"text": pa.array(["x" * 16 * SIZE])}, use_dictionary=False)
    assert len(huge) < SIZE
    with (
        pytest.raises(OverLimitError, match="too many bytes"),
        open_blocks(huge, "bomb.parquet", limits=Limits(size=8 * SIZE)),
    ):
        pass


# A file says at its end how much it is, and may say anything there.


def claiming(content: bytes, n_bytes: int = 1_000) -> bytes:
    """Have the end of a file say that each of its large columns unpacks to so many bytes."""
    data = pq.ParquetFile(io.BytesIO(content)).metadata
    length = int.from_bytes(content[-8:-4], "little")
    end = content[-8 - length : -8]
    group = data.row_group(0)
    columns = [group.column(place).total_uncompressed_size for place in range(data.num_columns)]
    for number in {group.total_byte_size, *columns}:
        old, new = signed(number), bytearray(signed(n_bytes))
        if number < SIZE:
            continue
        while len(new) < len(old):  # the same number, and as many bytes as before
            new[-1] |= 0x80
            new.append(0)
        end = end.replace(old, bytes(new))
    lying = content[: -8 - length] + end + content[-8:]
    assert pq.ParquetFile(io.BytesIO(lying)).metadata.row_group(0).total_byte_size == n_bytes
    return lying


@pytest.fixture
def _unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("rows were read")

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", fail)


@pytest.mark.usefixtures("_unread")
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_file_that_says_less_than_its_pages_is_refused_unread(version: str) -> None:
    huge = {"n": pa.array([1]), "text": pa.array(["x" * 16 * SIZE])}
    content = packed(huge, use_dictionary=False, data_page_version=version)
    lying = claiming(content)
    assert len(lying) < SIZE
    with (
        pytest.raises(OverLimitError, match="too many bytes"),
        open_blocks(lying, "lies.parquet", limits=Limits(size=8 * SIZE)),
    ):
        pass


@pytest.mark.usefixtures("_unread")
def test_no_page_is_larger_than_any_program_writes_also_where_there_is_no_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet, "MOST_IN_PAGE", 8 * SIZE)
    huge = claiming(packed({"text": pa.array(["x" * 16 * SIZE])}, use_dictionary=False))
    with (
        pytest.raises(OverLimitError, match=r"in one page.*never read at once"),
        open_blocks(huge, "lies.parquet"),
    ):
        pass


def long_texts(rows: int) -> pa.Array:
    places = pa.array([0] * rows, pa.int32())
    return pa.DictionaryArray.from_arrays(places, ["x" * 10_000]).cast(pa.string())


#: What else than a column of texts is small in a file and large in memory.
NESTED = {
    "texts in lists": lambda: pa.ListArray.from_arrays(range(2_001), long_texts(2_000)),
    "texts in structures": lambda: pa.StructArray.from_arrays([long_texts(2_000)], ["t"]),
    "texts in maps": lambda: pa.MapArray.from_arrays(
        range(2_001), pa.array(["k"] * 2_000), long_texts(2_000)
    ),
    "texts in lists of lists": lambda: pa.ListArray.from_arrays(
        range(2_001), pa.ListArray.from_arrays(range(2_001), long_texts(2_000))
    ),
    "large texts": lambda: long_texts(2_000).cast(pa.large_string()),
    "bytes of one length": lambda: pa.array([b"x" * 10_000] * 2_000, pa.binary(10_000)),
    "numbers in one list": lambda: pa.ListArray.from_arrays(
        [0, 2_500_000], pa.array(np.zeros(2_500_000, dtype=np.int64))
    ),
}


@pytest.mark.parametrize("kind", NESTED)
def test_no_kind_of_column_is_in_memory_beyond_the_limit(kind: str) -> None:
    content, pool = packed({"column": NESTED[kind]()}), pa.default_memory_pool()
    assert len(content) < SIZE / 10
    sizes, before = [], pool.bytes_allocated()

    def read() -> None:
        limits = Limits(size=8 * SIZE)
        with open_blocks(content, "bomb.parquet", limits=limits, size=SIZE) as blocks:
            for block in blocks:
                sizes.append(len(block.content))
                assert pool.bytes_allocated() - before < 4 * SIZE

    with pytest.raises(OverLimitError, match="too many bytes"):
        read()
    assert sum(sizes) <= 9 * SIZE


@pytest.mark.parametrize("kind", [kind for kind in NESTED if "one list" not in kind])
def test_without_a_limit_blocks_are_small_whatever_is_in_the_columns(kind: str) -> None:
    column = NESTED[kind]()
    content = packed({"column": column})
    with open_blocks(content, "bomb.parquet", size=SIZE) as blocks:
        sizes = [(block.rows, len(block.content)) for block in blocks]
    assert max(size for _, size in sizes) < 1.1 * SIZE
    assert sum(rows for rows, _ in sizes) == len(column)


@pytest.mark.usefixtures("_unread")
def test_list_that_is_larger_than_any_program_writes_is_refused_also_without_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parquet, "MOST_NESTED", 8 * SIZE)
    content = packed({"column": NESTED["numbers in one list"]()})
    with (
        pytest.raises(OverLimitError, match="in the lists of one row group"),
        open_blocks(content, "bomb.parquet"),
    ):
        pass


@pytest.mark.parametrize("n_bytes", [1, 7, 40])
def test_damaged_heads_of_pages_are_said_in_words(n_bytes: int) -> None:
    content = bytearray(packed({"text": pa.array(["a", "b"]), "n": pa.array([1, 2])}))
    content[4 : 4 + n_bytes] = b"\xff" * n_bytes
    with (
        pytest.raises(NotATableError, match="damaged or cut data"),
        open_blocks(bytes(content), "damaged.parquet") as blocks,
    ):
        [parse(block) for block in blocks]


@pytest.mark.parametrize("limit", [1, 40, 2**20])
def test_nested_cells_are_the_same_in_whatever_pieces_they_come(limit: int) -> None:
    """A dictionary page is full at some limit, and what comes then is written out."""
    texts = [["a", "bb" * 30], None, [], ["c", None], ["a"]] * 8
    kinds = {
        "lists": pa.array(texts),
        "large": pa.array(texts, pa.large_list(pa.large_string())),
        "lists of lists": pa.array([[["a"], []], None, [["b", "a"]], [], [None]] * 8),
        "fixed": pa.array([["a", "b"], None, ["c", "d" * 50], ["a", "a"], None] * 8).cast(
            pa.list_(pa.string(), 2)
        ),
        "structures": pa.array([{"t": "a", "n": 1}, None, {"t": None, "n": 2}, {}, {"t": "b"}] * 8),
        "maps": pa.array(
            [[("k", "v")], None, [], [("k", "w" * 40), ("l", None)], None] * 8,
            pa.map_(pa.string(), pa.string()),
        ),
        "bytes": pa.array([b"1234", None, b"5678", b"1234", b"\x00" * 4] * 8, pa.binary(4)),
    }
    content = packed(
        kinds,
        row_group_size=13,
        write_batch_size=2,
        dictionary_pagesize_limit=limit,
        data_page_size=64,
    )
    rows = []
    with open_blocks(content, "rows.parquet", size=400) as blocks:
        for block in blocks:
            rows += pa.ipc.open_stream(block.content).read_all().to_pylist()
    assert rows == pa.table(kinds).to_pylist()


def test_rows_are_the_same_in_whatever_pieces_they_come() -> None:
    texts = ["", None, "é" * 40, "long " * 30, "b"] * 40
    kinds = {
        "text": pa.array(texts),
        "large": pa.array(texts, pa.large_string()),
        "listed": pa.array([[1, 2], None, [], [3], [4]] * 40),
        "n": pa.array([1, None, 3, 4, 5] * 40),
    }
    content = packed(kinds, row_group_size=33)
    with open_blocks(content, "rows.parquet", size=200) as blocks:
        tables = [parse(block).frame for block in blocks]
    assert len(tables) > 10
    rows = [row for table in tables for row in table["text"].astype(object).tolist()]
    assert [None if row != row else row for row in rows] == texts
    with open_blocks(content, "rows.parquet") as blocks:
        (whole,) = (parse(block).frame for block in blocks)
    assert sum(table["n"].isna().sum() for table in tables) == whole["n"].isna().sum() == 40


def test_file_is_not_inspected_that_unpacks_to_more_than_a_page_takes(tmp_path: Path) -> None:
    small = tmp_path / "videos.parquet"
    small.write_bytes(packed(repeated_text(11_000)))
    assert small.stat().st_size < 2**17
    with pytest.raises(OverLimitError, match="too many bytes"):
        inspect_file(small)
