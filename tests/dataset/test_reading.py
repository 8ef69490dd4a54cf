from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.reading import Table, read_table
from claimclf.errors import (
    DuplicateColumnError,
    EmptyTableError,
    InputError,
    InvalidRequestError,
    NotATableError,
    OverLimitError,
    WrongEncodingError,
)
from claimclf.schema import MOST_COLUMNS, Limits
from tests.builders import as_csv, reported_csv, reported_rows

relaxed = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
#: Anything that a cell may hold, line breaks and quotes included; a file cannot hold surrogates.
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
tables = st.integers(1, 4).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "first": st.lists(cells, min_size=rows, max_size=rows),
            "second": st.lists(cells, min_size=rows, max_size=rows),
        }
    )
)


def cells_of(table: Table) -> dict[str, list[str]]:
    return table.frame.to_dict(orient="list")


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


@relaxed
@given(tables, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_cell_is_read_as_it_was_written(
    columns: dict[str, list[str]], delimiter: str, newline: str, quote_all: bool
) -> None:
    content = as_csv(columns, delimiter, newline, quote_all=quote_all)
    assert cells_of(read_table(content.encode())) == columns


@relaxed
@given(
    st.lists(cells, min_size=1, max_size=4),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
)
def test_delimiter_line_ends_bom_and_gzip_make_no_difference(
    transcripts: list[str], delimiter: str, newline: str, bom: bool, zipped: bool
) -> None:
    rows = len(transcripts)
    plain = read_table(reported_csv(rows, video_transcription_text=transcripts))
    content = reported_csv(
        rows,
        delimiter=delimiter,
        newline=newline,
        encoding="utf-8-sig" if bom else "utf-8",
        video_transcription_text=transcripts,
    )
    other = read_table(gzip.compress(content) if zipped else content)
    pd.testing.assert_frame_equal(other.frame, plain.frame)
    assert other.columns[0] == "video_id"  # no byte-order mark left in a name


@relaxed
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),  # blank lines before the row
            st.lists(st.sampled_from(["a", "b c", 'say ""hi""', ",", ";"]), min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_line_numbers_count_quoted_newlines_and_blank_lines(
    plan: list[tuple[int, list[str]]], newline: str
) -> None:
    # Written and counted by hand, so that the reader is not compared with itself.
    content, expected, line = "id,text" + newline, [], 2
    for number, (blanks, parts) in enumerate(plan):
        content += newline * blanks
        line += blanks
        expected.append(line)
        content += f'{number},"{newline.join(parts)}"{newline}'
        line += len(parts)
    table = read_table(content.encode())
    assert table.lines.tolist() == expected
    assert table.frame["id"].tolist() == [str(number) for number in range(len(plan))]


def test_a_last_line_without_line_end_is_a_row() -> None:
    table = read_table(b"a,b\n1,2\n3,4")
    assert cells_of(table) == {"a": ["1", "3"], "b": ["2", "4"]}


def test_words_for_missing_values_and_leading_zeros_stay_as_written() -> None:
    table = read_table(b"id,text\n007,NA\n1e5,None\n 8 ,\nNaN,null\n")
    assert cells_of(table) == {
        "id": ["007", "1e5", " 8 ", "NaN"],
        "text": ["NA", "None", "", "null"],
    }


def test_the_delimiter_is_the_one_under_which_columns_are_known() -> None:
    # Commas are more frequent in this header, but only semicolons give known names.
    table = read_table(b"video_id;report_count;note, with, many, commas, in, it\n1;2;3\n")
    assert table.columns == ["video_id", "report_count", "note, with, many, commas, in, it"]


def test_an_unnamed_index_column_is_kept() -> None:
    assert read_table(b",a\n0,x\n").columns == ["", "a"]


def test_a_row_of_another_width_is_kept_with_its_field_count() -> None:
    table = read_table(b"a;b\n1\n1;2\n1;2;3;4\n")
    assert table.field_counts.tolist() == [1, 2, 4]
    assert cells_of(table) == {"a": ["1", "1", "1"], "b": ["", "2", "2"]}
    assert table.surplus == {2: "3;4"}


def test_a_file_and_its_bytes_give_the_same_table_and_hash(tmp_path: Path) -> None:
    content = reported_csv()
    path = tmp_path / "mine.csv"
    path.write_bytes(content)
    from_file, from_bytes = read_table(path), read_table(content, "mine.csv")
    assert from_file.name == from_bytes.name == "mine.csv"
    assert from_file.sha256 == from_bytes.sha256 == hashlib.sha256(content).hexdigest()
    pd.testing.assert_frame_equal(from_file.frame, from_bytes.frame)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_all_three_line_ends_are_read(newline: str) -> None:
    content = newline.join(["a,b", "1,2", "3,4", ""]).encode()
    assert cells_of(read_table(content)) == {"a": ["1", "3"], "b": ["2", "4"]}


# What is refused


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"   \r\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)]
)
def test_an_empty_file_has_no_header(content: bytes) -> None:
    with pytest.raises(EmptyTableError, match="no header line"):
        read_table(content)


