"""The folders state the direction of dependency; these tests hold it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_origin

import pytest

from claimclf.paths import ROOT

PACKAGE = ROOT / "claimclf"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
SCREENS = [*PAGES, *sorted((PACKAGE / "ui").rglob("*.py"))]
_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
#: Functions, modules and constants that screens still take past the services: to be emptied.
TAKEN_BY_SCREENS = {
    "claimclf.modeling.evaluation.curves",
    "claimclf.modeling.evaluation.measuring.predict_claim",
    "claimclf.modeling.evaluation.measuring.report_by_class",
    "claimclf.modeling.evaluation.slices.slices",
    "claimclf.modeling.explaining.contributions.contributions",
    "claimclf.modeling.explaining.highlighting.explain",
    "claimclf.modeling.scoring.ranking.ranked_anew",
    "claimclf.modeling.store.card.closing_questions",
    "claimclf.modeling.store.champion.RULE",
    "claimclf.modeling.store.champion.champion",
    "claimclf.modeling.store.manifest.HELD_OUT",
    "claimclf.queue.queries.briefing.MOST_COUNTED",
    "claimclf.queue.queries.listing.PAGE",
    "claimclf.queue.queries.views.from_query",
    "claimclf.queue.queries.views.to_query",
    "claimclf.queue.review.bulk.MOST",
    "claimclf.queue.settings.team.WORDS",
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "claimclf":
            names |= {f"claimclf.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_ui_knows_streamlit(path: Path) -> None:
    if PACKAGE / "ui" in path.parents:
        return
    assert not {name for name in imported(path) if name.split(".")[0] == "streamlit"}


def test_imports_point_down() -> None:
    """The contracts stand in `pyproject.toml`; lazy, type-only and indirect imports count."""
    run = subprocess.run(
        [sys.executable, "-c", _LINT, "--no-cache", "--no-logo"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"},
        check=False,
    )
    if run.returncode or "0 broken" not in run.stdout:
        pytest.fail(run.stdout + run.stderr, pytrace=False)


def lower_names(path: Path) -> Iterator[tuple[str, str]]:
    """Each module of `modeling` and `queue` that a file imports from, and the name it takes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            pairs = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            pairs = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        yield from (
            (module, name)
            for module, name in pairs
            if f"{module}.{name}.".startswith(("claimclf.modeling.", "claimclf.queue."))
        )


def is_type(module: str, name: str) -> bool:
    value = getattr(import_module(module), name, None) if name else None
    return isinstance(value, type) or get_origin(value) is not None


def test_screens_take_types_of_models_and_queue_and_ask_services_for_all_else() -> None:
    taken = {pair for path in SCREENS for pair in lower_names(path)}
    others = {f"{module}.{name}" for module, name in taken if not is_type(module, name)}
    past, left = others - TAKEN_BY_SCREENS, TAKEN_BY_SCREENS - others
    assert not past, "Screens take past the services:\n" + "\n".join(sorted(past))
    assert not left, "No screen takes it any more, strike it out:\n" + "\n".join(sorted(left))


def test_pages_import_no_learner_and_read_no_file() -> None:
    heavy = {"sklearn", "xgboost", "skops", "pandera", "pyarrow", "csv"}
    for path in PAGES:
        assert not {name for name in imported(path) if name.split(".")[0] in heavy}, path


def test_every_page_opens_itself_first() -> None:
    for path in PAGES:
        body = ast.parse(path.read_text("utf-8")).body
        calls = [node.value for node in body if isinstance(node, ast.Expr)]
        first = next(call for call in calls if isinstance(call, ast.Call))
        assert isinstance(first.func, ast.Name), path
        assert first.func.id == "open_page", path


def test_upload_limit_is_the_same_in_the_browser_and_in_python() -> None:
    import tomllib

    from claimclf.schema import UPLOAD_LIMITS

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert UPLOAD_LIMITS.size == config["server"]["maxUploadSize"] * 2**20
    assert config["server"]["address"] == "127.0.0.1"
    assert config["client"]["disableDataExport"] is True
