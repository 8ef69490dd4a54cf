"""What a person sees: a real server, a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from claimclf.cli import main
from tests.browser.conftest import forget
from tests.browser.dashboard import PAGES, running_dashboard, settle

pytestmark = pytest.mark.browser

#: Page -> texts that must be on it when it is the first thing a fresh server is asked for.
SHOWN = {
    "": ["What waits", "Dataset in use", "Synthetic demo data", "On real speech"],
    "triage_queue": ["Upload reported videos", "Try it with made-up videos"],
    "review": ["The shared queue is empty", "Start reviewing"],
    "lead_view": ["Settings"],
    "dataset": ["Synthetic demo data", "Findings", "Class", "All 5,000 complete rows"],
    "model_comparison": [
        "Champion: speech-linear",
        "On the course's own texts",
        "On real speech",
        "speech-random-forest",
        "speech-xgboost",
        "1 figure is equal",
        "Class reports",
    ],
    "learning": ["What there is to learn from", "20 more decisions"],
}


def open_at(page: Page, address: str, name: str = "") -> None:
    page.goto(f"{address}/{name}")
    settle(page)


@pytest.mark.parametrize("name", PAGES)
def test_page_works_as_the_first_request_of_a_fresh_server_and_is_dark_where_the_browser_is(
    page: Page, name: str
) -> None:
    page.emulate_media(color_scheme="dark")
    with running_dashboard(copied=False) as address:
        open_at(page, address, name)
        for text in SHOWN[name]:
            expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
        background = page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        assert background == "rgb(18, 23, 29)"
        page.goto("about:blank")  # before the server goes


def test_a_browser_that_forgot_knows_nothing_of_the_pages_before(
    page: Page, demo_address: str
) -> None:
    stored = "() => [document.cookie, localStorage.length, sessionStorage.length]"
    open_at(page, demo_address)
    page.evaluate("document.cookie = 'a=b'; localStorage.a = sessionStorage.a = 1")
    cookie, n_local, n_session = page.evaluate(stored)
    assert "a=b" in cookie
    assert n_local * n_session > 0
    page.goto("about:blank")
    forget(page)
    page.goto(f"{demo_address}/_stcore/health")  # which gives a cookie, and runs no script
    cookie, n_local, n_session = page.evaluate(stored)
    assert "a=b" not in cookie
    assert n_local == n_session == 0


@pytest.mark.dataset
def test_upload_gives_the_same_order_as_the_command_line(
    page: Page, course_address: str, reported_course: Path, tmp_path: Path
) -> None:
    out = tmp_path / "shell.csv"
    done = CliRunner().invoke(main, ["score", str(reported_course), "--output", str(out)])
    assert done.exit_code == 0, done.output

    open_at(page, course_address, "triage_queue")
    page.locator("input[type=file]").set_input_files(reported_course)
    expect(page.get_by_text("reported.csv, scored by")).to_be_visible(timeout=60_000)
    settle(page)
    expect(page.get_by_text("19,382").first).to_be_visible()
    expect(page.get_by_text("uncertain (298)")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    saved = tmp_path / "page.csv"
    download.value.save_as(saved)
    assert saved.read_bytes() == out.read_bytes()
    first = pd.read_csv(out).iloc[0]
    assert first["rank"] == 1
    assert first["lane"] in ("claims", "uncertain")


@pytest.mark.dataset
def test_dataset_page_shows_the_courses_figures(page: Page, course_address: str) -> None:
    open_at(page, course_address, "dataset")
    for text in ["19,382", "19,084", "298 rows (1.5%) have missing values"]:
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.get_by_text("alone is right for 99.5% of the rows").first).to_be_visible()
    page.get_by_role("tab", name="Texts").click()
    expect(page.get_by_text("95.38 characters")).to_be_visible()
    expect(page.get_by_text("82.72 characters")).to_be_visible()


@pytest.mark.dataset
def test_stress_table_shows_all_models(page: Page, course_address: str) -> None:
    page.goto(f"{course_address}/model_comparison")
    settle(page)
    expect(page.get_by_text("Champion: speech-linear").first).to_be_visible()
    page.get_by_text("Under stress", exact=True).click()
    settle(page)
    table = page.get_by_test_id("stTable").last
    models = [
        "content-random-forest", "content-xgboost", "course-random-forest", "course-xgboost",
        "speech-linear", "speech-random-forest", "speech-xgboost",
    ]  # fmt: skip
    expect(table.locator("thead th")).to_have_text(["", *models])
    row = table.locator("tbody tr").filter(has_text="engagement × 0").first
    cells = row.locator("td").all_inner_texts()
    assert [cell.split(" ")[0] for cell in cells] == [
        "1.000",
        "1.000",
        "0.563",
        "0.000",
        "1.000",
        "1.000",
        "1.000",
    ]
    expect(page.locator(".js-plotly-plot").last).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_chosen_row_shows_its_video(page: Page, demo_address: str) -> None:
    open_at(page, demo_address, "triage_queue")
    page.get_by_role("button", name="Try it with made-up videos").click()
    expect(page.get_by_text("Synthetic demo data")).to_be_visible()
    settle(page)
    table = page.locator(".stDataFrameGlideDataEditor").filter(visible=True).last
    table.click(position={"x": 20, "y": 70})  # the first row's checkbox
    settle(page)
    expect(page.get_by_text("Rank 1 of 2,000")).to_be_visible()
    page.get_by_role("button", name="Page 2", exact=True).click()
    expect(page.get_by_text(re.compile("^51 to 100 of "))).to_be_visible()
    settle(page)
    table.click(position={"x": 20, "y": 70})
    expect(page.get_by_text("Rank 51 of 2,000")).to_be_visible()
    settle(page)


def _open_the_first(page: Page, line: str) -> None:
    """Click the first row of the table below a line, when that table is the one on the screen."""
    expect(page.get_by_text(line)).to_be_visible()
    settle(page)
    page.locator(".stDataFrameGlideDataEditor").filter(visible=True).last.click(
        position={"x": 20, "y": 70}
    )
    settle(page)


def test_markup_in_a_transcript_is_shown_as_text(
    page: Page, demo_address: str, tmp_path: Path
) -> None:
    videos = tmp_path / "videos.csv"
    CliRunner().invoke(main, ["demo", "--rows", "3", "--output", str(videos)])
    frame = pd.read_csv(videos)
    text = "<img src=x onerror=alert(1)> **bold** someone read in the media that :rocket: $x$"
    frame["video_transcription_text"] = text
    frame["author_id"] = "<b>me</b> **you**"
    frame["video_view_count"] = 500_000
    frame.to_csv(videos, index=False)
    open_at(page, demo_address, "triage_queue")
    page.locator("input[type=file]").set_input_files(videos)
    expect(page.get_by_text("videos.csv, scored by")).to_be_visible()
    settle(page)
    for lane in ("claims", "opinions"):
        pill = page.get_by_role("button", name=lane, exact=False).first
        if pill.get_attribute("aria-pressed") != "true" and "(0)" not in pill.inner_text():
            pill.click()
            settle(page)
    _open_the_first(page, "3 videos to review")
    expect(page.get_by_test_id("stHtml").filter(has_text="someone read")).to_have_text(text)
    expect(page.get_by_text("author <b>me</b> **you**").filter(visible=True)).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


def test_wrong_file_is_explained_and_the_page_stays_usable(
    page: Page, demo_address: str, tmp_path: Path
) -> None:
    picture = tmp_path / "photo.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    open_at(page, demo_address, "triage_queue")
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.get_by_text("is not a table that can be read")).to_be_visible()
    page.get_by_role("button", name="Remove photo.csv").click()
    settle(page)
    expect(page.get_by_role("button", name="Try it with made-up videos")).to_be_visible()


def test_moderator_meets_what_the_model_is_uncertain_about(
    page: Page, demo_address: str, tmp_path: Path
) -> None:
    videos = tmp_path / "videos.csv"
    CliRunner().invoke(main, ["demo", "--rows", "6", "--output", str(videos)])
    frame = pd.read_csv(videos)
    unheard = "lo que la senadora nunca les dijo sobre el pan"
    frame["video_transcription_text"] = [
        unheard, "hm", *["someone read in the media that a hedgehog can swim for nine miles"] * 4
    ]  # fmt: skip
    frame["report_count"] = [900, 800, 4, 3, 2, 1]
    frame.to_csv(videos, index=False)
    open_at(page, demo_address, "triage_queue")
    page.locator("input[type=file]").set_input_files(videos)
    expect(page.get_by_text("videos.csv, scored by speech-linear")).to_be_visible()
    settle(page)
    expect(page.get_by_role("button", name="uncertain (2)")).to_be_visible()
    page.get_by_role("button", name="claims (4)").click()  # the uncertain lane alone
    _open_the_first(page, "2 videos to review")
    expect(page.get_by_text("Rank 1 of 6")).to_be_visible()
    expect(page.get_by_text("Unlike anything the model was trained on. A person")).to_be_visible()
    expect(page.get_by_text("Lane uncertain")).to_be_visible()
    page.get_by_role("button", name="claims (4)").click()
    page.get_by_role("button", name="uncertain (2)").click()
    _open_the_first(page, "4 videos to review")
    expect(page.get_by_text("This statement: 4 videos, 10 reports")).to_be_visible()
    expect(page.locator("mark").first).to_be_visible()
