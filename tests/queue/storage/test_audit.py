from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from claimclf.queue.review.decisions import undo
from claimclf.queue.storage.audit import START, verify
from claimclf.queue.storage.database import Database
from tests.queue.builders import ANNA, done, fill

_TRIGGERS = (
    *("audit_keeps_rows", "audit_keeps_values", "audit_replaces_nothing"),
    *("texts_keeps_rows", "texts_keeps_values"),
)


@pytest.fixture
def used(database: Database) -> Database:
    fill(database, 3)
    for _ in range(2):
        done(database)
    undo(database, ANNA, done(database).id)
    return database


def without_triggers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        for trigger in _TRIGGERS:
            connection.execute(text(f"DROP TRIGGER {trigger}"))
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))


def test_empty_log_is_whole(database: Database) -> None:
    verification = verify(database)
    assert (verification.n_entries, verification.head, verification.problems) == (0, START, [])


def test_log_of_a_day_is_whole(used: Database) -> None:
    verification = verify(used)
    assert (verification.n_entries, verification.problems) == (8, [])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody' WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit",
    ],
)
def test_database_refuses_to_change_the_log(used: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="can only be added to"):
        used.write(lambda c: c.execute(text(statement)))
    assert verify(used).problems == []


def test_database_refuses_to_empty_or_replace(used: Database) -> None:
    replacing = (
        "INSERT OR REPLACE INTO audit SELECT seq, at, 'nobody', role, action, case_id, batch_id, "
        "decision_id, details, previous_hash, hash FROM audit WHERE seq = 3"
    )
    statement = replacing if used.is_sqlite else "TRUNCATE audit CASCADE"
    with pytest.raises(DBAPIError, match="can only be added to"):
        used.write(lambda c: c.execute(text(statement)))


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", "Entry 3 was altered."),
        ("UPDATE audit SET details = '{}' WHERE seq = 3", "Entry 3 was altered."),
        ("DELETE FROM audit WHERE seq = 3", "Entry 3 is missing: entry 4 follows entry 2."),
        ("DELETE FROM audit WHERE seq IN (3, 4)", "Entries from 3 are missing: entry 5 follows"),
        ("DELETE FROM audit WHERE seq = 8", "ends at entry 7; it was written up to entry 8."),
        ("DELETE FROM audit", "ends at entry 0; it was written up to entry 8."),
        (
            "UPDATE audit SET previous_hash = hash WHERE seq = 5",
            "Entry 5 does not continue entry 4.",
        ),
        ("UPDATE decisions SET decision = 'skip' WHERE id = 1", "Decision 1 was altered."),
        ("UPDATE decisions SET note = 'x' WHERE id = 2", "Decision 2 was altered."),
        ("DELETE FROM decisions WHERE id = 2", "Decision 2 is missing."),
        ("UPDATE decisions SET text_hash = NULL WHERE id = 2", "Decision 2 was altered."),
        ("UPDATE texts SET text = 'another'", "was altered."),
        ("DELETE FROM texts", "The text of decision 1 is missing."),
    ],
)
def test_what_was_altered_behind_the_triggers_is_named(
    used: Database, statement: str, problem: str
) -> None:
    def alter(connection: Connection) -> None:
        without_triggers(connection)
        connection.execute(text(statement))

    used.write(alter)
    assert any(problem in known for known in verify(used).problems), verify(used).problems


def test_decision_without_entry_is_named(used: Database) -> None:
    copy = (
        'INSERT INTO decisions SELECT 99, case_id, 7, decision, reason_code, note, "by", at, '
        "lease_token, case_version, state_before, bulk_id, lane, prediction, claim_probability, "
        "model_name, model_version, report_count, sampled, sample_probability, undone_at, "
        "undone_by, text_hash FROM decisions WHERE id = 1"
    )
    used.write(lambda c: c.execute(text(copy)))
    assert verify(used).problems == ["Decision 99 has no entry."]
