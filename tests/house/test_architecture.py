"""The folders state the direction of dependency; these tests hold it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from claimclf.paths import ROOT

PACKAGE = ROOT / "claimclf"
SOURCES = sorted(PACKAGE.rglob("*.py"))
#: Layer -> what it may import of the package, besides itself.
_BOTTOM = {"schema", "errors", "files", "paths", "people", "units"}
ALLOWED = {
    "schema": set(),
    "errors": set(),
    "files": set(),
    "paths": set(),
    "units": set(),
    "people": {"schema", "errors"},
    "dataset": _BOTTOM,
    "modeling": _BOTTOM | {"dataset"},
    "queue": _BOTTOM,
    "streaming": _BOTTOM | {"dataset", "modeling"},
    "services": _BOTTOM | {"dataset", "modeling", "queue", "streaming", "charts"},
    "charts": _BOTTOM,
    "cli": _BOTTOM | {"dataset", "modeling", "queue", "services", "streaming", "__version__"},
    "ui": _BOTTOM | {"dataset", "modeling", "queue", "services", "charts"},
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


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    layer = parts[0]
    if layer == "__init__":
        return
    used = {name.split(".")[1] for name in imported(path) if name.split(".")[0] == "claimclf"}
    assert used <= ALLOWED[layer] | {layer}


def test_pages_import_no_learner_and_read_no_file() -> None:
    heavy = {"sklearn", "xgboost", "skops", "pandera", "pyarrow", "csv"}
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]:
        assert not {name for name in imported(path) if name.split(".")[0] in heavy}, path


def test_every_page_opens_itself_first() -> None:
    for path in [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]:
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
