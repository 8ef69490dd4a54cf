"""Who waits for their turn to write to SQLite is told so, and gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimclf.errors import StorageError
from claimclf.queue.settings.team import change_settings, settings_of
from claimclf.queue.storage import database as module
from claimclf.queue.storage.database import Database
from tests.queue.builders import LEAD


@pytest.fixture
def file(migrated: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "queue.db"
    copy.write_bytes(migrated.read_bytes())
    return copy


def test_wait_is_told_once_and_the_work_is_done_when_its_turn_comes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0)
    upload = Database(f"sqlite:///{file}").engine.raw_connection()
    upload.cursor().execute("BEGIN IMMEDIATE")
    tries: list[float] = []
    calls: list[int] = []

    def pause(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 3:
            upload.rollback()

    monkeypatch.setattr(module.time, "sleep", pause)
    waiting = Database(f"sqlite:///{file}", on_wait=lambda: calls.append(len(tries)))
    change_settings(waiting, LEAD, "meanwhile", undo_minutes=7)
    assert waiting.read(settings_of).undo_minutes == 7
    assert calls == [0]
    upload.close()


def test_nobody_is_told_of_a_wait_where_there_is_none(file: Path) -> None:
    calls: list[None] = []
    free = Database(f"sqlite:///{file}", on_wait=lambda: calls.append(None))
    change_settings(free, LEAD, "at once", undo_minutes=7)
    assert calls == []


def test_wait_without_end_is_given_up_in_words(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUSY_SECONDS", 0)
    other = Database(f"sqlite:///{file}").engine.raw_connection()
    other.cursor().execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match=r"database is busy.*Nothing was changed. Try again"):
        change_settings(Database(f"sqlite:///{file}"), LEAD, "never", undo_minutes=7)
    other.rollback()
    other.close()