@pytest.mark.parametrize("content", [b"a,b\n", b"a,b", b"a,b\n\n\n"])
def test_a_header_only_has_no_rows(content: bytes) -> None:
    with pytest.raises(EmptyTableError, match=r"no rows.*a header only"):
        read_table(content)


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"[1, 2, 3]",
            b'["a", "b"]',
            b'[["video_id", "text"], ["1", "a"]]',
            b"[null]",
            b" [[]]\n",
        ),
        *(b'[\n  ["video_id", "text"],\n  ["1", "a"]\n]\n', b"[]", b"{}", b'{"data": []}'),
        b"[" + b"1, " * 100_000 + b"1]",
    ],
)
def test_json_without_objects_is_told_as_that_and_not_as_a_header(content: bytes) -> None:
    with pytest.raises(NotATableError, match=r"Found: JSON without objects\. Give an object for"):
        read_table(content)


@pytest.mark.parametrize("content", [b"{'video_id': '1', 'text': 'a'}", b"{video_id: 1}\n"])
def test_one_line_that_is_nearly_json_is_told_as_that(content: bytes) -> None:
    with pytest.raises(NotATableError, match="begins like JSON, and is none"):
        read_table(content)


@pytest.mark.parametrize(
    "content", [b'{"video_id": "1", "text": "a"}', b'[{"video_id": "1", "text": "a"}]']
)
def test_one_line_of_json_is_a_table(content: bytes) -> None:
    assert list(read_table(content).frame["video_id"]) == ["1"]


@pytest.mark.parametrize("content", [b"[id],[text]\n", b"[id],[text]"])
def test_header_in_brackets_is_a_header(content: bytes) -> None:
    with pytest.raises(EmptyTableError, match="a header only"):
        read_table(content)
    assert list(read_table(b"[id],[text]\n1,a\n").frame["[id]"]) == ["1"]


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"\xff\xd8\xff\xe0", "JPEG image"),
        (b"%PDF-1.7", "PDF document"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"SQLite format 3\x00", "SQLite database"),
    ],
)
def test_a_renamed_file_is_called_what_it_is(start: bytes, what: str) -> None:
    with pytest.raises(NotATableError, match=what):
        read_table(start + bytes(range(256)))


def test_unknown_binary_data_is_not_taken_for_an_encoding() -> None:
    with pytest.raises(NotATableError, match="binary data"):
        read_table(b"\x7fELF" + bytes(range(256)) * 4)


@pytest.mark.parametrize(
    ("encoding", "offer"), [("latin-1", "cp1252"), ("cp1252", "cp1252"), ("utf-16", "utf-16")]
)
def test_another_encoding_is_named_and_can_then_be_read(encoding: str, offer: str) -> None:
    spoken = "un ami a lu que la forêt était âgée de mille étés"
    content = reported_csv(video_transcription_text=spoken, encoding=encoding)
    with pytest.raises(WrongEncodingError, match=f"read it again as {offer}") as caught:
        read_table(content)
    assert caught.value.detected == offer
    table = read_table(content, encoding=offer)
    assert table.columns == list(reported_rows())
    assert set(table.frame["video_transcription_text"]) == {spoken}


def test_bytes_that_are_not_utf8_are_found_far_into_a_file() -> None:
    content = reported_csv(400, note="x" * 2_000) + "é,".encode("latin-1") * 11 + b"\n"
    with pytest.raises(WrongEncodingError, match="cp1252"):
        read_table(content)


@pytest.mark.parametrize("encoding", ["nonsense", "base64", "a\0b"])
def test_an_unknown_encoding_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"encoding .* is unknown"):
        read_table(reported_csv(), encoding=encoding)


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "utf-32"])
def test_a_wrong_choice_of_encoding_is_explained(encoding: str) -> None:
    content = reported_csv(video_transcription_text="forêt")
    with pytest.raises(InputError, match=f"is not {encoding} text"):
        read_table(content, encoding=encoding)


@pytest.mark.parametrize("title", ["video_id", ""])
def test_two_columns_of_one_name_are_refused_with_their_positions(title: str) -> None:
    with pytest.raises(DuplicateColumnError, match="positions 1 and 3"):
        read_table(f"{title},a,{title}\n1,2,3\n".encode())


