"""Turns at what takes several transactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimclf.errors import StorageError
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.turns import turn


def test_who_does_not_wait_is_told_that_it_is_another_ones_turn(database: Database) -> None:
    with turn(database, "work") as mine, turn(database, "work", waits=False) as also_mine:
        assert (mine, also_mine) == (True, False)
    with turn(database, "work", waits=False) as mine:
        assert mine


def test_turn_makes_no_folder_where_the_database_is_away(tmp_path: Path) -> None:
    away = tmp_path / "away"
    with (
        pytest.raises(StorageError),
        turn(Database(f"sqlite:///{away / 'queue.db'}"), "work"),
    ):
        pass
    assert not away.exists()
