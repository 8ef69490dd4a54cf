"""The page *Learning*: missed claims, capacity and changes, each figure as in the database."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.modeling.monitoring.missed import exact_ends
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.storage.database import Database, now
from claimclf.schema import Decision, ReasonCode
from claimclf.services import queue
from claimclf.units import WEEK, start_of_week, week_of
from tests.app.test_learning_page import database, opened, says, tiles
from tests.queue.builders import (
    LEAD,
    OPINION,
    WITHIN,
    Clock,
    Verdict,
    done,
    fill,
    upload,
    videos,
)

__all__ = ["database"]  # a fixture


def drawn(widget: Any) -> AppTest:
    """The page once a widget's new value has been taken."""
    app: AppTest = widget.run()
    assert list(app.exception) == []
    return app


def table(app: AppTest, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value)


def test_sections_say_what_they_need_where_there_is_nothing(database: Database) -> None:
    missed = says(opened("What is missed"))
    assert "Nothing is left that nobody would look at." in missed
    assert "Nothing was uploaded yet." in missed
    assert "50 more decisions and this can say what a rank is worth" in says(opened("Capacity"))
    assert "Once uploads of four weeks are in the queue" in says(opened("Changes"))
    fill(database, 20, lane="opinions", claim_probability=0.1)
    st.cache_resource.clear()  # what was counted is kept for some seconds
    assert "Nobody would look at 20 videos" in says(opened("What is missed"))


def test_what_is_missed_stands_there_as_in_the_database(database: Database) -> None:
    queue.change_settings(database, LEAD, "a sample", {"sample_rate": 0.3})
    fill(database, 120, lane="opinions", claim_probability=0.1)
    for k in range(20):
        breaks = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH)
        done(database, verdict=breaks if k < 2 else WITHIN if k < 5 else OPINION)
    app = opened("What is missed")
    low, high = exact_ends(2, 20, 120, 0.95)
    words = f"Of about 120 videos that were not reviewed, between {low} and {high} break the rules."
    assert words in says(app)
    assert "20 of them were drawn at random and decided, and 2 of these break the rules" in says(
        app
    )
    rows = table(app, "not reviewed")
    assert rows["lane"].tolist() == ["all lanes", "opinions"]
    assert rows["not reviewed"].tolist() == [120, 120]
    assert rows["sampled"].tolist() == [20, 20]
    assert rows["break the rules: found"].tolist() == [2, 2]
    assert rows["are claims: found"].tolist() == [5, 5]
    claims = exact_ends(5, 20, 120, 0.95)
    assert rows["are claims: in all"].tolist() == [f"{claims[0]} to {claims[1]}"] * 2
    assert "5 claims seen, 100 videos not seen yet, 20 drawn at random" in says(app)


def test_slider_says_what_so_many_reviews_find(database: Database) -> None:
    fill(database, 100)
    for k in range(60):
        breaks = Verdict(Decision.BREAKS_RULES, ReasonCode.HEALTH)
        done(database, verdict=breaks if k < 20 else OPINION)
    app = opened("Capacity")
    assert tiles(app)["Of all that arrive"] == "100%"
    app = drawn(app.slider[0].set_value(10))
    # A tenth of a hundred arrivals: six of the sixty that were decided, of twenty that break them.
    shown = tiles(app)
    assert shown["Of all that arrive"] == "30%"
    assert shown["Found a day"] == f"{0.3 * 20 / 60 * 100:.1f}"
    assert shown["Waiting in 28 days"] == f"{40 + 28 * 90:,}"
    assert "90 more arrive each day than are reviewed" in says(app)


def test_an_alarm_is_said_first_and_each_signal_has_its_course(
    database: Database,
) -> None:
    clock = Clock(start_of_week(week_of(now()) - 8))
    past = Database(database.url, clock)
    for week in range(8):
        n_claims = 150 if week == 7 else 60
        lanes = ["claims"] * n_claims + ["opinions"] * (200 - n_claims)
        rows = videos(200, lane=lanes).assign(video_id=[f"{week}-{n}" for n in range(200)])
        ingest(past, LEAD, rows, upload(chr(ord("a") + week)))
        clock.time += WEEK
    past.close()
    app = opened("Changes")
    assert len(app.warning) == 1
    assert "lane claims: risen from 30.0% to 75.0% in last week (200 against 1,400)" in says(app)
    rows = table(app, "state").set_index("signal")
    assert rows.loc["lane claims", ["state", "now", "before"]].tolist() == [
        "alarm",
        "75.0%",
        "30.0%",
    ]
    assert rows.loc["lane claims", ["of (now)", "of (before)"]].tolist() == [200, 1_400]
    assert rows.loc["texts too short to tell, or missing", "state"] == "quiet"
    app = drawn(app.selectbox[-1].set_value("claims"))
    assert table(app, "value")["value"].tolist() == [0.3] * 7 + [0.75]
