"""The text that somebody decided on stays with the decision, whatever comes later."""

from __future__ import annotations

import hashlib
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from claimclf.errors import LostLeaseError
from claimclf.queue.outbound.export import export
from claimclf.queue.queries.listing import history
from claimclf.queue.review.bulk import decide_cases
from claimclf.queue.review.decisions import decide, undo
from claimclf.queue.review.leases import release, renew
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import group_totals, texts
from claimclf.schema import TRANSCRIPT
from tests.queue.builders import ANNA, LEAD, OPINION, done, fill, logged, shown, take

FIRST, SECOND = "someone said the tower is old", "someone said the tower is new"


def sha256(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def exported(database: Database) -> pd.DataFrame:
    return export(database, LEAD, "decisions", with_sample=True).table


def decided_twice(database: Database) -> int:
    """Decide, bring another transcript with many more reports, and decide again."""
    fill(database, 1, video_transcription_text=FIRST)
    first = done(database)
    fill(database, 1, "b", video_transcription_text=SECOND, report_count=100)
    done(database)
    return first.case.id


def test_changed_transcript_is_another_version_in_history_export_and_log(
    database: Database,
) -> None:
    past = history(database, decided_twice(database))
    assert past.case.video[TRANSCRIPT] == SECOND
    assert [row["text"] for row in past.decisions] == [FIRST, SECOND]
    hashes = [sha256(FIRST), sha256(SECOND)]
    assert [row["text_hash"] for row in past.decisions] == hashes
    table = exported(database)
    assert table["text"].tolist() == [FIRST, SECOND]
    assert table["text_hash"].tolist() == hashes
    entries = [details for _, _, action, details in logged(database) if action == "decide"]
    assert [details["text_hash"] for details in entries] == hashes
    assert verify(database).problems == []


def test_decided_case_has_the_new_text_and_its_decision_the_old_one(database: Database) -> None:
    fill(database, 2, video_transcription_text=FIRST, author_id="ann")
    made = done(database)
    fill(database, 1, "b", video_transcription_text=SECOND, author_id="eve", report_count=20)
    past = history(database, made.case.id)
    assert (past.case.state, past.case.video[TRANSCRIPT]) == ("decided", SECOND)
    assert [row["text"] for row in past.decisions] == [FIRST]
    totals = select(group_totals["author_id"].c.author_id, group_totals["author_id"].c.reports)
    rows = database.read(lambda c: c.execute(totals.order_by("author_id")).all())
    assert [tuple(row) for row in rows if row.reports] == [("ann", 19), ("eve", 20)]
    assert undo(database, ANNA, made.id).video[TRANSCRIPT] == SECOND


def test_text_of_many_decisions_is_stored_once(database: Database) -> None:
    fill(database, 3, video_transcription_text=FIRST)
    decide_cases(database, ANNA, shown(database, 1, 2, 3), OPINION)
    assert database.read(lambda c: c.scalar(select(func.count()).select_from(texts))) == 1
    assert exported(database)["text"].tolist() == [FIRST] * 3


def test_decision_without_a_transcript_has_no_text(database: Database) -> None:
    fill(database, 1, video_transcription_text=None)
    (row,) = history(database, done(database).case.id).decisions
    assert (row["text"], row["text_hash"]) == (None, None)


@pytest.mark.parametrize("change", ["UPDATE texts SET text = 'another'", "DELETE FROM texts"])
def test_text_that_was_decided_on_cannot_be_changed(database: Database, change: str) -> None:
    decided_twice(database)

    def alter(connection: Any) -> None:
        connection.execute(text(change))

    with pytest.raises(DBAPIError, match="can only be added to"):
        database.write(alter)


def test_who_holds_a_case_is_told_of_a_text_that_came_meanwhile_and_decides_on_the_shown_one(
    database: Database,
) -> None:
    fill(database, 1, video_transcription_text=FIRST)
    lease = take(database)
    assert renew(database, ANNA, lease.case.id, lease.token).other_text_of is None
    fill(database, 1, "b", video_transcription_text=SECOND, report_count=100)
    held = renew(database, ANNA, lease.case.id, lease.token)
    assert held.other_text_of == "b.csv"
    assert (held.case.video[TRANSCRIPT], held.case.version) == (FIRST, lease.case.version)
    made = decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert made.other_text_of == "b.csv"
    (row,) = history(database, lease.case.id).decisions
    assert (row["text"], row["text_hash"]) == (FIRST, sha256(FIRST))
    assert verify(database).problems == []
    fill(database, 1, "c", video_transcription_text=SECOND, report_count=1_000)
    again = done(database)
    assert (again.case.video[TRANSCRIPT], again.other_text_of) == (SECOND, None)


def test_the_same_text_or_none_that_comes_meanwhile_is_no_other_one(database: Database) -> None:
    fill(database, 1, video_transcription_text=FIRST)
    lease = take(database)
    for name, words in (("b", FIRST), ("c", None)):
        fill(database, 1, name, video_transcription_text=words, report_count=100)
        assert renew(database, ANNA, lease.case.id, lease.token).other_text_of is None
    made = decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert made.other_text_of is None


def test_a_decision_on_a_version_that_was_not_shown_is_refused(database: Database) -> None:
    fill(database, 1, video_transcription_text=FIRST)
    old = take(database)
    release(database, ANNA, old.case.id, old.token)
    fill(database, 1, "b", video_transcription_text=SECOND)
    lease = take(database)
    assert lease.case.video[TRANSCRIPT] == SECOND
    assert lease.case.version > old.case.version
    with pytest.raises(LostLeaseError):
        decide(database, ANNA, lease.case.id, lease.token, old.case.version, OPINION)
    assert history(database, lease.case.id).decisions == []
