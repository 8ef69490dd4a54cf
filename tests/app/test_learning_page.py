"""The page *Learning*: what it says of an empty queue, and figures as in the database."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE
from claimclf.queue.queries.final_decisions import final_decisions
from claimclf.queue.queries.looked_again import settled
from claimclf.queue.settings.team import change_settings, settings_of
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from tests.app.screens import as_read
from tests.conftest import ROOT
from tests.queue.builders import ANNA, BORIS, LEAD, OPINION, WITHIN, Clock, done, fill


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


def opened(section: str | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page("pages/learning.py").run()
    if section is not None:
        app.get("button_group")[0].set_value(section).run()
    assert list(app.exception) == []
    return app


def says(app: AppTest) -> str:
    parts = [*app.markdown, *app.info, *app.caption, *app.success, *app.warning]
    return as_read(" ".join(str(one.value) for one in parts))


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


def looked_at_twice(database: Database) -> None:
    clock = Clock(database.now())
    past = Database(str(database.url), clock)
    change_settings(past, LEAD, "all of them", second_look_rate=1.0)
    fill(past, 2)
    for verdict in (OPINION, WITHIN):
        done(past, ANNA, verdict)
    clock.step(60)
    for _ in range(2):
        done(past, BORIS, WITHIN)
    past.close()


def test_agreement_without_a_second_look_says_what_will_be_drawn(database: Database) -> None:
    app = opened("Agreement")
    assert "No case was looked at twice yet" in says(app)
    assert "No difference waits" in says(app)
    assert tiles(app) == {}


def test_lead_rules_on_a_difference_and_settles_a_case(database: Database) -> None:
    looked_at_twice(database)
    app = opened("Agreement")
    assert (tiles(app)["Looked at twice"], tiles(app)["Same answer"]) == ("2", "50.0%")
    assert "2 cases say little" in says(app)
    assert "anna" in says(app)
    assert "nan" not in says(app).casefold().split()
    app.radio[0].set_value(Decision.WITHIN_RULES)
    press(app, "Rule")
    assert "What stands: claim, within the rules." in says(app)
    assert "No difference waits" in says(app)
    assert {row.decision for row in final_decisions(database)} == {"claim-within-rules"}
    app.number_input[0].set_value(1)
    next(one for one in app.text_input if one.label == "Why it is settled").set_value("classic")
    press(app, "Settle it")
    assert [row.case_id for row in settled(database)] == [1]
    press(app, "Settled no more")
    assert settled(database) == []


def press(app: AppTest, label: str) -> None:
    next(one for one in app.button if one.label == label).click()
    app.run()
    assert list(app.exception) == []


def test_shadow_without_a_challenger_says_how_to_get_one(database: Database) -> None:
    app = opened("Shadow")
    assert "No challenger is stored. Teach one on the page" in says(app)
    assert "No challenger is used by itself." in says(app)


def test_rule_is_set_with_a_reason_and_can_be_ended(database: Database) -> None:
    app = opened("Shadow")
    press(app, "Set the rule; empty for none")
    assert "A reason is missing" in " ".join(one.value for one in app.error)
    app.number_input[0].set_value(0.01)
    reason = next(one for one in app.text_input if one.key == "rule-reason")
    reason.set_value("we trust the test")
    press(app, "Set the rule; empty for none")
    assert database.read(settings_of).promotion_margin == 0.01
    assert "lower by at most 0.01 on each source" in says(app)


def test_lanes_are_shown_by_week_as_they_are_in_the_database(database: Database) -> None:
    assert "Nothing is decided yet" in says(opened("Lanes"))
    fill(database, 4, lane=["opinions", "claims", "claims", "opinions"])
    for verdict in (WITHIN, OPINION, WITHIN, OPINION):
        done(database, ANNA, verdict)
    app = opened("Lanes")
    assert "Not enough decisions in the last week" in says(app)
    tables = {
        int(row["decisions"]): row["share"]
        for one in app.dataframe
        for _, row in one.value.iterrows()
    }
    assert tables == {2: "50.0%"}
