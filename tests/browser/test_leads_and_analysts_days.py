"""A lead's day and an analyst's, each signed in as what they are, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from claimclf.configuration import DATABASE
from claimclf.people import Person, Role
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.schema import CaseState, Decision
from claimclf.services import queue
from tests.browser.dashboard import running_dashboard, settle
from tests.browser.provider import running_provider
from tests.browser.test_login import SECRET, SECRETS, Servers, sign_in
from tests.queue.builders import ESCALATE, done, fill, take

pytestmark = pytest.mark.browser

USERS = {
    role: {"email": f"{role}@example.org", "email_verified": True, "groups": [role]}
    for role in ("moderator", "lead", "analyst")
}
ANNA, BORIS = Person("anna@example.org"), Person("boris@example.org")
LEAD = Person("lead@example.org", Role.LEAD)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Twelve cases: one waits for a lead, one is decided, one is in somebody's hands."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('days') / 'queue.db'}")
    fill(database, 12)
    done(database, ANNA, Verdict(ESCALATE.decision, note="is it satire?"))
    done(database, ANNA)
    take(database, BORIS)
    yield database
    database.close()


@pytest.fixture(scope="module")
def servers(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running_provider(USERS) as provider:
        file = tmp_path_factory.mktemp("secrets") / "secrets.toml"
        file.write_text(SECRETS.format(secret=SECRET, provider=provider))
        url = database.url.render_as_string()
        environment = {"STREAMLIT_SECRETS_FILES": str(file), DATABASE.variable: url}
        with running_dashboard(**environment) as dashboard:
            yield Servers(dashboard, provider)


def open_page(page: Page, label: str) -> None:
    page.get_by_test_id("stSidebar").get_by_test_id("stPageLink").filter(has_text=label).click()
    expect(page.locator("h1")).to_have_text(label)
    settle(page)


def test_lead_decides_what_was_escalated_reassigns_a_case_and_changes_a_setting(
    page: Page, servers: Servers, database: Database
) -> None:
    sign_in(page, servers, "lead")
    open_page(page, "Lead's view")
    expect(page.get_by_test_id("stMetric").filter(has_text="Cases in hands")).to_contain_text("1")
    # The case that boris holds goes to carla, who is not in the list of those at work.
    to = page.get_by_role("combobox", name="Reassign to")
    to.fill("carla@example.org")
    to.press("Enter")
    page.get_by_role("button", name="Reassign", exact=True).click()
    expect(page.get_by_text("carla@example.org has case 3 now")).to_be_visible()
    settle(page)
    held = queue.held_case(database, Person("carla@example.org"))
    assert held is not None
    assert queue.held_case(database, BORIS) is None

    page.get_by_label("A case is held for (minutes)").fill("15")
    page.get_by_label("Reason for the change").fill("long videos today")
    page.get_by_role("button", name="Change the settings").click()
    expect(page.get_by_text("A case is held for (minutes): 15.")).to_be_visible()
    settle(page)
    assert queue.settings_in_force(database, LEAD).lease_minutes == 15

    page.get_by_role("button", name="Take", exact=True).click()
    page.get_by_role("link", name="Decide on it: open Review").click()
    expect(page.locator(".st-key-case h3")).to_have_text("Case 1")
    expect(page.locator('[class*="st-key-decide-skip"] button')).to_be_enabled()
    settle(page)
    page.keyboard.press("2")
    expect(page.locator(".st-key-case h3")).not_to_have_text("Case 1")
    settle(page)
    past = queue.case_history(database, LEAD, 1)
    assert past.case.state is CaseState.DECIDED
    assert [(row["by"], row["decision"]) for row in past.decisions] == [
        (ANNA.name, Decision.ESCALATE),
        (LEAD.name, Decision.WITHIN_RULES),
    ]
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Take the next case")).to_be_visible()
    settle(page)
    assert verify(database).problems == []


def test_analyst_searches_saves_a_view_and_takes_decisions_along_but_decides_nothing(
    page: Page, servers: Servers, database: Database, tmp_path: Path
) -> None:
    before = queue.counts(database, ANNA)
    sign_in(page, servers, "analyst")
    open_page(page, "Triage queue")
    search = page.get_by_label("Search in transcripts")
    search.fill("thing 7")
    search.press("Enter")
    expect(page.get_by_text("1 to 1 of 1 case", exact=True)).to_be_visible()
    settle(page)
    assert "text=thing+7" in page.url
    page.get_by_text("Saved views", exact=True).click()
    page.get_by_label("Save these filters as").fill("the seventh")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    settle(page)
    (view,) = queue.saved_views(database, ANNA)
    assert (view.name, view.by, view.filters.text) == (
        "the seventh",
        "analyst@example.org",
        "thing 7",
    )

    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download decisions.csv").click()
    download.value.save_as(tmp_path / "decisions.csv")
    settle(page)
    saved = pd.read_csv(tmp_path / "decisions.csv", keep_default_na=False)
    assert {"escalate", "opinion"} <= set(saved["decision"])

    page.goto(f"{servers.dashboard}/review")
    expect(page.get_by_text("needs the role moderator or lead or admin")).to_be_visible()
    for label in ("Dataset", "Model comparison"):
        open_page(page, label)
        expect(page.get_by_test_id("stException")).to_have_count(0)
    assert queue.counts(database, ANNA) == before
