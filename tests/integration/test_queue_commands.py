"""The shared queue from a shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from claimclf.cli import main
from claimclf.queue.database import Database
from claimclf.queue.listing import page
from tests.builders import reported_csv
from tests.conftest import ROOT


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'queue.db'}"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def stored(content: bytes, tmp_path: Path, url: str, *more: object) -> Result:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    return run("ingest", source, "--database", url, "--models", ROOT / "models", *more)


def test_ingest_accounts_for_all_rows_and_a_second_time_changes_nothing(
    tmp_path: Path, url: str
) -> None:
    content = reported_csv(4, report_count=["1", "-1", "", "2"])
    done = stored(content, tmp_path, url)
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "batch 1: 4 rows, 3 accepted (1 cannot be scored), 1 rejected; "
        "3 new cases, 0 known, 0 reopened\n"
    )
    again = stored(content, tmp_path, url)
    assert again.stdout == "This file was stored before, as batch 1; nothing was changed.\n"
    assert len(page(Database(url)).rows) == 3


def test_another_model_scores_what_is_open(tmp_path: Path, url: str) -> None:
    stored(reported_csv(3), tmp_path, url)
    done = run("rescore", "--model", "course-xgboost", "--database", url)
    assert done.stdout.startswith("3 cases rescored with course-xgboost; 0 were taken")
    assert {row.case.model_name for row in page(Database(url)).rows} == {"course-xgboost"}


def test_altered_audit_log_is_named(tmp_path: Path, url: str) -> None:
    stored(reported_csv(3), tmp_path, url)
    done = run("audit", "verify", "--database", url)
    assert done.exit_code == 0
    assert "1 entries, all whole" in done.stdout
    with Database(url).engine.connect() as connection:
        for name in connection.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text("UPDATE audit SET actor = 'nobody'"))
        connection.commit()
    done = run("audit", "verify", "--database", url)
    assert done.exit_code == 2
    assert "The audit log is not whole." in done.stderr


def test_named_file_whose_folder_is_away_makes_no_empty_queue(tmp_path: Path) -> None:
    folder = tmp_path / "away"
    done = stored(reported_csv(3), tmp_path, f"sqlite:///{folder}/queue.db")
    assert done.exit_code == 2
    assert "database" in done.stderr
    assert not folder.exists()


def test_unreachable_database_is_explained(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = stored(reported_csv(3), tmp_path, f"sqlite:///{blocked}/queue.db")
    assert done.exit_code == 2
    assert "database" in done.stderr
    assert len(done.stderr.splitlines()) == 1
