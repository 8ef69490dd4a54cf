"""What waits is scored by the model in use then; where nothing waits, nothing is written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from claimclf.api.door import working
from claimclf.api.door.working import Worker
from claimclf.configuration import MODELS
from claimclf.modeling.store.champion import overrule
from claimclf.modeling.store.store import ModelStore
from claimclf.people import Person
from claimclf.queue.intake.reports import pending
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases
from claimclf.services import intake

SENDER = Person("sender")


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    others = shutil.ignore_patterns("course-*", "speech-random*", "speech-xg*")
    shutil.copytree(shipped.folder, tmp_path / "models", ignore=others)
    monkeypatch.setenv(MODELS.variable, str(tmp_path / "models"))
    return ModelStore(tmp_path / "models")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    database.prepare()
    return database


def report(database: Database, name: str) -> None:
    said = {"video_transcription_text": f"someone read online that {name} is older than it looks"}
    record = {"id": name, "video_id": name, "at": "2026-01-01T00:00:00Z", "video": said}
    answer = intake.receive_reports(database, SENDER, "sender", [record], None)
    assert answer["accepted"] == 1, answer


def scored_by(database: Database) -> dict[str, str]:
    rows = database.read(lambda c: c.execute(select(cases.c.video_id, cases.c.model_name)).all())
    return {row.video_id: row.model_name for row in rows}


def test_reports_are_scored_by_the_model_that_is_in_use_when_they_come(
    database: Database, store: ModelStore
) -> None:
    worker = Worker(database)
    report(database, "a")
    worker._store()
    assert worker.model() == "speech-linear"
    overrule(store, "content-xgboost", "to try it", "ada")
    report(database, "b")
    worker._store()
    assert scored_by(database) == {"a": "speech-linear", "b": "content-xgboost"}
    assert worker.model() == "content-xgboost"


def test_nothing_is_written_where_nothing_waits(database: Database, store: ModelStore) -> None:
    worker = Worker(database)
    worker._store()
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN")):
            written.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    worker._store()
    assert written == []
    report(database, "a")
    written.clear()
    worker._store()
    assert written


def test_server_that_ends_leaves_what_waits_behind_the_batch_at_hand(
    database: Database, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(database)
    look = pending.next_pending
    monkeypatch.setattr(pending, "next_pending", lambda database, *_: look(database, 1))
    for name in ("a", "b", "c"):
        report(database, name)
    worker._is_over.set()
    worker._store()
    assert set(scored_by(database)) == {"a"}
    worker._is_over.clear()
    monkeypatch.setattr(working, "_GATHERED", 0)
    worker._store()
    assert set(scored_by(database)) == {"a", "b", "c"}


def test_reports_that_wait_already_are_not_gathered_first(database: Database) -> None:
    worker = Worker(database)
    waits: list[float] = []

    class Over:
        def wait(self, seconds: float) -> bool:
            waits.append(seconds)
            return False

    worker._is_over = Over()  # type: ignore[assignment]
    assert worker._gather(0.25, True)
    assert worker._gather(0.25, False)
    assert worker._gather(5.0, False)
    assert waits == [0.5, working._GATHERED, 10.0]
