"""`docs/command-line.md` lists the exit codes and the errors that there are."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from claimclf import errors
from claimclf.cli import main, settings
from claimclf.cli.exits import EXIT_CODES, STOPPED, UNFORESEEN
from claimclf.errors import ClaimclfError
from claimclf.paths import ROOT
from tests.house.test_errors import BASES, CLASSES, KINDS

PAGE = (ROOT / "docs" / "command-line.md").read_text("utf-8")


def test_page_lists_the_exit_code_of_each_kind() -> None:
    rows = re.findall(r"^\| (\d+) \| (?:`([a-z-]+)`)? ?\| .+ \|$", PAGE, re.MULTILINE)
    assert {kind: int(code) for code, kind in rows if kind} == EXIT_CODES
    assert {int(code) for code, kind in rows if not kind} == {0, 1, UNFORESEEN, STOPPED}
    assert EXIT_CODES.keys() == KINDS
    assert len({code for code, _ in rows}) == len(rows)


def test_page_lists_the_code_and_kind_of_each_error() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \| .+ \|$", PAGE, re.MULTILINE)
    raised = [CLASSES[name] for name in CLASSES.keys() - BASES]
    assert sorted(rows) == sorted((one.code, one.kind) for one in raised)


def raising(error: BaseException) -> object:
    def refuse() -> None:
        raise error

    return refuse


@pytest.mark.parametrize("name", sorted(CLASSES.keys() - BASES))
def test_command_ends_with_the_exit_code_of_the_errors_kind(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error_class = CLASSES[name]
    error: ClaimclfError = error_class.__new__(error_class)
    ClaimclfError.__init__(error, "It is wrong.\n", "Found: this.", "Do that.")
    monkeypatch.setattr(settings.configuration, "unknown", raising(error))
    done = CliRunner().invoke(main, ["config"])
    assert done.exit_code == EXIT_CODES[error.kind]
    assert done.stderr == "claimclf: It is wrong. Found: this. Do that.\n"


def test_unforeseen_error_ends_with_its_number_and_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "what somebody wrote"
    monkeypatch.setattr(settings.configuration, "unknown", raising(KeyError(said)))
    done = CliRunner().invoke(main, ["config"])
    assert done.exit_code == UNFORESEEN
    logged, message = done.stderr.splitlines()
    number = re.search(r"Found: error ([0-9a-f]{8})\.", message)
    assert number is not None
    assert f"Unforeseen error {number[1]}: builtins.KeyError at tests/house/" in logged
    assert "Traceback" not in done.stderr
    assert said not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["confg"], 2), (["config", "--jsn"], 2), (["--help"], 0)]
)
def test_typo_is_told_by_click_itself(arguments: list[str], code: int) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == code


def test_stopped_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.configuration, "unknown", raising(KeyboardInterrupt()))
    done = CliRunner().invoke(main, ["config"])
    assert done.exit_code == STOPPED
    assert done.stderr.startswith("claimclf: Stopped.")


def test_errors_come_through_to_another_process() -> None:
    import pickle

    for name in CLASSES.keys() - BASES:
        error_class = CLASSES[name]
        error: ClaimclfError = error_class.__new__(error_class)
        ClaimclfError.__init__(error, "a", "b", "c")
        again = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (type(again), again.code, str(again)) == (error_class, error_class.code, "a b c")
    assert errors.ClaimclfError.code == "error"
