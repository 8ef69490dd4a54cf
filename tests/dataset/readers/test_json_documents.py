"""JSON documents one after another: each is looked at once, and none without an end is held."""

from __future__ import annotations

import json
from typing import Any

import pytest

from claimclf.dataset.readers import json_documents
from claimclf.dataset.reading import read_table
from claimclf.errors import NotATableError, OverLimitError


def videos(n: int) -> list[dict[str, Any]]:
    return [
        {"video_id": f"{7_000_000_000_000_000_001 + k}", "text": f"a [{k}] {{", "tags": ["x"]}
        for k in range(n)
    ]


def written(documents: list[Any]) -> bytes:
    """As `jq .` writes them."""
    return "\n".join(json.dumps(document, indent=2) for document in documents).encode()


def ids(content: bytes) -> list[str]:
    return read_table(content, "videos.json").frame["video_id"].tolist()


def test_objects_over_several_lines_one_after_another_are_rows() -> None:
    assert ids(written(videos(300))) == [video["video_id"] for video in videos(300)]


def test_answers_one_after_another_give_their_objects() -> None:
    some = videos(30)
    answers = [{"data": {"videos": some[k : k + 3]}, "extra": {}} for k in range(0, 30, 3)]
    assert ids(written(answers)) == [video["video_id"] for video in some]


def test_arrays_one_after_another_give_their_objects() -> None:
    some = videos(6)
    assert ids(written([some[:3], some[3:]])) == [video["video_id"] for video in some]


def test_bytes_are_looked_at_a_few_times_however_many_documents_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = 0
    depths = json_documents._depths

    def counted(text: bytes) -> Any:
        nonlocal looked_at
        looked_at += len(text)
        return depths(text)

    monkeypatch.setattr(json_documents, "_depths", counted)
    content = written(videos(1_000))
    assert len(ids(content)) == 1_000
    assert looked_at < 12 * len(content)


def test_object_without_an_end_is_not_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_documents, "_LONGEST", 2**22)
    content = b'[{"video_id": "' + b"x" * 10 * 2**20
    with pytest.raises(OverLimitError, match="an object that is too long"):
        read_table(content, "videos.json")


def test_what_is_no_object_behind_others_is_said() -> None:
    with pytest.raises(NotATableError):
        read_table(written(videos(3)) + b"\nand so on", "videos.json")
