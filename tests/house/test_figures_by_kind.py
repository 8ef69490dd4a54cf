"""No figure of the champion stands alone: README and cards say on which texts it was measured."""

from __future__ import annotations

import re

import pytest

from claimclf.modeling.store.by_kind import at_a_glance
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import MODELS, ROOT

STORE = ModelStore(MODELS)
TEXTS = [
    ROOT / "README.md",
    ROOT / "app.py",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "pages").glob("*.py")),
    *sorted((ROOT / "claimclf").rglob("*.py")),
    *sorted((ROOT / "tests" / "browser").glob("*.py")),
    *sorted(MODELS.glob("*/card.md")),
]
_PERFECT = re.compile(r"recall[^.;|\n]{0,20}100(\.0+)? ?%", re.IGNORECASE)
_WHOSE = "on the course's own texts"


def test_readme_shows_the_champions_figures_by_kind_of_text() -> None:
    best = champion(STORE)
    assert best is not None
    lines = [f"- On {one.texts}: {one.figures}." for one in at_a_glance(best)]
    assert "\n".join(lines) in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", STORE.names())
def test_card_is_what_the_manifest_says(name: str) -> None:
    assert (MODELS / name / "card.md").read_text("utf-8") == model_card(STORE.manifest(name))


def test_perfect_recall_is_said_of_the_courses_own_texts_alone() -> None:
    bare = [
        f"{path.relative_to(ROOT)}, line {number}: {line}"
        for path in TEXTS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if _PERFECT.search(line) and _WHOSE not in line.casefold()
    ]
    assert bare == []
