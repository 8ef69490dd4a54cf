"""Lines of JSON in blocks: every byte once, every row with its line."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from claimclf.dataset.readers.json_lines import _contents
from claimclf.dataset.reading import read_table


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
