"""Whatever an input holds: all its rows are accounted for, or it is refused in words."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.validate import validate
from claimclf.errors import NotATableError
from claimclf.schema import REPORTED
from tests.builders import reported_rows
from tests.dataset.fuzzing import SHARES, made, stretch
from tests.effort import examples

SEED, MOST = 17, 1_500
#: Reading alone takes a twentieth of the time that it takes to check each cell as well.
READ = 9_500


def archive(how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as file:
        for number in range(2):
            info = {"_type": "video", "id": str(number), "webpage_url": "", "extractor": "TikTok"}
            file.writestr(f"{number}.info.json", json.dumps(info))
    return stream.getvalue()


def parquet(**columns: pa.Array) -> bytes:
    table = {name: pa.array(cells) for name, cells in reported_rows(3).items()}
    stream = io.BytesIO()
    pq.write_table(pa.table({**table, **columns}), stream, compression="none")
    return stream.getvalue()


def test_damaged_inputs_of_every_format_are_accounted_for_or_refused_in_words() -> None:
    outcomes, wrong = stretch(SEED, 0, examples(MOST))
    assert wrong == []
    for kind in SHARES:
        assert outcomes[f"{kind}: accepted"], f"no input of kind {kind} was read to its end"
        assert outcomes[f"{kind}: refused"], f"no input of kind {kind} was refused"


def test_readers_read_or_refuse_each_of_many_damaged_inputs() -> None:
    outcomes, wrong = stretch(SEED, MOST, READ, checked=False)
    assert wrong == []
    assert outcomes.total() == READ
    for kind in SHARES:
        assert outcomes[f"{kind}: read"], f"no input of kind {kind} was read to its end"
        assert outcomes[f"{kind}: refused"], f"no input of kind {kind} was refused"


def test_seed_and_number_name_an_input() -> None:
    assert [made(1, number) for number in range(30)] == [made(1, number) for number in range(30)]
    assert made(1, 0) != made(2, 0)


@pytest.mark.parametrize("how", ["content", "header", "password"])
def test_archive_with_a_file_that_cannot_be_unpacked_is_refused(how: str) -> None:
    content = bytearray(archive(zipfile.ZIP_STORED))
    name = content.index(b"1.info.json")
    if how == "content":
        content[name + 20] ^= 1
    elif how == "header":
        content[name - 30] ^= 1
    else:
        content[content.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(NotATableError, match=r"Found: 1\.info\.json cannot be unpacked"):
        read_table(bytes(content), "videos.zip")


def test_archive_that_asks_for_a_newer_unpacker_is_refused() -> None:
    content = bytearray(archive())
    content[content.index(b"PK\x01\x02") + 6] = 155  # version 15.5 of the format
    with pytest.raises(NotATableError, match="not a readable ZIP archive"):
        read_table(bytes(content), "videos.zip")


def test_packed_parquet_that_is_cut_is_refused_as_such() -> None:
    content = gzip.compress(parquet())
    with pytest.raises(NotATableError, match="not a readable gzip file"):
        read_table(content[:-40], "videos.parquet.gz")


def test_bytes_that_a_parquet_file_does_not_call_text_are_read_as_text() -> None:
    texts = pa.array([b"raw garlic", None, b"raw \xff garlic"])
    validated = validate(read_table(parquet(video_transcription_text=texts)), REPORTED)
    assert validated.accepted["video_transcription_text"].fillna("").tolist() == [
        "raw garlic",
        "",
        "raw \N{REPLACEMENT CHARACTER} garlic",
    ]


@pytest.mark.parametrize("where", [b"someone read online", b"video_id"])
def test_parquet_file_whose_text_or_names_are_no_text_is_refused(where: bytes) -> None:
    content = parquet().replace(where, b"\xff" + where[1:])
    with pytest.raises(NotATableError, match="not a readable Parquet file"):
        read_table(content, "videos.parquet")


def test_half_of_a_character_in_json_costs_itself_wherever_it_stands() -> None:
    lines = [
        '{"video_id": "one", "video_transcription_text": "a word", "x\\ud800": "y\\ud800"}',
        '{"video_id": "two", "video_transcription_text": "a word", "z": ["\\ud800"]}',
    ]
    table = read_table("\n".join(lines).encode())
    assert table.frame["x?"].tolist() == ["y?", ""]
    assert table.frame["z"].tolist() == ["", '["?"]']
    assert validate(table, REPORTED).n_accepted == 2
