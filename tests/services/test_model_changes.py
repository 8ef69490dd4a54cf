"""No change of a model goes unlogged, and none is made where the log cannot be reached."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from claimclf.dataset.demo import demo_videos
from claimclf.errors import InvalidRequestError, ModelError, StorageError, UnavailableError
from claimclf.modeling.learners.recipes import RECIPES
from claimclf.modeling.store import store as model_store
from claimclf.modeling.store.pointer import BY_RULE
from claimclf.modeling.store.store import ModelStore
from claimclf.people import Person, Role
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import FAILED
from claimclf.schema import CLAIM, OPINION
from claimclf.services import models, stress, training
from claimclf.services.datasets import Dataset, open_dataset
from tests.queue.builders import UNREACHABLE, logged

ANALYST = Person("ana", Role.ANALYST)
COURSE, WORDS = "course-random-forest", "content-random-forest"
CHAMPION = "speech-linear"
REASON = "miss fewer"
RATES = {CLAIM: 0.01}

Change = Callable[[Database, ModelStore], object]
CHANGES: dict[str, Change] = {
    models.THRESHOLD_SET: lambda database, store: models.set_threshold(
        database, ANALYST, store, COURSE, 0.25, REASON
    ),
    models.ERROR_RATES_SET: lambda database, store: models.set_error_rates(
        database, ANALYST, store, WORDS, RATES, REASON
    ),
    models.CHAMPION_SET: lambda database, store: models.overrule(
        database, ANALYST, store, COURSE, REASON
    ),
}
#: What an analyst gives that cannot be: each change without a reason, and what is out of range.
REFUSED: list[Change] = [
    lambda database, store: models.set_threshold(database, ANALYST, store, COURSE, 0.5, " "),
    lambda database, store: models.set_threshold(database, ANALYST, store, COURSE, 1.5, REASON),
    lambda database, store: models.set_threshold(database, ANALYST, store, "none", 0.5, REASON),
    lambda database, store: models.set_error_rates(database, ANALYST, store, WORDS, RATES, ""),
    lambda database, store: models.set_error_rates(database, ANALYST, store, COURSE, RATES, "x"),
    lambda database, store: models.overrule(database, ANALYST, store, COURSE, ""),
    lambda database, store: models.overrule(database, ANALYST, store, "none", REASON),
]


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    """A copy of the shipped models."""
    shutil.copytree(shipped.folder, tmp_path / "models")
    return ModelStore(tmp_path / "models")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the course's models quick to train; return the feature set's name."""
    quick = tuple(
        replace(
            recipe,
            settings={**recipe.settings, "n_estimators": 3},
            grid={"n_estimators": [2, 3]},
        )
        for recipe in RECIPES["course"]
    )
    monkeypatch.setitem(RECIPES, "course", quick)
    return "course"


@pytest.fixture(scope="module")
def labelled() -> Dataset:
    content = demo_videos(400, 0, labelled=True).to_csv(index=False).encode()
    return open_dataset(content, "made up")


def files_of(store: ModelStore) -> dict[str, bytes]:
    """Return what the store holds, but for the lock that writers wait at."""
    files = (path for path in store.folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(store.folder)): path.read_bytes() for path in files}


def test_threshold_is_logged_with_old_new_reason_and_model(
    database: Database, store: ModelStore
) -> None:
    old = store.manifest(COURSE).threshold
    new = CHANGES[models.THRESHOLD_SET](database, store)
    assert new == store.manifest(COURSE)
    assert store.manifest(COURSE).threshold == 0.25
    details = {
        "model": COURSE,
        "version": store.manifest(COURSE).version,
        "old": old,
        "new": 0.25,
        "reason": REASON,
    }
    assert logged(database) == [("ana", "analyst", "model-threshold-set", details)]
    assert store.manifest(COURSE).threshold_history[-1]["by"] == "ana"
    assert verify(database).problems == []


def test_error_rates_are_logged_with_old_new_reason_and_model(
    database: Database, store: ModelStore
) -> None:
    CHANGES[models.ERROR_RATES_SET](database, store)
    ((actor, role, action, details),) = logged(database)
    assert (actor, role, action) == ("ana", "analyst", "model-error-rates-set")
    assert (details["model"], details["reason"]) == (WORDS, REASON)
    assert (details["old"][CLAIM], details["new"]) == (0.005, {CLAIM: 0.01, OPINION: 0.005})
    assert store.manifest(WORDS).error_rates == details["new"]


def test_champion_is_logged_when_overruled_and_when_it_goes_back(
    database: Database, store: ModelStore
) -> None:
    CHANGES[models.CHAMPION_SET](database, store)
    models.back_to_rule(database, ANALYST, store)
    first, second = logged(database)
    assert first == (
        "ana",
        "analyst",
        "model-champion-set",
        {"model": COURSE, "old": CHAMPION, "new": COURSE, "by": "ana", "reason": REASON},
    )
    assert (second[0], second[2]) == ("ana", "model-champion-set")
    assert [second[3][name] for name in ("old", "new", "by")] == [COURSE, CHAMPION, BY_RULE]
    pointer = store.pointer()
    assert pointer is not None
    assert second[3]["reason"] == pointer.reason


