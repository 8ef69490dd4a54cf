"""Uploads that come in step by step: whole or not at all, and in nobody's way."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, func, select, text

from claimclf.dataset.statements import statement_keys as keys_of_statements
from claimclf.dataset.statements import statements
from claimclf.people import Person, Role
from claimclf.queue.intake import arriving as module
from claimclf.queue.intake import grouping
from claimclf.queue.intake import ingest as ingesting
from claimclf.queue.intake.arriving import finish_arrivals
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.outbound.backup.restoring import restore
from claimclf.queue.outbound.backup.writing import backup
from claimclf.queue.queries import tallying
from claimclf.queue.queries.listing import page
from claimclf.queue.review.decisions import decide, undo
from claimclf.queue.review.leases import next_case
from claimclf.queue.settings.team import change_settings
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import (
    IS_FREE,
    arrivals,
    arriving,
    arriving_keys,
    audit,
    batches,
    cases,
    cuts,
    group_totals,
    sightings,
    statement_keys,
)
from claimclf.schema import AUTHOR_ID, REPORT_COUNT, STATEMENT_ID, TRANSCRIPT, CaseState, Ranking
from tests.queue.builders import (
    ANNA,
    BORIS,
    LEAD,
    OPINION,
    Clock,
    done,
    fill,
    logged,
    take,
    upload,
    videos,
)
from tests.queue.conftest import NewUrl

ROWS_OF_A_STEP = 5
ROOT = Person("root", Role.ADMIN)


@pytest.fixture
def in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even few videos come in step by step."""
    monkeypatch.setattr(ingesting, "_FEW_ROWS", 0)
    monkeypatch.setattr("claimclf.queue.intake.staging._CHUNK_ROWS", 4)
    for name in ("_FIRST_ROWS", "_FEWEST_ROWS", "_MOST_ROWS"):
        monkeypatch.setattr(module, name, ROWS_OF_A_STEP)


def some(random: np.random.Generator, n: int, names: range) -> pd.DataFrame:
    """Videos of few statements and authors, some of which had been there before."""
    subject = random.choice(["whale", "plane", "bridge", "tower"], n)
    texts = [f"that one {word} of {word}s weighs more than two {word}" for word in subject]
    return videos(
        n,
        video_id=[f"video-{number}" for number in random.permutation(list(names))[:n]],
        video_transcription_text=texts,
        statement_id=statements(pd.Series(texts, dtype="str")).ids,
        author_id=random.choice(["x", "y", "z", None], n),
        report_count=random.integers(0, 50, n),
        lane=random.choice(["claims", "opinions"], n),
    )


def contents(database: Database) -> list[Any]:
    """What uploads leave in the queue, but for numbers that say in which order."""
    totals = [select(*list(table.c)[:4]) for table in group_totals.values()]
    # The rank of what is decided or held is worked out when it comes back.
    later = [c.name for c in cases.c if c.name.startswith("rank_")]
    left_out = ("id", "state_at", "waits_since", "lease_token")
    of_case = [c for c in cases.c if c.name not in left_out]
    queries = [
        select(*(c for c in of_case if c.name not in later)),
        select(*of_case).where(IS_FREE),
    ]
    queries += [select(batches), select(statement_keys), *totals]
    queries += [select(cases.c.video_id, sightings.c.report_count).join(
        sightings, sightings.c.case_id == cases.c.id)]  # fmt: skip
    tables = [
        database.read(lambda c, q=query: sorted(map(repr, c.execute(q)))) for query in queries
    ]
    return [*tables, sorted(map(repr, tallying.counts(database)))]


def count(database: Database, table: Any) -> int:
    return database.read(lambda c: c.scalar(select(func.count()).select_from(table))) or 0


def orders(database: Database) -> list[list[str]]:
    return [
        [row.case.video["video_id"] for row in page(database, ranking=ranking, size=100).rows]
        for ranking in Ranking
    ]


def store_all(database: Database, seed: int) -> None:
    random = np.random.default_rng(seed)
    # Whether a case of the sample is next depends on the log's length, which is another in steps.
    change_settings(database, LEAD, "none", sample_rate=0)
    for name in "abc":
        rows = some(random, 30, range(60))
        ingest(database, LEAD, rows, upload(name), keys_of=keys_of_statements)
        for person in (ANNA, BORIS):
            done(database, person)
        take(database)


