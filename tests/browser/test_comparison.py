"""An analyst compares two models, saves a cut-off and takes the comparison along."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from claimclf.modeling.store.store import ModelStore
from tests.browser.dashboard import running_dashboard, settle

pytestmark = [pytest.mark.browser, pytest.mark.dataset]


def test_analyst_looks_closer_saves_a_cut_off_and_exports(
    page: Page, course_dataset: Path, shipped: ModelStore, tmp_path: Path
) -> None:
    store = ModelStore(tmp_path / "models")
    # The course's two, which make mistakes that one can look at.
    two = shutil.ignore_patterns("content-*", "speech-*", "champion.json")
    shutil.copytree(shipped.folder, store.folder, ignore=two)
    environment = {"CLAIMCLF_DATASET": str(course_dataset), "CLAIMCLF_MODELS": str(store.folder)}
    with running_dashboard(**environment) as address:
        page.goto(f"{address}/model_comparison")
        settle(page)
        page.get_by_text("recall at least 99.5 %", exact=True).click()
        settle(page)
        look_closer(page)
        save_cut_off(page)
        manifest = store.manifest("course-random-forest")
        assert manifest.metrics["validation"].recall >= 0.995
        assert manifest.threshold_history[0]["reason"] == "fewer extra reviews"
        exported = export(page, tmp_path)
        page.goto("about:blank")
    page.goto(exported.as_uri())
    expect(page.get_by_role("heading", name="Model comparison", exact=True)).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text("Exact McNemar test").first).to_be_visible()


def look_closer(page: Page) -> None:
    shows = {
        "Is one better?": "Exact McNemar test",
        "What it got wrong": "missed claim",
        "Checks": "overfitting_recall",
        "Would we use it?": "What is it for, and what not?",
        "Test set": "Opened for the champion only",
    }
    for section, text in shows.items():
        page.get_by_text(section, exact=True).click()
        settle(page)
        expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)


def save_cut_off(page: Page) -> None:
    page.get_by_text("Save a cut-off, overrule the champion").click()
    form = page.get_by_test_id("stForm").filter(has_text="Save a cut-off as")
    form.get_by_label("Reason").fill("fewer extra reviews")
    form.get_by_role("button", name="Save the threshold").click()
    settle(page)
    page.wait_for_timeout(500)
    settle(page)


def export(page: Page, folder: Path) -> Path:
    page.get_by_role("button", name="Prepare the comparison as one HTML file").click()
    expect(page.get_by_role("button", name="Download comparison.html")).to_be_visible()
    settle(page)  # a button that is about to be drawn anew takes no click
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="Download comparison.html").click(timeout=60_000)
    path = folder / "comparison.html"
    download.value.save_as(path)
    return path
