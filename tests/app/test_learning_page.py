"""The page *Learning*: what it says of an empty queue, and figures as in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from tests.conftest import ROOT
from tests.queue.builders import OPINION, WITHIN, done, fill


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    st.cache_resource.clear()
    database = Database(url)
    database.prepare()
    return database


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/learning.py").run()
    assert list(app.exception) == []
    return app


def says(app: AppTest) -> str:
    return " ".join(str(one.value) for one in [*app.markdown, *app.info, *app.caption])


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_empty_queue_says_how_many_decisions_a_first_challenger_needs(database: Database) -> None:
    app = opened()
    assert "20 more decisions and a first challenger makes sense" in says(app)
    assert "No challenger is stored yet." in says(app)


def test_what_was_decided_is_counted_by_class(database: Database) -> None:
    fill(database, 5)
    for verdict in (OPINION, OPINION, WITHIN):
        done(database, verdict=verdict)
    app = opened()
    assert tiles(app) == {
        "Decisions": "3",
        "Statements": "3",
        "Claims among them": "1",
        "Opinions among them": "2",
    }
    assert "decide on 8 opinions and 9 claims on the page" in says(app)
