"""A challenger learns what was decided; the model in use stays, and the log tells of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from claimclf.dataset.reading import read_table
from claimclf.errors import ConflictError, ModelNotFoundError, StorageError, TrainingDataError
from claimclf.modeling.store.champion import best_by_rule, champion, is_challenger
from claimclf.modeling.store.store import ModelStore
from claimclf.people import Person, Role
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.turns import turn
from claimclf.schema import CLAIM, OPINION, TRANSCRIPT, Decision, TextKind
from claimclf.services import learning, loading, models, queue, training
from claimclf.services.datasets import Dataset, open_dataset
from tests.queue.builders import ANNA, LEAD, UNREACHABLE, Verdict, fill, logged
from tests.speech import course_rows, talk

ANALYST = Person("ana", Role.ANALYST)
BASE = "speech-linear"


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    others = shutil.ignore_patterns("content-*", "course-*", "speech-random*", "speech-xg*")
    shutil.copytree(shipped.folder, tmp_path / "models", ignore=others)
    return ModelStore(tmp_path / "models")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return open_dataset(course_rows(400).to_csv(index=False).encode(), "made up")


def table(n: int = 120, seed: int = 0, **columns: Any) -> pd.DataFrame:
    said = talk(n, seed)
    labels = np.where(said["label"] == 1, Decision.WITHIN_RULES, Decision.OPINION)
    own = {"text": said["text"], "decision": labels, "undone": False, "by": "anna", "bulk_id": None}
    at = pd.date_range("2026-01-01", periods=n, freq="h", tz="UTC").astype("str")
    exported = pd.DataFrame({**own, "at": at, **columns})
    return learning.read_decisions(read_table(exported.to_csv(index=False).encode(), "export.csv"))


def test_decisions_of_the_queue_are_learnt_and_the_model_in_use_stays(
    database: Database, store: ModelStore, dataset: Dataset
) -> None:
    said = talk(60)
    fill(database, 60, video_transcription_text=said["text"].tolist(), statement_id=None)
    of_text = dict(zip(said["text"], said["label"], strict=True))
    for _ in range(60):
        lease = queue.next_case(database, ANNA)
        assert lease is not None
        claim = of_text[lease.case.video[TRANSCRIPT]]
        verdict = Verdict(Decision.WITHIN_RULES if claim else Decision.OPINION)
        queue.decide(database, ANNA, lease.case.id, lease.token, lease.case.version, verdict)
    before = champion(store)
    lesson = learning.learn(database, ANALYST, store.folder, (), dataset)
    assert (lesson.challenger, lesson.champion, lesson.base) == ("challenger-1", BASE, BASE)
    assert lesson.decisions == 60
    assert lesson.sources == {"queue": lesson.rows}
    assert lesson.people == 1
    assert champion(store) == before
    manifest = store.manifest("challenger-1")
    assert is_challenger(manifest)
    assert manifest.data["learnt_from"]["base_version"] == store.manifest(BASE).version
    assert [row["kind"] for row in manifest.kinds] == [TextKind.DECIDED]
    actor, _, action, details = logged(database)[-1]
    assert (actor, action) == ("ana", training.STORED)
    assert (details["model"], details["new"]) == ("challenger-1", manifest.version)
    assert loading.load_model(store.folder, "challenger-1").name == "challenger-1"


def test_each_challenger_has_a_name_of_its_own_and_is_never_in_use_by_rule(
    database: Database, store: ModelStore, dataset: Dataset
) -> None:
    names = [
        learning.learn(database, ANALYST, store.folder, [table()], dataset).challenger
        for _ in range(2)
    ]
    assert names == ["challenger-1", "challenger-2"]
    best = best_by_rule(store.manifests())
    assert best is not None
    assert best.name == BASE
    models.overrule(database, ANALYST, store, "challenger-2", "better on our posts")
    lesson = learning.learn(database, ANALYST, store.folder, [table()], dataset)
    assert (lesson.base, lesson.champion) == ("challenger-2", "challenger-2")
    models.back_to_rule(database, ANALYST, store)
    in_use = champion(store)
    assert in_use is not None
    assert in_use.name == BASE


def test_later_decisions_measure_what_was_learnt_from_those_before(
    database: Database, store: ModelStore, dataset: Dataset
) -> None:
    turned = table(200)
    turned["label"] = turned["label"].map({CLAIM: OPINION, OPINION: CLAIM})
    lesson = learning.learn(database, ANALYST, store.folder, [turned], dataset)
    assert lesson.later is not None
    assert lesson.later.n == round(learning.LATER_SHARE * lesson.rows)
    assert lesson.later.champion["auc"] < 0.5 < lesson.later.challenger["auc"]


def test_undone_skipped_and_escalated_rows_of_an_export_are_none() -> None:
    decisions = ["claim-breaks-rules", "opinion", "skip", "escalate"] * 3
    rows = table(12, decision=decisions, undone=[True] * 4 + [False] * 8)
    assert rows["label"].dropna().tolist() == [CLAIM, OPINION] * 2


def test_too_few_decisions_store_nothing(database: Database, store: ModelStore) -> None:
    before = store.names()
    with pytest.raises(TrainingDataError, match="Found: 0 opinions and 0 claims"):
        learning.learn(database, ANALYST, store.folder)
    with pytest.raises(TrainingDataError, match="too few decided statements"):
        learning.learn(database, ANALYST, store.folder, [table(12)])
    assert store.names() == before


def test_two_at_once_are_refused_in_words(database: Database, store: ModelStore) -> None:
    with (
        turn(database, "learning"),
        pytest.raises(ConflictError, match="being taught already"),
    ):
        learning.learn(database, ANALYST, store.folder, [table()])


def test_without_a_model_that_can_be_taught_it_says_how_to_get_one(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(ModelNotFoundError, match="--features speech"):
        learning.learn(database, ANALYST, tmp_path / "none", [table()])


@pytest.mark.parametrize("url", UNREACHABLE)
def test_nothing_is_taught_where_the_log_cannot_be_reached(url: str, store: ModelStore) -> None:
    with pytest.raises(StorageError):
        learning.learn(Database(url), ANALYST, store.folder, [table()])
    assert BASE in store.names()
    assert "challenger-1" not in store.names()


def test_decisions_can_be_counted_before_anything_is_learnt(database: Database) -> None:
    fill(database, 2)
    assert learning.decisions_to_learn_from(database, LEAD).n_decisions == 0
    assert learning.decisions_to_learn_from(database, LEAD, [table(12)]).n_decisions == 12
