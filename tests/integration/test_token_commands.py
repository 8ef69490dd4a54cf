"""Tokens on the command line, and the stress test of what takes reports in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claimclf.cli import main
from claimclf.queue.settings.tokens import find_token
from claimclf.queue.storage.database import Database
from tests.queue.builders import logged


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'queue.db'}"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_token_is_made_listed_and_revoked(url: str) -> None:
    made = run("token", "make", "shop", "--scope", "report", "--days", "1", "--database", url)
    assert made.exit_code == 0, made.output
    shown = re.search(r"claimclf_\S+", made.stdout)
    assert shown
    database = Database(url)
    token = find_token(database, shown[0])
    assert token is not None
    assert (token.sender, token.scopes) == ("shop", ("report",))
    listed = run("token", "list", "--database", url).stdout
    assert re.search(r"shop  of shop  for report  made \S+  ends \S+", listed)
    assert shown[0] not in listed
    assert run("token", "make", "shop", "--scope", "read", "--database", url).exit_code != 0
    assert run("token", "revoke", "shop", "--database", url).exit_code == 0
    assert find_token(database, shown[0]) is None
    assert run("token", "revoke", "shop", "--database", url).exit_code != 0
    assert "revoked" in run("token", "list", "--database", url).stdout
    entries = [(action, details["name"]) for _, _, action, details in logged(database)]
    assert entries == [("make-token", "shop"), ("revoke-token", "shop")]
    database.close()


@pytest.mark.parametrize("name", ["", "Shop", "a b", "x" * 41, "../x"])
def test_name_that_could_mislead_is_refused(url: str, name: str) -> None:
    made = run("token", "make", name, "--scope", "report", "--database", url)
    assert made.exit_code != 0
    assert "name cannot be used" in made.stderr


def test_stress_of_intake_prints_what_was_lost_and_how_long_it_took() -> None:
    small = ("--reports", "400", "--processes", "2", "--batch", "50", "--videos", "40")
    done = run("stress-intake", *small, "--most-p95", "60000")
    assert done.exit_code == 0, done.output
    assert "drop rate 0.0000%, doubles 0" in done.stdout
    assert re.search(r"p50 \d+ ms, p95 \d+ ms, p99 \d+ ms", done.stdout)


def test_stress_of_intake_fails_where_answers_are_slow() -> None:
    small = ("--reports", "50", "--processes", "1", "--batch", "50", "--videos", "5")
    done = run("stress-intake", *small, "--most-p95", "0")
    assert done.exit_code != 0
    assert "not taken in as they should be" in done.stderr
