"""Findings are scripts that leave nothing behind."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))


def test_findings_are_scripts_and_nothing_that_a_run_left_there() -> None:
    assert SCRIPTS
    others = {path.name for path in FOLDER.iterdir() if path.suffix != ".sh"}
    assert others == {"README.md"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_finding_works_in_a_folder_of_its_own_that_goes(script: Path) -> None:
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/bin/sh"
    made, gone, into = (
        lines.index(line)
        for line in ("folder=$(mktemp -d)", "trap 'rm -rf \"$folder\"' EXIT", 'cd "$folder"')
    )
    first = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    assert lines[first] == "set -eu"
    assert first < made < gone < into
    assert not script.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)
