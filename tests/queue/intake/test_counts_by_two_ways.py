"""A video told of by files and by HTTP counts the larger number, whatever is taken back."""

from __future__ import annotations

import random
import runpy
from collections.abc import Iterator
from itertools import count
from string import ascii_letters
from typing import Any

import pytest
from sqlalchemy import select, text

from claimclf.errors import NotFoundError
from claimclf.modeling.store.model import Model
from claimclf.people import Person
from claimclf.queue.intake import ingest
from claimclf.queue.intake.reports import pending as waiting_reports
from claimclf.queue.intake.reports.changing import amend, withdraw
from claimclf.queue.intake.reports.receiving import receive
from claimclf.queue.intake.taking_back import take_back
from claimclf.queue.outbound.feed import case_of_video
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import batches, reports
from claimclf.services.intake import store_waiting
from tests.conftest import ROOT
from tests.queue.builders import LEAD, fill, logged
from tests.queue.conftest import NewUrl
from tests.queue.intake.test_reports import SHOP, model, report, sent, statuses

__all__ = ["model"]  # a fixture
VIDEO = "video-0000000"
MIGRATION = ROOT / "claimclf/queue/storage/migrations/versions/v0009_counts.py"


def counts(database: Database, video: str = VIDEO) -> tuple[int, int, int] | None:
    """Return a case's reports, what files say of them, and those by HTTP."""
    case = case_of_video(database, video)
    if case is None:
        return None
    return case["report_count"], case["reports_by"]["files"], case["reports_by"]["http"]


def states(database: Database) -> dict[str, str]:
    query = select(reports.c.report_id, reports.c.state)
    return database.read(lambda c: dict(tuple(row) for row in c.execute(query)))


def last_batch(database: Database) -> int:
    query = select(batches.c.id).order_by(batches.c.id.desc()).limit(1)
    return int(database.read(lambda c: c.scalar(query)) or 0)


class Told:
    """One video, told of by files and by HTTP, and what it should count by now."""

    def __init__(self, database: Database, model: Model) -> None:
        self.database, self.model = database, model
        self.names, self.letters = (f"n{n}" for n in count()), iter(ascii_letters)
        self.files: list[int] = []
        self.active: list[str] = []
        self.last: list[str] | int | None = None  # what can be taken back, and what it brought

    def file(self, n: int) -> None:
        fill(self.database, 1, next(self.letters), report_count=[n])
        self.files.append(n)
        self.last = n

    def http(self, n: int) -> None:
        names = [next(self.names) for _ in range(n)]
        sent(self.database, *({**report(0, VIDEO), "id": name} for name in names))
        store_waiting(self.database, SHOP, self.model)
        self.active += names
        self.last = names

    def withdraw(self, place: int) -> None:
        if self.active:
            name = self.active.pop(place % len(self.active))
            assert withdraw(self.database, SHOP, "shop", name) == "withdrawn"

    def take_back(self) -> None:
        if self.last is None:
            return
        n = take_back(self.database, LEAD, last_batch(self.database)).n_reports
        if isinstance(self.last, list):
            gone = [name for name in self.last if name in self.active]
            assert n == len(gone)
            self.active = [name for name in self.active if name not in gone]
        else:
            self.files.remove(self.last)
        self.last = None

    @property
    def expected(self) -> int:
        return max([*self.files, len(self.active)], default=0)


def some_steps(told: Told, seed: int) -> Iterator[None]:
    rng = random.Random(seed)  # noqa: S311
    for _ in range(12):
        match rng.choice(("file", "http", "http", "withdraw", "withdraw", "take back")):
            case "file":
                told.file(rng.randint(1, 9))
            case "http":
                told.http(rng.randint(1, 5))
            case "withdraw":
                told.withdraw(rng.randrange(100))
            case _:
                told.take_back()
        yield


@pytest.mark.parametrize("seed", range(4))
def test_case_counts_the_larger_of_what_files_say_and_of_what_came_and_counts(
    database: Database, model: Model, seed: int
) -> None:
    told = Told(database, model)
    for _ in some_steps(told, seed):
        found = counts(database)
        assert (0 if found is None else found[0]) == told.expected
        if found is not None:
            assert found[1:] == (max(told.files, default=0), len(told.active))
    assert verify(database).problems == []