@pytest.mark.parametrize("seed", [1, 2])
def test_steps_make_the_same_queue_as_one(
    new_url: NewUrl, seed: int, request: pytest.FixtureRequest
) -> None:
    with closing(Database(new_url(), Clock())) as at_once:
        store_all(at_once, seed)
        expected, expected_orders = contents(at_once), orders(at_once)
    request.getfixturevalue("in_steps")
    with closing(Database(new_url(), Clock())) as database:
        store_all(database, seed)
        assert contents(database) == expected
        assert orders(database) == expected_orders
        assert [count(database, table) for table in (arrivals, arriving, arriving_keys)] == [0] * 3
        assert verify(database).problems == []


@pytest.mark.parametrize("steps", [False, True])
def test_steps_account_for_merged_rows_and_reports_as_one_does(
    database: Database, request: pytest.FixtureRequest, steps: bool
) -> None:
    fill(database, 12, report_count=10)
    if steps:
        request.getfixturevalue("in_steps")
    merged = Upload("b.csv", "b" * 64, "forest", "1", n_rejected=2, n_merged=3)
    reports = [11, 12, *[10] * 9, 9, 0, 1]
    batch = ingest(database, LEAD, videos(14, report_count=reports), merged)
    assert (batch.n_rows, batch.n_accepted, batch.n_rejected) == (19, 17, 2)
    assert (batch.n_new, batch.n_known) == (2, 12)
    assert (batch.n_raised, batch.n_same, batch.n_lower) == (2, 9, 1)
    (details,) = [details for _, _, action, details in logged(database) if action == "ingest"][1:]
    assert (details["n_raised"], details["n_same"], details["n_lower"]) == (2, 9, 1)


@pytest.mark.usefixtures("in_steps")
def test_caption_that_comes_in_steps_leaves_the_words(database: Database) -> None:
    fill(database, 12, "b")
    said = [row.case.video[TRANSCRIPT] for row in page(database).rows]
    caption = {"text_source": "caption", TRANSCRIPT: "look at this", STATEMENT_ID: "other"}
    fill(database, 12, "c", **caption)
    assert [row.case.video[TRANSCRIPT] for row in page(database).rows] == said
    assert stored_totals(database, STATEMENT_ID) == summed(database, STATEMENT_ID)


@pytest.mark.usefixtures("in_steps")
def test_others_take_and_decide_between_steps(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingesting, "_FEW_ROWS", 40)
    fill(database, 40)
    monkeypatch.setattr(ingesting, "_FEW_ROWS", 0)
    held = take(database, ANNA)
    monkeypatch.setattr(module, "_rest", lambda _: 1.0 if done(database, BORIS) else 0.0)
    batch = fill(database, 60, "b", report_count=100)
    assert (batch.n_new, batch.n_known) == (20, 40)
    decide(database, ANNA, held.case.id, held.token, held.case.version, OPINION)
    counts = {tally.state: tally.n for tally in tallying.counts(database)}
    assert sum(counts.values()) == 60
    assert counts[CaseState.DECIDED] > 20, "people should have had a turn after each step"
    assert verify(database).problems == []


@pytest.mark.usefixtures("in_steps")
def test_progress_goes_through_both_halves_to_the_end(database: Database) -> None:
    calls: list[tuple[int, int]] = []
    ingest(database, LEAD, videos(12), upload(), lambda n, total: calls.append((n, total)))
    numbers = [n for n, _ in calls]
    assert numbers == sorted(numbers)
    assert (calls[-1], len(calls)) == ((12, 12), 6)


@pytest.mark.usefixtures("in_steps")
def test_upload_that_fails_on_its_way_leaves_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_accept", fails)
        with pytest.raises(KeyboardInterrupt):
            fill(database, 12)
    assert [count(database, t) for t in (arrivals, arriving, arriving_keys, batches)] == [0] * 4
    batch = fill(database, 12)
    assert (batch.n_new, batch.is_repeated) == (12, False)
    assert fill(database, 12).is_repeated


