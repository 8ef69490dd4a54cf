"""Words are marked by the model that scored them, or the page says why they are not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from claimclf.dataset.reading import read_table
from claimclf.modeling.scoring.ranking import Ranked
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases
from claimclf.schema import TRANSCRIPT
from claimclf.services import queue
from claimclf.services.triage import triage
from tests.app.test_review_page import ME, filled, ranked, review
from tests.app.test_shared_queue import database, press
from tests.app.test_triage_page import settled
from tests.builders import reported_csv
from tests.conftest import ROOT

__all__ = ["database", "filled", "ranked"]  # fixtures
pytestmark = pytest.mark.usefixtures("load_each_model_once")
GONE = "is no longer stored"


def scored_by(database: Database, name: str, version: str) -> AppTest:
    """The console with a case that a model scored."""
    values = {"model_name": name, "model_version": version}
    database.write(lambda c: c.execute(update(cases).values(values)))
    return press(review(), "Start reviewing")


def says(app: AppTest) -> str:
    return re.sub(r"\\(.)", r"\1", " ".join(str(one.value) for one in app.caption))


def marks(app: AppTest) -> int:
    return sum(element.proto.body.count("<mark") for element in app.get("html"))


def test_words_are_marked_by_the_model_in_use(filled: Database) -> None:
    app = press(review(), "Start reviewing")
    assert marks(app)
    assert GONE not in says(app)


def test_words_are_marked_by_another_stored_model_that_scored_them(filled: Database) -> None:
    other = ModelStore(ROOT / "models").manifest("content-xgboost")
    app = scored_by(filled, other.name, other.version)
    assert marks(app)
    assert GONE not in says(app)


@pytest.mark.parametrize(
    ("name", "version"), [("summer-model", "3"), ("content-xgboost", "an older one")]
)
def test_words_of_a_model_that_is_no_longer_stored_are_shown_as_they_are(
    filled: Database, name: str, version: str
) -> None:
    app = scored_by(filled, name, version)
    assert marks(app) == 0
    assert f"{name} of version {version}, {GONE}" in says(app)


def test_words_of_a_damaged_model_are_shown_as_they_are(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(ROOT / "models", folder)
    other = ModelStore(folder).manifest("content-xgboost")
    (folder / other.name / other.files["predictions.parquet"]).unlink(missing_ok=True)
    for file in (folder / other.name).glob("*.skops"):
        file.write_bytes(b"damaged")
    monkeypatch.setenv("CLAIMCLF_MODELS", str(folder))
    st.cache_resource.clear()
    app = scored_by(filled, other.name, other.version)
    assert "cannot be read" in says(app)
    assert marks(app) == 0


def test_another_text_that_comes_while_the_case_is_held_is_said_on_the_screen_and_after(
    filled: Database, ranked: tuple[Ranked, Model]
) -> None:
    app = press(review(), "Start reviewing")
    lease = queue.held_case(filled, ME)
    assert lease is not None
    texts = ["another text altogether"] * 12
    changed = read_table(reported_csv(12, video_transcription_text=texts), "changed.csv")
    queue.store_ranked(filled, ME, triage(changed, ranked[1]), ranked[1])
    app = settled(app.run())
    said = " ".join(warning.value for warning in app.warning)
    assert "brought another text for it" in said
    app = press(app, "Opinion")
    said = " ".join(one.value for one in app.success)
    assert "changed" in said
    assert "the one that you saw" in said
    (row,) = queue.case_history(filled, ME, lease.case.id).decisions
    assert row["text"] == lease.case.video[TRANSCRIPT] != texts[0]