def test_count_falls_to_what_a_file_says_and_no_further(database: Database, model: Model) -> None:
    told = Told(database, model)
    told.file(5)
    told.http(8)
    assert counts(database) == (8, 5, 8)
    for n in range(6):
        told.withdraw(n)
    assert counts(database) == (5, 5, 2)
    told.file(6)
    assert counts(database) == (6, 6, 2)


def test_reports_of_an_upload_that_is_taken_back_say_so_and_count_no_longer(
    database: Database, model: Model
) -> None:
    sent(database, report(1), report(2), report(3, "v2"))
    store_waiting(database, SHOP, model)
    sent(database, report(4), report(5, "v3"))
    store_waiting(database, SHOP, model)
    done = take_back(database, LEAD, 2)
    assert (done.n_removed, done.n_restored, done.n_reports) == (1, 1, 2)
    assert logged(database)[-1][3]["n_reports"] == 2
    assert states(database) == {
        **dict.fromkeys(("r1", "r2", "r3"), "queued"),
        **dict.fromkeys(("r4", "r5"), "taken-back"),
    }
    assert [counts(database, video) for video in ("v1", "v2", "v3")] == [(2, 0, 2), (1, 0, 1), None]
    again = sent(database, report(4), report(1), report(6, "v3"))
    assert statuses(again) == ["known", "known", "accepted"]
    assert [line.get("state") for line in again["reports"]] == ["taken-back", None, None]
    assert withdraw(database, SHOP, "shop", "r4") == "taken-back"
    with pytest.raises(NotFoundError, match="it is taken-back"):
        amend(database, SHOP, "shop", "r4", {"reason": "spam"})
    assert store_waiting(database, SHOP, model) == 1
    assert [counts(database, video) for video in ("v1", "v3")] == [(2, 0, 2), (1, 0, 1)]


def test_report_that_was_amended_comes_in_after_its_upload_was_taken_back(
    database: Database, model: Model
) -> None:
    sent(database, report(1), report(2))
    store_waiting(database, SHOP, model)
    amend(database, SHOP, "shop", "r2", {"reason": "spam"})
    assert take_back(database, LEAD, 1).n_reports == 1
    assert states(database) == {"r1": "taken-back", "r2": "pending"}
    store_waiting(database, SHOP, model)
    assert counts(database, "v1") == (1, 0, 1)


def test_upload_taken_back_before_its_reports_were_noted_leaves_none_in_the_queue(
    database: Database, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(database, report(1), report(2))
    monkeypatch.setattr(ingest, "_FEW_LETTERS", -1)  # it comes in in several transactions
    arrive = ingest.arrive

    def taken_back(*args: Any) -> Any:
        batch = arrive(*args)
        take_back(database, LEAD, batch[0].id)
        return batch

    monkeypatch.setattr(ingest, "arrive", taken_back)
    store_waiting(database, SHOP, model)
    assert counts(database, "v1") is None
    assert set(states(database).values()) == {"taken-back"}
    assert waiting_reports.next_pending(database) is None


def test_long_texts_by_http_leave_what_a_file_says_as_it_is(
    database: Database, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(database, model)
    told.file(3)
    monkeypatch.setattr(ingest, "_FEW_LETTERS", -1)
    told.http(4)
    assert counts(database) == (4, 3, 4)
    told.withdraw(0)
    told.withdraw(0)
    assert counts(database) == (3, 3, 2)


def test_older_queue_knows_what_files_say_where_reports_have_not_overtaken_it(
    new_url: NewUrl, model: Model
) -> None:
    database = Database(new_url())
    told = Told(database, model)
    told.file(9)
    told.http(2)
    receive(database, Person("api:shop"), "shop", [report(1, "v1"), report(2, "v1")], None)
    store_waiting(database, SHOP, model)
    database.write(lambda c: c.execute(text("UPDATE cases SET filed_reports = NULL")))
    known = runpy.run_path(str(MIGRATION))["_KNOWN"]
    database.write(lambda c: c.execute(text(known)))
    assert counts(database) == (9, 9, 2)
    assert counts(database, "v1") == (2, 0, 2)
    database.close()
