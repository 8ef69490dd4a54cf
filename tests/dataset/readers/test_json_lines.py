"""Lines of JSON in blocks: every byte once, every row with its line."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.readers import json_lines
from claimclf.dataset.readers.json_lines import _contents
from claimclf.dataset.reading import joined, parse, read_table
from claimclf.streaming.engines import Distance
from claimclf.streaming.parts import StoredBlock, handed


class Text(BytesIO):
    start = 0

    @property
    def left(self) -> int:
        return len(self.getbuffer()) - self.tell()


LINES = st.lists(st.sampled_from([b"{}", b"", b'{"id": "1"}', b"x" * 70]), max_size=40)


@given(LINES, st.integers(1, 200), st.integers(0, 50), st.booleans())
def test_blocks_of_any_size_hold_every_byte_once_and_end_with_lines(
    lines: list[bytes], size: int, held: int, ends: bool
) -> None:
    whole = b"\n".join(lines) + (b"\n" if ends else b"")
    text = Text(whole)
    first = text.read(held)
    contents = list(_contents(first, False, text, size))
    assert b"".join(contents) == whole
    assert all(content.endswith(b"\n") for content in contents[:-1])


def test_rows_behind_blank_lines_have_their_own_lines(tmp_path: Path) -> None:
    file = tmp_path / "videos.ndjson"
    file.write_text('{"id": "a", "text": "one"}\n\n\n{"id": "b", "text": "two"}\n')
    assert read_table(file).lines.tolist() == [1, 4]


ROWS = st.lists(
    st.sampled_from(['{"id": "a", "text": "é"}', "", " ", '{"id": "b"}', "{"]), max_size=40
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(4, 120), st.integers(8, 60), st.booleans())
def test_blocks_that_stay_in_the_file_hold_the_same_rows_and_lines(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[str],
    size: int,
    at_once: int,
    ends: bool,
) -> None:
    for name, most in {"_AT_ONCE": at_once, "HEAD_BYTES": 8, "_FLAT_BYTES": 8}.items():
        monkeypatch.setattr(json_lines, name, most)
    file = tmp_path / "videos.ndjson"
    file.write_text("\n".join(['{"id": "first", "text": "one"}', *rows]) + ("\n" if ends else ""))
    expected = read_table(file)
    with open_blocks(file, size=size, contents=False) as blocks:
        stored = list(handed(blocks, file, tmp_path, Distance.IN_PROCESS))
    assert all(isinstance(one, StoredBlock) and one.block.content == b"" for one in stored)
    tables = [parse(one.loaded()) for one in stored if isinstance(one, StoredBlock)]
    table = joined(tables, "", "")
    pd.testing.assert_frame_equal(table.frame, expected.frame)
    assert table.lines.tolist() == expected.lines.tolist()
    assert table.unreadable.keys() == expected.unreadable.keys()
    assert [one.block.rows for one in stored] == list(map(len, tables))
