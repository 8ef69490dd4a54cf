"""What a lead is told, against hand-computed figures and a plain model of random histories."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf
from sqlalchemy import func, select

from claimclf.errors import ConflictError
from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import Batch, ingest
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.reporting import waits
from claimclf.queue.queries.reporting.report import Report, report
from claimclf.queue.queries.reporting.waits import Wait, still_waiting
from claimclf.queue.review.bulk import decide_cases, undo_bulk
from claimclf.queue.review.decisions import Verdict, decide, reopen, undo
from claimclf.queue.review.leases import next_case, take_case
from claimclf.queue.settings.team import Change, change_settings, history
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases
from claimclf.schema import PRIMARY_DECISIONS, CaseState, Decision, Lane, Ranking
from claimclf.units import HOUR, MINUTE
from tests.effort import examples
from tests.queue.builders import (
    ANNA,
    BORIS,
    ESCALATE,
    LEAD,
    OPINION,
    SKIP,
    Clock,
    done,
    fill,
    shown,
    take,
    upload,
    videos,
)
from tests.queue.conftest import NewUrl

LANES = ["claims"] * 3 + ["opinions"] * 2
LEASE = 10 * MINUTE
#: A full hour, from which tests count.
START = 1_800_000_000_000_000 // HOUR * HOUR


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


def last(database: Database, hours: int = 24) -> Report:
    return report(database, database.now() - hours * HOUR, database.now() + 1)


def total(figures: Report, name: str) -> int:
    return sum(getattr(hour, name) for hour in figures.hours)


def seen(hours: list[int], open_for: dict[int, int]) -> list[tuple[int, float]]:
    groups = np.array(list(open_for.items()), dtype=np.int64).reshape(-1, 2)
    times, share = still_waiting(np.array(hours), groups[:, 0], groups[:, 1])
    return list(zip(times.tolist(), share.tolist(), strict=True))


def test_product_limit_by_hand() -> None:
    # After 1 hour 1 of 5; after 3 one of the 3 left (one gave up at 2); after 4 the last.
    estimate = seen([1, 3, 4], {2: 1, 3: 1})
    assert estimate == [(1, pytest.approx(4 / 5)), (3, pytest.approx(4 / 5 * 2 / 3)), (4, 0)]
    assert seen([], {5: 3}) == []


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=30),
    st.dictionaries(st.integers(0, 20), st.integers(1, 9)),
)
def test_product_limit_is_that_of_scipy(hours: list[int], open_for: dict[int, int]) -> None:
    waiting = [waited for waited, n in open_for.items() for _ in range(n)]
    reference = ecdf(CensoredData(uncensored=hours, right=waiting)).sf
    times, share = zip(*seen(hours, open_for), strict=True)
    assert list(times) == sorted(set(hours))
    assert list(share) == pytest.approx(reference.evaluate(times).tolist())


def test_empty_queue_is_reported_as_such(database: Database) -> None:
    figures = last(database, 3)
    assert (figures.n_waiting, figures.oldest, figures.n_escalated) == (0, None, 0)
    assert (figures.people, figures.held, figures.escalations) == ([], [], [])
    assert figures.waits == [Wait(None, 0, 0, None, None, [])]
    assert [hour.start for hour in figures.hours] == [START + n * HOUR for n in (-3, -2, -1, 0)]
    assert {hour.backlog for hour in figures.hours} == {0}


def test_what_waits_is_told_by_lane_and_age(database: Database, clock: Clock) -> None:
    fill(database, 5, lane=LANES)
    clock.step(minutes=25 * 60)
    fill(database, 7, "b", lane=[*LANES, "uncertain", "claims"])
    done(database, verdict=ESCALATE)
    done(database)
    clock.step(minutes=61)
    figures = last(database)
    # The escalated one still waits; the decided one does not.
    assert {(one.state, one.lane, one.hours): one.n for one in figures.backlog} == {
        (CaseState.ESCALATED, Lane.CLAIMS, 26): 1,
        (CaseState.OPEN, Lane.CLAIMS, 26): 1,
        (CaseState.OPEN, Lane.OPINIONS, 26): 2,
        (CaseState.OPEN, Lane.CLAIMS, 1): 1,
        (CaseState.OPEN, Lane.UNCERTAIN, 1): 1,
    }
    assert figures.oldest == START
    assert figures.n_waiting == 6


def test_oldest_that_waits_is_known_to_the_minute_escalated_or_not(
    database: Database, clock: Clock
) -> None:
    clock.step(minutes=25)
    fill(database, 1)
    came = START + 25 * MINUTE
    assert last(database).oldest == came
    done(database, verdict=ESCALATE)
    clock.step(minutes=9)
    fill(database, 1, "b")
    assert last(database).oldest == came


def test_backlog_is_worked_back_from_now(database: Database, clock: Clock) -> None:
    fill(database, 10)
    clock.step(minutes=70)
    undone = done(database)
    done(database)
    clock.step(minutes=20)
    undo(database, ANNA, undone.id)
    clock.step(minutes=40)
    done(database, verdict=ESCALATE)  # a lead has to decide: it still waits
    undo(database, BORIS, done(database, BORIS, ESCALATE).id)
    done(database, verdict=SKIP)
    ids = [done(database).case.id for _ in range(3)]
    clock.step(minutes=60)
    reopen(database, LEAD, ids[0], "seen again")
    hours = last(database, 4).hours
    assert [hour.arrivals for hour in hours] == [0, 10, 0, 0, 1]
    assert [hour.decisions for hour in hours] == [0, 0, 1, 3, 0]
    assert [hour.escalations for hour in hours] == [0, 0, 0, 1, 0]
    assert [hour.skips for hour in hours] == [0, 0, 0, 1, 0]
    assert [hour.undos for hour in hours] == [0, 0, 1, 1, 0]
    assert [hour.backlog for hour in hours] == [0, 10, 9, 6, 7]


def test_window_of_the_past_knows_what_came_after(database: Database, clock: Clock) -> None:
    fill(database, 10)
    clock.step(minutes=120)
    done(database)
    fill(database, 14, "b")
    clock.step(minutes=60)
    done(database)
    figures = report(database, START + 1, START + HOUR)
    (hour,) = figures.hours
    assert (hour.start, hour.arrivals, hour.decisions, hour.backlog) == (START, 10, 0, 10)
    assert figures.people == []
    # What came in the window is followed up to now.
    assert (figures.waits[0].n_decided, figures.waits[0].n_open) == (2, 8)


def test_time_to_decision_counts_open_cases_in(database: Database, clock: Clock) -> None:
    fill(database, 10, lane=LANES * 2)
    for _ in range(4):
        clock.step(minutes=30)
        done(database)
    clock.step(minutes=30)
    everything, claims, opinions = last(database).waits
    assert (everything.n_decided, everything.n_open) == (4, 6)
    # Of the decided alone the median were an hour and a quarter.
    assert (everything.median, everything.p90) == (None, None)
    assert (claims.lane, claims.median, claims.p90) == (Lane.CLAIMS, 3 * HOUR // 2, None)
    assert opinions == Wait(Lane.OPINIONS, 0, 4, None, None, [(0, 1.0), (5 * HOUR // 2, 1.0)])
    steps = [(0, 1.0), *((n * HOUR // 2, pytest.approx(1 - n / 10)) for n in (1, 2, 3, 4))]
    assert everything.curve == [*steps, (5 * HOUR // 2, pytest.approx(0.6))]


def test_nine_in_ten_are_decided_after(database: Database, clock: Clock) -> None:
    fill(database, 10)
    for _ in range(9):
        clock.step(minutes=6)
        done(database)
    (everything, _) = last(database).waits
    assert (everything.median, everything.p90) == (30 * MINUTE, 54 * MINUTE)


def test_present_round_of_a_case_that_was_opened_again_counts(
    database: Database, clock: Clock
) -> None:
    fill(database, 1)
    clock.step(minutes=300)
    case = done(database).case.id
    clock.step(minutes=60)
    reopen(database, LEAD, case, "seen again")
    assert last(database).waits[0].n_decided == 0
    clock.step(minutes=12)
    done(database)
    wait = last(database).waits[0]
    assert (wait.n_decided, wait.n_open, wait.median) == (1, 0, 12 * MINUTE)


def test_long_curve_has_no_more_points_than_a_screen(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "MOST_POINTS", 5)
    fill(database, 20)
    for _ in range(20):
        clock.step(minutes=1)
        done(database)
    curve = last(database).waits[0].curve
    assert len(curve) == 1 + 5 + 1
    assert (curve[0], curve[-1]) == ((0, 1.0), (20 * MINUTE, 0.0))


def test_clock_that_steps_back_leaves_a_report(database: Database, clock: Clock) -> None:
    fill(database, 5)
    clock.step(minutes=-90)
    done(database)
    figures = last(database)
    assert figures.n_waiting == 4
    assert figures.hours[-1].backlog == 0  # the upload is yet to come
    assert figures.waits[0].n_open == 0


def test_people_have_what_they_did_and_how_long_it_took(database: Database, clock: Clock) -> None:
    fill(database, 20)
    for minutes in (0, 3, 8):
        lease = take(database)
        clock.step(minutes)
        decide(database, ANNA, lease.case.id, lease.token, lease.case.version, OPINION)
    done(database, verdict=SKIP)
    undo(database, ANNA, done(database).id)
    seen_at = clock()
    take_case(database, BORIS, 18)
    clock.step(minutes=2)
    # Many at once took no time each, though one of them was in his hands.
    decide_cases(database, BORIS, shown(database, 18, 19), Verdict(Decision.WITHIN_RULES))
    clock.step(minutes=5)
    take(database, Person("carla"))
    figures = last(database)
    anna, boris, carla = figures.people
    assert figures.handling == 3 * MINUTE
    assert (anna.name, anna.role, anna.n_decided, anna.undos) == ("anna", Role.MODERATOR, 3, 1)
    assert (anna.made[Decision.SKIP], anna.made[Decision.OPINION]) == (1, 3)
    assert (anna.handling, anna.last_seen) == (3 * MINUTE, seen_at)
    assert (boris.made[Decision.WITHIN_RULES], boris.handling) == (2, None)
    assert (carla.n_decided, carla.last_seen) == (0, clock())


def test_who_only_undid_in_the_window_is_told_of(database: Database, clock: Clock) -> None:
    fill(database, 3)
    clock.step(minutes=50)
    made = done(database)
    clock.step(minutes=15)
    undo(database, ANNA, made.id)
    (anna,) = last(database, 0).people
    assert (anna.n_decided, anna.undos, anna.handling) == (0, 1, None)


def test_log_is_read_from_the_windows_first_entry(database: Database, clock: Clock) -> None:
    fill(database, 9)
    people = [Person(f"person-{n}") for n in range(9)]
    for person in people:
        take(database, person)
        clock.step(minutes=60)
    for n, person in enumerate(people):
        figures = report(database, START + n * HOUR, START + (n + 1) * HOUR)
        assert [one.name for one in figures.people] == [person.name]


def test_escalations_and_cases_in_hands_are_listed(database: Database, clock: Clock) -> None:
    fill(database, 5)
    first = done(database, verdict=Verdict(Decision.ESCALATE, note="<b>who</b> is this?")).case.id
    since = clock()
    clock.step(minutes=5)
    second = done(database, BORIS, ESCALATE).case.id
    lease = take_case(database, LEAD, second)
    clock.step(minutes=1)
    theirs = take(database)
    figures = last(database)
    assert figures.n_escalated == 2
    one, other = figures.escalations
    assert (one.case_id, one.since, one.by) == (first, since, "anna")
    assert (one.note, one.holder) == ("<b>who</b> is this?", None)
    assert (other.case_id, other.by, other.holder) == (second, "boris", "lena")
    assert [(held.case_id, held.state, held.holder) for held in figures.held] == [
        (second, CaseState.ESCALATED, "lena"),
        (theirs.case.id, CaseState.OPEN, "anna"),
    ]
    assert [held.until for held in figures.held] == [lease.until, theirs.until]
    clock.step(minutes=9.5)
    figures = last(database)
    assert [held.holder for held in figures.held] == ["anna"]
    assert {waits.holder for waits in figures.escalations} == {None}


def test_settings_have_a_history_with_old_and_new(database: Database, clock: Clock) -> None:
    change_settings(database, LEAD, "two of us", capacity=20, lease_minutes=5)
    first = clock()
    clock.step(minutes=60)
    change_settings(database, LEAD, "rush", capacity=None, ranking=Ranking.STATEMENT)
    assert history(database) == [
        Change(clock(), "lena", "rush", "ranking", "reports", "statement"),
        Change(clock(), "lena", "rush", "capacity", 20, None),
        Change(first, "lena", "two of us", "lease_minutes", 10, 5),
        Change(first, "lena", "two of us", "capacity", None, 20),
    ]


@dataclass
class Event:
    """Something that was said of a case."""

    at: int
    by: str
    decision: Decision
    number: int
    took: int | None
    is_undone: bool = False


@dataclass
class Story:
    """A random history, written down twice: by the queue, and here."""

    database: Database
    clock: Clock
    said: list[Event] = field(default_factory=list)
    bulks: list[tuple[str, str, list[Event]]] = field(default_factory=list)
    arrivals: list[tuple[int, int]] = field(default_factory=list)
    undos: list[tuple[int, str]] = field(default_factory=list)
    acts: list[tuple[int, str]] = field(default_factory=list)
    backlog: list[tuple[int, int]] = field(default_factory=list)
    uploads: int = 0

    def do(self, what: str, person: Person, decision: Decision, minutes: int) -> None:
        self.clock.step(minutes)
        getattr(self, what)(person, decision)
        query = select(func.count()).where(cases.c.state != CaseState.DECIDED)
        waiting = self.database.read(lambda c: c.scalar(query.select_from(cases)))
        self.backlog.append((self.clock(), waiting or 0))

    def upload(self, _person: Person, _decision: Decision) -> None:
        self.uploads += 1
        self.store(videos(4, video_id=[f"{self.uploads}-{n}" for n in range(4)], lane=LANES[1:]))

    def report_again(self, _person: Person, _decision: Decision) -> None:
        self.uploads += 1
        names = [f"1-{n}" for n in range(4)]
        counts = 100 * 3**self.uploads
        self.store(videos(4, video_id=names, report_count=counts, lane=LANES[1:]))

    def store(self, table: Any) -> None:
        batch: Batch = ingest(
            self.database, LEAD, table, replace(upload(), model_version=str(self.uploads))
        )
        self.arrivals.append((self.clock(), batch.n_new + batch.n_reopened))

    def hold(self, person: Person, _decision: Decision) -> None:
        self.next_case(person)

    def next_case(self, person: Person) -> Any:
        escalated = Filters(escalated=True) if person is LEAD else None
        lease = next_case(self.database, person, escalated) or next_case(self.database, person)
        if lease is not None and lease.until == self.clock() + LEASE:
            self.acts.append((self.clock(), person.name))
        return lease

    def decide(self, person: Person, decision: Decision) -> None:
        lease = self.next_case(person)
        if lease is None or (
            lease.case.state is CaseState.ESCALATED and decision is Decision.ESCALATE
        ):
            return
        taken = lease.until - LEASE
        self.clock.step(1 if lease.until > self.clock() + MINUTE else 0)
        made = decide(
            self.database,
            person,
            lease.case.id,
            lease.token,
            lease.case.version,
            Verdict(decision),
        )
        took = self.clock() - taken
        self.said.append(Event(self.clock(), person.name, decision, made.id, took))
        self.acts.append((self.clock(), person.name))

    def bulk(self, person: Person, _decision: Decision) -> None:
        chosen = shown(self.database, 1, 3, 6)
        outcome = decide_cases(self.database, person, chosen, Verdict(Decision.WITHIN_RULES))
        made = [
            Event(self.clock(), person.name, Decision.WITHIN_RULES, 0, None)
            for _ in outcome.decided
        ]
        self.said += made
        self.bulks += [(outcome.id, person.name, made)] if made else []
        self.acts += [(self.clock(), person.name)] if made else []

    def undo(self, _person: Person, _decision: Decision) -> None:
        """Take back the latest that can be, whoever's it is."""
        for event in reversed(self.said):
            if event.number and not event.is_undone and event.decision is not Decision.SKIP:
                self.take_back(event.by, [event], lambda by, e=event: undo(*by, e.number))
                return

    def undo_together(self, _person: Person, _decision: Decision) -> None:
        if self.bulks:
            number, name, events = self.bulks.pop()
            self.take_back(name, events, lambda by: undo_bulk(*by, number))

    def take_back(self, name: str, events: list[Event], work: Any) -> None:
        try:
            work((self.database, Person(name)))
        except ConflictError:
            return
        for event in events:
            event.is_undone = True
            self.undos.append((self.clock(), name))
        self.acts.append((self.clock(), name))

    def open_again(self, _person: Person, _decision: Decision) -> None:
        query = select(cases.c.id).where(cases.c.state == CaseState.DECIDED).limit(1)
        number = self.database.read(lambda c: c.scalar(query))
        if number is not None:
            reopen(self.database, LEAD, number, "seen again")
            self.arrivals.append((self.clock(), 1))

    def backlog_at(self, at: int) -> int:
        return next((n for when, n in reversed(self.backlog) if when < at), 0)


