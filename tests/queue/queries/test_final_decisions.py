"""What can be learnt from: decisions that hold and say something, with the text they are of."""

from __future__ import annotations

from claimclf.queue.queries.final_decisions import final_decisions
from claimclf.queue.review.decisions import reopen, undo
from claimclf.queue.storage.database import Database
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    WITHIN,
    decide_all,
    done,
    fill,
)

ALIKE = "someone said that the tower of the old town is very high"


def labels(database: Database) -> list[tuple[str, str]]:
    return [(row.text[-1], row.decision) for row in final_decisions(database)]


def test_undone_skipped_and_escalated_decisions_are_none(database: Database) -> None:
    fill(database, 5)
    for verdict in (OPINION, WITHIN, SKIP, ESCALATE):
        last = done(database, ANNA, verdict)
        if verdict is OPINION:
            undo(database, ANNA, last.id)
            assert labels(database) == []
    # The case that was opened again by the undoing came next, and was decided otherwise.
    assert [decision for _, decision in labels(database)] == [WITHIN.decision]


def test_case_that_was_opened_again_counts_when_it_is_decided_again(database: Database) -> None:
    fill(database, 1)
    case_id = done(database, ANNA, WITHIN).case.id
    reopen(database, LEAD, case_id, "the wrong rule")
    assert labels(database) == []
    done(database, BORIS, OPINION)
    ((_, decision),) = labels(database)
    assert decision == OPINION.decision


def test_decision_has_the_text_that_it_was_made_on(database: Database) -> None:
    fill(database, 1, video_transcription_text=["first words of somebody 1"])
    done(database, ANNA, OPINION)
    fill(database, 1, "b", video_transcription_text=["other words of somebody 2"])
    assert labels(database) == [("1", OPINION.decision)]


def test_bulk_decisions_are_known_as_one_look_and_the_audit_sample_as_such(
    database: Database,
) -> None:
    fill(database, 3, video_transcription_text=ALIKE, statement_id="s")
    decide_all(database, ANNA, "s", OPINION)
    rows = final_decisions(database)
    assert len(rows) == 3
    assert len({row.bulk_id for row in rows}) == 1
    assert {row.sampled for row in rows} == {False}
    assert {row.by for row in rows} == {"anna"}
