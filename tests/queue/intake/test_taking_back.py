"""A wrong upload is taken back as if it had never been, as long as nobody has touched its cases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from claimclf.errors import ConflictError, NotAllowedError, NotFoundError
from claimclf.queue.intake.taking_back import take_back
from claimclf.queue.queries import tallying
from claimclf.queue.queries.listing import page
from claimclf.queue.review.bulk import decide_cases
from claimclf.queue.review.leases import release
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import batches, cases, group_totals, replaced, sightings
from claimclf.schema import Ranking
from tests.queue.builders import ANNA, LEAD, OPINION, done, fill, logged, take

#: What goes on although an upload is taken back.
GOES_ON = ("version",)
OTHERS: dict[str, Any] = {
    "video_transcription_text": "another thing", "author_id": "eve", "statement_id": "other",
    "claim_probability": 0.2, "lane": "opinions", "video_like_count": 99, "report_count": 500,
}  # fmt: skip


def contents(database: Database) -> list[Any]:
    columns = [column for column in cases.c if column.name not in GOES_ON]
    queries = [
        *(select(*columns).order_by(cases.c.id), select(sightings), select(replaced)),
        *(select(*list(table.c)[:4]) for table in group_totals.values()),
    ]
    rows = [database.read(lambda c, q=query: sorted(map(repr, c.execute(q)))) for query in queries]
    orders = [[row.case.id for row in page(database, ranking=r).rows] for r in Ranking]
    return [*rows, orders, sorted(map(repr, tallying.counts(database)))]


@pytest.fixture
def used(database: Database) -> Database:
    """Four cases, the first of which is decided."""
    fill(database, 4, author_id="ann")
    done(database)
    return database


def test_cases_that_it_made_are_gone_and_others_are_as_they_were(used: Database) -> None:
    before = contents(used)
    fill(used, 6, "b", **OTHERS)
    assert contents(used) != before
    done_back = take_back(used, LEAD, 2)
    assert (done_back.n_removed, done_back.n_restored) == (2, 4)
    assert contents(used) == before
    assert verify(used).problems == []
    assert logged(used)[-1][2:] == (
        "take-back",
        {"file": "b.csv", "sha256": "b" * 64, "n_removed": 2, "n_restored": 4},
    )


def test_same_file_can_be_uploaded_again(used: Database) -> None:
    fill(used, 6, "b", **OTHERS)
    expected = contents(used)
    take_back(used, LEAD, 2)
    again = fill(used, 6, "b", **OTHERS)
    assert (again.n_new, again.n_known, again.is_repeated) == (2, 4, False)
    assert len(contents(used)[0]) == len(expected[0])


def test_number_that_is_given_again_is_not_the_case_that_a_screen_shows(used: Database) -> None:
    fill(used, 6, "b")
    shown = [(row.case.id, row.case.version) for row in page(used).rows]
    take_back(used, LEAD, 2)
    fill(used, 1, "c", video_id=["another"])
    assert decide_cases(used, ANNA, shown[-2:], OPINION).decided == []


@pytest.mark.parametrize("known", [False, True])
def test_refused_once_somebody_has_touched_a_case(used: Database, known: bool) -> None:
    fill(used, 2, "b", video_id=["video-0000001" if known else "new", "newer"], report_count=900)
    lease = take(used)
    before = contents(used)
    with pytest.raises(ConflictError, match=rf"1 of its cases.*: {lease.case.id} \(video ") as held:
        take_back(used, LEAD, 2)
    assert "Nothing was changed." in str(held.value)
    assert contents(used) == before
    release(used, ANNA, lease.case.id, lease.token)
    with pytest.raises(ConflictError, match="somebody has worked on"):
        take_back(used, LEAD, 2)


def test_refused_once_a_later_upload_has_brought_its_videos_again(used: Database) -> None:
    fill(used, 2, "b", report_count=900)
    fill(used, 1, "c", report_count=950)
    with pytest.raises(ConflictError, match="later uploads have brought 1 of its videos"):
        take_back(used, LEAD, 2)
    take_back(used, LEAD, 3)
    with pytest.raises(ConflictError, match="later uploads have brought 1 of its videos"):
        take_back(used, LEAD, 2)
    with pytest.raises(ConflictError, match="lena took it back before"):
        take_back(used, LEAD, 3)


def test_another_persons_upload_is_for_leads(used: Database) -> None:
    fill(used, 1, "b", video_id=["new"])
    with pytest.raises(NotAllowedError):
        take_back(used, ANNA, 2)
    with pytest.raises(NotFoundError):
        take_back(used, ANNA, 7)
    named = used.read(lambda c: c.execute(select(batches).where(batches.c.id == 2)).one())
    assert named.taken_back_at is None
