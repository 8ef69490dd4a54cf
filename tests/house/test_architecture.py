"""The folders state the direction of dependency; these tests hold it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import get_origin

import pytest
from hatchling.builders.wheel import WheelBuilder

from claimclf.paths import ROOT, SERVER
from claimclf.ui.frame import pages

PACKAGE = ROOT / "claimclf"
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
SCREENS = [*PAGES, *sorted((PACKAGE / "ui").rglob("*.py"))]
#: Serves Streamlit's pages to the network.
APPLICATION = PACKAGE / "api" / "application.py"
#: What else than `ui` knows Streamlit, and what of it.
KNOWS_STREAMLIT = {
    APPLICATION: {"streamlit.starlette"},
    PACKAGE / "api" / "middleware" / "messages.py": {"streamlit.proto.BackMsg_pb2"},
    PACKAGE / "api" / "middleware" / "turns.py": {
        "streamlit.proto.BackMsg_pb2",
        "streamlit.proto.ForwardMsg_pb2",
    },
}
_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


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
def test_only_ui_and_three_modules_of_the_server_know_streamlit(path: Path) -> None:
    if PACKAGE / "ui" in path.parents:
        return
    known = {name for name in imported(path) if name.split(".")[0] == "streamlit"}
    assert known == KNOWS_STREAMLIT.get(path, set())


def test_no_module_beside_the_application_hides_one_of_the_standard_library() -> None:
    """Streamlit runs it as a script, whose folder comes first where modules are looked for."""
    assert SERVER == APPLICATION
    assert not {path.stem for path in SERVER.parent.iterdir()} & sys.stdlib_module_names


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
    assert not others, "Screens take past the services:\n" + "\n".join(sorted(others))


def test_pages_import_no_learner_and_read_no_file() -> None:
    heavy = {"sklearn", "xgboost", "skops", "pyarrow", "csv"}
    for path in PAGES:
        assert not {name for name in imported(path) if name.split(".")[0] in heavy}, path


def test_nothing_runs_before_a_page_has_checked_who_is_there() -> None:
    """Only the docstring and imports stand before the check, and it is of this very page."""
    for path in PAGES:
        statements = ast.parse(path.read_text("utf-8")).body[1:]
        first = next(s for s in statements if not isinstance(s, ast.Import | ast.ImportFrom))
        expected = f"person = open_page({str(path.relative_to(ROOT))!r})"
        assert ast.unparse(first) == expected, path
        assert f"{path.relative_to(ROOT)}" in pages.PAGES


def test_parts_of_pages_are_drawn_again_through_the_guard_alone() -> None:
    """A bare fragment goes on for somebody who has left; a dialog is one too."""
    bare = {"fragment", "experimental_fragment", "dialog", "experimental_dialog"}
    for path in SCREENS:
        names = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamlit"):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
        assert path == PACKAGE / "ui" / "guard.py" or not names & bare, path


def test_scripts_and_styles_for_the_browser_are_files() -> None:
    """Markup of a style or a script stands in no string of Python, but where a file is put in."""
    tags = re.compile(r"<(style|script)[ >]")
    putting = {"ui/assets.py", "api/middleware/base_url.py", "services/export.py"}
    assert {
        str(path.relative_to(PACKAGE))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str | bytes)
        and tags.search(node.value if isinstance(node.value, str) else node.value.decode("latin-1"))
    } == putting


def test_scripts_and_styles_are_in_the_package_that_is_built() -> None:
    files = {path for end in ("css", "js", "svg") for path in PACKAGE.rglob(f"*.{end}")}
    built = {Path(file.path) for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    assert files
    assert files <= built


def test_upload_limit_is_the_same_in_the_browser_and_in_python() -> None:
    import tomllib

    from claimclf.schema import UPLOAD_LIMITS

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert UPLOAD_LIMITS.size == config["server"]["maxUploadSize"] * 2**20
    assert config["server"]["address"] == "127.0.0.1"
    assert config["client"]["disableDataExport"] is True


def test_no_page_is_drawn_anew_by_a_download() -> None:
    """Streamlit takes the files of the page before away, now and then before they are fetched."""
    for path in SCREENS:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".download_button"):
                options = {option.arg: ast.unparse(option.value) for option in call.keywords}
                assert options.get("on_click") == "'ignore'", f"{path}:{call.lineno}"


def test_one_of_several_stays_chosen_when_it_is_pressed_again() -> None:
    """Else its mark goes, though what was chosen stays on the screen."""
    controls = []
    for path in SCREENS:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".segmented_control"):
                options = {option.arg: ast.unparse(option.value) for option in call.keywords}
                controls.append(path)
                assert options.get("required") == "True", f"{path}:{call.lineno}"
    assert len(controls) > 5
