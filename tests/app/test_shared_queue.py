"""The stored queue on its page: an upload becomes cases, cases are decided, all of it lasts."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claimclf.places import DATABASE_VARIABLE
from claimclf.queue.audit import verify
from claimclf.queue.database import Database
from claimclf.queue.decisions import Verdict
from claimclf.queue.people import Person
from claimclf.schema import CaseState, Decision, Role
from claimclf.services import queue
from claimclf.ui import state
from tests.app.test_triage_page import GOOD, give, settled
from tests.builders import reported_csv
from tests.conftest import ROOT

BEN = Person("ben", Role.MODERATOR)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE_VARIABLE, url)
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    monkeypatch.setattr(state, "_DEMO_ROWS", 20)
    st.cache_resource.clear()
    return Database(url)


def opened() -> AppTest:
    """The page as a new session of a new server sees it."""
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    return settled(app.switch_page("pages/triage_queue.py").run())


@pytest.fixture
def page(database: Database) -> AppTest:
    app = give(opened(), GOOD)
    return press(app, "Add these 12 videos")


def press(app: AppTest, label: str) -> AppTest:
    return settled(next(b for b in app.button if b.label.startswith(label)).click().run())


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def heading(app: AppTest) -> list[str]:
    return [found.value for found in app.subheader]


def says(app: AppTest) -> str:
    return " ".join(found.value for found in [*app.success, *app.warning, *app.info])


def test_empty_queue_says_what_to_do(database: Database) -> None:
    app = opened()
    view = next(g for g in app.get("button_group") if "Shared queue" in g.options)
    app = settled(view.set_value("Shared queue").run())
    assert "The shared queue is empty. Choose *Upload* above" in says(app)


def test_upload_becomes_cases_and_the_same_file_again_changes_nothing(page: AppTest) -> None:
    assert "Batch 1: 12 new cases" in says(page)
    counts = tiles(page)
    assert (counts["Open: claims"], counts["Open: opinions"]) == ("6", "6")
    view = next(g for g in page.get("button_group") if "Shared queue" in g.options)
    app = give(settled(view.set_value("Upload").run()), GOOD)
    app = press(app, "Add these 12 videos")
    assert "stored before, as batch 1: nothing was changed" in says(app)


def test_cases_come_by_rank_and_decisions_last_with_their_audit_entries(
    page: AppTest, database: Database
) -> None:
    app = press(page, "Take the next case")
    assert "Case" in heading(app)[0]
    first = heading(app)
    app = press(app, "Claim, within the rules")
    assert "claim, within the rules." in says(app)
    assert heading(app) != first  # the next one appears by itself
    app = press(app, "Opinion")
    counts = queue.counted(database, BEN)
    assert sum(tally.n for tally in counts if tally.state is CaseState.DECIDED) == 2
    assert verify(database).problems == []
    app = press(app, "Undo")
    counts = queue.counted(database, BEN)
    assert sum(tally.n for tally in counts if tally.state is CaseState.DECIDED) == 1


def test_case_in_hand_survives_a_restart_of_the_server(page: AppTest) -> None:
    before = heading(press(page, "Take the next case"))
    assert heading(opened()) == before


def test_rule_that_is_broken_must_be_named(page: AppTest, database: Database) -> None:
    app = press(page, "Take the next case")
    app = press(app, "Claim, breaks the rules")
    assert "reason code is missing" in says(app)
    reason = next(s for s in app.selectbox if s.label == "Rule that is broken")
    app = settled(reason.select("fraud").run())
    app = press(app, "Claim, breaks the rules")
    assert "claim, breaks the rules." in says(app)


def test_late_click_is_told_and_decides_nothing_twice(page: AppTest, database: Database) -> None:
    app = press(page, "Take the next case")
    held = queue.my_case(database, state.person_at_work())
    assert held is not None
    lead = Person("lea", Role.LEAD)
    theirs = queue.take_over(database, lead, held.case.id)
    verdict = Verdict(Decision.OPINION)
    queue.decide(database, lead, held.case.id, theirs.token, theirs.case.version, verdict)
    app = press(app, "Opinion")
    assert "Someone else decided this meanwhile" in says(app)
    told = queue.case_history(database, BEN, held.case.id)
    assert [row["by"] for row in told.decisions] == ["lea"]


def test_skipped_case_goes_to_somebody_else_and_not_to_me_again(
    page: AppTest, database: Database
) -> None:
    app = press(page, "Take the next case")
    skipped = queue.my_case(database, state.person_at_work())
    app = press(app, "Skip")
    now = queue.my_case(database, state.person_at_work())
    assert skipped is not None
    assert now is not None
    assert now.case.id != skipped.case.id
    theirs = queue.take_next(database, BEN)
    assert theirs is not None
    assert theirs.case.id == skipped.case.id


def test_whole_statement_is_decided_and_undone_as_one(page: AppTest, database: Database) -> None:
    app = press(press(page, "Take the next case"), "Opinion")  # the next one's statement is common
    assert any("5 open cases. Decide on all at once" in e.label for e in app.expander)
    radio = next(r for r in app.radio if r.label == "Decision for all of them")
    radio.set_value(Decision.OPINION)
    app = press(app, "Decide on all")
    decided = [t.n for t in queue.counted(database, BEN) if t.state is CaseState.DECIDED]
    assert sum(decided) == 6
    app = press(app, "Undo")
    counts = queue.counted(database, BEN)
    assert sum(tally.n for tally in counts if tally.state is CaseState.DECIDED) == 1
    assert verify(database).problems == []


def test_list_shows_who_holds_what_and_a_case_can_be_chosen_from_it(
    page: AppTest, database: Database
) -> None:
    theirs = queue.take_next(database, BEN)
    assert theirs is not None
    app = settled(page.run())
    listed = app.dataframe[-1].value
    assert listed.set_index("case").loc[theirs.case.id, "held by"] == "ben"
    assert shown_places(app) == list(range(1, len(listed) + 1))


def shown_places(app: AppTest) -> list[int]:
    return [int(place) for place in app.dataframe[-1].value["place"]]


def test_long_queue_is_turned_page_by_page(database: Database) -> None:
    texts = [f"someone read online that the tower number {n} is old" for n in range(60)]
    app = give(opened(), reported_csv(60, video_transcription_text=texts))
    app = press(app, "Add these 60 videos")
    assert shown_places(app) == list(range(1, 51))
    app = press(app, "Next page")
    assert shown_places(app) == list(range(51, 61))
    app = press(app, "Previous page")
    assert shown_places(app) == list(range(1, 51))
