from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from claimclf.errors import NotAllowedError
from claimclf.modeling.scoring.ranking import Ranked, ranked_anew
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.intake.rescoring import rescore
from claimclf.queue.queries import tallying
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import Listed, history, page
from claimclf.queue.review.decisions import decide, undo
from claimclf.queue.review.leases import next_case, release, take_case
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.cases import Case
from claimclf.queue.storage.database import Database
from claimclf.schema import AUTHOR_REPORTS, STATEMENT_REPORTS, CaseState, Ranking
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    Clock,
    done,
    fill,
    take,
    upload,
    videos,
)


def order(database: Database, ranking: Ranking = Ranking.REPORTS) -> list[int]:
    video_ids = [row.case.video["video_id"] for row in page(database, ranking=ranking).rows]
    return [int(name.removeprefix("video-")) for name in video_ids]


def only(database: Database) -> Case:
    (row,) = page(database).rows
    return row.case


def test_batch_counts_its_rows(database: Database, clock: Clock) -> None:
    calls: list[tuple[int, int]] = []
    batch = ingest(
        database,
        ANNA,
        videos(4, claim_probability=[0.9, 0.8, np.nan, 0.7]),
        replace(upload(), n_rejected=3),
        lambda n, total: calls.append((n, total)),
    )
    assert (batch.n_rows, batch.n_accepted, batch.n_rejected, batch.n_unscorable) == (7, 4, 3, 1)
    assert (batch.n_new, batch.n_known, batch.n_reopened) == (4, 0, 0)
    assert (batch.uploaded_by, batch.at, batch.is_repeated) == ("anna", clock(), False)
    assert calls == [(4, 4)]


def test_same_file_twice_changes_nothing(database: Database) -> None:
    first = fill(database, 3)
    before = verify(database).n_entries
    assert fill(database, 3, report_count=1000) == replace(first, is_repeated=True)
    assert verify(database).n_entries == before
    assert page(database).rows[0].case.video["report_count"] == 30


def test_values_come_back_as_they_were(database: Database) -> None:
    when = pd.Timestamp("2026-05-04T03:02:01.000001", tz="UTC")
    fill(
        database,
        1,
        video_transcription_text="ü\n'quoted'\t\\x 😀",
        author_id="author 1",
        video_url="https://example.org/1",
        first_reported_at=pd.to_datetime([pd.NaT], utc=True),
        last_reported_at=[when],
        video_view_count=pd.array([None], dtype="Int64"),
        verified_status=None,
        claim_probability=0.1 + 0.2,
    )
    case = only(database)
    assert case.probability == 0.1 + 0.2
    assert case.video["video_transcription_text"] == "ü\n'quoted'\t\\x 😀"
    assert case.video["last_reported_at"] == 1_777_863_721_000_001
    assert case.video["first_reported_at"] is None
    assert case.video["video_view_count"] is None
    assert case.video["verified_status"] is None
    assert case.video["author_id"] == "author 1"


def times(first: str, last: str) -> dict[str, Any]:
    return {
        "first_reported_at": pd.to_datetime([first], utc=True),
        "last_reported_at": pd.to_datetime([last], utc=True),
    }


def test_known_video_moves_forward_and_stays_one_case(database: Database) -> None:
    fill(database, 1, report_count=10, **times("2026-01-05", "2026-01-06"))
    middle = only(database)
    fill(database, 1, "b", report_count=7, video_like_count=99, **times("2026-01-01", "2026-01-02"))
    older = only(database)
    assert older.video["report_count"] == 10
    assert older.video["video_like_count"] == 99
    assert older.video["last_reported_at"] == middle.video["last_reported_at"]
    assert older.video["first_reported_at"] < middle.video["first_reported_at"]
    batch = fill(database, 1, "c", report_count=20, prediction="opinion", claim_probability=0.2)
    newer = only(database)
    assert (batch.n_new, batch.n_known) == (0, 1)
    assert newer.video["report_count"] == 20
    assert newer.video["last_reported_at"] == middle.video["last_reported_at"]
    assert (newer.prediction, newer.probability, newer.version) == ("opinion", 0.2, 3)


