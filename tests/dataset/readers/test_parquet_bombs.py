"""Small Parquet files that are huge once they are written out."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.reading import parse
from claimclf.errors import OverLimitError
from claimclf.schema import Limits

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
