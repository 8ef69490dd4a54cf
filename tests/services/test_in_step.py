"""A queue on SQLite and one on PostgreSQL, asked for the same, give the same answers."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from claimclf.errors import ClaimclfError
from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.queries.decided import DecidedFilters
from claimclf.queue.queries.filters import Filters
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.review.leases import Lease
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases
from claimclf.schema import Decision, Lane, Ranking, ReasonCode
from claimclf.services import queue
from tests.effort import examples
from tests.queue.builders import Clock, videos
from tests.queue.conftest import Server

OLGA = Person("olga", Role.ADMIN)
PEOPLE = (Person("anna"), Person("boris"), Person("lena", Role.LEAD))
N_VIDEOS = 12
#: Drawn at random, so that no two are alike: they are left out of what is compared.
_DRAWN = {"token", "lease_token", "bulk_id", "hash", "head", "previous_hash"}
#: Numbers that a transaction which is taken back uses up on PostgreSQL and not on SQLite.
_NUMBERS = {"id", "decision_id", "batch_id", "decision", "batch", "seq", "of"}

people = st.sampled_from(PEOPLE)
numbers = st.integers(0, N_VIDEOS)  # one of them is in no queue
verdicts = st.sampled_from(
    [
        Verdict(Decision.OPINION),
        Verdict(Decision.WITHIN_RULES, note="seen before"),
        Verdict(Decision.BREAKS_RULES, ReasonCode(next(iter(ReasonCode)))),
        Verdict(Decision.BREAKS_RULES),
        Verdict(Decision.SKIP),
        Verdict(Decision.ESCALATE, note="for a lead"),
    ]
)
rankings = st.sampled_from([None, *Ranking])
filters = st.sampled_from(
    [
        Filters(),
        Filters(lanes=(Lane.CLAIMS, Lane.UNCERTAIN)),
        Filters(min_reports=20),
        Filters(escalated=True),
        Filters(statement_id="statement-1"),
        Filters(text="thing 3"),
        Filters(text="TRUE plac"),
        Filters(again=True),
        Filters(holder="anna"),
        Filters(older_than_hours=1),
        Filters(newer_than_hours=1, min_probability=0.5),
        Filters(verified=("verified",)),
    ]
)
steps = st.sampled_from([0.1, 1, 9, 11, 31, 61, 600, 1441, 10 * 1440, -0.05, -30, -600])
changes = st.sampled_from(
    [
        {"ranking": Ranking.EXPECTED_CLAIMS},
        {"ranking": Ranking.STATEMENT},
        {"ranking": Ranking.AUTHOR},
        {"ranking": Ranking.REPORTS},
        {"lease_minutes": 2},
        {"undo_minutes": 5},
        {"reopen_factor": 1.5},
        {"capacity": 3.0},
        {"capacity": 0.5},
        {"sample_rate": 0.5},
        {"sample_seed": 7},
        {"time_zone": "Europe/Berlin"},
        {"capacity": -1.0},
    ]
)


class Side:
    """One of the two queues, with what people there hold in their hands."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.leases: dict[Person, Lease] = {}
        self.decisions: list[int] = []
        self.bulks: list[str] = []
        self.batches: list[int] = []

    def ids(self) -> dict[str, int]:
        """Return the cases' numbers by their videos."""
        rows = self.database.read(lambda c: c.execute(select(cases.c.video_id, cases.c.id)).all())
        return {row.video_id: row.id for row in rows}

    def case(self, number: int) -> int:
        return self.ids().get(f"video-{number:07d}", 10**6)

    def answer(self, ask: Callable[[Side], Any]) -> Any:
        """Return what is answered, or the kind of the refusal, without what must differ."""
        try:
            value = ask(self)
        except ClaimclfError as error:
            return type(error).__name__
        names = {number: video for video, number in self.ids().items()}
        return plain(value, names)


def plain(value: Any, names: Mapping[int, str], key: str = "") -> Any:
    """Put videos for the numbers of cases, and leave out what is drawn or only counted up."""
    if key in _DRAWN:
        return "drawn" if value else value
    if key in {"case_id", "decided", "newcomers", "cases"} or key == "case":
        if isinstance(value, int):
            return names.get(value, "none")
        if isinstance(value, list) and all(isinstance(one, int) for one in value):
            return [names.get(one, "none") for one in value]
    if key in _NUMBERS and isinstance(value, int | str):
        return "number"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: plain(part, names, name) for name, part in parts.items()}
    if isinstance(value, Mapping):
        return {str(name): plain(part, names, str(name)) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, names) for part in value]
    return value