def test_decided_case_reopens_when_its_reports_have_doubled(database: Database) -> None:
    fill(database, 1, report_count=10)
    made = done(database)
    assert fill(database, 1, "b", report_count=19).n_reopened == 0
    assert next_case(database, BORIS) is None
    assert fill(database, 1, "c", report_count=20).n_reopened == 1
    lease = take(database, BORIS)
    assert (lease.case.round, lease.case.reported_again) == (2, True)
    decide(database, BORIS, lease.case.id, lease.token, lease.case.version, OPINION)
    past = history(database, made.case.id)
    assert [row["round"] for row in past.decisions] == [1, 2]
    (again,) = [event for event in past.events if event.action == "reported-again"]
    assert again.actor == "claimclf"  # and not whoever uploaded the reports
    assert fill(database, 1, "d", report_count=39).n_reopened == 0
    assert fill(database, 1, "e", report_count=40).n_reopened == 1


def test_factor_of_reopening_is_a_setting(database: Database) -> None:
    change_settings(database, LEAD, "fewer", reopen_factor=3)
    fill(database, 1, report_count=10)
    done(database)
    assert fill(database, 1, "b", report_count=29).n_reopened == 0
    assert fill(database, 1, "c", report_count=30).n_reopened == 1


def test_held_case_is_not_ranked_anew_until_it_is_let_go(database: Database) -> None:
    fill(database, 3)
    lease = take_case(database, ANNA, only_last(database))
    fill(database, 3, "b", report_count=[30, 29, 100], claim_probability=0.1)
    assert order(database) == [0, 1, 2]
    held = history(database, lease.case.id).case
    assert (held.video["report_count"], held.version, held.probability) == (100, 1, 0.9)
    release(database, ANNA, lease.case.id, lease.token)
    assert order(database) == [2, 0, 1]


def only_last(database: Database) -> int:
    return page(database).rows[-1].case.id


def test_decision_on_a_case_that_was_reported_again_meanwhile_holds(database: Database) -> None:
    fill(database, 1, report_count=10)
    lease = take(database)
    fill(database, 1, "b", report_count=30)
    decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert fill(database, 1, "c", report_count=59).n_reopened == 0


def test_totals_of_a_statement_grow_with_every_upload(database: Database) -> None:
    by = Ranking.STATEMENT
    fill(database, 3, statement_id=["a", "b", "c"], report_count=[10, 9, 8])
    assert order(database, by) == [0, 1, 2]
    more = videos(4, statement_id=["a", "b", "c", "c"], report_count=[1, 1, 1, 5])
    ingest(database, LEAD, more.tail(1), upload("b"))
    assert order(database, by) == [2, 3, 0, 1]


def test_undone_case_has_the_rank_that_it_would_have_now(database: Database) -> None:
    fill(database, 3)
    made = done(database)
    fill(database, 3, "b", report_count=[30, 200, 100])
    undo(database, ANNA, made.id)
    assert order(database) == [1, 2, 0]


@pytest.mark.parametrize("ranking", Ranking)
@pytest.mark.parametrize("seed", [1, 2])
def test_order_is_that_of_the_ranked_table(database: Database, ranking: Ranking, seed: int) -> None:
    n, random = 40, np.random.default_rng(seed)
    table = videos(
        n,
        video_id=[f"{'Äaß7'[number % 4]}{number}" for number in random.permutation(n)],
        report_count=random.integers(0, 4, n),
        video_view_count=random.integers(0, 3, n),
        claim_probability=random.choice([0.1, 0.5, 0.9, np.nan], n),
        statement_id=random.choice(["a", "b", "c", "d"], n),
        author_id=random.choice(["x", "Y", "z"], n),
    )
    table["lane"] = (
        table["claim_probability"].map({0.1: "opinions", 0.9: "claims"}).fillna("uncertain")
    )
    for group, total in (("statement_id", STATEMENT_REPORTS), ("author_id", AUTHOR_REPORTS)):
        table[total] = table.groupby(group)["report_count"].transform("sum")
    ingest(database, LEAD, table.sample(frac=1, random_state=seed), upload())
    expected = ranked_anew(Ranked(None, ranking, table), ranking).videos["video_id"].tolist()  # type: ignore[arg-type]
    first = page(database, ranking=ranking, size=15)
    second = page(database, ranking=ranking, after=first.after, size=15)
    third = page(database, ranking=ranking, after=second.after, size=15)
    rows = [*first.rows, *second.rows, *third.rows]
    assert [row.case.video["video_id"] for row in rows] == expected
    assert third.after is None


