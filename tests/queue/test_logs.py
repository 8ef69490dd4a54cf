"""What the queue logs: what whoever runs it may want to know, and nothing that a user wrote."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sqlalchemy import Connection, text

from claimclf.people import Person, Role
from claimclf.queue.intake.rescoring import rescore
from claimclf.queue.outbound.backup.restoring import restore
from claimclf.queue.outbound.backup.writing import backup
from claimclf.queue.outbound.webhook.delivery import deliver_due
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.outbound.webhook.outbox import begin
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.storage.database import Database
from tests.conftest import Logged
from tests.queue.builders import ANNA, LEAD, OPINION, Clock, done, fill
from tests.queue.conftest import NewUrl, Server

ADMIN = Person("root", Role.ADMIN)


def test_upload_is_logged_once_with_its_numbers_and_without_its_name(
    database: Database, logged: Logged
) -> None:
    fill(database, 3, name="b")
    words = "Upload stored as batch 1: 3 rows, 0 rejected, 3 new cases, 0 known"
    assert logged.lines == [("INFO", words)]
    fill(database, 3, name="b")
    assert logged.lines == [("INFO", words)]


def test_backup_and_restore_are_logged(
    database: Database, new_url: NewUrl, tmp_path: Path, logged: Logged
) -> None:
    fill(database, 3)
    written = backup(database, ADMIN, tmp_path / "somebody's name")
    assert logged.lines[-1] == (
        "INFO", f"Backup written: {written.n_rows} rows, the log ends at entry 1",
    )  # fmt: skip
    other = Database(new_url(), Clock())
    restore(other, ADMIN, tmp_path / "somebody's name")
    start = f"Backup restored: {written.n_rows} rows, version "
    assert logged.lines[-1][1].startswith(start)
    other.close()


def test_rescoring_is_logged(database: Database, logged: Logged) -> None:
    fill(database, 3)

    def predict(videos: pd.DataFrame) -> pd.DataFrame:
        said = {"lane": "claims", "prediction": "claim", "claim_probability": 0.7, "reason": None}
        return pd.DataFrame(said, index=videos.index)

    rescore(database, LEAD, "other", "2", predict)
    assert logged.lines[-1] == ("INFO", "Rescored 3 cases with other, 0 left as they are")


def test_failing_delivery_is_a_warning_of_its_case_and_so_is_giving_it_up(
    database: Database, clock: Clock, logged: Logged
) -> None:
    begin(database, ADMIN)
    fill(database, 3)
    case_id = done(database, ANNA, OPINION).case.id
    webhook = Webhook("https://x.example/a-secret", "a secret of 24 characters", tries=2)
    del logged.records[:]
    for _ in range(2):
        deliver_due(database, webhook, lambda *_: "answer 503")
        clock.step(60)
    assert [(level, message.partition(" and ")[2]) for level, message in logged.lines] == [
        ("WARNING", "will be tried again: answer 503"),
        ("WARNING", "is given up: answer 503"),
    ]
    assert {vars(record)["case"] for record in logged.records} == {case_id}


def test_delivery_is_logged(database: Database, logged: Logged) -> None:
    begin(database, ADMIN)
    fill(database, 3)
    done(database)
    webhook = Webhook("https://x.example", "a secret of 24 characters")
    deliver_due(database, webhook, lambda *_: "")
    assert logged.lines[-1] == ("INFO", "Delivered 1 events; 0 wait, 0 are given up")


def test_transaction_that_is_tried_again_is_a_warning(server: Server, logged: Logged) -> None:
    database = Database(server.empty())
    tries: list[int] = []

    def work(connection: Connection) -> str:
        tries.append(1)
        if len(tries) == 1:
            connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))
        return "done"

    assert database.write(work) == "done"
    words = "Two transactions were in each other's way; one is tried again, 7 tries left"
    assert logged.lines == [("WARNING", words)]
    database.close()


def test_nothing_that_users_wrote_is_logged(
    database: Database, tmp_path: Path, logged: Logged
) -> None:
    written = "drones will deliver by 2025"
    fill(database, 3, video_transcription_text=written, video_id=[f"{written} {n}" for n in "abc"])
    done(database, verdict=Verdict(OPINION.decision, note=written))
    backup(database, ADMIN, tmp_path / written)
    assert logged.records
    assert not any(written in record.getMessage() for record in logged.records)
