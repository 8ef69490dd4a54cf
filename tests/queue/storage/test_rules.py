"""Random sequences of everything that can happen, compared with a plain model of the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from claimclf.errors import ConflictError, InvalidRequestError, LostLeaseError, NotAllowedError
from claimclf.people import Person
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import page
from claimclf.queue.review.bulk import decide_cases, undo_bulk
from claimclf.queue.review.decisions import Verdict, decide, reopen, undo
from claimclf.queue.review.leases import (
    Lease,
    hand_on,
    next_case,
    release,
    renew,
    take_case,
    take_over,
)
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions
from claimclf.schema import Decision
from claimclf.units import MINUTE
from tests.effort import examples
from tests.queue.builders import ANNA, BORIS, LEAD, Clock, upload, videos
from tests.queue.conftest import NewUrl

PEOPLE = st.sampled_from([ANNA, BORIS, LEAD])
NUMBERS = st.integers(0, 7)
SAID = st.sampled_from([Decision.OPINION, Decision.SKIP, Decision.ESCALATE])
#: One of the latest leases that were given, whether it still holds or not.
RECENT = st.integers(0, 3)
LEASE, UNDO, HANDED_ON = 10 * MINUTE, 30 * MINUTE, 24 * 60 * MINUTE
#: A lease from no further ahead than this still holds: clocks are set right by as much.
TOLERANCE = MINUTE // 12


@dataclass(frozen=True)
class Made:
    """A decision as it was made: the state before it, and the case's version after it."""

    id: int
    by: str
    at: int
    bulk: str
    before: str
    version: int


@dataclass
class ModelCase:
    """What the rules say of one case."""

    reports: int
    rank: int
    state: str = "open"
    round: int = 1
    version: int = 1
    decided_reports: int = 0
    token: str = ""
    holder: str | None = None
    started: int = 0
    until: int = 0
    skipped: set[tuple[str, int]] = field(default_factory=set)
    last: Made | None = None

    def free(self) -> bool:
        return self.state == "open" and self.holder is None

    def give_back(self) -> None:
        self.holder, self.token, self.rank = None, "", self.reports

    def open_again(self, state: str = "open") -> None:
        self.state, self.rank = state, self.reports
        self.version += 1


