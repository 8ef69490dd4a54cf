from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import threading
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.errors import DiskFull
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from claimclf.errors import (
    ConflictError,
    DamagedError,
    InputError,
    InvalidRequestError,
    NotAllowedError,
    StorageError,
    UnavailableError,
)
from claimclf.people import Person, Role
from claimclf.queue.intake.reports.receiving import Key, receive
from claimclf.queue.intake.shadowing import shadow
from claimclf.queue.outbound.backup import reading, restoring, writing
from claimclf.queue.outbound.backup.manifest import FORMAT, MARK, TABLES, Backup
from claimclf.queue.outbound.backup.restoring import restore
from claimclf.queue.outbound.backup.writing import backup
from claimclf.queue.outbound.webhook.delivery import deliver_due
from claimclf.queue.outbound.webhook.endpoint import Webhook
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.views import save_view
from claimclf.queue.review.decisions import Verdict, reopen, undo
from claimclf.queue.review.rulings import settle
from claimclf.queue.settings import restrictions
from claimclf.queue.settings.preferences import Preferences, prefer
from claimclf.queue.settings.team import change_settings
from claimclf.queue.settings.tokens import make_token
from claimclf.queue.storage import audit as log_entries
from claimclf.queue.storage.audit import verify
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit as log
from claimclf.queue.storage.tables import metadata, replaced, sightings, statement_keys
from claimclf.schema import Decision, Ranking, ReasonCode
from tests.queue.builders import ANNA, LEAD, SKIP, Clock, done, fill, take
from tests.queue.conftest import NewUrl
from tests.queue.killed import after
from tests.queue.outbound.backups import edit_manifest, edit_rows, members_of, repack, write

