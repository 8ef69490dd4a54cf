"""From decisions to a challenger in use, and back, as a lead does it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from claimclf.queue.review.decisions import Verdict, decide
from claimclf.queue.storage.database import Database
from claimclf.schema import TRANSCRIPT, Decision
from tests.browser.dashboard import new_context, running_dashboard, settle
from tests.conftest import ROOT
from tests.queue.builders import ANNA, fill, logged, take
from tests.speech import talk

N_DECIDED = 60


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A queue in which anna has decided on most cases; a few wait."""
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    said = talk(N_DECIDED + 5)
    fill(database, len(said), video_transcription_text=said["text"].tolist(), statement_id=None)
    of_text = dict(zip(said["text"], said["label"], strict=True))
    for _ in range(N_DECIDED):
        lease = take(database, ANNA)
        claim = of_text[lease.case.video[TRANSCRIPT]]
        verdict = Verdict(Decision.WITHIN_RULES if claim else Decision.OPINION)
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, verdict)
    yield database
    database.close()


@pytest.fixture
def address(database: Database, tmp_path: Path) -> Iterator[str]:
    models = tmp_path / "models"
    others = shutil.ignore_patterns("content-*", "course-*", "speech-random*", "speech-xg*")
    shutil.copytree(ROOT / "models", models, ignore=others)
    url = str(database.url)
    with running_dashboard(CLAIMCLF_DATABASE_URL=url, CLAIMCLF_MODELS=str(models)) as address:
        yield address


def section(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/learning")
    settle(page)
    page.get_by_role("radio", name=name, exact=True).click()
    settle(page)


def test_decisions_become_a_challenger_that_is_used_and_left_again(
    opened: Browser, address: str, database: Database
) -> None:
    context = new_context(opened, viewport={"width": 1280, "height": 1600})
    page = context.new_page()
    page.goto(f"{address}/model_comparison")
    settle(page)
    page.get_by_text("Learn from decisions", exact=True).click()
    page.get_by_role("button", name="Teach a challenger").click()
    expect(page.get_by_text("challenger-1 has learnt").first).to_be_visible(timeout=180_000)
    section(page, address, "Shadow")
    expect(page.get_by_text("speech-linear", exact=True).first).to_be_visible()
    page.get_by_role("combobox", name="In the shadow").click()
    page.get_by_role("option", name="challenger-1").click()
    page.get_by_label("Why", exact=True).first.fill("to see how it does")
    page.get_by_role("button", name="Let it score").click()
    expect(page.get_by_text("challenger-1 scores in the shadow: 5 open cases")).to_be_visible()
    page.get_by_label("Why it is used").fill("better on our posts")
    page.get_by_role("button", name="Use it from now on").click()
    in_use = "challenger-1 is in use: 5 open cases scored anew"
    expect(page.get_by_text(in_use)).to_be_visible(timeout=60_000)
    settle(page)
    page.get_by_role("button", name=re.compile("Back to speech-linear")).click()
    again = "speech-linear is in use: 5 open cases scored anew"
    expect(page.get_by_text(again)).to_be_visible(timeout=60_000)
    page.goto("about:blank")
    context.close()
    entries = [details for _, _, action, details in logged(database) if "champion" in action]
    assert [(one["new"], one["reason"]) for one in entries] == [
        ("challenger-1", "better on our posts"),
        ("speech-linear", "Back from challenger-1."),
    ]
