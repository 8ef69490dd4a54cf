"""The stored queue on its page: an upload becomes cases, cases are decided, all of it lasts."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import streamlit as st
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE, SECRETS_FILES
from claimclf.errors import StorageError
from claimclf.people import Person, Role
from claimclf.queue.intake.batches import Batch
from claimclf.queue.outbound import export as exports
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.storage.database import Database
from claimclf.schema import CaseState, Decision, Language, Ranking
from claimclf.services import queue
from claimclf.ui.state import database as databases
from claimclf.ui.state import upload as state
from claimclf.ui.state.upload import Underway
from claimclf.ui.upload import storing
from tests.app.screens import as_read
from tests.app.test_triage_page import GOOD, give, settled
from tests.builders import reported_csv
from tests.conftest import ROOT, Logged
from tests.queue.builders import done, fill

BEN = Person("ben", Role.MODERATOR)
LEAD = Person("lena", Role.LEAD)
pytestmark = pytest.mark.usefixtures("load_each_model_once")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
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
def added(database: Database) -> AppTest:
    """What is said once an upload is in the queue."""
    return press(give(opened(), GOOD), "Add these 12 videos")


@pytest.fixture
def page(added: AppTest) -> AppTest:
    return press(added, "See the queue")


def press(app: AppTest, label: str) -> AppTest:
    return settled(next(b for b in app.button if b.label.startswith(label)).click().run())


def tiles(app: AppTest) -> dict[str, str]:
    """How many cases wait in each lane, are escalated and are decided: one line says it."""
    line = next(one.value for one in app.markdown if "** escalated" in one.value)
    return {word: number for number, word in re.findall(r"\*\*([\d,]+)\*\* (\w+)", line)}


def heading(app: AppTest) -> list[str]:
    return [subheader.value for subheader in app.subheader]


def says(app: AppTest) -> str:
    """All messages as they are read: without the backslashes that keep them plain text."""
    shown = " ".join(str(one.value) for one in [*app.success, *app.warning, *app.info])
    return re.sub(r"\\(.)", r"\1", shown)


def test_empty_queue_says_what_to_do(database: Database) -> None:
    app = opened()
    view = next(g for g in app.get("button_group") if "Shared queue" in g.options)
    app = settled(view.set_value("Shared queue").run())
    assert "The shared queue is empty. Choose *Upload* above" in says(app)


def test_upload_becomes_cases_and_the_same_file_again_changes_nothing(added: AppTest) -> None:
    assert "Batch 1: 12 new cases" in says(added)
    counts = tiles(added)
    assert (counts["claims"], counts["opinions"]) == ("6", "6")
    app = give(press(added, "Upload another file"), GOOD)
    app = press(app, "Add these 12 videos")
    assert "stored before, as batch 1: nothing was changed" in says(app)
    assert not app.metric


def test_numbers_of_an_upload_add_up_and_it_can_be_taken_back(
    added: AppTest, database: Database
) -> None:
    """Of 7 rows one is rejected and one repeats a video; two are new, three are known."""
    given = reported_csv(
        7,
        video_id=["video-1", "video-2", "video-3", "new-1", "new-2", "new-2", ""],
        report_count=["9", "2", "1", "1", "1", "1", "1"],  # the first three had 1, 2 and 3
    )
    app = press(give(press(added, "Upload another file"), given, "more.csv"), "Add these 5 videos")
    figures = {metric.label: int(metric.value) for metric in app.metric}
    assert figures == {"New": 2, "Known": 3, "Raised": 1, "Unchanged": 1, "Lowered": 1}
    sums = " ".join(as_read(one.value) for one in app.caption)
    assert "7 rows = 5 videos + 1 row that repeats a video + 1 rejected row." in sums
    app = press(app, "Take batch 2 back")
    assert "Batch 2 (more.csv) is taken back: 2 cases removed, 3 as before it." in says(app)
    assert sum(tally.n for tally in queue.counts(database, BEN)) == 12
    assert [uploader.key for uploader in app.get("file_uploader")] == ["queue_upload"]


def test_same_videos_with_other_reports_beside_them_are_another_upload(added: AppTest) -> None:
    app = give(press(added, "Upload another file"), GOOD)
    log = b"video_id,reason\n" + b"video-1,spam\n" * 9
    app.file_uploader(key="reports_upload").set_value(("reports.csv", log, "text/csv"))
    app = press(settled(app.run()), "Add these 12 videos")
    figures = {metric.label: metric.value for metric in app.metric}
    assert (figures["Known"], figures["Raised"]) == ("12", "1")


def test_upload_that_somebody_works_on_is_not_taken_back_and_it_is_said_why(
    added: AppTest, database: Database
) -> None:
    queue.next_case(database, BEN)
    app = press(added, "Take batch 1 back")
    assert "Upload 1 cannot be taken back" in app.error[0].value
    assert sum(tally.n for tally in queue.counts(database, BEN)) == 12
    assert "Batch 1: 12 new cases" in says(settled(app.run()))


def test_what_was_added_is_no_upload_to_be_added_any_more(added: AppTest) -> None:
    app = settled(added.switch_page("app.py").run())
    assert not any("Look at it, and add it" in one.value for one in app.caption)
    app = settled(app.switch_page("pages/triage_queue.py").run())
    assert [one.value for one in app.dataframe[-1:]]  # the queue; what was added waits behind it
    assert "Batch 1: 12 new cases" in says(upload_view(app))


def test_click_while_videos_are_added_ends_nothing_and_what_came_of_it_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clicked_meanwhile(*arguments: Any) -> Batch:
        def told(done: int, total: int) -> None:
            context = get_script_run_ctx()
            assert context is not None
            assert context.script_requests is not None
            context.script_requests.request_stop()  # as the server does at a click
            arguments[4](done, total)

        return queue.store_ranked(*arguments[:4], told, *arguments[5:])

    monkeypatch.setattr(storing, "store_ranked", clicked_meanwhile)
    app = press(give(opened(), GOOD), "Add these 12 videos")
    assert sum(tally.n for tally in queue.counts(database, BEN)) == 12
    assert "Batch 1: 12 new cases" in says(upload_view(settled(app.run())))


def test_upload_that_is_being_added_says_how_far_it_is(added: AppTest) -> None:
    work = Underway("mine.csv", 3, 12)
    added.session_state["upload_underway"] = [work]
    app = settled(added.run())
    assert [bar.proto.text for bar in app.get("progress")] == [r"mine\.csv: added 3 of 12 videos"]
    assert not [one for one in app.button if one.label.startswith("Add ")]
    app.session_state["upload_underway"].clear()
    assert "Batch 1: 12 new cases" in says(settled(app.run()))


def upload_view(app: AppTest) -> AppTest:
    view = next(g for g in app.get("button_group") if "Shared queue" in g.options)
    return settled(view.set_value("Upload").run())


def test_no_bar_stays_where_adding_failed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> NoReturn:
        arguments[4](3, 12)  # how far it is
        raise StorageError("The disk is full.", "", "Free some.")

    monkeypatch.setattr(storing, "store_ranked", fail)
    app = press(give(opened(), GOOD), "Add these 12 videos")
    assert "The disk is full" in app.error[0].value
    assert not app.get("progress")
    assert not app.get("transient")


def demo_upload(app: AppTest) -> AppTest:
    """Made-up videos on the page *Upload*."""
    return press(upload_view(app), "Try it with made-up videos")


def test_made_up_videos_come_among_real_cases_only_after_a_second_question(
    page: AppTest, database: Database
) -> None:
    app = demo_upload(opened())
    add = next(b for b in app.button if b.label == "Add these 20 videos to the shared queue")
    assert add.disabled
    assert "the shared queue holds real cases" in says(app)
    sure = next(c for c in app.checkbox if c.label.startswith("Add made-up videos among"))
    app = press(settled(sure.check().run()), "Add these 20 videos")
    assert "20 new cases" in says(app)


def test_made_up_videos_come_into_an_empty_queue_without_a_question(database: Database) -> None:
    app = press(demo_upload(opened()), "Add these 20 videos")
    assert "Batch 1: 20 new cases" in says(app)
    assert not queue.holds_real_cases(database, BEN)


def test_made_up_videos_are_not_added_where_real_cases_came_in_the_meantime(
    database: Database,
) -> None:
    app = demo_upload(opened())
    fill(database, 1)
    press(app, "Add these 20 videos")
    assert sum(tally.n for tally in queue.counts(database, BEN)) == 1


def test_cases_in_a_language_that_was_not_learnt_can_be_listed_alone(database: Database) -> None:
    reasons = ["unlike anything the model was trained on", "too short", "words point both ways"]
    fill(database, 3, lane=["uncertain"] * 3, reason=reasons)
    app = opened()
    languages = next(g for g in app.get("button_group") if g.label.startswith("Language"))
    app = settled(languages.set_value([Language.OTHER]).run())
    assert len(app.dataframe[-1].value) == 1
    assert app.query_params["language"] == "other"
    languages = next(g for g in app.get("button_group") if g.label.startswith("Language"))
    app = settled(languages.set_value([Language.OTHER, Language.UNKNOWN]).run())
    assert len(app.dataframe[-1].value) == 2


def test_languages_of_an_upload_are_counted_and_can_be_chosen(database: Database) -> None:
    texts = [
        "we have cut taxes by 12 percent since 1984",
        "ich habe gelesen dass die Preise steigen",
    ]
    app = give(opened(), reported_csv(2, video_transcription_text=texts))
    languages = next(g for g in app.get("button_group") if g.label.startswith("Language"))
    assert languages.options == [
        "learnt (1)",
        "not learnt: another language or subject (1)",
        "unknown: too short, or no text (0)",
    ]
    app = settled(languages.set_value([Language.OTHER]).run())
    assert len(app.dataframe[-1].value) == 1


def test_list_shows_who_holds_what_and_a_case_can_be_chosen_from_it(
    page: AppTest, database: Database
) -> None:
    theirs = queue.next_case(database, BEN)
    assert theirs is not None
    app = settled(page.run())
    listed = app.dataframe[-1].value
    assert list(listed["who"]) == ["ben", *[""] * (len(listed) - 1)]
    assert shown_places(app) == list(range(1, len(listed) + 1))


def test_lengths_of_time_and_counts_are_numbers_in_the_list(page: AppTest) -> None:
    table = page.dataframe[-1].value
    assert {table[name].dtype.kind for name in ("place", "report_count", "waiting")} <= set("if")
    captions = " ".join(str(one.value) for one in page.caption)
    assert "A header sorts" not in captions  # all of the queue is on this page


def shown_places(app: AppTest) -> list[int]:
    return [int(place) for place in app.dataframe[-1].value["place"]]


def test_long_queue_is_turned_page_by_page(database: Database) -> None:
    texts = [f"someone read online that the tower number {n} is old" for n in range(60)]
    app = give(opened(), reported_csv(60, video_transcription_text=texts))
    app = press(press(app, "Add these 60 videos"), "See the queue")
    assert shown_places(app) == list(range(1, 51))
    alone = "A header sorts this page alone; *Ranked by* orders the whole queue."
    assert alone in [one.value for one in app.caption]
    assert "**1 to 50 of 60 cases**" in [one.value for one in app.markdown]
    app = press(app, "Next page")
    assert shown_places(app) == list(range(51, 61))
    app = press(app, "Previous page")
    assert shown_places(app) == list(range(1, 51))


def test_filters_are_as_one_left_them_after_a_visit_to_another_page(page: AppTest) -> None:
    search = next(t for t in page.text_input if t.label == "Search in transcripts")
    app = settled(search.input("tower").run())
    app = settled(app.switch_page("pages/review.py").run())
    app = settled(app.switch_page("pages/triage_queue.py").run())
    search = next(t for t in app.text_input if t.label == "Search in transcripts")
    assert search.value == "tower"
    chance = next(s for s in app.slider if s.label == "Claim probability")
    assert chance.value == (0.0, 1.0)


def test_filters_stand_in_the_pages_address(page: AppTest, database: Database) -> None:
    search = next(t for t in page.text_input if t.label == "Search in transcripts")
    app = settled(search.input("tower").run())
    assert app.query_params["text"] == "tower"
    shared = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    shared.query_params.update({"text": "tower", "ranking": "statement"})
    shared = settled(shared.switch_page("pages/triage_queue.py").run())
    search = next(t for t in shared.text_input if t.label == "Search in transcripts")
    assert search.value == "tower"


@pytest.mark.parametrize("label", ["Search in transcripts", "Statement id"])
def test_what_is_too_long_is_refused_and_stands_in_no_address(page: AppTest, label: str) -> None:
    app = settled(next(t for t in page.text_input if t.label == label).input("я" * 20_000).run())
    assert any("is too long" in error.value for error in app.error)
    assert all(len(value) < 100 for values in app.query_params.values() for value in values)
    app = settled(next(t for t in app.text_input if t.label == label).input("tower").run())
    assert not app.error


def test_list_filters_by_several_statuses_as_an_upload_does(page: AppTest) -> None:
    statuses = next(m for m in page.multiselect if m.label == "Author status")
    app = settled(statuses.set_value(["banned", "active"]).run())
    assert set(app.query_params["ban"].split(",")) == {"banned", "active"}
    statuses = next(m for m in app.multiselect if m.label == "Author status")
    assert set(statuses.value) == {"banned", "active"}


def test_view_is_saved_under_a_name_and_used_again(page: AppTest, database: Database) -> None:
    search = next(t for t in page.text_input if t.label == "Search in transcripts")
    app = settled(search.input("tower").run())
    next(t for t in app.text_input if t.label == "Save these filters as").input("towers")
    app = press(app, "Save")
    assert [view.name for view in queue.saved_views(database, BEN)] == ["towers"]
    search = next(t for t in app.text_input if t.label == "Search in transcripts")
    app = settled(search.input("harbor").run())
    view = next(s for s in app.selectbox if s.label == "Use a saved view")
    app = settled(view.select("towers").run())
    search = next(t for t in app.text_input if t.label == "Search in transcripts")
    assert search.value == "tower"
    app = press(app, "Delete it")
    assert queue.saved_views(database, BEN) == []


def tick(app: AppTest, *rows: int) -> AppTest:
    """Choose rows of the table that is drawn last, and no others."""
    app.session_state[table_key(app)] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    return settled(app.run())


def table_key(app: AppTest) -> str:
    """The name that the page gave to the table that is drawn last."""
    return "cases-" + app.dataframe[-1].proto.id.rpartition("cases-")[2]


def choose(app: AppTest, decision: Decision) -> AppTest:
    next(r for r in app.radio if r.label == "Decision").set_value(decision)
    return app


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_cases_chosen_in_the_list_are_decided_together(page: AppTest, database: Database) -> None:
    app = choose(tick(page, 0, 2), Decision.OPINION)
    app = press(app, "Decide on 2 cases")
    assert "2 cases: opinion." in says(app)
    assert n_decided(database) == 2
    app = press(app, "Undo")
    assert n_decided(database) == 0


def test_selection_is_empty_after_use_and_the_form_with_it(
    page: AppTest, database: Database
) -> None:
    app = press(choose(tick(page, 0), Decision.OPINION), "Decide on 1 case")
    assert n_decided(database) == 1
    assert not [label for label in buttons(app) if label.startswith("Decide on")]
    app = tick(app, 1)
    assert next(r for r in app.radio if r.label == "Decision").value is None


@pytest.mark.parametrize("change", ["filter", "ranking"])
def test_ticks_stand_on_no_other_cases_after_a_change(page: AppTest, change: str) -> None:
    app = tick(page, 0, 1)
    assert "Decide on 2 cases" in buttons(app)
    if change == "filter":
        lanes = next(g for g in app.get("button_group") if "claims" in g.options)
        app = settled(lanes.set_value(["opinions"]).run())
    else:
        ranked = next(s for s in app.selectbox if s.label == "Ranked by")
        app = settled(ranked.select(Ranking.STATEMENT).run())
    assert not [label for label in buttons(app) if label.startswith("Decide on")]


def press_header(app: AppTest, column: str, *rows: int) -> AppTest:
    """Choose the header of a column of the table that is drawn last, with these rows ticked."""
    app.session_state[table_key(app)] = {
        "selection": {"rows": list(rows), "columns": [column], "cells": []}
    }
    return settled(app.run())


def places(app: AppTest) -> list[int]:
    return list(app.dataframe[-1].value["place"])


def test_header_sorts_the_page_as_it_is_now_though_somebody_decided_meanwhile(
    page: AppTest, database: Database
) -> None:
    as_ranked = places(page)
    assert len(as_ranked) > 2
    done(database)
    app = press_header(page, "place")
    assert places(app) == as_ranked[:-1]
    app = press_header(app, "place")
    assert places(app) == as_ranked[-2::-1]
    search = next(t for t in app.text_input if t.label == "Search in transcripts")
    app = settled(search.input("a").run())
    assert places(app) == sorted(places(app))


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([-1, -100, 10**6], ["nope"]),
        (["a", None, 1.5, True], [1]),
        (5, [["place"]]),
        ([], 5),
    ],
)
def test_selection_that_no_browser_sends_chooses_nothing(
    page: AppTest, rows: Any, columns: Any
) -> None:
    as_ranked = places(page)
    page.session_state[table_key(page)] = {
        "selection": {"rows": rows, "columns": columns, "cells": []}
    }
    for _ in range(2):
        app = settled(page.run())
        assert list(app.exception) == []
        assert places(app) == as_ranked
        assert not [label for label in buttons(app) if label.startswith(("Decide", "Review case"))]


def test_row_that_is_named_often_is_chosen_once(page: AppTest) -> None:
    assert "Decide on 1 case" in buttons(tick(page, *[0] * 50))


def test_decision_after_a_header_is_on_the_cases_that_were_ticked_before_it(
    page: AppTest, database: Database
) -> None:
    first, *_, last = page.dataframe[-1].value["video_id"]
    app = press_header(press_header(page, "place", 0), "place", 0)
    assert app.dataframe[-1].value["video_id"].iloc[0] == last
    app = press(choose(app, Decision.OPINION), "Decide on 1 case")
    (decided,) = queue.decided_cases(database, BEN)
    assert decided.video_id == first


def test_decision_has_to_be_chosen_and_the_selection_stays_until_then(
    page: AppTest, database: Database
) -> None:
    app = press(tick(page, 0), "Decide on 1 case")
    assert "No decision is chosen. Choose one" in says(app)
    app = press(choose(app, Decision.OPINION), "Decide on 1 case")
    assert n_decided(database) == 1


def test_every_chosen_case_is_accounted_for(page: AppTest, database: Database) -> None:
    """Decided, held, with a lead, decided otherwise by somebody else: the numbers add up."""
    app = choose(tick(page, 0, 1, 2, 3), Decision.OPINION)
    for verdict in (Decision.WITHIN_RULES, Decision.ESCALATE):
        lease = queue.next_case(database, BEN)
        assert lease is not None
        held = (lease.case.id, lease.token, lease.case.version)
        queue.decide(database, BEN, *held, Verdict(verdict))
    assert queue.next_case(database, BEN) is not None
    said = says(press(app, "Decide on 4 cases"))
    assert "1 of 4 cases: opinion." in said
    assert "1 case held by ben: case" in said
    assert "1 case waiting for a lead, passed on by ben: case" in said
    assert "1 case decided otherwise by ben (claim, within the rules): case" in said
    assert n_decided(database) == 2


def n_decided(database: Database) -> int:
    return sum(t.n for t in queue.counts(database, BEN) if t.state is CaseState.DECIDED)


def test_todays_cut_is_a_line_in_the_list(page: AppTest, database: Database) -> None:
    queue.change_settings(database, LEAD, "three a day", {"capacity": 3})
    app = settled(page.run())
    assert any("Today's cut" in m.value for m in app.markdown)
    above, below = app.dataframe[-2].value, app.dataframe[-1].value
    assert list(above["place"]) == [1, 2, 3]
    assert below["place"].iloc[0] == 4


def test_export_is_made_at_the_click_from_what_is_chosen_then(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Callable[[], bytes]] = []

    def note(self: MediaFileManager, make: Callable[[], bytes], *_: Any, **__: Any) -> str:
        made.append(make)
        return "file"

    monkeypatch.setattr(MediaFileManager, "add_deferred", note)
    fill(database, 3)
    app = opened()
    assert [b.label for b in app.get("download_button")] == ["Download decisions.csv"]
    assert len(made[-1]().splitlines()) == 1
    done(database)  # after the button was drawn
    assert len(made[-1]().splitlines()) == 2
    what = next(box for box in app.selectbox if box.label == "What")
    app = settled(what.select("cases").run())
    assert [b.label for b in app.get("download_button")] == ["Download cases.csv"]
    assert len(made[-1]().splitlines()) == 4


@pytest.mark.parametrize("is_foreseen", [True, False])
def test_file_that_cannot_be_made_is_said_in_words_and_nothing_of_it_is_raised(
    database: Database, monkeypatch: pytest.MonkeyPatch, logged: Logged, is_foreseen: bool
) -> None:
    made: list[Callable[[], bytes]] = []

    def note(self: MediaFileManager, make: Callable[[], bytes], *_: Any, **__: Any) -> str:
        made.append(make)
        return "file"

    monkeypatch.setattr(MediaFileManager, "add_deferred", note)
    fill(database, 1)
    app = opened()
    secret = "a note of somebody"  # noqa: S105
    error = StorageError("The disk is full.", "", "Free some.") if is_foreseen else KeyError(secret)
    with monkeypatch.context() as patch:
        patch.setattr(exports, "export", fails(error))
        with pytest.raises(RuntimeError) as raised:
            made[-1]()
    assert secret not in "".join(traceback.format_exception(raised.value))
    assert raised.value.__cause__ is raised.value.__context__ is None
    words = "The disk is full" if is_foreseen else "that nobody foresaw"
    assert any(words in shown.value for shown in app.run().error)
    n_unforeseen = sum("Unforeseen error" in message for _, message in logged.lines)
    assert n_unforeseen == (not is_foreseen)
    made[-1]()
    assert not app.run().error


def fails(error: Exception) -> Callable[..., NoReturn]:
    def work(*_: object, **__: object) -> NoReturn:
        raise error

    return work


def test_secret_names_the_database_where_the_environment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, variable = (f"sqlite:///{tmp_path / name}" for name in ("secret.db", "variable.db"))
    file = tmp_path / "secrets.toml"
    file.write_text(f'{DATABASE.variable} = "{secret}"')
    monkeypatch.setenv(SECRETS_FILES.variable, str(file))
    monkeypatch.delenv(DATABASE.variable, raising=False)
    st.cache_resource.clear()
    assert databases.queue_database().name == secret
    monkeypatch.setenv(DATABASE.variable, variable)
    assert databases.queue_database().name == variable


def test_decided_case_is_found_and_opened_again_by_a_lead(database: Database) -> None:
    fill(database, 3)
    decided = done(database)
    case = decided.case
    view = next(one for one in opened().get("button_group") if "Decided" in one.options)
    app = settled(view.set_value("Decided").run())
    (table,) = app.dataframe
    assert list(table.value["case"]) == [case.id]
    assert list(table.value["by"]) == ["anna"]
    assert list(table.value["since"]) == [0]
    app.session_state[f"decided-0-{decided.id}"] = {
        "selection": {"rows": [0], "columns": [], "cells": []}
    }
    app = settled(app.run())
    next(one for one in app.text_input if one.label.startswith("Why")).set_value("seen again")
    app = press(app, f"Reopen case {case.id}")
    assert f"Case {case.id} is open again, in round 2." in says(app)
    assert queue.decided_cases(database, BEN) == []


def test_decided_case_is_a_card_on_request_and_a_lead_opens_it_again_below_it(
    database: Database,
) -> None:
    fill(database, 3)
    first, second = done(database), done(database)
    view = next(one for one in opened().get("button_group") if "Decided" in one.options)
    app = settled(view.set_value("Decided").run())
    app = settled(next(one for one in app.toggle if one.label == "Cards").set_value(True).run())
    assert not app.dataframe
    assert not any("a header sorts" in caption.value for caption in app.caption)
    cards = [one.label for one in app.button if one.label.startswith("**Case ")]
    assert [label.partition(" · ")[0] for label in cards] == [
        f"**Case {decided.case.id}" for decided in (second, first)
    ]
    assert all("Opinion · anna · " in label and "someone said" in label for label in cards)
    app = press(app, cards[1])
    next(one for one in app.text_input if one.label.startswith("Why")).set_value("seen again")
    app = press(app, f"Reopen case {first.case.id}")
    assert [one.case_id for one in queue.decided_cases(database, BEN)] == [second.case.id]
