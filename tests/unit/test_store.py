from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from claimclf.errors import ModelDamagedError, ModelError, ModelNotFoundError
from claimclf.modeling.champion import champion
from claimclf.modeling.store import ModelStore
from claimclf.services.models import load_model

NAME = "course-xgboost"


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path) -> ModelStore:
    """A copy of the shipped models that a test may damage."""
    shutil.copytree(shipped.folder, tmp_path / "models")
    return ModelStore(tmp_path / "models")


@pytest.mark.parametrize("file", ["model.skops", "predictions.parquet"])
def test_one_changed_byte_is_found_before_the_file_is_read(store: ModelStore, file: str) -> None:
    path = store.folder / NAME / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ModelDamagedError, match="not the file that was stored"):
        store.load(NAME) if file == "model.skops" else store.predictions(NAME)


def test_missing_file_is_named(store: ModelStore) -> None:
    (store.folder / NAME / "model.skops").unlink()
    with pytest.raises(ModelDamagedError, match=r"model\.skops is missing"):
        store.load(NAME)


def test_model_of_another_library_version_is_refused(store: ModelStore) -> None:
    path = store.folder / NAME / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["libraries"]["scikit-learn"] = "0.1"
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelDamagedError, match=r"made with scikit-learn 0\.1"):
        store.load(NAME)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"name": 1}'])
def test_unreadable_manifest_leaves_the_other_models_usable(
    store: ModelStore, content: str
) -> None:
    (store.folder / NAME / "manifest.json").write_text(content)
    with pytest.raises(ModelDamagedError, match="manifest"):
        store.load(NAME)
    assert [manifest.name for manifest in store.manifests()] == ["course-random-forest"]


def test_damaged_champion_gives_way_to_the_next_best(store: ModelStore) -> None:
    best = champion(store.manifests())
    assert best is not None
    (store.folder / best.name / "model.skops").unlink()
    assert load_model(store.folder).name == NAME


@pytest.mark.parametrize("name", ["../models", "no-such-model", "", "a/b", "Ä"])
def test_unknown_and_outside_names_are_not_found(store: ModelStore, name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        store.load(name)


def test_empty_store_says_how_to_train(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="claimclf train"):
        load_model(tmp_path / "nothing")


def test_saving_replaces_the_old_model_whole(store: ModelStore) -> None:
    model, predictions = store.load(NAME), store.predictions(NAME)
    manifest = store.save(model, predictions.head(10), "a new card")
    assert store.manifest(NAME) == manifest
    assert len(store.predictions(NAME)) == 10
    assert sorted(path.name for path in store.folder.iterdir()) == [
        "course-random-forest",
        "course-xgboost",
    ]


def test_failed_save_keeps_the_old_model(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, predictions = store.load(NAME), store.predictions(NAME)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("claimclf.modeling.store.skops_io.dump", full)
    with pytest.raises(ModelError, match="No space left"):
        store.save(model, predictions, "card")
    assert store.load(NAME).manifest == model.manifest
    assert len(list(store.folder.iterdir())) == 2


def test_store_that_cannot_be_written_says_so(store: ModelStore, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    model = store.load(NAME)
    with pytest.raises(ModelError, match="cannot be written"):
        ModelStore(blocked / "models").save(model, store.predictions(NAME), "card")


def test_shipped_models_load_from_types_on_our_list_only(shipped: ModelStore) -> None:
    for name in shipped.names():
        assert shipped.load(name).pipeline.predict_proba is not None


def test_type_that_is_not_on_our_list_is_refused(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.modeling.store.TRUSTED_TYPES", ())
    with pytest.raises(ModelDamagedError, match="not trusted"):
        store.load(NAME)
