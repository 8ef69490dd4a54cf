"""What others wrote never steers the terminal of who reads it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from claimclf.cli import main
from claimclf.cli.output import readable
from claimclf.paths import ROOT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07 red \x1b[31m", "\\x1b]0;title\\x07 red \\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("half \ud83d", "half \\ud83d"),
        ("line\u2028line", "line\\u2028line"),
        ("two\n\tlines, é and 👨\u200d👩", "two\n\tlines, é and 👨\u200d👩"),
    ],
)
def test_characters_that_steer_are_written_out_and_others_stay(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_commands_print_in_one_place() -> None:
    for path in (ROOT / "claimclf" / "cli").glob("*.py"):
        if path.name != "output.py":
            assert not re.search(r"click\.s?echo|\bprint\(", path.read_text("utf-8")), path


@pytest.mark.parametrize(
    "command",
    [["{}"], ["--{}"], ["models", "{}"], ["models", "--{}"], ["export", "--what={}"]],
)
def test_what_was_typed_wrongly_steers_no_terminal(command: list[str]) -> None:
    done = CliRunner().invoke(main, [part.format("\x1b[31m\x1b]0;x\x07") for part in command])
    assert done.exit_code == 2
    assert "Usage: " in done.output
    assert "\\x1b[31m" in done.output
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.output)


def test_words_of_a_file_reach_no_terminal_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("video_id,\x1b]0;x\x07own\n7000000000000000001,\x1b[2J\n", "utf-8")
    for command in (["inspect", str(file)], ["score", str(file), "--output", str(tmp_path / "o")]):
        done = CliRunner().invoke(main, command)
        assert "own" in done.output
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", done.output), command