def test_following_the_rule_is_logged_only_where_it_changes_the_champion(
    database: Database, store: ModelStore
) -> None:
    models.follow_rule(database, ANALYST, store)
    assert logged(database) == []
    (store.folder / "champion.json").unlink()
    models.follow_rule(database, ANALYST, store)
    ((*_, details),) = logged(database)
    assert (details["old"], details["new"], details["by"]) == (None, CHAMPION, BY_RULE)


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize("url", UNREACHABLE)
def test_nothing_is_changed_where_the_log_cannot_be_reached(
    store: ModelStore, action: str, url: str
) -> None:
    before = files_of(store)
    with pytest.raises(StorageError):
        CHANGES[action](Database(url), store)
    assert files_of(store) == before


@pytest.mark.parametrize("refused", REFUSED)
def test_change_that_is_refused_is_not_logged(
    database: Database, store: ModelStore, refused: Change
) -> None:
    before = files_of(store)
    with pytest.raises((InvalidRequestError, ModelError)):
        refused(database, store)
    assert files_of(store) == before
    assert logged(database) == []


@pytest.mark.parametrize("action", CHANGES)
def test_change_that_fails_when_it_is_written_is_logged_as_failed(
    database: Database, store: ModelStore, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = files_of(store)
    monkeypatch.setattr(model_store, "commit", full)
    monkeypatch.setattr(model_store, "write_text", full)
    with pytest.raises(UnavailableError, match="No space left"):
        CHANGES[action](database, store)
    assert files_of(store) == before
    made, failed = logged(database)
    assert (made[2], failed[2]) == (action, FAILED)
    assert failed[3]["action"] == action
    assert failed[3]["model"] == made[3]["model"]
    assert "No space left" in failed[3]["problem"]


def test_two_people_at_once_are_logged_in_the_order_of_their_changes(
    database: Database, store: ModelStore
) -> None:
    def change(name: str) -> None:
        person = Person(name, Role.ANALYST)
        for number in range(3):
            threshold = 0.1 + number / 10
            models.set_threshold(database, person, store, COURSE, threshold, f"{name} {number}")

    with ThreadPoolExecutor(2) as people:
        for done in [people.submit(change, name) for name in ("ana", "ben")]:
            done.result()
    history = store.manifest(COURSE).threshold_history
    entered = [(actor, *map(details.get, ("old", "new", "reason")))
            for actor, _, _, details in logged(database)]  # fmt: skip
    assert len(entered) == 6
    assert entered == [(one["by"], one["old"], one["new"], one["reason"]) for one in history[-6:]]


@pytest.mark.parametrize("train", [training.train_models, training.search_models])
def test_each_trained_model_and_the_champion_it_makes_are_logged(
    database: Database, labelled: Dataset, small: str, tmp_path: Path, train: Any
) -> None:
    for _ in range(2):
        stored = train(database, ANALYST, labelled, tmp_path / "models", [small])
    entries = logged(database)
    n = len(stored)
    made = [details for *_, action, details in entries if action == training.STORED]
    assert [details["model"] for details in made] == 2 * [one.name for one in stored]
    assert [details["old"] for details in made[:n]] == n * [None]
    assert [details["old"] for details in made[n:]] == [details["new"] for details in made[:n]]
    assert [details["new"] for details in made[n:]] == [one.version for one in stored]
    assert {details["data"]["name"] for details in made} == {"made up"}
    champions = [details for *_, action, details in entries if action == models.CHAMPION_SET]
    assert [(one["old"], one["by"]) for one in champions] == [(None, BY_RULE)]
    assert {(actor, role) for actor, role, *_ in entries} == {("ana", "analyst")}


@pytest.mark.parametrize("train", [training.train_models, training.search_models])
@pytest.mark.parametrize("url", UNREACHABLE)
def test_training_does_not_begin_where_the_log_cannot_be_reached(
    labelled: Dataset, small: str, tmp_path: Path, train: Any, url: str
) -> None:
    def begun(*_: object) -> None:
        raise AssertionError("a model is being fitted")

    with pytest.raises(StorageError):
        train(Database(url), ANALYST, labelled, tmp_path / "models", [small], begun)
    assert not (tmp_path / "models").exists()


def test_stress_that_is_kept_is_logged_and_stress_that_is_not_is_not(
    database: Database, labelled: Dataset, small: str, tmp_path: Path
) -> None:
    training.train_models(database, ANALYST, labelled, tmp_path / "models", [small])
    store, before = ModelStore(tmp_path / "models"), len(logged(database))
    report = stress.stress_model(store, COURSE, labelled, {})
    assert len(logged(database)) == before
    stress.record_stress(database, ANALYST, store, COURSE, labelled, {})
    ((actor, _, action, details),) = logged(database)[before:]
    assert (actor, action, details["model"]) == ("ana", stress.STRESS_SET, COURSE)
    assert details["conditions"] == len(report.conditions)
    worst = store.manifest(COURSE).worst_case
    assert worst is not None
    assert details["claims_hidden"]["new"] == worst["claims_hidden"]


@pytest.mark.parametrize("url", UNREACHABLE)
def test_stress_does_not_begin_where_the_log_cannot_be_reached(
    labelled: Dataset, store: ModelStore, url: str
) -> None:
    before = files_of(store)
    with pytest.raises(StorageError):
        stress.record_stress(Database(url), ANALYST, store, COURSE, labelled, {})
    assert files_of(store) == before


def test_entries_can_be_read_as_json_by_others(database: Database, store: ModelStore) -> None:
    for change in CHANGES.values():
        change(database, store)
    for *_, details in logged(database):
        assert json.loads(json.dumps(details)) == details
