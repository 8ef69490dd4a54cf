"""What a Parquet file says at its end is read as Arrow reads it, and damage is an error."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimclf.dataset.readers import parquet
from claimclf.dataset.readers.parquet_footer import Chunk, row_groups
from claimclf.dataset.reading import read_table
from claimclf.errors import NotATableError

ROWS = 40
COLUMNS = {
    "id": pa.array([f"video-{number}" for number in range(ROWS)]),
    "count": pa.array([None if number % 3 else number for number in range(ROWS)]),
    "none": pa.array([None] * ROWS, pa.string()),
    "lists": pa.array([["a", None][: number % 3] for number in range(ROWS)]),
    "parts": pa.array([{"x": number, "y": "z"} for number in range(ROWS)]),
    "map": pa.array([[("k", number)] for number in range(ROWS)], pa.map_(pa.string(), pa.int64())),
}


def written(row_group_size: int = 15, **options: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(COLUMNS), stream, row_group_size=row_group_size, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_dictionary": False, "compression": "zstd"},
        {"write_statistics": False, "data_page_version": "2.0"},
        {"write_page_index": True, "write_page_checksum": True, "row_group_size": 7},
    ],
)
def test_columns_begin_where_arrow_says(options: dict[str, object]) -> None:
    content = written(**options)  # type: ignore[arg-type]
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = [[group.column(place) for place in range(group.num_columns)] for group in groups]
    assert row_groups(io.BytesIO(content)) == [
        [
            Chunk(
                one.num_values,
                one.total_compressed_size,
                one.data_page_offset,
                one.dictionary_page_offset or 0,
            )
            for one in chunks
        ]
        for chunks in columns
    ]


@given(st.data())
def test_damage_is_an_error_or_another_account_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(written(row_group_size=ROWS))
    length = int.from_bytes(content[-8:-4], "little")
    place = data.draw(st.integers(len(content) - 8 - length, len(content) - 1))
    end = data.draw(st.sampled_from([place, place + 1, place + 9]))
    content[place:end] = data.draw(st.binary(max_size=12))
    try:
        groups = row_groups(io.BytesIO(bytes(content)))
    except OSError:
        return
    assert all(isinstance(chunk, Chunk) for chunks in groups for chunk in chunks)


def test_text_whose_number_is_behind_the_last_one_is_damage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = pa.DictionaryArray.from_arrays(pa.array([0, 5]), pa.array(["a"]), safe=False)
    batch = pa.RecordBatch.from_arrays([cells], ["id"])
    monkeypatch.setattr(parquet, "_read_batches", lambda *_: iter([batch]))
    with pytest.raises(pa.ArrowInvalid):
        list(parquet._batches(pq.ParquetFile(io.BytesIO(written())), 10))


def with_other_number(content: bytes, place: int, number: int) -> bytes:
    """Write another number where a footer says three; the bytes are Thrift's for an integer."""
    three, other = b"\x16\x06", bytes([0x16, 2 * number])
    at = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for _ in range(place + 1):
        at = content.index(three, at) + len(three)
    return content[: at - 2] + other + content[at:]


@pytest.mark.parametrize("number", [0, 2, 4])
def test_no_row_is_lost_where_a_file_says_other_numbers_of_rows_than_it_has(number: int) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"video_id": ["a", "b", "c"], "text": ["x", "y", "z"]}), sink)
    said = set()
    for place in range(5):  # of the table, the columns, and the row group
        damaged = with_other_number(sink.getvalue(), place, number)
        try:
            assert len(read_table(damaged, "videos.parquet")) == 3
        except NotATableError as error:
            said.add(error.found)
    assert f"Found: 3 rows; it says that it has {number}." in said
