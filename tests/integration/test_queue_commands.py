"""The shared queue from a shell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from claimclf.cli import main
from claimclf.configuration import WEBHOOK_SECRET, WEBHOOK_URL
from claimclf.errors import StorageError
from claimclf.modeling.store.store import ModelStore
from claimclf.queue.outbound.webhook import delivery
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.queries.listing import page
from claimclf.queue.queries.shadowed import shadowed
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.database import Database
from tests.builders import reported_csv
from tests.conftest import ROOT
from tests.queue.builders import LEAD, done, fill
from tests.queue.outbound.test_webhook import Platform


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
    said = ["so it is today", "so it is now", "", "so it is here"]
    content = reported_csv(4, video_id=["a", "", "c", "d"], video_transcription_text=said)
    done = stored(content, tmp_path, url)
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "batch 1: 4 rows, 3 accepted (1 cannot be scored), 1 rejected; "
        "3 new cases, 0 known, 0 reopened\n"
    )
    again = stored(content, tmp_path, url)
    assert again.stdout == "This file was stored before, as batch 1; nothing was changed.\n"
    assert len(page(Database(url)).rows) == 3


def test_wrong_upload_is_taken_back_until_somebody_has_touched_it(tmp_path: Path, url: str) -> None:
    stored(reported_csv(3), tmp_path, url)
    done_back = run("take-back", 1, "--database", url)
    assert done_back.stdout == (
        "batch 1 (in.csv) taken back: 3 cases removed, 0 as they were before it\n"
    )
    assert page(Database(url)).rows == []
    assert "batch 2: 3 rows" in stored(reported_csv(3), tmp_path, url).stdout
    done(Database(url))
    refused = run("take-back", 2, "--database", url)
    assert refused.exit_code != 0
    assert "somebody has worked on 1 of its cases" in refused.stderr
    assert len(page(Database(url)).rows) == 2


def test_decided_case_is_opened_again_from_the_shell(tmp_path: Path, url: str) -> None:
    stored(reported_csv(3), tmp_path, url)
    case = done(Database(url)).case
    ran = run("reopen", case.id, "--reason", "seen again", "--database", url)
    assert ran.stdout == f"case {case.id} is open again, in round 2\n"
    refused = run("reopen", case.id, "--reason", "once more", "--database", url)
    assert "Only a decided case can be reopened." in refused.stderr


def test_same_file_read_in_another_way_is_another_upload(tmp_path: Path, url: str) -> None:
    words = {"first": ["caf\u00e9 one", "two"], "second": ["three", "four"]}
    content = reported_csv(2, **words)
    for more in ([], ["--column", "video_transcription_text=second"], ["--encoding", "cp1252"]):
        for again in (False, True):
            output = stored(content, tmp_path, url, *more).stdout
            assert ("was stored before" in output) is again, output


def test_all_that_a_file_says_of_a_video_is_kept_and_exported(tmp_path: Path, url: str) -> None:
    content = reported_csv(
        2,
        video_transcription_text=["so it is today", ""],
        video_caption=["look #one", "only written"],
        video_save_count=[7, 8],
        posted_at=["2025-05-01T10:00:00Z", "2025-05-02T10:00:00Z"],
    )
    ingested = stored(content, tmp_path, url)
    assert ingested.exit_code == 0, ingested.output
    output = tmp_path / "cases.parquet"
    run("export", "--what", "cases", "--output", output, "--database", url)
    table = pd.read_parquet(output).sort_values("video_save_count")
    assert table["text_source"].tolist() == ["transcript", "caption"]
    assert table["video_caption"].tolist() == ["look #one", "only written"]
    assert table["video_save_count"].tolist() == [7, 8]
    assert [str(at)[:10] for at in table["posted_at"]] == ["2025-05-01", "2025-05-02"]


def test_another_model_scores_what_is_open(tmp_path: Path, url: str) -> None:
    stored(reported_csv(3), tmp_path, url)
    done = run("rescore", "--model", "course-xgboost", "--database", url)
    assert done.stdout.startswith("3 cases rescored with course-xgboost; 0 were taken")
    assert {row.case.model_name for row in page(Database(url)).rows} == {"course-xgboost"}


def test_challenger_in_the_shadow_scores_what_comes_in(tmp_path: Path, url: str) -> None:
    stored(reported_csv(3), tmp_path, url)
    assert run("shadow", "--database", url).stdout.startswith("0 cases scored")
    change_settings(Database(url), LEAD, "to see", shadow="course-xgboost")
    assert run("shadow", "--database", url).stdout.startswith("3 cases scored")
    stored(reported_csv(4), tmp_path, url)
    assert run("shadow", "--database", url).stdout.startswith("0 cases scored")
    version = ModelStore(ROOT / "models").manifest("course-xgboost").version
    assert len(shadowed(Database(url), "course-xgboost", version)) == 4


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
    assert done.exit_code == 7
    assert "The audit log is not whole." in done.stderr


def test_file_whose_name_is_no_text_is_refused_and_nothing_is_stored(
    tmp_path: Path, url: str
) -> None:
    source = tmp_path / "h\udcff.csv"
    source.write_bytes(reported_csv(3))
    done = run("ingest", source, "--database", url, "--models", ROOT / "models")
    assert done.exit_code == 2
    assert "'h?.csv' is no name that can be worked with." in done.stderr
    assert page(Database(url)).rows == []
    names = {path.name for path in tmp_path.iterdir()} - {source.name}
    assert all(name.startswith("queue.db") for name in names)


def test_named_file_whose_folder_is_away_makes_no_empty_queue(tmp_path: Path) -> None:
    folder = tmp_path / "away"
    done = stored(reported_csv(3), tmp_path, f"sqlite:///{folder}/queue.db")
    assert done.exit_code == 8
    assert "database" in done.stderr
    assert not folder.exists()


def test_unreachable_database_is_explained(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = stored(reported_csv(3), tmp_path, f"sqlite:///{blocked}/queue.db")
    assert done.exit_code == 8
    assert "database" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    platform = Platform()
    monkeypatch.setenv(WEBHOOK_URL.variable, platform.url)
    monkeypatch.setenv(WEBHOOK_SECRET.variable, "a secret of 24 characters")
    yield platform
    platform.close()


def test_platform_is_told_from_the_first_run_on_and_of_the_history_when_asked(
    url: str, platform: Platform
) -> None:
    database = Database(url)
    fill(database, 3)
    done(database)
    first = run("deliver", "--database", url)
    assert "1 earlier events are not: claimclf deliver --history" in first.stdout
    assert platform.types() == []
    done(database)
    assert run("deliver", "--database", url).stdout.startswith("1 told, 0 failed")
    assert run("deliver", "--history", "--database", url).stdout.startswith("1 told, 0 failed")
    assert platform.types() == ["decided", "decided"]


def test_what_could_not_be_told_is_listed_with_its_reason_and_can_be_tried_anew(
    url: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(url)
    fill(database, 3)
    run("deliver", "--database", url)  # from here on
    assert run("deliver", "--failed", "--database", url).stdout == ""
    case_id = done(database).case.id
    platform.answers = [503]
    webhook = Webhook(platform.url, "a secret of 24 characters", tries=1)
    delivery.deliver_due(database, webhook)
    listed = run("deliver", "--failed", "--database", url)
    assert listed.exit_code == 0, listed.output
    (line,) = listed.stdout.splitlines()
    assert re.fullmatch(
        rf"entry \d+  case {case_id}  case\.decided  1 tries  given up [-0-9T:+]+: answer 503", line
    )
    assert "claimclf deliver --again" in listed.stderr
    (record,) = json.loads(run("deliver", "--failed", "--json", "--database", url).stdout)
    assert (record["case_id"], record["last_error"]) == (case_id, "answer 503")
    assert platform.types() == ["decided"]  # by the try that failed, and by no listing
    again = run("deliver", "--again", "--database", url)
    assert again.stdout.startswith("1 put up for another round of tries\n1 told")
    assert run("deliver", "--failed", "--database", url).stdout == ""


@pytest.mark.parametrize(
    "more", [["--failed", "--again"], ["--failed", "--every", "3"], ["--json"]]
)
def test_listing_what_could_not_be_told_goes_with_no_telling(more: list[str], url: str) -> None:
    refused = run("deliver", *more, "--database", url)
    assert refused.exit_code == 2
    assert "--failed stands alone" in refused.stderr


def test_platform_is_told_again_and_again_until_it_is_stopped(
    url: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(url)
    fill(database, 3)
    reach, pauses = delivery.deliver_due, []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            done(database)
        if len(pauses) == 4:
            raise KeyboardInterrupt

    def gone_once(*args: Any) -> delivery.Delivered:
        if len(pauses) == 1:
            raise StorageError("The queue's database cannot be reached.", "", "Wait.")
        return reach(*args)

    monkeypatch.setattr("claimclf.cli.queue.time.sleep", pause)
    monkeypatch.setattr(delivery, "deliver_due", gone_once)
    sender = run("deliver", "--every", 20, "--database", url)
    assert pauses == [20] * 4
    assert "cannot be reached" in sender.stderr
    assert sender.stdout.splitlines() == [
        "0 told, 0 failed and will be tried again; 0 wait, 0 could not be told",
        "1 told, 0 failed and will be tried again; 0 wait, 0 could not be told",
    ]
    assert platform.types() == ["decided"]
