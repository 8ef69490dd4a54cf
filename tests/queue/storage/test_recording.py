"""What is changed outside of the database is in the log before it is changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from claimclf.errors import StorageError, UnavailableError
from claimclf.people import Person, Role
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import FAILED, recorded, require_log
from tests.conftest import ROOT
from tests.queue.builders import UNREACHABLE, logged

ANALYST = Person("ana", Role.ANALYST)
_KILLED = """
import os, sys
from claimclf.people import Person
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import recorded
with recorded(Database(sys.argv[1]), Person("ana"), "paint") as enter:
    enter({"colour": "red"})
    os._exit(9)
"""


def paint(database: Database, wall: Path, then: BaseException | None = None) -> None:
    """Paint a wall, with an entry; then something goes wrong, if it is given."""
    with recorded(database, ANALYST, "paint") as enter:
        enter({"colour": "red"})
        if then is not None:
            raise then
        wall.write_text("red")


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    return tmp_path / "wall"


def test_entry_is_there_before_the_change(database: Database) -> None:
    with recorded(database, ANALYST, "paint") as enter:
        assert logged(database) == []
        enter({"colour": "red"})
        assert logged(database) == [("ana", "analyst", "paint", {"colour": "red"})]
    assert len(logged(database)) == 1
    assert verify(database).problems == []


def test_change_that_fails_after_its_entry_has_another_that_says_so(
    database: Database, wall: Path
) -> None:
    with pytest.raises(UnavailableError, match="no paint"):
        paint(database, wall, UnavailableError("There is no paint."))
    problem = {"action": "paint", "colour": "red", "problem": "There is no paint."}
    assert [entry[2:] for entry in logged(database)] == [
        ("paint", {"colour": "red"}),
        (FAILED, problem),
    ]


def test_change_that_is_refused_before_its_entry_leaves_none(database: Database) -> None:
    with pytest.raises(UnavailableError), recorded(database, ANALYST, "paint"):
        raise UnavailableError("There is no brush.")
    assert logged(database) == []


def test_change_that_is_interrupted_is_a_failed_one(database: Database, wall: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        paint(database, wall, KeyboardInterrupt())
    action, details = logged(database)[-1][2:]
    assert (action, details["problem"]) == (FAILED, "KeyboardInterrupt")


def test_first_problem_is_the_one_that_is_raised_when_the_log_is_gone_too(
    database: Database, wall: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = database.write

    def once(work: Callable[[Connection], Any]) -> Any:
        monkeypatch.setattr(database, "write", gone)
        return write(work)

    def gone(work: object) -> None:
        raise StorageError("The queue's database is gone.")

    monkeypatch.setattr(database, "write", once)
    with pytest.raises(UnavailableError, match="no paint"):
        paint(database, wall, UnavailableError("There is no paint."))
    assert [entry[2] for entry in logged(database)] == ["paint"]


def test_killed_process_leaves_the_entry(new_url: Any) -> None:
    url = new_url()
    run = [sys.executable, "-c", _KILLED, url]
    assert subprocess.run(run, cwd=ROOT, check=False).returncode == 9
    database = Database(url)
    assert [entry[2:] for entry in logged(database)] == [("paint", {"colour": "red"})]
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize("url", UNREACHABLE)
def test_log_that_cannot_be_reached_is_said_before_anything_is_done(url: str, wall: Path) -> None:
    with pytest.raises(StorageError, match="Found: "):
        require_log(Database(url))
    with pytest.raises(StorageError, match="Found: "):
        paint(Database(url), wall)
    assert not wall.exists()
