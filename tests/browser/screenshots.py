"""Take a picture of every page: python -m tests.browser.screenshots [folder] [light|dark]."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.browser.dashboard import PAGES, browser, running_dashboard, settle


def main(folder: Path, scheme: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    dataset = os.environ.get("CLAIMCLF_DATASET")
    environment = {"CLAIMCLF_DATASET": dataset} if dataset else {}
    with running_dashboard(**environment) as address, browser() as opened:
        for name in PAGES:
            context = opened.new_context(
                viewport={"width": 1280, "height": 900}, color_scheme=scheme
            )
            page = context.new_page()
            page.goto(f"{address}/{name}")
            settle(page)
            page.wait_for_timeout(1_000)  # charts fade in
            height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": 1280, "height": min(max(int(height), 700), 2_600)})
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{name or 'start'}.png")
            context.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(
        Path(arguments[0] if arguments else "docs/pictures"),
        arguments[1] if len(arguments) > 1 else "light",
    )