class Queues(RuleBasedStateMachine):
    """Everything that people do to a queue, done to two of them."""

    def __init__(self, databases: tuple[Database, Database], clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.sides = [Side(database) for database in databases]
        self.n_uploads = 0
        self.look = Filters()
        self.ranking: Ranking | None = None
        self.number = 0

    def both(self, ask: Callable[[Side], Any]) -> Any:
        answers = [side.answer(ask) for side in self.sides]
        assert answers[0] == answers[1]
        return answers[0]

    def held(self, person: Person, ask: Callable[[Side, Lease], Any]) -> None:
        """Ask for something with the lease that the person had last, good or gone."""
        if person in self.sides[0].leases and person in self.sides[1].leases:
            self.both(lambda side: ask(side, side.leases[person]))

    def take(self, person: Person, ask: Callable[[Side], Lease | None]) -> None:
        def remember(side: Side) -> Lease | None:
            lease = ask(side)
            if lease is not None:
                side.leases[person] = lease
            return lease

        self.both(remember)

    @initialize()
    def first_upload(self) -> None:
        self.upload_videos(0, N_VIDEOS, 20, Lane.CLAIMS, PEOPLE[0], "")

    @rule(
        first=st.integers(0, N_VIDEOS - 1),
        n=st.integers(1, 5),
        reports=st.integers(1, 60),
        lane=st.sampled_from(list(Lane)),
        person=people,
        word=st.sampled_from(["", " indeed", " not"]),
    )
    def upload(
        self, first: int, n: int, reports: int, lane: Lane, person: Person, word: str
    ) -> None:
        self.upload_videos(first, n, reports, lane, person, word)

    def upload_videos(
        self, first: int, n: int, reports: int, lane: Lane, person: Person, word: str
    ) -> None:
        self.n_uploads += 1
        table = videos(N_VIDEOS).iloc[first : first + n]
        table = table.assign(
            report_count=reports,
            lane=str(lane),
            statement_id=[f"statement-{number % 3}" for number in range(len(table))],
            author_id=[f"author-{number % 2}" for number in range(len(table))],
            claim_probability={"claims": 0.9, "uncertain": 0.5, "opinions": 0.1}[lane],
            video_transcription_text=table["video_transcription_text"] + word,
        )
        file = Upload(f"{self.n_uploads}.csv", f"{self.n_uploads:064d}", "forest", "1")

        def store(side: Side) -> Any:
            batch = ingest(side.database, person, table, file)
            side.batches.append(batch.id)
            return batch

        self.both(store)

    @rule(person=people, back=st.integers(1, 3))
    def take_upload_back(self, person: Person, back: int) -> None:
        if len(self.sides[0].batches) >= back:
            self.both(lambda side: queue.take_back(side.database, person, side.batches[-back]))

    @rule(person=people, wanted_cases=filters, ranking=rankings)
    def next_case(self, person: Person, wanted_cases: Filters, ranking: Ranking | None) -> None:
        self.take(person, lambda s: queue.next_case(s.database, person, wanted_cases, ranking))

    @rule(person=people)
    def next_case_of_all(self, person: Person) -> None:
        self.take(person, lambda side: queue.next_case(side.database, person))

    @rule(person=people, number=numbers)
    def take_case(self, person: Person, number: int) -> None:
        self.take(person, lambda side: queue.take_case(side.database, person, side.case(number)))

    @rule(person=people, number=numbers)
    def take_over(self, person: Person, number: int) -> None:
        self.take(person, lambda side: queue.take_over(side.database, person, side.case(number)))

    @rule(person=people, number=numbers, to=people)
    def reassign(self, person: Person, number: int, to: Person) -> None:
        self.both(lambda side: queue.reassign(side.database, person, side.case(number), to))

    @rule(person=people, verdict=verdicts, older=st.sampled_from([0, 0, 0, 1]))
    def decide(self, person: Person, verdict: Verdict, older: int) -> None:
        def say(side: Side, lease: Lease) -> Any:
            version = lease.case.version - older
            made = queue.decide(side.database, person, lease.case.id, lease.token, version, verdict)
            side.decisions.append(made.id)
            return made

        self.held(person, say)

    @rule(person=people)
    def renew(self, person: Person) -> None:
        self.held(
            person, lambda s, lease: queue.renew(s.database, person, lease.case.id, lease.token)
        )

    @rule(person=people)
    def release(self, person: Person) -> None:
        self.held(
            person, lambda s, lease: queue.release(s.database, person, lease.case.id, lease.token)
        )

    @rule(person=people, to=people)
    def hand_on(self, person: Person, to: Person) -> None:
        self.held(
            person,
            lambda s, lease: queue.hand_on(s.database, person, lease.case.id, lease.token, to),
        )

    @rule(person=people, back=st.integers(1, 4))
    def undo(self, person: Person, back: int) -> None:
        if all(len(side.decisions) >= back for side in self.sides):
            self.both(lambda side: queue.undo(side.database, person, side.decisions[-back]))

    @rule(person=people, number=numbers)
    def reopen(self, person: Person, number: int) -> None:
        self.both(lambda s: queue.reopen(s.database, person, s.case(number), "looked again"))

    @rule(person=people, some=st.sets(numbers, min_size=1, max_size=4), verdict=verdicts)
    def decide_cases(self, person: Person, some: set[int], verdict: Verdict) -> None:
        def say(side: Side) -> Any:
            # As the list shows them, which is in the order of the videos here.
            chosen = [
                (case, queue.case_history(side.database, OLGA, case).case.version)
                for case in (side.case(number) for number in sorted(some))
                if case in side.ids().values()
            ]
            made = queue.decide_cases(side.database, person, chosen, verdict)
            side.bulks.append(made.id)
            return made

        self.both(say)

    @rule(person=people, number=st.integers(0, 2), verdict=verdicts)
    def decide_statement(self, person: Person, number: int, verdict: Verdict) -> None:
        name = f"statement-{number}"

        def say(side: Side) -> Any:
            shown = queue.preview_statement(side.database, person, name)
            chosen = [(member.case_id, member.version) for member in shown.members]
            made = queue.decide_statement(side.database, person, name, chosen[1:], verdict)
            side.bulks.append(made.id)
            return (shown, made)

        self.both(say)

    @rule(person=people, back=st.integers(1, 2))
    def undo_bulk(self, person: Person, back: int) -> None:
        if all(len(side.bulks) >= back for side in self.sides):
            self.both(lambda s: {"cases": queue.undo_bulk(s.database, person, s.bulks[-back])})

    @rule(person=people, values=changes)
    def change_settings(self, person: Person, values: dict[str, Any]) -> None:
        self.both(lambda side: queue.change_settings(side.database, person, "tried", values))

    @rule(person=people)
    def leave(self, person: Person) -> None:
        self.both(lambda side: queue.end_holds(side.database, person))

    @rule(minutes=steps)
    def time_goes_by(self, minutes: float) -> None:
        self.clock.step(minutes)

    @rule(look=filters, ranking=rankings, number=numbers)
    def look_elsewhere(self, look: Filters, ranking: Ranking | None, number: int) -> None:
        self.look, self.ranking, self.number = look, ranking, number

    @invariant()
    def lists_are_the_same(self) -> None:
        self.both(lambda s: queue.list_cases(s.database, OLGA, self.look, self.ranking, size=20))
        self.both(lambda s: queue.counts(s.database, OLGA))
        self.both(lambda side: queue.held_cases(side.database, OLGA))

    @invariant()
    def decisions_are_the_same(self) -> None:
        about = DecidedFilters(text=self.look.text, reported_since=self.look.again)
        self.both(lambda side: queue.decided_cases(side.database, OLGA, about))
        self.both(lambda side: queue.own_decisions(side.database, PEOPLE[0]))
        self.both(lambda side: queue.held_case(side.database, PEOPLE[1]))

    @invariant()
    def history_is_the_same(self) -> None:
        self.both(lambda s: queue.case_history(s.database, OLGA, s.case(self.number)))

    def teardown(self) -> None:
        walks = [queue.verify_audit(side.database, OLGA) for side in self.sides]
        assert [verified.problems for verified in walks] == [[], []]
        assert walks[0].n_entries == walks[1].n_entries
        for side in self.sides:
            side.database.close()


def test_both_databases_give_the_same_answers_whatever_is_done(
    server: Server, migrated: Path, tmp_path: Path
) -> None:
    files = (tmp_path / f"{number}.db" for number in count())

    def queues() -> Queues:
        clock = Clock()
        file = shutil.copy(migrated, next(files))
        return Queues(
            (Database(f"sqlite:///{file}", clock), Database(server.empty(), clock)), clock
        )

    run_state_machine_as_test(
        queues,
        settings=settings(
            max_examples=examples(45),
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
