"""Take a picture of every page: python -m tests.browser.screenshots [folder] [light|dark]."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from claimclf.configuration import DATABASE, models_folder
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import read_table
from claimclf.people import Person, Role
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.storage.database import Database, now
from claimclf.schema import AUTHOR_ID, REPORT_COUNT, TRANSCRIPT, VIDEO_ID, VIEWS, Decision
from claimclf.services import queue
from claimclf.services.loading import load_model
from claimclf.services.triage import triage
from claimclf.units import HOUR
from tests.browser.dashboard import PAGES, browser, new_context, running_dashboard, settle

_LEAD = Person("lena", Role.LEAD)
#: A picture of a page that is another one's part.
_UPLOAD = "upload"
_PLACES = {_UPLOAD: "triage_queue"}


def filled(url: str) -> None:
    """Make a queue in which a team has worked for a day."""
    start = now() - 24 * HOUR
    clock = [start]
    database = Database(url, lambda: clock[0])
    rows = demo_videos(2_000, 1)
    rows[AUTHOR_ID] = [f"author-{n * n % 700}" for n in range(len(rows))]
    table = read_table(rows.to_csv(index=False).encode(), "demo.csv")
    model = load_model(models_folder())
    queue.store_ranked(database, _LEAD, triage(table, model), model)
    queue.change_settings(database, _LEAD, "two people today", {"capacity": 420})
    kinds = [Decision.WITHIN_RULES, Decision.OPINION, Decision.WITHIN_RULES, Decision.ESCALATE]
    for n in range(400):
        clock[0] = start + n * HOUR // 20 + (n * n) % 7 * HOUR // 60
        person = Person(("anna", "boris", "carla")[n % 3])
        lease = queue.next_case(database, person)
        assert lease is not None
        kind = kinds[3] if n % 90 == 89 else kinds[n % 3]
        held = (lease.case.id, lease.token, lease.case.version)
        clock[0] += (20 + n % 50) * 1_000_000
        queue.decide(database, person, *held, Verdict(kind))
    database.close()


def _queue(place: str) -> dict[str, str]:
    url = f"sqlite:///{Path(place, 'queue.db')}"
    filled(url)
    return {DATABASE.variable: url}


def main(folder: Path, scheme: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    dataset = os.environ.get("CLAIMCLF_DATASET")
    environment = {"CLAIMCLF_DATASET": dataset} if dataset else {}
    with (
        tempfile.TemporaryDirectory() as place,
        running_dashboard(**environment, **_queue(place)) as address,
        browser() as opened,
    ):
        for name in (*PAGES, _UPLOAD):
            context = new_context(
                opened, viewport={"width": 1280, "height": 900}, color_scheme=scheme
            )
            page = context.new_page()
            page.goto(f"{address}/{_PLACES.get(name, name)}")
            settle(page)
            _prepare(page, name)
            page.wait_for_timeout(1_500)  # charts fade in
            height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": 1280, "height": min(max(int(height), 700), 2_600)})
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{name or 'start'}.png")
            context.close()


def _prepare(page: Page, name: str) -> None:
    """Do what a person does first on the page that is to be seen."""
    if name == "review":
        page.keyboard.press("n")
        page.wait_for_selector(".st-key-case")
    elif name == "learning":
        page.get_by_text("What is missed", exact=True).click()
    elif name == _UPLOAD:
        page.get_by_role("radio", name="Upload").click()
        page.wait_for_selector("input[type=file]", state="attached")
        settle(page)
        file: Any = {"name": "reported.csv", "mimeType": "text/csv", "buffer": _reported()}
        page.locator("input[type=file]").set_input_files(file)
        page.wait_for_selector(".st-key-step-3 button")
    settle(page)


def _reported() -> bytes:
    """Return a table as somebody may have made it, with names of its own and two bad ids."""
    rows = demo_videos(40, 2)
    rows.loc[4, VIDEO_ID], rows.loc[9, VIDEO_ID] = "7.36878290864959E+18", ""
    names = {VIDEO_ID: "id", TRANSCRIPT: "what is said", REPORT_COUNT: "reports"}
    return rows[[*names, VIEWS]].rename(columns=names).to_csv(index=False).encode()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(
        Path(arguments[0] if arguments else "docs/pictures"),
        arguments[1] if len(arguments) > 1 else "light",
    )