ADMIN = Person("ada", Role.ADMIN)
#: Everything that JSON, CSV or a database might stumble over.
NOTE = 'quote " comma , tab \t line \n return \r snow ☃ 😀 \u2028 backslash \\ =1+1'
ENTRIES = ("restore", "export")
#: What a challenger says of every case.
SAID = {"lane": "opinions", "claim_probability": 0.2}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def used(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A queue with something in every table, which nobody changes."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('used') / 'queue.db'}"
    else:
        url = request.getfixturevalue("server").create()
    database = Database(url, Clock())
    something_of_all(database)
    yield database
    database.close()


def something_of_all(database: Database) -> None:
    fill(database, 12, statement_id="a", claim_probability=0.1 + 0.2)
    change_settings(database, LEAD, "less", capacity=0.5, second_look_rate=1.0)
    shadow(database, "challenger-1", "1", lambda videos: videos.assign(**SAID))
    first = done(database, verdict=Verdict(Decision.BREAKS_RULES, ReasonCode.FRAUD, NOTE))
    settle(database, LEAD, first.case.id, "the classic one")
    undo(database, ANNA, done(database).id)
    done(database, verdict=SKIP)
    reopen(database, LEAD, first.case.id, "look again")
    webhook = Webhook("https://platform.example/hook", "x" * 24)
    deliver_due(database, webhook, lambda webhook, message: "", most=2)
    prefer(database, ANNA, Preferences(blur=False))
    save_view(database, ANNA, "harbors", Filters(text="harbor"), Ranking.REPORTS)
    sighted = insert(sightings).values(case_id=1, batch_id=0, report_count=5)
    known = insert(statement_keys).values(key=-(2**62), statement_id="a")
    was = insert(replaced).values(case_id=1, batch_id=1, has_other_words=True, report_count=5)
    database.write(lambda c: [c.execute(row) for row in (sighted, known, was)])
    make_token(database, ADMIN, "shop", ["report"])
    sent = {"id": "r1", "video_id": "video-0000001", "at": "2026-11-29T08:30:00Z"}
    receive(database, Person("api:shop"), "shop", [sent], Key("k", "0" * 64))
    take(database)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "queue.backup"


@pytest.fixture
def other(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: Path, clock: Clock
) -> Iterator[Callable[[str], Database]]:
    """Makes empty queues in databases of their own, by the kind of database."""
    made: list[Database] = []

    def make(kind: str) -> Database:
        if kind == "sqlite":
            copied = shutil.copy(migrated, tmp_path / f"other-{len(made)}.db")
            made.append(Database(f"sqlite:///{copied}", clock))
        else:
            made.append(Database(request.getfixturevalue("server").create(), clock))
        return made[-1]

    yield make
    for database in made:
        database.close()


def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, without what a restore and an export add to the log."""

    def read(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        stored_rows = {}
        for table in TABLES:
            query = select(table).order_by(*table.primary_key)
            if table is log:
                query = query.where(log.c.action.not_in(ENTRIES))
            stored_rows[table.name] = [tuple(row) for row in connection.execute(query)]
        return stored_rows

    return database.read(read)


def assert_empty(database: Database) -> None:
    assert not any(contents(database).values())
    assert verify(database).n_entries == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_all_of_it_comes_back_on_either_database(
    used: Database, file: Path, other: Callable[[str], Database], kind: str
) -> None:
    before, head = contents(used), verify(used).head
    taken = backup(used, ADMIN, file)
    restored = other(kind)
    assert restore(restored, ADMIN, file) == taken
    assert contents(restored) == before
    assert all(before.values()), "every table should have held something"
    assert (taken.by, taken.head, taken.n_rows) == ("ada", head, sum(map(len, before.values())))


def test_restored_queue_is_whole_and_goes_on(
    used: Database, file: Path, other: Callable[[str], Database]
) -> None:
    taken = backup(used, ADMIN, file)
    for kind in ("sqlite", "postgresql"):
        restored = other(kind)
        restore(restored, ADMIN, file)
        verification = verify(restored)
        assert (verification.n_entries, verification.problems) == (taken.head_seq + 1, [])
        last = restored.read(lambda c: c.execute(select(log).order_by(log.c.seq.desc())).first())
        assert last is not None
        assert (last.action, last.actor) == ("restore", "ada")
        assert json.loads(last.details)["head"] == taken.head
        sent = {"id": "r2", "video_id": "video-0000001", "at": "2026-11-29T08:30:00Z"}
        told = receive(restored, Person("api:shop"), "shop", [sent], None)
        assert told["accepted"] == 1
        # New numbers follow the old ones, and all indexes are there again.
        again = fill(restored, 20, "b")
        assert (again.n_new, again.n_known) == (8, 12)
        done(restored, Person("boris"))
        change_settings(restored, LEAD, "more", capacity=None)
        assert verify(restored).problems == []
        names = {index.name for table in metadata.sorted_tables for index in table.indexes}
        assert names <= indexes(restored)


def indexes(database: Database) -> set[str]:
    catalogue = "name FROM sqlite_master" if database.is_sqlite else "indexname FROM pg_indexes"
    return database.read(lambda c: set(c.scalars(text(f"SELECT {catalogue}"))))


def test_empty_queue_comes_back(
    database: Database, file: Path, other: Callable[[str], Database]
) -> None:
    backup(database, ADMIN, file)
    restored = other("sqlite")
    restore(restored, ADMIN, file)
    assert verify(restored).n_entries == 1
    fill(restored)


def test_backup_while_others_write_is_of_one_moment(
    database: Database,
    file: Path,
    other: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    something_of_all(database)
    before = contents(database)
    monkeypatch.setattr(writing, "CHUNK_ROWS", 2)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            done(database, Person("boris"))
            fill(database, 30, "b")
        except BaseException as error:
            failures.append(error)

    reached = []

    def progress(n: int, total: int) -> None:
        reached.append((n, total))
        if len(reached) == 3:  # in the midst of it, and written before it goes on
            writer = threading.Thread(target=work)
            writer.start()
            writer.join()

    backup(database, ADMIN, file, progress)
    assert failures == []
    assert contents(database) != before
    total = sum(map(len, before.values()))
    assert reached == sorted(reached)
    assert reached[-1] == (total, total)
    restored = other("sqlite")
    restore(restored, ADMIN, file)
    assert contents(restored) == before
    assert verify(restored).problems == []


def test_progress_of_a_restore_counts_each_row_twice(
    taken: tuple[Path, Database, Database], database: Database
) -> None:
    reached: list[tuple[int, int]] = []
    restored = restore(database, ADMIN, taken[0], lambda n, total: reached.append((n, total)))
    assert reached == sorted(reached)
    assert reached[-1] == (2 * restored.n_rows, 2 * restored.n_rows)


def test_database_in_use_is_refused(used: Database, file: Path) -> None:
    backup(used, ADMIN, file)
    before = contents(used)
    with pytest.raises(ConflictError, match=r"cases \(12\).*Name a new database") as raised:
        restore(used, ADMIN, file)
    assert "only be restored into an empty database" in raised.value.problem
    assert contents(used) == before


def test_database_with_a_history_but_no_case_is_refused(
    used: Database, file: Path, other: Callable[[str], Database]
) -> None:
    backup(used, ADMIN, file)
    target = other("sqlite")
    change_settings(target, LEAD, "before", capacity=1)
    with pytest.raises(ConflictError, match=r"settings \(1\)"):
        restore(target, ADMIN, file)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_admin_may(database: Database, file: Path, role: Role) -> None:
    for function in (backup, restore):
        with pytest.raises(NotAllowedError, match="needs the role admin"):
            function(database, Person("x", role), file)
    assert not file.exists()


# A file that is not what was written ---------------------------------------------------------


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Database, Database]:
    """A backup of a small queue, and the bytes of it; an empty queue to restore into."""
    folder = tmp_path_factory.mktemp("taken")
    full, target = (Database(f"sqlite:///{folder / name}.db", Clock()) for name in "ab")
    fill(full, 3)
    done(full)
    backup(full, ADMIN, folder / "queue.backup")
    target.prepare()
    return folder / "queue.backup", full, target


@given(data=st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_one_altered_byte_anywhere_is_found(
    taken: tuple[Path, Database, Database], data: st.DataObject
) -> None:
    file, _, target = taken
    whole = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    damaged = file.with_name("damaged.backup")
    damaged.write_bytes(whole)
    with pytest.raises(DamagedError, match=r"is damaged|is no whole backup"):
        restore(target, ADMIN, damaged)
    assert_empty(target)


@given(data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_file_that_ends_early_or_late_is_found(
    taken: tuple[Path, Database, Database], data: st.DataObject
) -> None:
    file, _, target = taken
    whole = file.read_bytes()
    end = data.draw(st.integers(0, len(whole) - 1))
    damaged = file.with_name("damaged.backup")
    for part in (whole[:end], whole + whole[:end] + b"x", whole[end + 1 :]):
        damaged.write_bytes(part)
        with pytest.raises(DamagedError, match=r"is damaged|is no whole backup"):
            restore(target, ADMIN, damaged)
    assert_empty(target)


def test_file_that_is_no_backup_is_refused(database: Database, file: Path) -> None:
    file.write_text("video_id,report_count\n" * 100)
    with pytest.raises(DamagedError, match=r"no whole backup of a queue.*claimclf backup wrote"):
        restore(database, ADMIN, file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("holiday.jpg", b"x" * 1000)
    with pytest.raises(DamagedError, match="no whole backup of a queue"):
        restore(database, ADMIN, file)
    assert_empty(database)


def test_file_that_is_not_there_or_a_folder_is_named(database: Database, file: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read. Found: No such file"):
        restore(database, ADMIN, file)
    file.mkdir()
    with pytest.raises(InputError, match=r"cannot be read. Found: Is a directory"):
        restore(database, ADMIN, file)


ALTERED: dict[str, Callable[[dict[str, bytes]], object]] = {
    r"checksum of cases.jsonl does not match": lambda m: m.update(
        {"cases.jsonl": m["cases.jsonl"].replace(b"0.9", b"0.1")}
    ),
    r"checksum of batches.jsonl does not match": lambda m: m.update({"batches.jsonl": b""}),
    r"Entry 2 was altered": lambda m: edit_rows(m, "audit", "anna", "lena"),
    r"audit log ends at entry 3, not 4": lambda m: edit_manifest(m, head_seq=4),
    r"no item named 'manifest.json'": lambda m: m.pop("manifest.json"),
    r"no item named 'settings.jsonl'": lambda m: m.pop("settings.jsonl"),
    r"too few or too many values": lambda m: edit_rows(m, "batches", "[1,", "[1,2,"),
    r"its tables are": lambda m: edit_manifest(m, members={}),
    r"Found: it also has '\.\./queue.db', 'cases'": lambda m: m.update(
        {"cases": b"", "../queue.db": b""}
    ),
    r"Found: a manifest.json of more than 1 MB": lambda m: m.update(
        {"manifest.json": m["manifest.json"] + b" " * (1 << 20)}
    ),
    r"was altered. Found: list in place of an object": lambda m: m.update({"manifest.json": b"[]"}),
    r"was altered. Found: it goes too deep": lambda m: m.update({"manifest.json": b"[" * 200_000}),
    r"Found: members is list, not dict": lambda m: edit_manifest(m, members=[]),
    r"Found: the member cases is no object": lambda m: edit_manifest(m, members={"cases": 1}),
    r"Found: n_rows is str, not int": lambda m: edit_manifest(
        m, members={"cases": {"columns": [], "n_rows": "1", "sha256": ""}}
    ),
    r"Found: at is NoneType, not int": lambda m: edit_manifest(m, at=None),
    r"Found: by is list, not str": lambda m: edit_manifest(m, by=["ana"]),
    r"Found: unknown: run": lambda m: edit_manifest(m, run="rm"),
    r"was altered. Found: Expecting": lambda m: m.update({"manifest.json": b"{"}),
}


def edit_value(members: dict[str, bytes], *, column: str, value: str) -> None:
    """Put other JSON into the last case, and make the checksum anew."""
    manifest = json.loads(members["manifest.json"])
    member = manifest["members"]["cases"]
    lines = members["cases.jsonl"].splitlines()
    row = json.loads(lines[-1])
    row[member["columns"].index(column)] = "VALUE"
    lines[-1] = json.dumps(row).replace('"VALUE"', value).encode()
    members["cases.jsonl"] = data = b"\n".join(lines) + b"\n"
    member["sha256"] = hashlib.sha256(data).hexdigest()
    edit_manifest(members, members=manifest["members"])


def edit_details(members: dict[str, bytes], details: str) -> None:
    """Give the log one entry, whose hash is right and whose details are not."""
    manifest = json.loads(members["manifest.json"])
    member = manifest["members"]["audit"]
    row = json.loads(members["audit.jsonl"].splitlines()[0])
    entry = dict(zip(member["columns"], row, strict=True)) | {"details": details}
    entry["hash"] = log_entries._hash(entry)
    members["audit.jsonl"] = data = json.dumps(list(entry.values())).encode() + b"\n"
    member |= {"n_rows": 1, "sha256": hashlib.sha256(data).hexdigest()}
    edit_manifest(members, members=manifest["members"], head_seq=1, head=entry["hash"])


#: What somebody might write who can make all checksums anew.
FORGED: list[tuple[str, Callable[[dict[str, bytes]], object]]] = [
    ("a time or a number in manifest.json", lambda m: edit_manifest(m, at=2**80)),
    ("'utf-8' codec can't encode character", lambda m: edit_manifest(m, by="\ud800")),
    *(
        (f"cases has a {column} that is no {kind}", partial(edit_value, column=column, value=value))
        for column, kind, value in [
            ("video_view_count", "int", '"many"'),
            ("report_count", "int", str(2**70)),
            ("report_count", "int", "1.5"),
            ("state_at", "int", str(2**63 - 1)),
            ("posted_at", "int", str(2**62)),
            ("id", "int", str(2**62)),
            ("report_count", "int", str(2**62)),
            ("claim_probability", "float", "1e999"),
            ("video_transcription_text", "str", r'"\ud800"'),
        ]
    ),
    ("cases has a lane that is not known", partial(edit_value, column="lane", value='"fast"')),
    *(
        ("a row of cases has .* or lists in it", partial(edit_value, column="author_id", value=v))
        for v in ("[[]]", "{}", "[")
    ),
    *(
        ("audit has details that are no object", partial(edit_details, details=details))
        for details in ("[]", "[" * 200_000, "nonsense")
    ),
]


@pytest.mark.parametrize(("problem", "forge"), FORGED)
def test_forged_backup_is_refused_in_words(
    taken: tuple[Path, Database, Database],
    file: Path,
    problem: str,
    forge: Callable[[dict[str, bytes]], object],
) -> None:
    shutil.copy(taken[0], file)
    repack(file, forge)
    with pytest.raises(DamagedError, match=problem):
        restore(taken[2], ADMIN, file)
    assert_empty(taken[2])


#: A setting: what is told to regulators of a decision for fraud.
OF_FRAUD = f"{restrictions._PREFIX}{ReasonCode.FRAUD}"
#: What pages read each time: what is told of it, and what is put in place of what.
READ_EACH_TIME = [
    ("settings", "settings", '"0.5"', '"[]"'),
    ("settings", "settings", '"0.5"', '"much"'),
    ("settings", "settings", '"0.5"', f'"{"[" * 200_000}"'),
    ("settings", "settings", '"capacity","0.5"', '"ranking","5"'),
    ("settings", "settings", '"capacity","0.5"', r'"time_zone","\"Nowhere\""'),
    ("preferences", "preferences", "without", "with"),
    ("preferences", "preferences", "50", "true"),
    ("tokens", "tokens", '"report"', '"all"'),
    ("words for regulators", "settings", '"capacity","0.5"', f'"{OF_FRAUD}","{{}}"'),
    ("words for regulators", "settings", '"capacity","0.5"', f'"{OF_FRAUD}","5"'),
]


@pytest.mark.parametrize(("words", "table", "old", "new"), READ_EACH_TIME)
def test_what_no_page_could_read_is_refused(
    used: Database, file: Path, tmp_path: Path, words: str, table: str, old: str, new: str
) -> None:
    backup(used, ADMIN, file)
    repack(file, lambda m: edit_rows(m, table, old, new))
    restored = Database(f"sqlite:///{tmp_path / 'restored.db'}", Clock())
    with pytest.raises(DamagedError, match=f"{words} that cannot be read"):
        restore(restored, ADMIN, file)
    assert_empty(restored)
    restored.close()


#: What shows only when the rows meet in a database.
MISFITS: dict[str, Callable[[dict[str, bytes]], object]] = {
    r"Decision 1 was altered": lambda m: edit_rows(m, "decisions", "opinion", "skip"),
    r"was altered.*(FOREIGN KEY|foreign key)": lambda m: edit_rows(m, "decisions", "[1,1", "[1,9"),
    r"was altered.*(UNIQUE|unique)": lambda m: edit_rows(
        m, "cases", "video-0000001", "video-0000000"
    ),
}


@pytest.mark.parametrize("problem", ALTERED)
def test_file_that_was_altered_with_its_checksums_is_found(
    taken: tuple[Path, Database, Database], file: Path, problem: str
) -> None:
    shutil.copy(taken[0], file)
    repack(file, ALTERED[problem])
    with pytest.raises(DamagedError, match=problem) as raised:
        restore(taken[2], ADMIN, file)
    assert raised.value.advice
    assert_empty(taken[2])


def test_endless_row_is_refused_before_it_is_in_memory(
    taken: tuple[Path, Database, Database], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ROW_BYTES", 1 << 20)
    shutil.copy(taken[0], file)
    repack(file, lambda m: m.update({"cases.jsonl": b"[" + b" " * (1 << 26)}))
    tracemalloc.start()
    with pytest.raises(DamagedError, match="a row of more than 1 MB"):
        restore(taken[2], ADMIN, file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1 << 24
    assert_empty(taken[2])


@pytest.mark.parametrize("item", [b"[]", b"{}", b"1.5"])
def test_row_that_grows_when_it_is_read_is_refused_before(
    taken: tuple[Path, Database, Database], file: Path, item: bytes
) -> None:
    shutil.copy(taken[0], file)
    row = b"[" + b",".join([item] * (1 << 21)) + b"]\n"
    repack(file, lambda m: m.update({"cases.jsonl": row}))
    tracemalloc.start()
    with pytest.raises(DamagedError, match="too few or too many values"):
        restore(taken[2], ADMIN, file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * len(row)
    assert_empty(taken[2])


def test_part_that_is_packed_otherwise_is_refused(
    taken: tuple[Path, Database, Database], file: Path
) -> None:
    write(file, members_of(taken[0]), zipfile.ZIP_LZMA)
    with pytest.raises(DamagedError, match="a part is packed as no backup is"):
        restore(taken[2], ADMIN, file)


def test_part_that_is_there_twice_is_refused(
    taken: tuple[Path, Database, Database], file: Path
) -> None:
    members = members_of(taken[0])
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of zipfile's own, for the second of the name
        for name, data in [*members.items(), ("cases.jsonl", members["cases.jsonl"])]:
            archive.writestr(name, data)
        archive.comment = MARK + b"0" * 64
    whole = file.read_bytes()[:-64]
    file.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())
    with pytest.raises(DamagedError, match="it has a part twice"):
        restore(taken[2], ADMIN, file)


def test_backup_names_its_format(used: Database, file: Path) -> None:
    assert backup(used, ADMIN, file).format == FORMAT
    with zipfile.ZipFile(file) as archive:
        assert json.loads(archive.read("manifest.json"))["format"] == FORMAT


@pytest.mark.parametrize(
    ("values", "error", "problem"),
    [
        (
            {"format": FORMAT + 1},
            InputError,
            f"by a newer claimclf. Found: format {FORMAT + 1}; {FORMAT} is .*Update claimclf",
        ),
        ({"format": "1"}, DamagedError, "was altered. Found: its format is '1'"),
        ({"format": True}, DamagedError, "was altered. Found: its format is True"),
        ({"format": 0}, DamagedError, "was altered. Found: its format is 0"),
        (
            {"version": "9999"},
            InputError,
            "not known here. Found: version 9999.*Restore it with the claimclf that wrote it",
        ),
        ({"version": "*"}, InputError, r"not known here. Found: version \*"),
        ({"version": None}, InputError, "not known here. Found: version None"),
        (
            {"format": FORMAT + 1, "version": "9999", "members": {}},
            InputError,
            "by a newer claimclf. Found: format",
        ),
    ],
)
def test_backup_of_a_form_that_is_not_known_is_refused(
    taken: tuple[Path, Database, Database],
    file: Path,
    values: dict[str, Any],
    error: type[Exception],
    problem: str,
) -> None:
    shutil.copy(taken[0], file)
    repack(file, lambda members: edit_manifest(members, **values))
    with pytest.raises(error, match=problem):
        restore(taken[2], ADMIN, file)
    assert_empty(taken[2])


@pytest.mark.parametrize("problem", MISFITS)
def test_rows_that_do_not_fit_together_change_nothing(
    database: Database, taken: tuple[Path, Database, Database], file: Path, problem: str
) -> None:
    shutil.copy(taken[0], file)
    repack(file, MISFITS[problem])
    with pytest.raises(DamagedError, match=problem) as raised:
        restore(database, ADMIN, file)
    assert raised.value.advice
    assert_empty(database)
    restore(database, ADMIN, taken[0])


def test_text_that_postgresql_cannot_hold_is_named(
    file: Path, other: Callable[[str], Database]
) -> None:
    source, target = other("sqlite"), other("postgresql")
    fill(source, 2, author_id="a\0b")
    backup(source, ADMIN, file)
    with pytest.raises(DamagedError, match="NUL"):
        restore(target, ADMIN, file)
    assert_empty(target)


def test_text_that_is_too_long_for_an_index_is_named(
    taken: tuple[Path, Database, Database], file: Path, other: Callable[[str], Database]
) -> None:
    target = other("postgresql")
    shutil.copy(taken[0], file)
    # An index packs what repeats.
    name = "".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200))
    repack(file, partial(edit_value, column="author_id", value=json.dumps(name)))
    with pytest.raises(DamagedError, match="index row"):
        restore(target, ADMIN, file)
    assert_empty(target)
    restore(target, ADMIN, taken[0])


# Places that cannot be written ---------------------------------------------------------------


def test_place_that_cannot_be_written_is_named(used: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="its folder does not exist"):
        backup(used, ADMIN, tmp_path / "nowhere" / "queue.backup")
    with pytest.raises(InvalidRequestError, match=r"Found: no file. Name a file"):
        backup(used, ADMIN, tmp_path)


def test_full_disk_keeps_the_backup_of_before(
    used: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        UnavailableError, match=r"cannot be written. Found: No space left.*Free some"
    ):
        backup(used, ADMIN, file)
    assert file.read_text() == "before"
    assert [path.name for path in file.parent.glob("*queue.backup*")] == [file.name]


def test_backup_is_for_its_owner_alone(used: Database, file: Path) -> None:
    backup(used, ADMIN, file)
    assert file.stat().st_mode & 0o077 == 0


def test_disk_of_the_database_full_while_restoring_changes_nothing(
    taken: tuple[Path, Database, Database], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    orig = OperationalError("database or disk is full") if database.is_sqlite else DiskFull()

    def full(*_: object) -> None:
        raise DBAPIError("INSERT", None, orig)

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "walk", full)
        with pytest.raises(StorageError, match="disk of the queue's database is full"):
            restore(database, ADMIN, taken[0])
    assert_empty(database)
    restore(database, ADMIN, taken[0])


# Killed --------------------------------------------------------------------------------------


def run_and_die(url: str, file: str, work: str, point: str) -> None:
    module = {"backup": writing, "restore": restoring}[work]
    function: Callable[[Database, Person, Path], Backup] = getattr(module, work)
    setattr(module, point, after(getattr(module, point)))
    function(Database(url, Clock()), ADMIN, Path(file))
    os._exit(1)


@pytest.fixture(scope="module")
def killed() -> Callable[..., None]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])

    def run(*arguments: str) -> None:
        process = context.Process(target=run_and_die, args=arguments)
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        process.close()

    return run


@pytest.mark.parametrize("point", ["load", "walk"])
def test_killed_restore_changes_nothing_and_can_be_repeated(
    new_url: NewUrl,
    taken: tuple[Path, Database, Database],
    killed: Callable[..., None],
    clock: Clock,
    point: str,
) -> None:
    url = new_url()
    killed(url, str(taken[0]), "restore", point)
    database = Database(url, clock)
    assert_empty(database)
    restore(database, ADMIN, taken[0])
    assert contents(database) == contents(taken[1])
    assert verify(database).problems == []
    database.close()


@pytest.mark.parametrize("point", ["_write_table", "checksum"])
def test_killed_backup_leaves_the_one_of_before(
    new_url: NewUrl, file: Path, killed: Callable[..., None], clock: Clock, point: str
) -> None:
    url = new_url()
    database = Database(url, clock)
    fill(database, 3)
    file.write_text("before")
    killed(url, str(file), "backup", point)
    assert file.read_text() == "before"
    assert len(parts(file)) == 1
    assert backup(database, ADMIN, file).members["cases"].n_rows == 3
    assert parts(file) == []  # nor is anything left of the one that was killed
    database.close()


def parts(file: Path) -> list[Path]:
    return list(file.parent.glob(f".{file.name}.*"))


def test_backup_removes_files_of_its_own_names_alone(used: Database, file: Path) -> None:
    kept = [
        file.with_name(f".{file.name}.{name}.part") for name in ("notes", "of-ours1", "NOTES123")
    ]
    private, link = file.with_name("private"), file.with_name(f".{file.name}.abcd_123.part")
    pipe = file.with_name(f".{file.name}.abcd_124.part")
    for path in (*kept, private):
        path.write_text("mine")
    link.symlink_to(private)
    os.mkfifo(pipe)
    left = file.with_name(f".{file.name}.abcd_125.part")
    left.write_text("of a backup that was killed")
    backup(used, ADMIN, file)
    assert sorted(parts(file)) == sorted([*kept, link, pipe])
    assert private.read_text() == "mine"
    assert not left.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_backup_removes_no_file_of_somebody_else(used: Database, file: Path) -> None:
    theirs = file.with_name(f".{file.name}.abcd_123.part")
    theirs.write_text("theirs")
    os.chown(theirs, 65534, 65534)
    backup(used, ADMIN, file)
    assert theirs.read_text() == "theirs"


def test_backup_leaves_alone_what_another_one_is_writing(
    used: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = writing._write, []

    def both(*args: Any) -> Backup:
        calls.append(args)
        if len(calls) == 1:  # another one, from its beginning to its end
            backup(used, ADMIN, file)
            assert len(parts(file)) == 1
        return write(*args)

    monkeypatch.setattr(writing, "_write", both)
    backup(used, ADMIN, file)
    assert parts(file) == []