@pytest.fixture
def half_stored(
    database: Database, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Database:
    """A queue whose second upload stopped after its first step."""
    fill(database, 5)
    decided = done(database)
    assert decided.case.video["video_id"] == "video-0000000"
    request.getfixturevalue("in_steps")

    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_adapted", stops)
        with pytest.raises(KeyboardInterrupt):
            fill(database, 20, "b", report_count=100)
    assert count(database, cases) == 5
    assert count(database, arrivals) == 1
    return database


def complete(database: Database) -> None:
    """Check that all of the second upload is there, once."""
    batch = database.read(lambda c: c.execute(select(batches).where(batches.c.id == 2)).one())
    assert (batch.n_accepted, batch.n_new, batch.n_known, batch.n_reopened) == (20, 15, 5, 1)
    assert [count(database, table) for table in (cases, arrivals, arriving)] == [20, 0, 0]
    counted = select(audit.c.action, func.count()).where(audit.c.batch_id == 2)
    entries = database.read(lambda c: c.execute(counted.group_by(audit.c.action)).all())
    assert dict(map(tuple, entries)) == {"arrive": 1, "reported-again": 1, "ingest": 1}
    again = select(audit.c.actor).where(audit.c.action == "reported-again")
    assert database.read(lambda c: c.scalars(again).all()) == ["claimclf"]
    assert sum(tally.n for tally in tallying.counts(database)) == 20
    assert verify(database).problems == []


def test_same_file_goes_on_where_it_stopped(half_stored: Database) -> None:
    batch = fill(half_stored, 20, "b", report_count=100)
    assert (batch.id, batch.n_new, batch.n_known, batch.is_repeated) == (2, 15, 5, False)
    assert batch.n_raised == 5  # whoever goes on is told all of it
    complete(half_stored)
    assert fill(half_stored, 20, "b", report_count=100).is_repeated


@pytest.mark.parametrize("n", [1, 8])
def test_next_upload_finishes_what_was_left(
    half_stored: Database, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    monkeypatch.setattr(ingesting, "_FEW_ROWS", 5)
    names = [f"other-{number}" for number in range(n)]
    assert fill(half_stored, n, "c", video_id=names).n_new == n
    half_stored.write(lambda c: c.execute(text("DELETE FROM cases WHERE video_id LIKE 'other-%'")))
    assert count(half_stored, arrivals) == 0
    assert count(half_stored, cases) == 20


def test_what_was_left_is_finished_by_itself(half_stored: Database) -> None:
    assert finish_arrivals(half_stored) == [2]
    complete(half_stored)
    assert finish_arrivals(half_stored) == []


def test_backup_holds_whole_uploads_only(
    half_stored: Database, new_url: NewUrl, tmp_path: Path
) -> None:
    backup(half_stored, ROOT, tmp_path / "queue.backup")
    complete(half_stored)
    expected = orders(half_stored)
    with closing(Database(new_url(tables=False), Clock())) as restored:
        restore(restored, ROOT, tmp_path / "queue.backup")
        assert orders(restored) == expected
        for group in (STATEMENT_ID, AUTHOR_ID):
            assert stored_totals(restored, group) == summed(restored, group)


def test_cases_of_an_unfinished_upload_are_taken_and_decided(half_stored: Database) -> None:
    while next_case(half_stored, ANNA):
        done(half_stored)
    assert finish_arrivals(half_stored) == [2]
    assert verify(half_stored).problems == []
    assert sum(t.n for t in tallying.counts(half_stored) if t.state == CaseState.OPEN) == 15


def test_upload_that_somebody_is_at_is_left_to_them(half_stored: Database) -> None:
    with module.turn(half_stored, "upload"):
        assert finish_arrivals(half_stored) == []
        names = [f"other-{number}" for number in range(3)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ingesting, "_FEW_ROWS", 5)
            assert fill(half_stored, 3, "c", video_id=names).n_new == 3
    assert count(half_stored, arrivals) == 1


# Totals and ranks ----------------------------------------------------------------------------


def summed(database: Database, group: str) -> dict[str, tuple[int, int]]:
    column = cases.c[group]
    sums = select(column, func.sum(cases.c[REPORT_COUNT]), func.count())
    query = sums.where(column.is_not(None)).group_by(column)
    return {name: (int(n), k) for name, n, k in database.read(lambda c: c.execute(query).all())}


def stored_totals(database: Database, group: str) -> dict[str, tuple[int, int]]:
    table = group_totals[group]
    rows = database.read(lambda c: c.execute(select(table).where(table.c.n_videos > 0)).all())
    assert {row.ranked_by - row.reports for row in rows} <= {0}
    assert not any(row.is_behind for row in rows)
    return {row[0]: (row.reports, row.n_videos) for row in rows}


@pytest.mark.parametrize("seed", [3, 4])
def test_totals_are_those_of_all_cases_whatever_came(database: Database, seed: int) -> None:
    store_all(database, seed)
    for group in (STATEMENT_ID, AUTHOR_ID):
        assert stored_totals(database, group) == summed(database, group)


def test_total_follows_a_video_that_changes_its_author(database: Database) -> None:
    fill(database, 3, author_id=["x", "x", "y"], report_count=[5, 6, 7])
    fill(database, 1, "b", author_id="y", report_count=8)
    assert stored_totals(database, AUTHOR_ID) == {"x": (6, 1), "y": (15, 2)}


def rank_of_author(database: Database) -> list[int]:
    query = select(cases.c.rank_author).order_by(cases.c.id)
    return database.read(lambda c: list(c.scalars(query)))


def test_group_too_large_for_a_step_is_moved_in_several(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "STEP", 3)
    steps: list[bool] = []
    ranked = module.rank_groups

    def step(connection: Connection) -> bool:
        steps.append(ranked(connection))
        return steps[-1]

    monkeypatch.setattr(module, "rank_groups", step)
    fill(database, 10, author_id="x", report_count=1)
    fill(database, 1, "b", video_id="another", author_id="x", report_count=5)
    assert rank_of_author(database) == [-15] * 11
    assert len(steps) >= 3


def test_large_group_is_ranked_anew_when_it_has_changed_by_a_tenth(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "_LARGE", 5)
    fill(database, 10, author_id="x", report_count=10)
    fill(database, 1, "b", video_id="another", author_id="x", report_count=9)
    assert rank_of_author(database) == [-100] * 11
    fill(database, 1, "c", video_id="third", author_id="x", report_count=1)
    assert rank_of_author(database) == [-110] * 12


def test_decided_case_has_its_groups_rank_when_it_is_open_again(database: Database) -> None:
    fill(database, 2, author_id="x", report_count=[5, 4])
    made = done(database)
    fill(database, 1, "b", video_id="another", author_id="x", report_count=3)
    assert rank_of_author(database) == [-9, -12, -12]
    undo(database, ANNA, made.id)
    assert rank_of_author(database) == [-12] * 3


# In nobody's way -----------------------------------------------------------------------------


def test_decisions_go_on_while_the_planner_learns_of_new_cases(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(server.empty(), Clock())) as database:
        fill(database, 3)
        tables: list[str] = []

        def meanwhile(connection: Connection, table: Any) -> None:
            tables.append(table.name)
            database.write(lambda c: c.execute(text("SET lock_timeout = '5s'")))
            done(database, BORIS)

        monkeypatch.setattr(module, "analyse", meanwhile)
        fill(database, 30, "b")
        assert tables == ["cases"]


def test_lease_and_decision_leave_the_words_alone(server: Any) -> None:
    with closing(Database(server.empty(), Clock())) as database:
        fill(database, 1)
        words = text("SELECT xmin::text, words::text FROM cases_words")
        before = database.read(lambda c: c.execute(words).all())
        done(database)
        assert database.read(lambda c: c.execute(words).all()) == before
        indexed = text("SELECT indexdef FROM pg_indexes WHERE tablename = 'cases'")
        assert "tsvector" not in "".join(database.read(lambda c: c.scalars(indexed).all()))


def test_cuts_in_use_are_there_after_an_upload_without_anybody_looking(database: Database) -> None:
    fill(database, 10)
    change_settings(database, LEAD, "half", capacity=0.5)
    take(database)
    next_case(database, BORIS, ranking=Ranking.AUTHOR)
    fill(database, 20, "b")
    stored = database.read(lambda c: set(c.scalars(select(cuts.c.ranking))))
    assert stored == {Ranking.REPORTS, Ranking.AUTHOR}
    assert sum(row.is_above_cut for row in page(database).rows) == 10


def test_transcript_keeps_its_words_when_it_changes(database: Database) -> None:
    fill(database, 2)
    fill(database, 2, "b", **{TRANSCRIPT: "anchors away"})
    assert count(database, cases) == 2
    assert {row.case.video[TRANSCRIPT] for row in page(database).rows} == {"anchors away"}
