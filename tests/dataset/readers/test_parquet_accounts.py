"""What a Parquet file says of itself is read as Arrow reads it, or the file is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.readers import parquet, parquet_pages
from claimclf.dataset.reading import read_table
from claimclf.errors import NotATableError, OverLimitError
from claimclf.schema import UPLOAD_LIMITS, Limits
from tests.dataset.readers.compact import (
    COLUMNS,
    DATA_PAGE,
    DICTIONARY_PAGE,
    INT,
    META_DATA,
    N_VALUES,
    ROW_GROUPS,
    SIZE,
    STRUCT,
    Field,
    Fields,
    field,
    rewritten,
)

ROWS = 6
TEXTS = pa.array(["a", "b", "c"] * 2)
#: Which of the structures that a footer consists of, and the field of it that counts.
IN_FOOTER = {
    "the row groups": (0, ROW_GROUPS),
    "a row group's columns": (1, COLUMNS),
    "what is said of a column": (2, META_DATA),
    "a column's number of values": (3, N_VALUES),
    "a column's bytes": (3, SIZE),
    "the first page": (3, DATA_PAGE),
    "the dictionary": (3, DICTIONARY_PAGE),
}
#: Which version of pages, which page, and the field of its head that counts.
IN_HEADS = {
    "a page's type": ("1.0", 1, [1]),
    "its unpacked size": ("1.0", 1, [2]),
    "its packed size": ("1.0", 1, [3]),
    "what is said of data": ("1.0", 1, [5]),
    "their number of values": ("1.0", 1, [5, 1]),
    "what is said of a dictionary": ("1.0", 0, [7]),
    "what is said of data in the second form": ("2.0", 1, [8]),
    "their number of values in the second form": ("2.0", 1, [8, 1]),
}
Again = Callable[[Fields, int], None]


def a_second_time(fields: Fields, number: int) -> None:
    one = field(fields, number)
    fields.insert(fields.index(one), one)


def under_another_number(fields: Fields, number: int) -> None:
    """Say it once more behind all others, under a number that is the same in 16 bits."""
    fields.append(replace(field(fields, number), number=number + 2**16))


def behind_a_later_one(fields: Fields, number: int) -> None:
    one = field(fields, number)
    fields.remove(one)
    fields.extend([Field(100, INT, 1), one])


def assert_refused(content: bytes) -> None:
    with pytest.raises(NotATableError, match="Found: damaged or cut data"):
        read_table(content, "videos.parquet")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_file_whose_accounts_are_written_anew_as_they_were_is_read(version: str) -> None:
    table = read_table(rewritten(TEXTS, data_page_version=version), "videos.parquet")
    assert table.frame["text"].tolist() == TEXTS.to_pylist()


@pytest.mark.parametrize("again", [a_second_time, under_another_number, behind_a_later_one])
@pytest.mark.parametrize("what", IN_FOOTER)
def test_field_at_the_end_that_comes_again_or_out_of_order_is_refused(
    what: str, again: Again
) -> None:
    place, number = IN_FOOTER[what]
    assert_refused(rewritten(TEXTS, footer=lambda *said: again(said[place], number)))


@pytest.mark.parametrize("again", [a_second_time, under_another_number, behind_a_later_one])
@pytest.mark.parametrize("what", IN_HEADS)
def test_field_of_a_page_that_comes_again_or_out_of_order_is_refused(
    what: str, again: Again
) -> None:
    version, page, (*outer, number) = IN_HEADS[what]

    def change(heads: list[Fields]) -> None:
        fields = heads[page]
        for one in outer:
            fields = field(fields, one).value
        again(fields, number)

    assert_refused(rewritten(TEXTS, change, data_page_version=version))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_number_in_a_page_that_is_another_in_32_bits_is_refused(number: int) -> None:
    def change(heads: list[Fields]) -> None:
        field(heads[-1], number).value += 2**32

    assert_refused(rewritten(TEXTS, change))


@pytest.mark.parametrize("number", [N_VALUES, SIZE, DATA_PAGE, DICTIONARY_PAGE])
def test_number_at_the_end_that_is_another_in_64_bits_is_refused(number: int) -> None:
    def change(*said: Fields) -> None:
        field(said[-1], number).value += 2**64

    assert_refused(rewritten(TEXTS, footer=change))


@pytest.mark.parametrize(("version", "other"), [("1.0", 8), ("2.0", 5), ("1.0", 7)])
def test_page_that_says_of_itself_what_belongs_to_another_type_is_refused(
    version: str, other: int
) -> None:
    """Arrow goes by the type; who goes by what is said would count other values."""

    def change(heads: list[Fields]) -> None:
        head, own = heads[-1], field(heads[-1], 5 if version == "1.0" else 8)
        fields = [Field(number, INT, 0) for number in range(1, 7)]
        head.insert(head.index(own) + (other > own.number), Field(other, STRUCT, fields))

    assert_refused(rewritten(TEXTS, change, data_page_version=version))


@pytest.mark.parametrize("page", [0, 1])
def test_page_of_another_type_than_what_it_says_of_itself_is_refused(page: int) -> None:
    def change(heads: list[Fields]) -> None:
        field(heads[page], 1).value = 9

    assert_refused(rewritten(TEXTS, change))


@pytest.mark.parametrize("more", [-1, 1, 2**20])
def test_column_with_another_number_of_values_than_its_pages_is_refused(more: int) -> None:
    def change(*said: Fields) -> None:
        field(said[-1], N_VALUES).value += more

    assert_refused(rewritten(TEXTS, footer=change))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2, 3] * 2),
        pa.array([b"1234", b"5678"] * 3, pa.binary(4)),
    ],
)
@pytest.mark.parametrize("page", [0, 1])
def test_page_that_is_larger_than_its_values_counts_as_large_as_it_is(
    column: pa.Array, page: int
) -> None:
    def change(heads: list[Fields]) -> None:
        field(heads[page], 2).value = 5_000

    content, limits = rewritten(column, change), Limits(size=4_000)
    with (
        pytest.raises(OverLimitError, match="too many bytes"),
        open_blocks(content, "videos.parquet", limits=limits),
    ):
        pass


def test_texts_of_a_dictionary_count_also_where_they_are_empty() -> None:
    def change(heads: list[Fields]) -> None:
        field(field(heads[0], 7).value, 1).value = 5_000

    with (
        pytest.raises(OverLimitError, match="too many bytes"),
        open_blocks(rewritten(TEXTS, change), "videos.parquet", limits=Limits(size=4_000)),
    ):
        pass


def test_row_group_with_fewer_columns_than_the_file_is_refused() -> None:
    def change(*said: Fields) -> None:
        field(said[1], COLUMNS).value = (STRUCT, [])

    assert_refused(rewritten(TEXTS, footer=change))


def test_column_of_no_values_is_not_looked_for_where_it_is_said_to_be() -> None:
    table = pa.table({"text": TEXTS})

    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema) as writer:
        for rows in (table.slice(0, 0), table, table.slice(0, 0)):
            writer.write_table(rows)
    assert len(read_table(sink.getvalue(), "videos.parquet")) == ROWS


def test_columns_that_lie_on_each_other_are_refused() -> None:
    """Their pages would be gone through for each of them."""

    def twice(file: Fields, group: Fields, *_: Fields) -> None:
        field(file, ROW_GROUPS).value[1].append(group)
        field(file, 3).value *= 2  # rows

    assert len(read_table(rewritten(TEXTS), "videos.parquet").frame) == ROWS
    assert_refused(rewritten(TEXTS, footer=twice))


def test_upload_that_says_too_much_of_itself_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = rewritten(TEXTS)
    monkeypatch.setattr(parquet, "MOST_ACCOUNT", 50)
    assert len(read_table(content, "videos.parquet").frame) == ROWS
    monkeypatch.setattr(parquet.pq, "ParquetFile", lambda *_: pytest.fail("it was read"))
    with pytest.raises(OverLimitError, match="says too much of itself"):
        read_table(content, "videos.parquet", limits=UPLOAD_LIMITS)


def test_file_that_was_cut_is_said_to_be_damaged_whatever_its_last_bytes_say() -> None:
    cut = rewritten(TEXTS)[:-8] + (2**30).to_bytes(4, "little") + b"PAR1"
    with pytest.raises(NotATableError, match="Found: damaged or cut data"):
        read_table(cut, "videos.parquet", limits=UPLOAD_LIMITS)


def encoded(encoding: str, version: str, groups: int = 2) -> bytes:
    """Texts in a form that Arrow does not read by number, as DuckDB writes them, beside others."""
    table = pa.table({"video_id": TEXTS, "video_transcription_text": TEXTS})
    sink = io.BytesIO()
    form = {"use_dictionary": ["video_id"], "data_page_version": version}
    ways = {"video_transcription_text": encoding}
    with pq.ParquetWriter(sink, table.schema, column_encoding=ways, **form) as writer:
        for _ in range(groups):
            writer.write_table(table)
    return sink.getvalue()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_texts_behind_their_lengths_are_read(version: str) -> None:
    frame = read_table(encoded("DELTA_LENGTH_BYTE_ARRAY", version), "videos.parquet").frame
    assert frame["video_transcription_text"].tolist() == 2 * TEXTS.to_pylist()
    assert frame["video_id"].tolist() == 2 * TEXTS.to_pylist()


def test_dictionary_counts_for_each_value_where_it_is_not_read_by_number() -> None:
    """Texts stand behind their lengths in another row group: Arrow writes out those of this one."""
    column = pq.ParquetFile(io.BytesIO(encoded("PLAIN", "1.0"))).metadata.schema.column(0)
    texts = parquet_pages._Page(1_000, 100, 0, 3, True, 0, 20)
    numbers = parquet_pages._Page(10, 10, ROWS, 0, False, 8, 20)
    pages = [texts, numbers]
    assert parquet_pages._held(column, pages, is_by_number=True) < 2_000
    assert parquet_pages._held(column, pages, is_by_number=False) >= 1_000 * ROWS


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_texts_that_go_on_from_the_one_before_are_refused_in_words(version: str) -> None:
    """A page of some bytes may hold a million long ones, and nothing says so."""
    with pytest.raises(NotATableError, match="DELTA_BYTE_ARRAY in column video_transcription_text"):
        read_table(encoded("DELTA_BYTE_ARRAY", version), "videos.parquet")


def test_texts_behind_their_lengths_are_bounded() -> None:
    text = pa.table({"video_id": TEXTS, "video_transcription_text": ["x" * 1_000] * ROWS})
    sink = io.BytesIO()
    ways = {"video_transcription_text": "DELTA_LENGTH_BYTE_ARRAY"}
    pq.write_table(text, sink, use_dictionary=["video_id"], column_encoding=ways)
    with pytest.raises(OverLimitError):
        read_table(sink.getvalue(), "videos.parquet", limits=Limits(size=5_000))
    table = read_table(sink.getvalue(), "videos.parquet", limits=Limits(size=10_000))
    assert len(table.frame) == ROWS


VECTORS = pa.array([[1.0, 2.0], None, [3.0, 4.0]] * 2, pa.list_(pa.float32(), 2))


def with_column(column: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"video_id": TEXTS, "column": column}), sink)
    return sink.getvalue()


def test_lists_of_fixed_size_count_also_where_they_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are in memory as if they were there."""
    vectors = pa.array([None] * ROWS, pa.list_(pa.float32(), 1_000))
    content = with_column(vectors)
    assert len(read_table(content, "videos.parquet", limits=Limits(size=60_000)).frame) == ROWS
    assert len(read_table(with_column(VECTORS), "videos.parquet").frame) == ROWS
    monkeypatch.setattr(parquet, "_by_number", lambda *_: pytest.fail("it was read"))
    with pytest.raises(OverLimitError):
        read_table(content, "videos.parquet", limits=Limits(size=40_000))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a"]] * ROWS, pa.list_view(pa.string())),
        pa.array([[1]] * ROWS, pa.large_list_view(pa.int64())),
        pa.array([[["a"]]] * ROWS, pa.list_(pa.list_view(pa.string()))),
        pa.array([[[1.0]]] * ROWS, pa.list_(pa.list_(pa.float32(), 1))),
    ],
    ids=str,
)
def test_lists_of_other_kinds_are_refused_in_words(column: pa.Array) -> None:
    with pytest.raises(
        NotATableError, match=r"lists of a kind that is not read.* in column column"
    ):
        read_table(with_column(column), "videos.parquet")
