"""A part is what its own folder holds, whole; anything else is scored anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from claimclf.dataset.blocks import Block, open_blocks
from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.mapping import understand
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import REPORTED
from claimclf.streaming.parts import Job, Part, score_block
from tests.builders import reported_csv


@pytest.fixture
def block() -> Block:
    with open_blocks(reported_csv(5)) as blocks:
        (block,) = blocks
    return block


@pytest.fixture
def job(shipped: ModelStore, tmp_path: Path) -> Job:
    version = shipped.load("speech-linear").manifest.version
    mapping = understand(read_table(reported_csv(3)), REPORTED)
    folder = tmp_path / "working"
    folder.mkdir()
    return Job(folder, shipped.folder, "speech-linear", version, mapping)


def described(part: Part) -> Path:
    return Path(f"{part.path}.json")


def same_files(part: Part, before: dict[str, bytes]) -> bool:
    folder = Path(part.path).parent
    return {path.name: path.read_bytes() for path in folder.iterdir()} == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


DAMAGE: dict[str, Callable[[Part], object]] = {
    "no word": lambda part: described(part).write_bytes(b""),
    "a list": lambda part: described(part).write_text("[]"),
    "fields of another kind": lambda part: described(part).write_text(
        json.dumps(json.loads(described(part).read_text()) | {"n_rows": "5"})
    ),
    "another number of rows": lambda part: described(part).write_text(
        json.dumps(json.loads(described(part).read_text()) | {"n_rows": 6})
    ),
    "another block": lambda part: described(part).write_text(
        json.dumps(json.loads(described(part).read_text()) | {"number": 1})
    ),
    "a cut table": lambda part: cut(Path(f"{part.path}.videos.arrow")),
    "a cut array": lambda part: cut(Path(f"{part.path}.keys.npy")),
    "a missing table": lambda part: Path(f"{part.path}.notes.arrow").unlink(),
}


def test_part_that_is_whole_is_not_made_again(block: Block, job: Job) -> None:
    part = score_block(block, job)
    made = described(part).stat().st_mtime_ns
    assert score_block(block, job) == part
    assert described(part).stat().st_mtime_ns == made


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_part_is_made_again(block: Block, job: Job, damage: str) -> None:
    part = score_block(block, job)
    before = {path.name: path.read_bytes() for path in job.folder.iterdir()}
    DAMAGE[damage](part)
    assert not same_files(part, before)
    assert score_block(block, job) == part
    assert same_files(part, before)


def test_part_in_a_moved_folder_is_read_from_there_whatever_stands_in_the_old_place(
    block: Block, job: Job, tmp_path: Path
) -> None:
    part = score_block(block, job)
    moved = Path(shutil.copytree(job.folder, tmp_path / "moved"))
    made = {path: path.stat().st_mtime_ns for path in moved.iterdir()}
    again = score_block(block, replace(job, folder=moved))
    assert Path(again.path).parent == moved
    assert len(again.table("videos")) == part.n_accepted
    assert {path: path.stat().st_mtime_ns for path in moved.iterdir()} == made
