"""Pages when the model store is empty, damaged or changed under their hands."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.modeling.card import model_card
from claimclf.modeling.champion import overrule
from claimclf.modeling.recipes import RECIPES
from claimclf.modeling.store import ModelStore
from claimclf.ui import state

APP = str(Path(__file__).resolve().parents[2] / "app.py")


@pytest.fixture
def store(shipped: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """A copy of the shipped models that the pages use."""
    shutil.copytree(shipped.folder, tmp_path / "models")
    monkeypatch.setenv("CLAIMCLF_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    monkeypatch.setattr(state, "_DEMO_ROWS", 50)
    st.cache_resource.clear()
    return ModelStore(tmp_path / "models")


def shown(page: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app = app.switch_page(page).run()
    assert not app.exception
    return app


def test_queue_says_that_the_champion_is_damaged_and_goes_on(store: ModelStore) -> None:
    next((store.folder / "course-random-forest").glob("model-*")).write_bytes(b"")
    app = shown("pages/triage_queue.py")
    assert "course\\-random\\-forest cannot be loaded" in app.warning[0].value
    assert any("course\\-xgboost" in caption.value for caption in app.caption)


def test_comparison_names_the_damaged_model_and_shows_the_other(store: ModelStore) -> None:
    next((store.folder / "course-xgboost").glob("predictions-*")).unlink()
    app = shown("pages/model_comparison.py")
    assert "is missing" in app.error[0].value
    assert "Champion: course\\-random\\-forest" in app.success[0].value


def test_loaded_model_stays_in_use_when_its_file_is_damaged_later(store: ModelStore) -> None:
    shown("pages/triage_queue.py")
    next((store.folder / "course-random-forest").glob("model-*")).write_bytes(b"")
    app = shown("pages/triage_queue.py")
    assert not app.warning
    assert any("course\\-random\\-forest" in caption.value for caption in app.caption)


def test_empty_store_offers_training_and_the_queue_says_so(store: ModelStore) -> None:
    shutil.rmtree(store.folder)
    app = shown("pages/model_comparison.py")
    assert "No model is stored yet" in app.info[0].value
    assert [b.label for b in app.button if "Train" in b.label]
    assert "no usable model" in shown("pages/triage_queue.py").error[0].value
    assert "No model is stored yet" in " ".join(
        text.value for text in AppTest.from_file(APP, default_timeout=60).run().markdown
    )


def test_overruled_champion_is_shown_with_person_and_reason(store: ModelStore) -> None:
    overrule(store, "course-xgboost", "a trial of a week", "ana")
    app = shown("pages/model_comparison.py")
    assert "Champion: course\\-xgboost" in app.success[0].value
    assert any("ana" in c.value and "a trial of a week" in c.value for c in app.caption)


def test_changed_threshold_is_used_at_once(store: ModelStore) -> None:
    before = shown("pages/triage_queue.py").metric[4]
    assert before.label == "Predicted claims"
    store.set_threshold("course-random-forest", 0.0, "see all", "ana", model_card)
    after = shown("pages/triage_queue.py").metric[4]
    assert int(after.value) > int(before.value)


@pytest.mark.parametrize("button", ["Train with", "Search all settings"])
def test_models_are_trained_and_searched_on_the_page(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    small = tuple(
        replace(
            recipe,
            settings={**recipe.settings, "n_estimators": 5},
            grid={"n_estimators": [5, 10], "max_depth": [3]},
        )
        for recipe in RECIPES["course"]
    )
    monkeypatch.setitem(RECIPES, "course", small)
    shutil.rmtree(store.folder)
    app = shown("pages/model_comparison.py")
    app = next(b for b in app.button if b.label.startswith(button)).click().run()
    assert not app.exception
    assert "Synthetic demo data" in app.info[0].value
    assert "Champion" in app.success[0].value
    for recipe in small:
        searched = store.cv_results(recipe.name)
        assert (searched is not None) is (button == "Search all settings")