STEPS = ["upload", "decide", "decide", "decide", "hold", "bulk", "undo", "undo_together"]
STEPS += ["open_again", "report_again"]
HISTORIES = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.sampled_from([ANNA, BORIS, LEAD]),
        st.sampled_from([Decision.OPINION, Decision.OPINION, Decision.SKIP, Decision.ESCALATE]),
        st.sampled_from([0, 1, 7, 25, 90]),
    ),
    max_size=25,
)


def test_report_tells_what_happened(new_url: NewUrl) -> None:
    database = Database(new_url())
    n = examples(40 if database.is_sqlite else 15)
    database.close()

    @settings(max_examples=n, deadline=None, suppress_health_check=list(HealthCheck))
    @given(HISTORIES, st.integers(-1, 6), st.integers(0, 3))
    def check(steps: list[Any], after: int, before: int) -> None:
        clock = Clock(START)
        database = Database(new_url(), clock)
        try:
            story = Story(database, clock)
            for step in (("upload", LEAD, Decision.OPINION, 0), *steps):
                story.do(*step)
            since, until = START + after * HOUR, clock() - before * HOUR
            compare(report(database, since, until), story)
        finally:
            database.close()

    check()


def compare(figures: Report, story: Story) -> None:
    """Hold a report against what was written down."""
    assert figures.n_waiting == story.backlog[-1][1]
    for hour in figures.hours:

        def within(at: int, start: int = hour.start) -> bool:
            return start <= at < start + HOUR

        stands = Counter(e.decision for e in story.said if within(e.at) and not e.is_undone)
        assert hour.decisions == sum(stands[decision] for decision in PRIMARY_DECISIONS)
        assert (hour.skips, hour.escalations) == (stands[Decision.SKIP], stands[Decision.ESCALATE])
        assert hour.undos == sum(within(at) for at, _ in story.undos)
        assert hour.arrivals == sum(n for at, n in story.arrivals if within(at))
        assert hour.backlog == story.backlog_at(hour.start + HOUR)
    compare_people(figures, story)
    compare_waits(figures, story)


