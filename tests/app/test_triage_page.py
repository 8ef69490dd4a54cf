"""The triage queue as a user meets it: bad files are explained, good ones ranked and filtered."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from claimclf.paths import ROOT
from claimclf.schema import UPLOAD_LIMITS, Limits
from claimclf.ui import inputs
from claimclf.ui.state import upload as state
from claimclf.ui.upload import table
from claimclf.ui.upload import upload as uploads
from tests.builders import reported_csv

pytestmark = pytest.mark.usefixtures("load_each_model_once")

CLAIM = "someone read online a claim that a hedgehog can swim"
OPINION = "my view is that a hedgehog can swim"
ROWS, DEMO_ROWS = 12, 60
#: Six claims with many views and six opinions with few; reports 1 to 12.
QUEUE = {
    "video_transcription_text": [CLAIM] * 5 + [f"{CLAIM} in a Harbor"] + [OPINION] * 6,
    "video_view_count": ["500000"] * 6 + ["500"] * 6,
    "video_like_count": ["200000"] * 6 + ["50"] * 6,
    "verified_status": ["verified", *["not verified"] * 11],
    "author_ban_status": ["banned", "banned", *["active"] * 10],
}
GOOD = reported_csv(ROWS, **QUEUE)


@pytest.fixture(scope="module", autouse=True)
def _little_demo_data() -> Iterator[None]:
    """A few made-up videos do for those who ask for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_DEMO_ROWS", DEMO_ROWS)
        state.demo_table.clear()
        yield
    state.demo_table.clear()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    # The start page reads the whole dataset, which this page does not need.
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    return settled(app.switch_page("pages/triage_queue.py").run())


def settled(app: AppTest) -> AppTest:
    assert list(app.exception) == []
    return app


