"""`docs/architecture.md` lists the rooms that there are; the index of decisions all pages."""

from __future__ import annotations

import re

from claimclf.paths import ROOT

#: Rooms that the page tells of together with the one that they are in.
_TOLD_WITHIN = {"claimclf/queue/storage/migrations", "claimclf/queue/storage/migrations/versions"}
#: Rooms within these are the layout of a room, told in its own docstring.
_LAID_OUT_WITHIN = (
    "charts",
    "ui",
    "cli",
    "api",
    "modeling/learners",
    "queue/queries",
    "queue/outbound",
)


def listed() -> set[str]:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    return {room.rstrip("/") for room in re.findall(r"^\| `(claimclf/[^`]*)`", page, re.MULTILINE)}


def rooms() -> set[str]:
    folders = {path.parent for path in (ROOT / "claimclf").rglob("__init__.py")}
    names = {str(folder.relative_to(ROOT)) for folder in folders} - {"claimclf"} - _TOLD_WITHIN
    return {
        room for room in names if not any(f"claimclf/{top}/" in room for top in _LAID_OUT_WITHIN)
    }


def test_page_lists_the_rooms_that_there_are() -> None:
    assert listed() - rooms() == set()
    assert rooms() - listed() == set()


def test_index_lists_every_decision() -> None:
    folder = ROOT / "docs" / "decisions"
    linked = re.findall(r"\((\d{4}-[^)]*\.md)\)", (folder / "README.md").read_text("utf-8"))
    assert sorted(linked) == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
