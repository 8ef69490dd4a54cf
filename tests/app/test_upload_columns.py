"""Tables of other people's making: what is read is said, corrected, remembered."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook
from streamlit.testing.v1 import AppTest

from claimclf.configuration import MAPPINGS
from claimclf.paths import ROOT
from claimclf.ui.state import upload as state
from tests.app.test_triage_page import errors, give, settled, tiles
from tests.conftest import shared_file

pytestmark = pytest.mark.usefixtures("load_each_model_once")

CLAIM = "someone read online a claim that a hedgehog can swim"
UNKNOWN = "nr;what;where;n\n" + "".join(
    f"v{1000 + i};{CLAIM} {i};https://example.org/{i};{i + 1}\n" for i in range(8)
)


@pytest.fixture(autouse=True)
def mappings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mappings"
    monkeypatch.setenv(MAPPINGS.variable, str(folder))
    monkeypatch.setattr(state, "_DEMO_ROWS", 60)
    state.demo_table.clear()
    return folder


def new_page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    return settled(app.switch_page("pages/triage_queue.py").run())


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    return new_page(monkeypatch)


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return settled(app.run())


def choose(app: AppTest, name: str, own: str) -> None:
    label = {
        "report_count": "Reports received about the video",
        "video_url": "Where the video can be watched",
    }[name]
    next(box for box in app.selectbox if box.label == label).set_value(own)


def read_as(app: AppTest) -> list[str]:
    """Heads of the preview: the contract's name and the table's own."""
    return [str(name) for name in app.dataframe[0].value.columns]


def words(app: AppTest) -> str:
    return " ".join(str(text.value).replace("\\", "") for text in (*app.markdown, *app.caption))


def test_unknown_table_is_read_by_names_and_contents_and_shows_five_rows(page: AppTest) -> None:
    give(page, UNKNOWN.encode(), "theirs.csv")
    heads = read_as(page)
    assert "video_id ← nr" in heads
    assert any(head.endswith("← what (transcript)") for head in heads)
    assert len(page.dataframe[0].value) == 5
    assert tiles(page)["Accepted"] == "8"
    assert "Proposed from what the columns hold, not from their names" in words(page)
    assert "No report counts are given" in words(page)


def test_corrected_column_is_read_and_remembered_for_tables_with_the_same_columns(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(page, UNKNOWN.encode(), "theirs.csv")
    choose(page, "report_count", "n")
    press(page, "Use these columns")
    assert "report_count ← n" in read_as(page)
    assert "No report counts are given" not in words(page)
    other = new_page(monkeypatch)
    give(other, UNKNOWN.replace("v10", "w10").encode(), "next_week.csv")
    assert "report_count ← n" in read_as(other)


def test_column_that_is_none_can_be_taken_away(page: AppTest) -> None:
    give(page, UNKNOWN.encode(), "theirs.csv")
    assert "video_url ← where" in read_as(page)
    choose(page, "video_url", "")
    press(page, "Use these columns")
    assert "video_url ← where" not in read_as(page)


def test_mapping_with_a_name_is_offered_for_another_table_that_it_fits(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(page, UNKNOWN.encode(), "theirs.csv")
    choose(page, "report_count", "n")
    next(box for box in page.text_input if box.label == "Name of this mapping").set_value("Ours")
    press(page, "Use these columns")
    other = new_page(monkeypatch)
    wider = "".join(f"{line};x\n" for line in UNKNOWN.splitlines())
    give(other, wider.encode(), "wider.csv")
    assert "report_count ← n" not in read_as(other)
    press(other, "Ours")
    assert "report_count ← n" in read_as(other)


def test_damaged_ids_are_refused_until_a_person_says_that_they_are_right(page: AppTest) -> None:
    ids = [str(7_000_000_000_000_000_000 // 1024 * 1024 + 1024 * i) for i in range(20)]
    rows = "".join(f"{one},{CLAIM}\n" for one in ids)
    give(page, f"video_id,text\n{rows}".encode(), "doubles.csv")
    assert "cannot be trusted" in errors(page)[0]
    press(page, "These ids are right: read them")
    assert tiles(page)["Accepted"] == "20"
    assert "a person has said that they are right" in words(page)


def test_known_export_says_what_it_is(page: AppTest) -> None:
    give(page, shared_file("formats/zeeschuimer_tiktok.ndjson").read_bytes(), "zee.ndjson")
    assert "This is a Zeeschuimer export of TikTok, 21 lines, 20 videos." in words(page)


def test_report_log_beside_the_videos_ranks_them_by_its_counts(page: AppTest) -> None:
    give(page, UNKNOWN.encode(), "theirs.csv")
    log = "video_id,reason,reported_at\n" + "v1003,spam,2025-01-01T00:00:00Z\n" * 3
    page.file_uploader(key="reports_upload").set_value(
        ("reports.csv", (log + "v1001,hate,2025-01-02T00:00:00Z\nzzz,spam,\n").encode(), "text/csv")
    )
    settled(page.run())
    assert "This is a report log, 5 rows: 5 reports about 3 videos." in words(page)
    assert "1 of these videos is not in the file; it is left out." in words(page)
    shown = page.dataframe[-1].value
    assert list(shown["video_id"])[:2] == ["v1003", "v1001"]


def test_remembered_mapping_is_the_file_that_the_shell_takes(page: AppTest, mappings: Path) -> None:
    give(page, UNKNOWN.encode(), "theirs.csv")
    choose(page, "report_count", "n")
    press(page, "Use these columns")
    (file,) = mappings.glob("*.json")
    assert json.loads(file.read_text("utf-8"))["columns"] == {"report_count": "n"}
    assert file.stat().st_mode & 0o077 == 0


def test_another_sheet_of_a_workbook_can_be_read(page: AppTest) -> None:
    book = Workbook()
    first, second = book.active, book.create_sheet("Second")
    first.title = "First"
    for sheet, n in ((first, 3), (second, 5)):
        sheet.append(["video_id", "text"])
        for i in range(n):
            sheet.append([f"v{100 + i}", CLAIM])
    content = BytesIO()
    book.save(content)
    give(page, content.getvalue(), "two.xlsx")
    assert tiles(page)["Accepted"] == "3"
    next(box for box in page.selectbox if box.label == "Sheet").set_value("Second")
    settled(page.run())
    assert tiles(page)["Accepted"] == "5"