def opinions(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"lane": "opinions", "prediction": "opinion", "claim_probability": 0.1, "reason": None},
        index=table.index,
    )


def test_new_model_rescores_what_nobody_holds(database: Database) -> None:
    fill(database, 4)
    lease = take(database)
    decided = done(database, BORIS)
    result = rescore(database, LEAD, "boost", "2", opinions)
    assert (result.n_rescored, result.n_left) == (2, 0)
    by_id = {row.case.id: row.case for row in page(database).rows}
    assert by_id[lease.case.id].model_name == "forest"
    assert history(database, decided.case.id).case.model_name == "forest"
    others = [case for number, case in by_id.items() if number != lease.case.id]
    assert {(case.model_name, case.lane, case.probability) for case in others} == {
        ("boost", "opinions", 0.1)
    }
    decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    assert verify(database).problems == []


def test_case_taken_while_it_is_scored_keeps_its_prediction(database: Database) -> None:
    fill(database, 3)

    def predict(table: pd.DataFrame) -> pd.DataFrame:
        assert table["video_transcription_text"].str.startswith("someone").all()
        take(database)
        return opinions(table)

    result = rescore(database, LEAD, "boost", "2", predict)
    assert (result.n_rescored, result.n_left) == (2, 1)
    assert take(database).case.model_name == "forest"
    with pytest.raises(NotAllowedError):
        rescore(database, ANNA, "boost", "2", opinions)


def test_others_decide_while_an_upload_is_prepared_and_its_progress_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.queue.intake.staging._CHUNK_ROWS", 4)
    fill(database, 6)
    calls: list[tuple[int, int]] = []

    def meanwhile(n: int, total: int) -> None:
        calls.append((n, total))
        done(database, BORIS)
        assert len(page(database).rows) == 6 - len(calls)  # nothing of the upload is seen yet

    ingest(database, LEAD, videos(10), upload("b"), meanwhile)
    assert calls == [(4, 10), (8, 10), (10, 10)]
    counts = {tally.state: tally.n for tally in tallying.counts(database)}
    assert counts == {CaseState.OPEN: 7, CaseState.DECIDED: 3}


def test_escalated_case_follows_new_reports(database: Database) -> None:
    fill(database, 3)
    for _ in range(2):
        done(database, ANNA, ESCALATE)
    before = escalated(database)
    assert [row.case.video["report_count"] for row in before] == [30, 29]
    reports = [30, 100, 28]
    fill(database, 3, "b", report_count=reports, claim_probability=0.5, author_id="ann")
    after = escalated(database)
    assert [row.case.id for row in after] == [before[1].case.id, before[0].case.id]
    assert [row.case.video["report_count"] for row in after] == [100, 30]
    assert {row.case.probability for row in after} == {0.5}
    authors = escalated(database, Ranking.AUTHOR)
    assert [row.case.id for row in authors] == [row.case.id for row in after]


def test_escalated_case_in_hands_follows_when_it_is_let_go(database: Database) -> None:
    fill(database, 2)
    for _ in range(2):
        done(database, ANNA, ESCALATE)
    lease = take(database, LEAD, filters=Filters(escalated=True))
    fill(database, 2, "b", report_count=[1, 500])
    release(database, LEAD, lease.case.id, lease.token)
    assert [row.case.video["report_count"] for row in escalated(database)] == [500, 20]


def escalated(database: Database, ranking: Ranking | None = None) -> list[Listed]:
    return page(database, Filters(escalated=True), ranking).rows