def give(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    app.file_uploader(key="queue_upload").set_value((name, content, "text/csv"))
    return settled(app.run())


def search(app: AppTest) -> TextInput:
    return next(box for box in app.text_input if box.label == "Search in transcripts")


def errors(app: AppTest) -> list[str]:
    """Error messages as they are read: without the backslashes that keep them plain text."""
    return [re.sub(r"\\(.)", r"\1", str(error.value)) for error in app.error]


def tiles(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def shown(app: AppTest) -> list[str]:
    """Ids of the videos in the queue, in order."""
    return list(app.dataframe[-1].value["video_id"])


def headline(app: AppTest) -> str:
    return next(text.value for text in app.markdown if " to review**" in text.value)


def pills(app: AppTest, label: str) -> object:
    return next(group for group in app.get("button_group") if group.label == label)


def read(html: str) -> str:
    """Return what a reader of some HTML sees."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def written(app: AppTest) -> list[str]:
    """Return what is drawn as HTML: the transcript and its legend, not what serves the page."""
    sent = [element.proto.body for element in app.get("html")]
    own = ("<style>\n", "<script>\n//")
    return [body for body in sent if not body.startswith(own)]


def ids(*numbers: int) -> list[str]:
    return [f"video-{number}" for number in numbers]


def press(app: AppTest, label: str) -> AppTest:
    return settled(next(b for b in app.button if b.label.startswith(label)).click().run())


def test_made_up_videos_come_on_request_only_and_say_so(page: AppTest) -> None:
    assert not page.metric
    assert not page.info
    app = press(page, "Try it with made-up videos")
    assert any("Synthetic demo data" in info.value for info in app.info)
    assert tiles(app)["Rows"] == str(DEMO_ROWS)
    assert errors(app) == []
    assert shown(app)[0].startswith("demo-")
    assert not press(app, "Put these made-up videos away").metric


def test_made_up_videos_are_gone_where_a_file_was_uploaded_and_put_away(page: AppTest) -> None:
    app = give(press(page, "Try it with made-up videos"), GOOD)
    assert shown(app) == ids(6, 5, 4, 3, 2, 1)
    app = settled(app.switch_page("app.py").run())
    app = settled(app.switch_page("pages/triage_queue.py").run())
    assert not press(app, "Put this upload away").metric


def test_the_limits_are_stated(page: AppTest) -> None:
    stated = " ".join(caption.value for caption in page.caption)
    assert "200 MB, 1,000,000 rows and 500 columns" in stated
    assert Limits(200 * 2**20, 1_000_000, 500) == UPLOAD_LIMITS


def test_template_is_offered_and_can_be_uploaded_as_it_is(page: AppTest) -> None:
    assert "Template CSV" in [button.proto.label for button in page.get("download_button")]
    give(page, table._template())
    assert (tiles(page)["Accepted"], tiles(page)["Rejected"]) == ("3", "0")


def test_an_upload_is_ranked_by_reports_and_all_rows_are_accounted_for(page: AppTest) -> None:
    give(page, GOOD)
    assert tiles(page) == {
        "Rows": "12",
        "Accepted": "12",
        "Rejected": "0",
        "Cannot be scored": "0",
        "Predicted claims": "6",
        "Uncertain": "0",
    }
    assert shown(page) == ids(6, 5, 4, 3, 2, 1)
    assert not any("Synthetic" in info.value for info in page.info)


BAD = {
    "a renamed PNG": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "Found: a PNG image."),
    "an empty file": (b"", "mine.csv is empty. Found: no header line."),
    "a header only": (GOOD.splitlines()[0], "has no rows. Found: a header only."),
    "one column": (b"video_id\n1\n", "Column 'video_transcription_text' is missing."),
    "pipes": (reported_csv(delimiter="|"), "The table has one column only"),
    "50,000 columns": (b"," * 49_999 + b"\n", "Found: 50,000; the limit is 500."),
    "equal columns": (b"video_id,video_id\n1,2\n", "at positions 1 and 2. Rename or remove"),
    "an open quote": (GOOD + b'"x', "Look for a quotation mark that is not closed"),
    "a cut gzip file": (gzip.compress(GOOD)[:-9], "is not a readable gzip file."),
    "a cut Parquet file": (b"PAR1\0\0\0", "is not a readable Parquet file."),
    "binary data": (bytes(range(256)) * 4, "Found: binary data."),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=list(BAD))
def test_a_bad_file_is_explained_and_a_good_one_works_afterwards(
    content: bytes, message: str, page: AppTest
) -> None:
    give(page, content)
    assert len(errors(page)) == 1
    assert message in errors(page)[0]
    assert not page.metric
    give(page, GOOD)
    assert errors(page) == []
    assert tiles(page)["Accepted"] == "12"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip bomb"])
def test_a_file_above_the_limit_is_refused_by_the_server_too(
    packed: bool, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "UPLOAD_LIMITS", Limits(size=50_000, rows=1_000, columns=500))
    large = reported_csv(2, note="x" * 50_000)
    give(page, gzip.compress(large) if packed else large)
    assert "has too many bytes. Found: " in errors(page)[0]
    assert "the limit is 50,000" in errors(page)[0]
    give(page, GOOD)
    assert tiles(page)["Accepted"] == "12"


def test_another_encoding_is_read_at_the_press_of_a_button(page: AppTest) -> None:
    spoken = "someone read that the forêt is âgée"
    give(page, reported_csv(video_transcription_text=spoken, encoding="latin-1"))
    assert "is not UTF-8 text. Found: bytes that look like cp1252." in errors(page)[0]
    button = page.button(key="queue_reread")
    assert button.label == "Read it as cp1252"
    settled(button.click().run())
    assert errors(page) == []
    pills(page, "Lanes").set_value([]).run()
    assert set(page.dataframe[-1].value["video_transcription_text"]) == {spoken}


def test_an_unknown_column_of_words_can_be_matched(page: AppTest) -> None:
    words = {"video_transcription_text": None, "a": "so it is", "other": "0"}
    give(page, reported_csv(3, **words))
    assert "Column 'video_transcription_text' is missing. Found: " in errors(page)[0]
    assert errors(page)[0].endswith("or choose it under *Match columns*.")  # no word of the shell
    choice = next(box for box in page.selectbox if box.label == "What is said in the video")
    assert choice.options == ["not in this table", "a", "other"]  # known columns are not on offer
    choice.select("a")
    submit = next(button for button in page.button if button.label == "Use these columns")
    settled(submit.click().run())
    assert errors(page) == []
    assert tiles(page)["Accepted"] == "3"


def test_matching_nothing_leaves_the_question_open(page: AppTest) -> None:
    give(page, reported_csv(video_transcription_text=None, flags="1"))
    submit = next(button for button in page.button if button.label == "Use these columns")
    settled(submit.click().run())
    assert "Column 'video_transcription_text' is missing." in errors(page)[0]


def test_rejected_rows_are_shown_with_line_and_reasons(page: AppTest) -> None:
    ids_given = ["a", "7.36878290864959E+18", "", "d"]
    give(page, reported_csv(4, video_id=ids_given, report_count=["1", "2", "-1", "2"]))
    assert (tiles(page)["Accepted"], tiles(page)["Rejected"]) == ("2", "2")
    assert any("2 rows were rejected" in expander.label for expander in page.expander)
    rejected = page.dataframe[1].value
    assert list(rejected["line"]) == [3, 4]
    first, second = rejected["reasons"]
    assert "is not the whole id: export the ids as text" in first
    assert "video_id is missing" in second
    assert [words.split(",")[0] for words in rejected["write_instead"]] == [
        "Write the whole id",
        "Write the video's id",
    ]
    listed = [text.value for text in page.markdown if text.value.startswith("**Line ")]
    assert [line.partition(":")[0] for line in listed] == ["**Line 3", "**Line 4"]  # for phones
    assert "→ Write the video's id" in listed[1]


def test_a_file_is_said_in_one_sentence_and_its_notes_are_listed(page: AppTest) -> None:
    give(page, reported_csv(4, video_id=["a", "a", "c", "d"], report_count=["1", "1", "-1", "2"],
                            video_transcription_text="someone read online that it is"))  # fmt: skip
    assert (tiles(page)["Accepted"], tiles(page)["Rejected"]) == ("4", "0")
    said = [text.value.replace("\\", "") for text in page.markdown]  # signs are escaped
    assert "**This is a table, 4 rows, 3 videos.**" in said
    assert any("2 notes on accepted rows" in expander.label for expander in page.expander)
    notes = page.dataframe[1].value
    assert list(notes["line"]) == [3, 4]
    assert "video_id 'a' stands on line 2 already" in notes["message"].iloc[0]
    assert "report_count is -1; the least is 0" in notes["message"].iloc[1]


def test_a_file_of_rejected_rows_only_says_so(page: AppTest) -> None:
    give(page, reported_csv(2, video_id=""))
    assert tiles(page)["Rejected"] == "2"
    assert any("No row was accepted" in warning.value for warning in page.warning)
    give(page, GOOD)
    assert tiles(page)["Accepted"] == "12"


def test_what_cannot_be_scored_is_counted_and_listed_apart(page: AppTest) -> None:
    give(
        page, reported_csv(ROWS, **(QUEUE | {"video_transcription_text": ["", *["so it is"] * 11]}))
    )
    assert tiles(page)["Cannot be scored"] == "1"
    settled(pills(page, "Lanes").set_value(["uncertain"]).run())
    assert ids(1)[0] in shown(page)


def test_without_a_report_count_in_any_row_the_page_still_lists_the_videos(page: AppTest) -> None:
    give(page, reported_csv(3, report_count=""))
    assert (tiles(page)["Accepted"], tiles(page)["Cannot be scored"]) == ("3", "0")


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("Lanes", ["opinions"], ids(12, 11, 10, 9, 8, 7)),
        ("Lanes", [], ids(6, 5, 4, 3, 2, 1, 12, 11, 10, 9, 8, 7)),
        ("Verified status", ["verified"], ids(1)),
        ("Author status", ["banned"], ids(2, 1)),
        ("Author status", ["banned", "active"], ids(6, 5, 4, 3, 2, 1)),
    ],
)
def test_choices_narrow_the_queue(
    label: str, value: list[str], expected: list[str], page: AppTest
) -> None:
    give(page, GOOD)
    settled(pills(page, label).set_value(value).run())
    assert shown(page) == expected
    assert headline(page).startswith(f"**{len(expected)} video")


def test_a_search_finds_words_in_any_case_and_order(page: AppTest) -> None:
    give(page, GOOD)
    settled(search(page).input("HARBOR hedgehog").run())
    assert shown(page) == ids(6)
    settled(search(page).input("no such words").run())
    assert any("No video matches" in info.value for info in page.info)
    settled(search(page).input("").run())
    assert len(shown(page)) == 6


def test_a_least_number_of_reports_narrows_the_queue(page: AppTest) -> None:
    give(page, GOOD)
    settled(page.number_input[0].set_value(5).run())
    assert shown(page) == ids(6, 5)


@pytest.mark.parametrize(("percent", "expected"), [(50, 3), (1, 1), (34, 3), (33, 2), (100, 6)])
def test_a_top_percentage_cuts_the_queue_rounded_up(
    percent: int, expected: int, page: AppTest
) -> None:
    give(page, GOOD)
    settled(page.number_input[1].set_value(percent).run())
    assert shown(page) == ids(6, 5, 4, 3, 2, 1)[:expected]
    rest = f": the top {percent} % of 6." if percent < 100 else "."
    assert re.sub("videos?", "videos", headline(page)) == f"**{expected} videos to review**{rest}"


def test_hostile_text_is_shown_as_text(page: AppTest) -> None:
    text = "<script>alert(1)</script> **bold** [link](javascript:x) =cmd() 😀 שלום"
    name = "<b>**x**</b>.csv"
    give(page, reported_csv(1, video_transcription_text=text, video_id="**a**"), name)
    page.session_state["selected_video"] = "**a**"
    settled(pills(page, "Lanes").set_value([]).run())
    drawn, _legend = written(page)
    assert "<script" not in drawn
    assert read(drawn) == text
    assert any(r"\*\*a\*\*" in markdown.value for markdown in page.markdown)
    assert any(caption.value.startswith(r"\<b\>\*\*x") for caption in page.caption)
    assert not any(markdown.allow_html for markdown in page.markdown)


def test_upload_stays_in_use_after_a_visit_to_another_page_until_put_away(page: AppTest) -> None:
    app = give(page, GOOD, "mine.csv")
    app = settled(app.switch_page("app.py").run())
    app = settled(app.switch_page("pages/triage_queue.py").run())
    assert any("mine\\.csv" in caption.value for caption in app.caption)
    app = press(app, "Put this upload away")
    assert not app.metric
    assert any(button.label == "Try it with made-up videos" for button in app.button)


def test_chosen_video_stays_the_one_whatever_is_shown_around_it(page: AppTest) -> None:
    """A table tells its chosen row by position, where another video may stand by then."""
    give(page, GOOD)
    key = "ranked-" + page.dataframe[-1].proto.id.rpartition("ranked-")[2]
    page.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    settled(page.run())
    assert chosen(page) == "Rank 1 of 12"
    settled(pills(page, "Lanes").set_value(["opinions"]).run())
    assert chosen(page) is None
    settled(pills(page, "Lanes").set_value(["opinions", "claims"]).run())
    assert chosen(page) == "Rank 1 of 12"


def test_videos_are_cards_on_request_and_one_that_is_pressed_is_shown_below_it(
    page: AppTest,
) -> None:
    give(page, GOOD)
    tables = len(page.dataframe)
    settled(next(one for one in page.toggle if one.label == "Cards").set_value(True).run())
    assert len(page.dataframe) == tables - 1
    cards = [one for one in page.button if str(one.key).startswith("video-card-")]
    assert len(cards) == 6
    assert read(cards[0].label).startswith("**1 · ")
    assert "hedgehog can swim" in cards[0].label
    assert chosen(page) is None
    settled(cards[2].click().run())
    assert chosen(page) == "Rank 3 of 12"


def chosen(app: AppTest) -> str | None:
    ranks = [one.value for one in app.subheader if one.value.startswith("Rank ")]
    return ranks[0] if ranks else None


def test_page_without_a_file_shows_what_one_looks_like(page: AppTest) -> None:
    (example,) = page.dataframe
    assert list(example.value) == ["video_id", "video_transcription_text", "report_count"]
    assert len(example.value) == 3
    give(page, GOOD)
    assert shown(page) == ids(6, 5, 4, 3, 2, 1)


def test_model_is_made_ready_while_a_file_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, page: AppTest
) -> None:
    ready = []
    monkeypatch.setattr(uploads, "prepare", ready.append)
    settled(page.run())
    assert [model.name for model in ready] == ["speech-linear"]
    give(page, GOOD)
    assert len(ready) == 1


def test_choice_of_columns_is_drawn_once_it_is_opened(page: AppTest) -> None:
    give(page, GOOD)
    assert not [one for one in page.button if one.label == "Use these columns"]
    fold = next(one for one in page.expander if "read wrongly" in one.label)
    page.session_state["fold-" + fold.proto.id.rpartition("-fold-")[2]] = True
    settled(page.run())
    assert [one for one in page.button if one.label == "Use these columns"]


MANY = reported_csv(120, video_transcription_text=[f"{CLAIM} {n} times" for n in range(120)])


def turn(app: AppTest, page: int) -> AppTest:
    return settled(app.get("pagination")[0].set_value(page).run())


def test_each_video_is_on_one_page(page: AppTest) -> None:
    give(page, MANY)
    assert headline(page) == "**120 videos to review**."
    seen = shown(page)
    assert any(text.value == "**1 to 50 of 120 videos**" for text in page.markdown)
    for number in (2, 3):
        seen += shown(turn(page, number))
    assert any(text.value == "**101 to 120 of 120 videos**" for text in page.markdown)
    assert seen == ids(*range(120, 0, -1))
    assert page.dataframe[-1].value["words that moved the score"].str.contains("online").all()


def test_other_videos_begin_at_their_first_page(page: AppTest) -> None:
    turn(give(page, MANY), 3)
    fewer = next(box for box in page.number_input if box.label == "Minimum reports")
    settled(fewer.set_value(10).run())
    assert shown(page) == ids(*range(120, 70, -1))
    settled(fewer.set_value(100).run())
    assert shown(page) == ids(*range(120, 99, -1))
    assert not page.get("pagination")


def test_chosen_video_is_shown_below_other_pages_too(page: AppTest) -> None:
    give(page, MANY)
    page.session_state["selected_video"] = "video-120"
    assert chosen(turn(page, 2)) == "Rank 1 of 120"


def test_cards_come_a_page_at_a_time(page: AppTest) -> None:
    give(page, MANY)
    settled(next(one for one in page.toggle if one.label == "Cards").set_value(True).run())
    turn(page, 3)
    cards = [one for one in page.button if str(one.key).startswith("video-card-")]
    assert len(cards) == 20
    assert cards[0].label.startswith("**101 · ")


UNHEARD = "lo que la senadora nunca les dijo sobre el pan"


def test_uncertain_videos_are_in_the_queue_among_the_claims_with_the_reason(page: AppTest) -> None:
    spoken = [*QUEUE["video_transcription_text"][:-1], UNHEARD]
    give(page, reported_csv(ROWS, **(QUEUE | {"video_transcription_text": spoken})))
    assert tiles(page)["Uncertain"] == "1"
    assert shown(page) == ids(12, 6, 5, 4, 3, 2, 1)
    first = page.dataframe[-1].value.iloc[0]
    assert first["lane"] == "uncertain"
    assert first["reason"] == "unlike anything the model was trained on"
    settled(pills(page, "Lanes").set_value(["claims"]).run())
    assert shown(page) == ids(6, 5, 4, 3, 2, 1)
    page.session_state["selected_video"] = "video-12"
    settled(pills(page, "Lanes").set_value(["uncertain"]).run())
    assert "Unlike anything the model was trained on" in page.warning[-1].value


def test_words_that_moved_the_score_are_named_and_marked(page: AppTest) -> None:
    give(page, GOOD)
    named = page.dataframe[-1].value["words that moved the score"]
    assert named.str.contains("read|someone|online|claim").all()
    page.session_state["selected_video"] = "video-6"
    settled(page.run())
    drawn, legend = written(page)
    assert "<mark" in drawn
    assert read(drawn) == f"{CLAIM} in a Harbor"
    assert "speaks for claim" in legend
    assert any("without any feature" in caption.value for caption in page.caption)


def test_statements_are_counted_and_can_lead_the_queue(page: AppTest) -> None:
    other = "someone read online that the tower is nine hundred years old"
    spoken = [other] * 2 + [CLAIM] * 4 + [OPINION] * 6
    reports = ["30", "40", *["20"] * 4, *["1"] * 6]
    table = QUEUE | {"video_transcription_text": spoken, "report_count": reports}
    give(page, reported_csv(ROWS, **table))
    assert shown(page)[:2] == ids(2, 1)
    page.session_state["selected_video"] = "video-3"
    settled(next(s for s in page.selectbox if s.label == "Ranked by").select("statement").run())
    assert shown(page) == ids(3, 4, 5, 6, 2, 1)
    assert page.dataframe[-1].value["statement_reports"].iloc[0] == 80
    sentences = [text.value for text in page.markdown if "This statement" in text.value]
    assert sentences == ["This statement: **4 videos, 80 reports**."]


def test_ranking_by_author_is_offered_only_where_authors_are_known(page: AppTest) -> None:
    give(page, GOOD)
    policies = next(s for s in page.selectbox if s.label == "Ranked by")
    assert len(policies.options) == 3
    give(page, reported_csv(ROWS, **QUEUE, author_id=["ann"] * 2 + ["bob"] * 10))
    policies = next(s for s in page.selectbox if s.label == "Ranked by")
    assert len(policies.options) == 4
    settled(policies.select("author").run())
    assert shown(page) == ids(6, 5, 4, 3, 2, 1)


def test_upload_that_is_unlike_what_the_model_learnt_says_so(page: AppTest) -> None:
    strange = ["qwzx vbnm plok jhgf trew asdf zxcv " * 3] * 60
    give(page, reported_csv(60, video_transcription_text=strange))
    assert "unlike anything the model was trained on" in page.warning[0].value
    give(page, GOOD)
    assert list(page.warning) == []