def compare_people(figures: Report, story: Story) -> None:
    def within(at: int) -> bool:
        return figures.since <= at < figures.until

    assert [one.name for one in figures.people] == sorted({n for at, n in story.acts if within(at)})
    for one in figures.people:
        mine = [e for e in story.said if e.by == one.name and within(e.at) and not e.is_undone]
        assert {d: n for d, n in one.made.items() if n} == Counter(e.decision for e in mine)
        assert one.undos == sum(within(at) and name == one.name for at, name in story.undos)
        took = [e.took for e in mine if e.took is not None and e.decision in PRIMARY_DECISIONS]
        assert one.handling == (round(median(took)) if took else None)


def compare_waits(figures: Report, story: Story) -> None:
    """Hold the times against scipy's, from the cases as they are and what was said of them."""
    columns = (cases.c.state, cases.c.lane, cases.c.waits_since, cases.c.state_at)
    rows = story.database.read(lambda c: c.execute(select(*columns)).all())
    rows = [row for row in rows if figures.since <= row.waits_since < figures.until]
    for wait in figures.waits:
        mine = [row for row in rows if wait.lane in (None, row.lane)]
        decided = [row.state_at - row.waits_since for row in mine if row.state == "decided"]
        waiting = [
            figures.now - row.waits_since // HOUR * HOUR for row in mine if row.state != "decided"
        ]
        assert (wait.n_decided, wait.n_open) == (len(decided), len(waiting))
        if not decided:
            assert wait.median is None
            continue
        curve = ecdf(CensoredData(uncensored=decided, right=waiting)).sf
        for reached, share in ((wait.median, 0.5), (wait.p90, 0.1)):
            below = [t for t in sorted(decided) if curve.evaluate(t) <= share + 1e-9]
            assert reached == (below[0] if below else None)
        assert wait.curve[0] == (0, 1.0)
        for at, share in wait.curve[1:]:
            assert share == pytest.approx(float(curve.evaluate(at)))
