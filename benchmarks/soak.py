"""Eight hours of a team at work in ten minutes, with all that may go wrong, on both databases.

Real processes decide through the services and bring uploads, on a queue whose clock is driven 48
times as fast. Meanwhile processes are killed, PostgreSQL is stopped in the middle of its work and
started again, the disk (a small one of its own) is filled to the last byte, and the clock steps
back and forth. At the end the books of all processes are compared with the queue: every decision
that was acknowledged is there exactly once, nothing is there that nobody made, no video is lost,
and the log is whole. One process lives all the time; its memory must not grow.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from benchmarks.soaking import NEW, SharedClock
from claimclf.errors import ClaimclfError
from claimclf.paths import ROOT
from claimclf.queue.queries.second_looks import FIRST_LOOK
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import cases, decisions, second_looks
from claimclf.schema import PRIMARY_DECISIONS, CaseState
from claimclf.units import MINUTE
from tests.queue.storage.test_outages import OwnServer, mount, room

#: Case, its version, and what was said of it.
Act = tuple[int, int, str]
MINUTES, HOURS, MODERATORS = 10.0, 8.0, 3
KINDS = ("sqlite", "postgresql")
_START = 1_800_000_000_000_000
_TICK = 0.02
#: Times of each fault in a run.
FAULTS = {"kill": 24, "restart": 6, "full disk": 5, "clock step": 10}
_DISK_MIB = {"sqlite": 256, "postgresql": 512}
#: Seconds that the disk stays full, and that a server is away.
FULL, AWAY = 2.0, 1.0
#: How much more memory the long-lived process may have at the end than at the start.
GROWTH = 1.1


@dataclass
class Books:
    """What processes said that they were about to do, and that they had done."""

    made: dict[int, Act] = field(default_factory=dict)
    intended: list[Act] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)
    maybe_undone: set[int] = field(default_factory=set)
    #: A second look that was taken back waits for somebody else under its number.
    looks: dict[int, list[Act]] = field(default_factory=dict)
    looks_to_undo: Counter[int] = field(default_factory=Counter)
    n_uploads: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, line: dict[str, Any]) -> None:
        """Take down what a process says."""
        match line["what"]:
            case "will decide":
                self.intended.append((line["case"], line["version"], line["decision"]))
            case "decided":
                self._note_made(line["decision"], (line["case"], line["version"], line["kind"]))
            case "will undo" if line["decision"] >= FIRST_LOOK:
                self.looks_to_undo[line["decision"]] += 1
            case "undone" if line["decision"] >= FIRST_LOOK:
                pass  # it was noted before
            case "will undo":
                self.maybe_undone.add(line["decision"])
            case "undone":
                self.undone.add(line["decision"])
            case "uploaded":
                self.n_uploads = max(self.n_uploads, line["number"] + 1)
            case "refused":
                self.refused[line["kind"]] += 1
            case "unforeseen":
                self.wrong.append(line["problem"])

    def _note_made(self, number: int, act: Act) -> None:
        if number >= FIRST_LOOK:
            self.looks.setdefault(number, []).append(act)
            return
        if number in self.made:
            self.wrong.append(f"decision {number} was acknowledged twice")
        self.made[number] = act

    @property
    def n_acknowledged(self) -> int:
        """How often somebody was told that what they had said is kept."""
        return len(self.made) + sum(map(len, self.looks.values()))

    @property
    def doubtful(self) -> Counter[Act]:
        """What somebody was about to say, and nobody heard whether it was kept."""
        looks = [act for acts in self.looks.values() for act in acts]
        return Counter(self.intended) - Counter([*self.made.values(), *looks])


class Worker:
    """A process of the team, which is started again when it was killed."""

    def __init__(self, kind: str, name: str, url: str, clock: Path, books: Books) -> None:
        self._arguments = (kind, url, str(clock), name)
        self._kind, self._books = kind, books
        self._n_starts = 0
        self.start()

    def start(self) -> None:
        """Begin, or go on where the last one was killed."""
        self._n_starts += 1
        seed = self._books.n_uploads if self._kind == "platform" else self._n_starts
        command = [sys.executable, "-m", "benchmarks.soaking", *self._arguments, str(seed)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            if line.endswith(b"\n"):
                self._books.note(json.loads(line))

    def kill(self) -> None:
        """End it without warning."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join()