class Rules(RuleBasedStateMachine):
    url: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.database = Database(self.url(), self.clock)
        self.model: dict[str, ModelCase] = {}
        self.given: list[tuple[Person, Lease]] = []
        self.uploads = 0

    def teardown(self) -> None:
        assert verify(self.database).problems == []
        self.database.close()

    def runs(self, case: ModelCase) -> bool:
        return case.started - TOLERANCE <= self.clock() < case.until

    def lapse(self) -> None:
        for case in self.model.values():
            if case.holder is not None and not self.runs(case):
                case.give_back()

    def held_by(self, person: Person) -> list[str]:
        """Return what a person holds, the longest held first."""
        held = [name for name, case in self.model.items() if case.holder == person.name]
        return sorted(held, key=lambda name: self.model[name].started)

    def case_of(self, lease: Lease) -> ModelCase:
        return self.model[str(lease.case.video["video_id"])]

    def give(self, person: Person, lease: Lease, lasts: int = LEASE) -> None:
        case, at = self.case_of(lease), self.clock()
        assert (lease.case.holder, lease.until) == (person.name, at + lasts)
        case.holder, case.token, case.started, case.until = person.name, lease.token, at, at + lasts
        self.given.append((person, lease))

    def recent(self, back: int) -> tuple[Person, Lease, ModelCase, bool]:
        """Return a lease that was given, its case, and whether it holds."""
        person, lease = self.given[-1 - min(back, len(self.given) - 1)]
        case = self.case_of(lease)
        return person, lease, case, case.token == lease.token and self.runs(case)

    def any(self, condition: Callable[[ModelCase], object]) -> bool:
        return any(map(condition, self.model.values()))

    def pick(self, number: int, condition: Callable[[ModelCase], object]) -> str:
        """Return one of the cases that are wanted; there must be one."""
        names = sorted(name for name, case in self.model.items() if condition(case))
        return names[number % len(names)]

    @property
    def known(self) -> dict[str, int]:
        query = select(cases.c.video_id, cases.c.id)
        return dict(self.database.read(lambda c: [tuple(row) for row in c.execute(query)]))

    @initialize()
    def start(self) -> None:
        self.store([0, 1, 2, 3], 10)

    @rule(numbers=st.sets(NUMBERS, min_size=1), reports=st.integers(1, 60))
    def ingest(self, numbers: set[int], reports: int) -> None:
        self.store(sorted(numbers), reports)

    def store(self, numbers: list[int], reports: int) -> None:
        self.uploads += 1
        names = [f"video-{number:07d}" for number in numbers]
        counts = [reports + number for number in numbers]
        table = videos(len(names), video_id=names, report_count=counts, statement_id=names)
        batch = ingest(
            self.database,
            LEAD,
            table,
            upload(f"{self.uploads:x}".rjust(2, "0")[-1], f"m{self.uploads}"),
        )
        self.lapse()
        n_new = n_reopened = 0
        for name, count in zip(names, counts, strict=True):
            if name not in self.model:
                self.model[name] = ModelCase(count, count)
                n_new += 1
                continue
            case = self.model[name]
            case.reports = max(case.reports, count)
            if (
                case.state == "decided"
                and count > case.decided_reports
                and count >= 2 * case.decided_reports
            ):
                n_reopened += 1
                case.round += 1
                case.open_again()
            elif case.state != "decided" and case.holder is None:
                case.open_again(case.state)
        assert (batch.n_new, batch.n_reopened) == (n_new, n_reopened)

    @rule(person=PEOPLE)
    def lease(self, person: Person) -> None:
        self.take_next(person, "open")

    @rule()
    def lease_escalated(self) -> None:
        self.take_next(LEAD, "escalated")

    @rule(person=PEOPLE, said=SAID)
    def lease_and_decide(self, person: Person, said: Decision) -> None:
        if self.take_next(person, "open") is not None:
            self.say(*self.recent(0), said)

    @rule(said=SAID)
    def lease_and_decide_escalated(self, said: Decision) -> None:
        if self.take_next(LEAD, "escalated") is not None:
            self.say(*self.recent(0), said)

    def take_next(self, person: Person, state: str) -> Lease | None:
        lease = next_case(self.database, person, Filters(escalated=state == "escalated"))
        self.lapse()
        waiting = [
            (-case.rank, name)
            for name, case in self.model.items()
            if case.state == state
            and case.holder is None
            and (person.name, case.round) not in case.skipped
        ]
        held = self.held_by(person)
        if held:
            assert lease is not None
            case = self.case_of(lease)
            assert (case.holder, case.token) == (person.name, lease.token)
            assert case.started == self.model[held[0]].started
            self.given.append((person, lease))
        elif waiting:
            assert lease is not None
            assert lease.case.video["video_id"] == min(waiting)[1]
            self.give(person, lease)
        else:
            assert lease is None
        return lease

    @rule(person=PEOPLE, number=NUMBERS)
    def choose(self, person: Person, number: int) -> None:
        name = self.pick(number, lambda case: True)
        case = self.model[name]
        mine = case.holder == person.name and self.runs(case)
        taken = case.holder is not None and self.runs(case)
        may = case.state == "open" or (case.state == "escalated" and person is LEAD)
        if not mine and (taken or not may):
            with pytest.raises(LostLeaseError):
                take_case(self.database, person, self.known[name])
            return
        lease = take_case(self.database, person, self.known[name])
        self.lapse()
        if mine:
            assert lease.token == case.token
            return
        for other in self.held_by(person):
            self.model[other].give_back()
        self.give(person, lease)

    @rule(minutes=st.sampled_from([1, 6, 11, 31]))
    def time_goes_on(self, minutes: int) -> None:
        self.clock.step(minutes)

    @rule(minutes=st.sampled_from([TOLERANCE / MINUTE, 1, 20, 60]))
    def clock_steps_back(self, minutes: float) -> None:
        self.clock.step(-minutes)

    @precondition(lambda self: self.given)
    @rule(back=RECENT)
    def renew(self, back: int) -> None:
        person, lease, case, holds = self.recent(back)
        if not holds:
            with pytest.raises(LostLeaseError):
                renew(self.database, person, lease.case.id, lease.token)
            return
        case.until = renew(self.database, person, lease.case.id, lease.token).until
        assert case.until == self.clock() + LEASE

    @precondition(lambda self: self.given)
    @rule(back=RECENT)
    def release(self, back: int) -> None:
        person, lease, case, holds = self.recent(back)
        release(self.database, person, lease.case.id, lease.token)
        if holds:
            case.give_back()

    @precondition(lambda self: self.given)
    @rule(back=RECENT, to=PEOPLE)
    def hand_on(self, back: int, to: Person) -> None:
        person, lease, case, holds = self.recent(back)
        unfit = case.state == "escalated" and to is not LEAD
        if unfit or not holds:
            with pytest.raises(InvalidRequestError if unfit else LostLeaseError):
                hand_on(self.database, person, lease.case.id, lease.token, to)
            return
        other = hand_on(self.database, person, lease.case.id, lease.token, to)
        self.lapse()
        assert other.token != lease.token
        self.give(to, other, LEASE if to == person else HANDED_ON)

    @rule(number=NUMBERS)
    def take_over(self, number: int) -> None:
        name = self.pick(number, lambda case: True)
        if self.model[name].state == "decided":
            with pytest.raises(LostLeaseError):
                take_over(self.database, LEAD, self.known[name])
            return
        lease = take_over(self.database, LEAD, self.known[name])
        self.lapse()
        self.give(LEAD, lease)

    @precondition(lambda self: self.given)
    @rule(back=RECENT, said=SAID)
    def decide(self, back: int, said: Decision) -> None:
        self.say(*self.recent(back), said)

    def say(
        self, person: Person, lease: Lease, case: ModelCase, holds: bool, said: Decision
    ) -> None:
        args = (person, lease.case.id, lease.token, lease.case.version, Verdict(said))
        unfit = said == Decision.ESCALATE and case.state == "escalated"
        if unfit or not holds:
            with pytest.raises(LostLeaseError if not holds else ConflictError):
                decide(self.database, *args)
            return
        made = decide(self.database, *args)
        case.give_back()
        if said == Decision.SKIP:
            case.version += 1
            case.skipped.add((person.name, case.round))
        else:
            state = "escalated" if said == Decision.ESCALATE else "decided"
            self.close(case, made.id, person, "", state)
        assert (made.case.state, made.case.version) == (case.state, case.version)

    def close(
        self, case: ModelCase, decision: int, person: Person, bulk: str, state: str = "decided"
    ) -> None:
        before, case.state = case.state, state
        case.version += 1
        case.decided_reports = case.reports
        case.last = Made(decision, person.name, self.clock(), bulk, before, case.version)

    def undoable(self, case: ModelCase) -> bool:
        return (
            case.last is not None
            and case.version == case.last.version
            and not (case.holder is not None and self.runs(case))
            and self.clock() - case.last.at <= UNDO
        )

    @precondition(lambda self: self.any(lambda case: case.last))
    @rule(person=PEOPLE, number=NUMBERS, own=st.booleans())
    def undo(self, person: Person, number: int, own: bool) -> None:
        case = self.model[self.pick(number, lambda case: case.last)]
        made = case.last
        assert made is not None
        by = Person(made.by) if own else person
        if made.bulk or made.by != by.name or not self.undoable(case):
            anothers = not made.bulk and made.by != by.name
            with pytest.raises(NotAllowedError if anothers else ConflictError):
                undo(self.database, by, made.id)
            return
        assert undo(self.database, by, made.id).state == made.before
        self.lapse()
        case.last = None
        case.open_again(made.before)

    @rule(person=PEOPLE, numbers=st.sets(NUMBERS, min_size=1, max_size=4), is_late=st.booleans())
    def bulk(self, person: Person, numbers: set[int], is_late: bool) -> None:
        names = [name for name in (f"video-{n:07d}" for n in numbers) if name in self.model]
        known = self.known
        late = names[:1] if is_late else []
        chosen = [(known[name], self.model[name].version - (name in late)) for name in names]
        bulk = decide_cases(self.database, person, chosen, Verdict(Decision.WITHIN_RULES))
        self.lapse()
        closed = [
            name
            for name in names
            if self.model[name].state == "open"
            and self.model[name].holder in (None, person.name)
            and name not in late
        ]
        assert sorted(known[name] for name in closed) == bulk.decided
        assert sorted([*bulk.decided, *bulk.left_out]) == sorted(number for number, _ in chosen)
        for name in closed:
            self.model[name].give_back()
            self.close(self.model[name], self.number_of(known[name], bulk.id), person, bulk.id)

    @precondition(lambda self: self.any(lambda case: case.last and case.last.bulk))
    @rule(number=NUMBERS)
    def undo_bulk(self, number: int) -> None:
        made = self.model[self.pick(number, lambda case: case.last and case.last.bulk)].last
        assert made is not None
        part = [case for case in self.model.values() if case.last and case.last.bulk == made.bulk]
        if len(part) < self.size_of(made.bulk) or not all(map(self.undoable, part)):
            with pytest.raises(ConflictError):
                undo_bulk(self.database, Person(made.by), made.bulk)
            return
        undo_bulk(self.database, Person(made.by), made.bulk)
        self.lapse()
        for case in part:
            case.last = None
            case.open_again()

    def number_of(self, case: int, bulk: str) -> int:
        of_bulk = (decisions.c.bulk_id == bulk, decisions.c.case_id == case)
        query = select(decisions.c.id).where(*of_bulk)
        number: int = self.database.read(lambda c: c.scalars(query).one())
        return number

    def size_of(self, bulk: str) -> int:
        query = select(decisions.c.case_id).where(decisions.c.bulk_id == bulk)
        return len(self.database.read(lambda c: c.scalars(query).all()))

    @rule(number=NUMBERS, closed=st.booleans())
    def reopen(self, number: int, closed: bool) -> None:
        closed = closed and self.any(lambda case: case.state == "decided")
        name = self.pick(number, lambda case: case.state == "decided" or not closed)
        case = self.model[name]
        if case.state != "decided":
            with pytest.raises(ConflictError):
                reopen(self.database, LEAD, self.known[name], "look again")
            return
        reopen(self.database, LEAD, self.known[name], "look again")
        case.round += 1
        case.open_again()

    @rule(state=st.sampled_from(["open", "escalated"]))
    def look(self, state: str) -> None:
        rows = page(self.database, Filters(escalated=state == "escalated")).rows
        expected = [(-case.rank, name) for name, case in self.model.items() if case.state == state]
        assert [row.case.video["video_id"] for row in rows] == [
            name for _, name in sorted(expected)
        ]

    @invariant()
    def database_says_the_same(self) -> None:
        columns = ("state", "round", "version", "lease_holder", "report_count", "rank_reports")
        query = select(cases.c.video_id, *(cases.c[name] for name in columns))
        rows = self.database.read(lambda c: c.execute(query).all())
        stored_rows = {row[0]: tuple(row)[1:] for row in rows}
        assert stored_rows == {
            name: (case.state, case.round, case.version, case.holder, case.reports, rank)
            for name, case in self.model.items()
            # A decided case has no place.
            for rank in [stored_rows[name][-1] if case.state == "decided" else -case.rank]
        }


@pytest.mark.parametrize("seed", [0])
def test_queue_follows_the_rules(new_url: NewUrl, seed: int) -> None:
    database = Database(new_url())
    n = examples(24 if database.is_sqlite else 12)
    database.close()
    machine = type("RulesHere", (Rules,), {"url": staticmethod(new_url)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=n,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