@pytest.mark.parametrize("ending", [b'4,"never closed\n5,6\n', b'4,"closed"too late\n'])
def test_broken_quoting_is_refused_near_its_line(ending: bytes) -> None:
    with pytest.raises(NotATableError, match=r"near line 3\..*quotation mark"):
        read_table(b"a,b\n1,2\n" + ending)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'a,b\n1,"two\nlines"\n3,"open\n4,5\n', 4),
        (b'a,b\n1,2\n"two\nlines","open\n4,5\n', 4),
        (b'a,b\n1,2\n"a ""quoted"" word","open\n' + b"4,5\n" * 5_000 + b'"6","7"\n', 3),
        (b'a,b\n1,2\n,"open\n4,"quoted"\n5,6\n', 3),
        (b'a,b\r1,2\r3,"open\r4,5\r', 3),
        (b'a,"b\n1,2\n', 1),
        (b'a,"two\nlines","b\n1,2\n', 2),
        (b'a;b\n1;"x, ""y"""\n"";"open\n', 3),
    ],
)
def test_a_quote_that_is_not_closed_is_reported_on_the_line_where_it_opens(
    text: bytes, line: int
) -> None:
    with pytest.raises(NotATableError, match=rf"near line {line}\..*quotation mark"):
        read_table(text)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(size=100), r"too many bytes\. Found: [\d,]+; the limit is 100\."),
        (Limits(rows=2), r"too many rows\. Found: [34]; the limit is 2\."),
        (Limits(columns=5), r"too many columns\. Found: 11; the limit is 5\."),
    ],
    ids=["bytes", "rows", "columns"],
)
@pytest.mark.parametrize("how", ["bytes", "file", "gzip", "parquet"])
def test_each_limit_is_checked_for_each_kind_of_input(
    limits: Limits, message: str, how: str, tmp_path: Path
) -> None:
    content = reported_csv(3)
    source: bytes | Path = content
    if how == "file":
        source = tmp_path / "big.csv"
        source.write_bytes(content)
    elif how == "gzip":
        source = gzip.compress(content)
    elif how == "parquet":
        source = parquet(pa.table(reported_rows(3)))
    with pytest.raises(OverLimitError, match=message):
        read_table(source, limits=limits)


def test_an_input_at_the_limit_is_read() -> None:
    content = reported_csv(3)
    limits = Limits(size=len(content), rows=3, columns=11)
    assert len(read_table(content, limits=limits)) == 3
    assert len(read_table(gzip.compress(content), limits=limits)) == 3


def test_a_gzip_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000)
    assert len(bomb) < 10_000
    with pytest.raises(OverLimitError, match="Found: 10,001; the limit is 10,000"):
        read_table(bomb, limits=Limits(size=10_000))


def test_columns_have_a_limit_even_on_the_shell() -> None:
    wide = ",".join(f"c{n}" for n in range(MOST_COLUMNS + 1))
    with pytest.raises(OverLimitError, match=r"Remove columns"):
        read_table(f"{wide}\n{wide}\n".encode())


@pytest.mark.parametrize("limits", [Limits(), Limits(size=1_000_000)], ids=["stream", "memory"])
@pytest.mark.parametrize("damage", ["cut", "altered"])
def test_a_damaged_gzip_file_is_refused(limits: Limits, damage: str) -> None:
    whole = gzip.compress(reported_csv(50))
    broken = whole[:-20] if damage == "cut" else whole[:40] + b"\xff" * 30 + whole[70:]
    with pytest.raises(NotATableError, match="not a readable gzip file"):
        read_table(broken, limits=limits)


@pytest.mark.parametrize("damage", ["cut", "start only", "altered pages"])
def test_a_damaged_parquet_file_is_refused(damage: str) -> None:
    whole = parquet(pa.table(reported_rows(50)))
    broken = {
        "cut": whole[:-30],
        "start only": b"PAR1",
        "altered pages": whole[:40] + b"\xff" * 1_500 + whole[1_540:],
    }[damage]
    with pytest.raises(NotATableError, match="not a readable Parquet file"):
        read_table(broken)


def test_a_parquet_file_without_rows_is_empty() -> None:
    with pytest.raises(EmptyTableError):
        read_table(parquet(pa.table({"a": pa.array([], pa.int64())})))


def test_a_missing_file_and_a_folder_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(InputError, match=r"a folder without \.info\.json files"):
        read_table(tmp_path)


# Parquet


def test_parquet_has_the_same_cells_as_csv() -> None:
    columns = reported_rows(5)
    table = read_table(parquet(pa.table(columns)))
    assert cells_of(table) == cells_of(read_table(as_csv(columns).encode()))
    assert table.lines.tolist() == [1, 2, 3, 4, 5]


def test_long_whole_numbers_beside_missing_ones_keep_every_digit() -> None:
    long_id = 7_234_567_890_123_456_789  # as a float it would end in 6,512
    table = read_table(parquet(pa.table({"video_id": pa.array([long_id, None], pa.int64())})))
    assert table.frame["video_id"].tolist() == [long_id, None]


def test_an_index_in_parquet_stays_a_column() -> None:
    stream = io.BytesIO()
    pd.DataFrame({"video_id": ["7", "8"], "x": [1, 2]}).set_index("video_id").to_parquet(stream)
    table = read_table(stream.getvalue())
    assert sorted(table.columns) == ["video_id", "x"]
    assert table.frame["video_id"].tolist() == ["7", "8"]


def test_blank_lines_before_the_header_are_skipped_and_counted() -> None:
    table = read_table(b"\n\nvideo_id,note\n7,x\n\n8,y\n")
    assert table.columns == ["video_id", "note"]
    assert table.lines.tolist() == [4, 6]


def test_endless_header_is_refused_before_it_fills_memory() -> None:
    with pytest.raises(NotATableError, match="header"):
        read_table(gzip.compress(b"0" * 5_000_000))