@dataclass
class Run:
    """A run on one database: what is driven, and what it gave."""

    kind: str
    folder: Path
    url: str
    server: OwnServer | None
    seconds: float
    hours: float
    has_disk: bool
    books: Books = field(default_factory=Books)
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)

    def work(self) -> None:
        """Let the team work, and things go wrong, until the time is over."""
        clock_file = self.folder / "clock"
        clock = SharedClock(clock_file, _START)
        with closing(Database(self.url, clock)) as database:
            database.prepare()
        names = [f"person-{number}" for number in range(MODERATORS)]
        team = [Worker("moderator", name, self.url, clock_file, self.books) for name in names]
        team.append(Worker("platform", "platform", self.url, clock_file, self.books))
        try:
            self._drive(clock, team)
        finally:
            for worker in team:
                worker.kill()

    def _drive(self, clock: SharedClock, team: list[Worker]) -> None:
        chance = random.Random(self.kind)  # noqa: S311
        due = self._schedule(chance)
        steady = psutil.Process(team[0].process.pid)  # never killed
        while not (self.books.made and self.books.n_uploads):  # until everybody is at work
            self._all_alive(team)
            time.sleep(_TICK)
        start, jump, sampled = time.monotonic(), 0, 0.0
        # On a busy machine faults take longer than was planned; all of them come.
        while (elapsed := time.monotonic() - start) < self.seconds or due:
            clock.set(_START + round(elapsed / self.seconds * self.hours * 60 * MINUTE) + jump)
            if elapsed - sampled > self.seconds / 300:
                sampled = elapsed
                self.memory.append(steady.memory_info().rss / 1e6)
            if due and elapsed >= due[0][0]:
                _, fault = due.pop(0)
                self.faults[fault] += 1
                if fault == "clock step":
                    jump = 0 if jump else chance.choice([-45, -12, -1, 12, 45]) * MINUTE
                else:
                    self._go_wrong(fault, team, chance)
                    self._all_alive(team)
            time.sleep(_TICK)

    def _all_alive(self, team: list[Worker]) -> None:
        if any(worker.process.poll() is not None for worker in team):
            raise RuntimeError("a process of the team has ended by itself")

    def _schedule(self, chance: random.Random) -> list[tuple[float, str]]:
        """Return when which fault comes; each at least once, the last tenth is calm."""
        due = []
        for fault, most in FAULTS.items():
            if (fault == "restart" and not self.server) or (
                fault == "full disk" and not self.has_disk
            ):
                continue
            n = max(1, round(most * min(1.0, self.seconds / (60 * MINUTES))))
            due += [(chance.uniform(0.15, 0.9) * self.seconds, fault) for _ in range(n)]
        return sorted(due)

    def _go_wrong(self, fault: str, team: list[Worker], chance: random.Random) -> None:
        if fault == "kill":
            worker = chance.choice(team[1:])
            worker.kill()
            worker.start()
        elif fault == "restart" and self.server is not None:
            self.server.fall()
            time.sleep(AWAY)
            self.server.rise()
        else:
            with room(self.folder, 0):
                time.sleep(FULL)
            self._stand_up()

    def _stand_up(self) -> None:
        """Start a server that the full disk has stopped, as whoever cleared the disk would."""
        if self.server is None:
            return
        with closing(Database(self.url)) as database:
            try:
                database.read(lambda connection: connection.execute(select(1)))
            except ClaimclfError:
                with suppress(Exception):  # it may be gone altogether, or half way
                    self.server.fall()
                self.server.rise()

    def check(self) -> int:
        """Compare the books with the queue; return how many cases there are."""
        with closing(Database(self.url)) as database:
            made = database.read(lambda connection: connection.execute(select(decisions)).all())
            looks = database.read(lambda connection: connection.execute(select(second_looks)).all())
            held = database.read(lambda connection: connection.execute(select(cases)).all())
            self.books.wrong += verify(database).problems
        self._check_decisions(made)
        self._check_looks(looks)
        self._check_cases(made, held)
        return len(held)

    def _check_decisions(self, made: Sequence[Any]) -> None:
        books = self.books
        rows = {row.id: row for row in made}
        for number, (case, version, kind) in books.made.items():
            row = rows.get(number)
            if row is None or (row.case_id, row.case_version, row.decision) != (
                case,
                version,
                kind,
            ):
                books.wrong.append(f"decision {number} was acknowledged and is not there")
        others = [row for row in made if row.id not in books.made]
        of_nobody = Counter((r.case_id, r.case_version, r.decision) for r in others)
        of_nobody -= books.doubtful
        if of_nobody:
            books.wrong.append(f"decisions that nobody made: {of_nobody}")
        undone = {row.id for row in made if row.undone_at is not None}
        if not books.undone <= undone <= books.maybe_undone:
            books.wrong.append("what is undone is not what was undone")

    def _check_looks(self, looks: Sequence[Any]) -> None:
        books = self.books
        rows = {row.id: row for row in looks}
        doubtful = {(case, kind) for case, _, kind in books.doubtful}
        for number, acts in books.looks.items():
            row, to_undo = rows.get(number), books.looks_to_undo[number]
            if len(acts) > 1 + to_undo:
                books.wrong.append(f"second look {number} was acknowledged twice")
            stands = len(acts) > to_undo  # whatever became of the tries to take it back
            if row is None or (stands and row.at is None):
                books.wrong.append(f"second look {number} was acknowledged and is not there")
        for row in looks:
            said = {(case, kind) for case, _, kind in books.looks.get(row.id, [])}
            if row.at is not None and (row.case_id, row.decision) not in said | doubtful:
                books.wrong.append(f"second look {row.id} is of nobody")

    def _check_cases(self, made: Sequence[Any], held: Sequence[Any]) -> None:
        books = self.books
        standing = Counter(
            (row.case_id, row.round)
            for row in made
            if row.undone_at is None and row.decision in PRIMARY_DECISIONS
        )
        if twice := [place for place, n in standing.items() if n > 1]:
            books.wrong.append(f"cases that were decided twice: {twice}")
        decided = {(row.id, row.round) for row in held if row.state == CaseState.DECIDED}
        if decided != standing.keys() & {(row.id, row.round) for row in held}:
            books.wrong.append("decided cases are not those with a decision")
        n_videos = NEW * books.n_uploads
        ids = sorted(row.video_id for row in held)
        brought = [f"video-{number:07d}" for number in range(len(ids))]
        if ids != brought or len(ids) not in (n_videos, n_videos + NEW):
            books.wrong.append(f"{n_videos} videos were brought, {len(ids)} cases are there")

    def growth(self) -> float:
        """Return the steady process's memory in the last quarter by that in the first."""
        warm = self.memory[len(self.memory) // 10 :]
        quarter = max(1, len(warm) // 4)
        return statistics.median(warm[-quarter:]) / statistics.median(warm[:quarter])


@contextmanager
def _queue(kind: str, folder: Path) -> Iterator[tuple[str, OwnServer | None]]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'queue.db'}", None
        return
    server = OwnServer(folder / "server")
    try:
        server.run("ALTER SYSTEM SET max_wal_size = '64MB'")
        server.run("SELECT pg_reload_conf()")
        yield server.create(), server
    finally:
        server.stop()


def _soak(kind: str, folder: Path, seconds: float, hours: float, pipe: Connection) -> None:
    """Run in a process of its own, which has a disk of its own where that is allowed."""
    has_disk = mount(folder, _DISK_MIB[kind])
    with _queue(kind, folder) as (url, server):
        run = Run(kind, folder, url, server, seconds, hours, has_disk)
        run.work()
        n_cases = run.check()
    books = run.books
    pipe.send(
        Soaked(
            kind,
            n_acknowledged=books.n_acknowledged,
            n_looks=len(books.looks),
            n_cases=n_cases,
            n_uploads=books.n_uploads,
            n_undone=len(books.undone),
            faults=dict(run.faults),
            refused=dict(books.refused),
            growth=run.growth(),
            wrong=books.wrong,
        )
    )


@dataclass(frozen=True)
class Soaked:
    """What a run on one database gave.

    Parameters
    ----------
    kind : str
        Which database.
    n_acknowledged, n_looks, n_cases, n_uploads, n_undone : int
        Decisions that people were told are made, second looks among them, cases, files that came
        in, undone decisions.
    faults : dict of str to int
        What went wrong on purpose, how often.
    refused : dict of str to int
        What people were told meanwhile, by the kind of error.
    growth : float
        Memory of a process that lived all the time, the last quarter by the first.
    wrong : list of str
        What does not add up; empty if all is well.
    """

    kind: str
    n_acknowledged: int
    n_looks: int
    n_cases: int
    n_uploads: int
    n_undone: int
    faults: dict[str, int]
    refused: dict[str, int]
    growth: float
    wrong: list[str]


def soak(seconds: float, hours: float, kinds: Sequence[str] = KINDS) -> list[Soaked]:
    """Let teams work on each database, at the same time."""
    # Forked from here: what imports anew has threads, and may not have a disk of its own.
    context = multiprocessing.get_context("fork")
    running = []
    for kind in kinds:
        receive, send = context.Pipe(duplex=False)
        folder = Path(tempfile.mkdtemp(prefix="claimclf-soak-"))
        process = context.Process(target=_soak, args=(kind, folder, seconds, hours, send))
        process.start()
        send.close()
        running.append((process, receive, folder))
    soaked = []
    for process, receive, folder in running:
        try:
            soaked.append(receive.recv())
        finally:
            process.join()
            shutil.rmtree(folder, ignore_errors=True)
    return soaked


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak and print the figures; 1 where something does not add up."""
    parser = argparse.ArgumentParser(
        prog="soak", description="A team's day, with all that may go wrong."
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help="how long it takes")
    parser.add_argument("--hours", type=float, default=HOURS, help="hours of work in that time")
    options = parser.parse_args(arguments)
    is_well = True
    for one in soak(options.minutes * 60, options.hours):
        print(f"{one.kind}: {one.n_acknowledged:,} decisions acknowledged")
        print(f"  {one.n_looks:,} of them on second looks, {one.n_undone:,} others undone")
        print(f"  {one.n_cases:,} cases from {one.n_uploads:,} uploads")
        for title, counted in (("faults", one.faults), ("refusals", one.refused)):
            print(f"  {title}: " + ", ".join(f"{n} {name}" for name, n in sorted(counted.items())))
        print(f"  memory of a process, last quarter by first: {one.growth:.3f}")
        print(f"  what does not add up: {len(one.wrong)}")
        for problem in one.wrong:
            print(f"    {problem}")
        is_well = is_well and not one.wrong and one.growth <= GROWTH
    return not is_well


if __name__ == "__main__":
    sys.exit(main())
