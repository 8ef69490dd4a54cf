"""Files and folders of ours are taken from nobody and shown to nobody."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.writing import write_table
from claimclf.errors import EngineError, StorageError
from claimclf.files import leads_to_no_file, own_folder, replacing
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import MODELS
from claimclf.queue.storage.database import Database
from claimclf.services.streaming import Source, score_file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def source(folder: Path) -> Source:
    path = folder / "videos.csv"
    demo_videos(20).to_csv(path, index=False)
    model = ModelStore(MODELS).load("content-xgboost")
    return Source(path, model, MODELS, {})


def test_working_folder_is_closed_to_others_while_it_is_there(tmp_path: Path) -> None:
    folder, modes = tmp_path / ".out.csv.scoring", []
    score_file(
        source(tmp_path), tmp_path / "out.csv", on_progress=lambda *_: modes.append(mode(folder))
    )
    assert set(modes) == {0o700}


@pytest.mark.parametrize("kind", ["link", "open to others", "a file"])
def test_working_folder_that_somebody_prepared_is_refused(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / ".out.csv.scoring"
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    if kind == "link":
        folder.symlink_to(prepared)
    elif kind == "a file":
        folder.write_text("mine", "utf-8")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(EngineError, match="working folder"):
        score_file(source(tmp_path), tmp_path / "out.csv")
    assert list(prepared.iterdir()) == []
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(OSError, match="somebody else"):
        own_folder(folder)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_output_replaces_a_link_and_never_follows_it(name: str, tmp_path: Path) -> None:
    private, output = tmp_path / "private.txt", tmp_path / name
    private.write_text("mine", "utf-8")
    output.symlink_to(private)
    score_file(source(tmp_path), output)
    assert private.read_text("utf-8") == "mine"
    assert not output.is_symlink()
    output.unlink()
    output.symlink_to(private)
    write_table(pd.DataFrame({"a": ["b"]}), output)
    assert private.read_text("utf-8") == "mine"
    assert not output.is_symlink()


@pytest.mark.usefixtures("umask")
def test_tables_keep_the_umask_and_private_ones_are_shown_to_nobody(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["b"]})
    os.umask(0o027)
    write_table(frame, tmp_path / "shared.csv")
    write_table(frame, tmp_path / "private.csv", private=True)
    assert (mode(tmp_path / "shared.csv"), mode(tmp_path / "private.csv")) == (0o640, 0o600)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("is_old", [False, True])
def test_queue_and_its_companions_are_ours_alone(is_old: bool, tmp_path: Path) -> None:
    """The file of turns, too: whoever can read it could keep everybody from theirs."""
    file = tmp_path / "queue.db"
    file.touch()  # as an earlier release has left it
    file.chmod(0o644)
    lock = tmp_path / "queue.db.lock"
    if is_old:
        lock.touch()
        lock.chmod(0o644)
    database = Database(f"sqlite:///{file}")
    database.prepare()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM cases").all()
        there = {path.name: mode(path) for path in tmp_path.glob("queue.db*")}
    database.close()
    assert {"queue.db", "queue.db-wal", "queue.db.lock"} <= there.keys()
    assert set(there.values()) == {0o600}


def test_link_in_the_place_of_the_file_of_turns_is_not_followed(tmp_path: Path) -> None:
    private = tmp_path / "private.txt"
    private.write_text("mine", "utf-8")
    private.chmod(0o644)
    (tmp_path / "queue.db.lock").symlink_to(private)
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    with pytest.raises(StorageError):
        database.prepare()
    database.close()
    assert (private.read_text("utf-8"), mode(private)) == ("mine", 0o644)


def test_file_that_was_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", "utf-8")

    def stop_half_way() -> None:
        with replacing(path) as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        stop_half_way()
    assert [(file.name, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [
        ("out.csv", "old")
    ]


@pytest.mark.usefixtures("umask")
def test_folder_of_the_queue_is_closed_to_others_also_where_it_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr("claimclf.queue.storage.database.DEFAULT_QUEUE", folder / "queue.db")
    Database(f"sqlite:///{folder / 'queue.db'}").prepare()
    assert mode(folder) == 0o700


def test_link_to_a_pipe_is_replaced_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    assert leads_to_no_file(pipe)
    assert all(leads_to_no_file(Path("/dev", name)) for name in ("stdout", "null"))
    assert not leads_to_no_file(link)
    write_table(pd.DataFrame({"a": [1]}), link)
    assert not link.is_symlink()
    assert link.is_file()
