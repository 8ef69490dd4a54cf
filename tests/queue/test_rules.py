"""Random sequences of everything that can happen, compared with a plain model of the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from claimclf.errors import LostLeaseError, QueueError
from claimclf.queue.audit import verify
from claimclf.queue.bulk import decide_cases, undo_bulk
from claimclf.queue.database import Database
from claimclf.queue.decisions import Verdict, decide, reopen, undo
from claimclf.queue.ingest import ingest
from claimclf.queue.leases import Lease, next_case
from claimclf.queue.listing import page
from claimclf.queue.people import Person
from claimclf.schema import Decision
from tests.queue.builders import ANNA, BORIS, LEAD, Clock, upload, videos
from tests.queue.conftest import NewUrl

MINUTE = 60_000_000
PEOPLE = st.sampled_from([ANNA, BORIS])
NUMBERS = st.integers(0, 7)


@dataclass
class ModelCase:
    """What the rules say of one case."""

    reports: int
    rank: int
    state: str = "open"
    round: int = 1
    decided_reports: int = 0
    holder: str | None = None
    until: int = 0
    skipped: set[tuple[str, int]] = field(default_factory=set)
    #: (decision, who, when, bulk) that may still be undone.
    last: tuple[int, str, int, str] | None = None

    def free(self) -> bool:
        return self.state == "open" and self.holder is None


class Rules(RuleBasedStateMachine):
    url: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.database = Database(self.url(), self.clock)
        self.model: dict[str, ModelCase] = {}
        self.leases: dict[str, Lease] = {}
        self.uploads = 0

    def teardown(self) -> None:
        assert verify(self.database).problems == []
        self.database.close()

    def lapse(self) -> None:
        for case in self.model.values():
            if case.holder is not None and case.until <= self.clock():
                self.let_go(case)

    def let_go(self, case: ModelCase) -> None:
        case.holder, case.rank = None, case.reports

    def case_id(self, name: str) -> int:
        rows = {row.case.video["video_id"]: row.case.id for row in page(self.database).rows}
        return rows[name] if name in rows else self.known[name]

    @property
    def known(self) -> dict[str, int]:
        from sqlalchemy import select

        from claimclf.queue.tables import cases

        query = select(cases.c.video_id, cases.c.id)
        return dict(self.database.read(lambda c: [tuple(row) for row in c.execute(query)]))

    @rule(numbers=st.sets(NUMBERS, min_size=1), reports=st.integers(1, 60))
    def ingest(self, numbers: set[int], reports: int) -> None:
        self.uploads += 1
        names = [f"video-{number:07d}" for number in sorted(numbers)]
        counts = [reports + number for number in sorted(numbers)]
        table = videos(len(names), video_id=names, report_count=counts, statement_id=names)
        batch = ingest(
            self.database,
            LEAD,
            table,
            upload(f"{self.uploads:x}".rjust(2, "0")[-1], f"m{self.uploads}"),
        )
        self.lapse()
        new = [name for name in names if name not in self.model]
        reopened = 0
        for name, count in zip(names, counts, strict=True):
            case = self.model.setdefault(name, ModelCase(count, count))
            case.reports = max(case.reports, count)
            grown = case.state == "decided" and count > case.decided_reports
            if grown and count >= 2 * case.decided_reports:
                reopened += 1
                case.state, case.round, case.last = "open", case.round + 1, None
            if case.free():
                case.rank = case.reports
                case.last = None
        assert (batch.n_new, batch.n_reopened) == (len(new), reopened)

    @rule(person=PEOPLE)
    def lease(self, person: Person) -> None:
        lease = next_case(self.database, person)
        self.lapse()
        held = [name for name, case in self.model.items() if case.holder == person.name]
        if held:
            assert lease is not None
            assert lease.case.video["video_id"] == held[0]
            return
        waiting = [
            (-case.rank, name)
            for name, case in self.model.items()
            if case.free() and (person.name, case.round) not in case.skipped
        ]
        if not waiting:
            assert lease is None
            return
        assert lease is not None
        name = min(waiting)[1]
        assert lease.case.video["video_id"] == name
        case = self.model[name]
        case.holder, case.until, case.last = person.name, self.clock() + 10 * MINUTE, None
        self.leases[person.name] = lease

    @rule(minutes=st.sampled_from([1, 6, 11]))
    def time_goes_on(self, minutes: int) -> None:
        self.clock.step(minutes)

    @precondition(lambda self: self.leases)
    @rule(person=PEOPLE, said=st.sampled_from([Decision.OPINION, Decision.SKIP]))
    def decide(self, person: Person, said: Decision) -> None:
        lease = self.leases.get(person.name)
        if lease is None:
            return
        case = self.model[lease.case.video["video_id"]]
        holds = case.holder == person.name and case.until > self.clock()
        args = (person, lease.case.id, lease.token, lease.case.version, Verdict(said))
        if not holds:
            with pytest.raises(LostLeaseError):
                decide(self.database, *args)
            return
        made = decide(self.database, *args)
        self.let_go(case)
        del self.leases[person.name]
        if said == Decision.SKIP:
            case.skipped.add((person.name, case.round))
        else:
            self.close(case, made.id, person, "")

    def close(self, case: ModelCase, decision: int, person: Person, bulk: str) -> None:
        case.state, case.decided_reports = "decided", case.reports
        case.last = (decision, person.name, self.clock(), bulk)

    @rule(person=PEOPLE, number=NUMBERS)
    def undo(self, person: Person, number: int) -> None:
        case = self.model.get(f"video-{number:07d}")
        if case is None or case.last is None:
            return
        decision, by, at, bulk = case.last
        if bulk or by != person.name or self.clock() - at > 30 * MINUTE:
            with pytest.raises(QueueError):
                undo(self.database, person, decision)
            return
        assert undo(self.database, person, decision).state == "open"
        case.state, case.last, case.rank = "open", None, case.reports

    @precondition(lambda self: self.model)
    @rule(person=PEOPLE, numbers=st.sets(NUMBERS, min_size=1, max_size=4))
    def bulk(self, person: Person, numbers: set[int]) -> None:
        names = [name for name in (f"video-{n:07d}" for n in numbers) if name in self.model]
        known = self.known
        bulk = decide_cases(
            self.database, person, [known[name] for name in names], Verdict(Decision.WITHIN_RULES)
        )
        self.lapse()
        closed = [
            name
            for name in names
            if self.model[name].state == "open" and self.model[name].holder in (None, person.name)
        ]
        assert sorted(known[name] for name in closed) == bulk.decided
        for name in closed:
            self.let_go(self.model[name])
            self.close(self.model[name], 0, person, bulk.id)

    @rule(number=NUMBERS)
    def undo_bulk(self, number: int) -> None:
        case = self.model.get(f"video-{number:07d}")
        if case is None or case.last is None or not case.last[3]:
            return
        _, by, at, bulk = case.last
        part = [other for other in self.model.values() if other.last and other.last[3] == bulk]
        size = len(self.bulk_cases(bulk))
        if len(part) < size or self.clock() - at > 30 * MINUTE:
            with pytest.raises(QueueError):
                undo_bulk(self.database, Person(by), bulk)
            return
        undo_bulk(self.database, Person(by), bulk)
        for other in part:
            other.state, other.last, other.rank = "open", None, other.reports

    def bulk_cases(self, bulk: str) -> list[int]:
        from sqlalchemy import select

        from claimclf.queue.tables import decisions

        query = select(decisions.c.case_id).where(decisions.c.bulk_id == bulk)
        return list(self.database.read(lambda c: c.scalars(query).all()))

    @rule(number=NUMBERS)
    def reopen(self, number: int) -> None:
        name = f"video-{number:07d}"
        case = self.model.get(name)
        if case is None:
            return
        if case.state != "decided":
            with pytest.raises(QueueError):
                reopen(self.database, LEAD, self.known[name], "look again")
            return
        reopen(self.database, LEAD, self.known[name], "look again")
        case.state, case.round, case.last, case.rank = "open", case.round + 1, None, case.reports

    @invariant()
    def database_says_the_same(self) -> None:
        rows = page(self.database).rows
        found = {row.case.video["video_id"]: row.case for row in rows}
        opened = {name: case for name, case in self.model.items() if case.state == "open"}
        assert found.keys() == opened.keys()
        for name, case in opened.items():
            assert (found[name].round, found[name].video["report_count"]) == (
                case.round,
                case.reports,
            )
        ranks = [opened[row.case.video["video_id"]].rank for row in rows]
        assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize("seed", [0])
def test_queue_follows_the_rules(new_url: NewUrl, seed: int) -> None:
    database = Database(new_url())
    examples = 30 if database.is_sqlite else 10
    database.close()
    machine = type("RulesHere", (Rules,), {"url": staticmethod(new_url)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
