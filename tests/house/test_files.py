"""Files and folders of ours are taken from nobody and shown to nobody."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pandas as pd
import pytest
from click.testing import CliRunner

from claimclf import files
from claimclf.cli import main
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import read_table
from claimclf.dataset.writing import write_table
from claimclf.errors import EngineError, InputError, NotConfiguredError, StorageError
from claimclf.files import leads_to_no_file, opened_file, others_may_move, own_folder, replacing
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import MODELS
from claimclf.queue.outbound.backup.reading import opened
from claimclf.queue.storage.database import Database
from claimclf.services.datasets import open_dataset
from claimclf.services.inspecting import inspect_file
from claimclf.services.mappings import read_choice
from claimclf.services.streaming import Sizes, Source, score_file, working_folder
from tests.conftest import Logged
from tests.queue.builders import fill

#: The queue's file and what stands beside it.
QUEUE_FILES = [f"queue.db{ending}" for ending in ("", "-wal", "-shm", "-journal", ".lock")]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def source(folder: Path) -> Source:
    path = folder / "videos.csv"
    demo_videos(20).to_csv(path, index=False)
    model = ModelStore(MODELS).load("content-xgboost")
    return Source(path, model, MODELS, {})


def test_working_folder_is_closed_to_others_while_it_is_there(tmp_path: Path) -> None:
    folder, modes = tmp_path / ".out.csv.scoring", []
    score_file(
        source(tmp_path), tmp_path / "out.csv", on_progress=lambda *_: modes.append(mode(folder))
    )
    assert set(modes) == {0o700}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where parts of outputs in shared folders are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "claimclf" / "scoring"


def shared_folder(tmp_path: Path, mode: int) -> Path:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    return shared


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("rights", [0o777, 0o757])
def test_parts_are_kept_elsewhere_where_others_could_exchange_their_folder(
    rights: int, above: bool, cache: Path, tmp_path: Path, logged: Logged
) -> None:
    """Swapped while the command ran, they were written through links, or believed from there."""
    shared = shared_folder(tmp_path, rights)
    output = shared / "out.csv"
    if above:
        (shared / "ours").mkdir(mode=0o755)
        output = shared / "ours" / "out.csv"
    prepared = output.with_name(".out.csv.scoring")
    prepared.mkdir()
    seen: list[tuple[Path, int]] = []
    score_file(
        source(tmp_path),
        output,
        on_progress=lambda *_: seen.extend((path, mode(path)) for path in cache.iterdir()),
    )
    assert {rights for _, rights in seen} == {0o700}
    assert len({path for path, _ in seen}) == 1
    assert list(prepared.iterdir()) == []
    assert list(cache.iterdir()) == []
    assert {mode(folder) for folder in (cache, cache.parent, cache.parent.parent)} == {0o700}
    assert any(str(seen[0][0]) in line for level, line in logged.lines if level == "WARNING")
    assert len(output.read_text("utf-8").splitlines()) == 21


def test_killed_run_in_a_shared_folder_goes_on_where_it_stopped(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = shared_folder(tmp_path, 0o777)
    given, sizes = source(tmp_path), Sizes(block=1_000)
    written: list[dict[Path, int]] = []

    def parts(*_: object) -> None:
        written.append({p: p.stat().st_mtime_ns for p in cache.glob("*/*.json")})

    def stop(*told: object) -> None:
        parts()
        if len(written) == 3:
            raise EngineError("It stopped.", "Found: nothing.", "Go on.")

    with pytest.raises(EngineError, match="It stopped"):
        score_file(given, shared / "out.csv", sizes=sizes, on_progress=stop)
    assert len(written[-1]) >= 3
    monkeypatch.chdir(shared)  # by another name of the same file
    score_file(given, Path("out.csv"), sizes=sizes, on_progress=parts)
    assert written[2].items() <= written[-1].items()
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("kind", ["open", "a file", "others may rename it", "no home"])
def test_cache_that_cannot_take_parts_is_said(
    kind: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = shared_folder(tmp_path, 0o777) / "out.csv"
    if kind == "open":
        cache.mkdir(parents=True)
        cache.chmod(0o777)
    elif kind == "a file":
        cache.parents[1].write_text("mine", "utf-8")
    elif kind == "no home":
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        monkeypatch.setattr("os.path.expanduser", str)
    else:
        cache.parents[1].mkdir()
        cache.parents[1].chmod(0o777)
    with pytest.raises(NotConfiguredError, match="Set XDG_CACHE_HOME to a folder that nobody"):
        score_file(source(tmp_path), output)
    assert not output.exists()


@pytest.mark.parametrize("rights", [0o700, 0o755, 0o1777])
def test_parts_are_kept_beside_an_output_that_is_safe_there(
    rights: int, cache: Path, tmp_path: Path
) -> None:
    shared = shared_folder(tmp_path, rights)
    assert not others_may_move(shared)
    with working_folder(shared / "out.csv") as folder:
        assert folder == shared / ".out.csv.scoring"
    assert not cache.exists()


def test_folder_that_a_group_may_write_is_shared_unless_the_group_is_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = shared_folder(tmp_path, 0o2775)
    status, name = shared.stat(), "ann"
    group = {"gr_name": name, "gr_mem": []}
    monkeypatch.setattr(
        "pwd.getpwuid", lambda uid: SimpleNamespace(pw_gid=status.st_gid, pw_name=name)
    )
    monkeypatch.setattr("grp.getgrgid", lambda gid: SimpleNamespace(**group))
    assert not others_may_move(shared)
    group["gr_mem"] = ["ann", "bob"]
    assert others_may_move(shared)
    group.update(gr_name="team", gr_mem=[])
    assert others_may_move(shared)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_owner_of_a_folder_may_rename_what_is_in_it(tmp_path: Path) -> None:
    shared = shared_folder(tmp_path, 0o1755)
    os.chown(shared, 65534, 65534)
    assert others_may_move(shared)


@pytest.mark.parametrize("kind", ["link", "open to others", "a file"])
def test_working_folder_that_somebody_prepared_is_refused(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / ".out.csv.scoring"
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    if kind == "link":
        folder.symlink_to(prepared)
    elif kind == "a file":
        folder.write_text("mine", "utf-8")
    else:
        folder.mkdir()
        folder.chmod(0o777)
    with pytest.raises(EngineError, match="working folder"):
        score_file(source(tmp_path), tmp_path / "out.csv")
    assert list(prepared.iterdir()) == []
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(OSError, match="somebody else"):
        own_folder(folder)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_output_replaces_a_link_and_never_follows_it(name: str, tmp_path: Path) -> None:
    private, output = tmp_path / "private.txt", tmp_path / name
    private.write_text("mine", "utf-8")
    output.symlink_to(private)
    score_file(source(tmp_path), output)
    assert private.read_text("utf-8") == "mine"
    assert not output.is_symlink()
    output.unlink()
    output.symlink_to(private)
    write_table(pd.DataFrame({"a": ["b"]}), output)
    assert private.read_text("utf-8") == "mine"
    assert not output.is_symlink()


def test_mapping_replaces_a_link_and_goes_into_a_pipe(tmp_path: Path) -> None:
    private, link, pipe = (tmp_path / name for name in ("private.txt", "link.json", "pipe"))
    private.write_text("mine", "utf-8")
    link.symlink_to(private)
    os.mkfifo(pipe)
    source(tmp_path)
    command = ["inspect", str(tmp_path / "videos.csv"), "--save-mapping"]
    assert CliRunner().invoke(main, [*command, str(link)]).exit_code == 0
    assert private.read_text("utf-8") == "mine"
    assert not link.is_symlink()
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        assert CliRunner().invoke(main, [*command, str(pipe)]).exit_code == 0
        assert read.result() == link.read_bytes()


def test_mapping_without_a_place_is_refused_in_words(tmp_path: Path) -> None:
    source(tmp_path)
    place = tmp_path / "missing" / "mapping.json"
    done = CliRunner().invoke(
        main, ["inspect", str(tmp_path / "videos.csv"), "--save-mapping", str(place)]
    )
    assert f"{place} cannot be written. Found: its folder does not exist." in done.output
    assert done.exit_code not in (0, 1)


@pytest.mark.usefixtures("umask")
def test_tables_keep_the_umask_and_private_ones_are_shown_to_nobody(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["b"]})
    os.umask(0o027)
    write_table(frame, tmp_path / "shared.csv")
    write_table(frame, tmp_path / "private.csv", private=True)
    assert (mode(tmp_path / "shared.csv"), mode(tmp_path / "private.csv")) == (0o640, 0o600)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("is_old", [False, True])
def test_queue_and_its_companions_are_ours_alone(is_old: bool, tmp_path: Path) -> None:
    """The file of turns, too: whoever can read it could keep everybody from theirs."""
    file = tmp_path / "queue.db"
    file.touch()  # as an earlier release has left it
    file.chmod(0o644)
    lock = tmp_path / "queue.db.lock"
    if is_old:
        lock.touch()
        lock.chmod(0o644)
    database = Database(f"sqlite:///{file}")
    database.prepare()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM cases").all()
        there = {path.name: mode(path) for path in tmp_path.glob("queue.db*")}
    database.close()
    assert {"queue.db", "queue.db-wal", "queue.db.lock"} <= there.keys()
    assert set(there.values()) == {0o600}


def refused_queue(file: Path) -> str:
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="is not used") as caught:
        database.prepare()
    database.close()
    return str(caught.value)


@pytest.mark.parametrize("name", QUEUE_FILES)
@pytest.mark.parametrize("content", ["", "mine"])
def test_link_in_the_place_of_the_queue_or_a_companion_is_not_followed(
    name: str, content: str, tmp_path: Path
) -> None:
    """An empty file is a database without tables to SQLite, which would put its own there."""
    private = tmp_path / "private.txt"
    private.write_text(content, "utf-8")
    private.chmod(0o644)
    (tmp_path / name).symlink_to(private)
    assert f"Found: a link in its place ({tmp_path / name})." in refused_queue(
        tmp_path / "queue.db"
    )
    assert (private.read_text("utf-8"), mode(private)) == (content, 0o644)


@pytest.mark.parametrize("name", QUEUE_FILES)
def test_pipe_in_the_place_of_the_queue_or_a_companion_is_refused(
    name: str, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / name)
    assert "Found: something that is no file" in refused_queue(tmp_path / "queue.db")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
@pytest.mark.parametrize("name", QUEUE_FILES)
def test_queue_or_companion_that_somebody_else_prepared_is_refused(
    name: str, tmp_path: Path
) -> None:
    prepared = tmp_path / name
    prepared.touch()
    prepared.chmod(0o666)
    os.chown(prepared, 65534, 65534)
    assert "Found: it belongs to somebody else" in refused_queue(tmp_path / "queue.db")
    assert prepared.read_bytes() == b""


@pytest.mark.usefixtures("umask")
def test_companion_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    """As a process that was killed left it, of a release that did not close the queue."""
    beside = tmp_path / "queue.db-wal"
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    database.prepare()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM cases").all()
        beside.chmod(0o644)
        again = Database(f"sqlite:///{tmp_path / 'queue.db'}")
        again.prepare()
        assert mode(beside) == 0o600
    again.close()
    database.close()


def test_file_that_was_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old", "utf-8")

    def stop_half_way() -> None:
        with replacing(path) as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        stop_half_way()
    assert [(file.name, file.read_text("utf-8")) for file in tmp_path.iterdir()] == [
        ("out.csv", "old")
    ]


@pytest.mark.usefixtures("umask")
def test_folder_of_the_queue_is_closed_to_others_also_where_it_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr("claimclf.queue.storage.database.DEFAULT_QUEUE", folder / "queue.db")
    Database(f"sqlite:///{folder / 'queue.db'}").prepare()
    assert mode(folder) == 0o700


@pytest.fixture
def not_for_ever() -> Iterator[None]:
    """End a test that waits for somebody to write to a pipe."""

    def give_up(*_: object) -> None:
        raise AssertionError("it waits for ever")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def opened_by_restore(path: Path) -> None:
    with opened(path):
        pass


def scored_with(member: str, path: Path) -> None:
    with TemporaryDirectory() as folder:
        given = replace(source(Path(folder)), **{member: path})
        score_file(given, Path(folder, "out.csv"))


#: What reads a file that a person names.
READERS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "dataset": open_dataset,
    "inspect": inspect_file,
    "mapping": read_choice,
    "restore": opened_by_restore,
    "score": partial(scored_with, "path"),
    "reports": partial(scored_with, "reports"),
}


@pytest.mark.usefixtures("not_for_ever")
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("kind", ["a pipe", "a device", "a link to a pipe"])
def test_what_is_no_file_is_refused_where_a_file_is_read(
    read: Callable[[Path], object], kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "given.csv"
    if kind == "a device":
        path = Path("/dev/null")
    elif kind == "a pipe":
        os.mkfifo(path)
    else:
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    with pytest.raises(InputError, match=r"Found: a (pipe|device or a socket), not a file."):
        read(path)


@pytest.mark.usefixtures("not_for_ever")
def test_pipe_in_the_place_of_the_champion_counts_as_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "champion.json")
    assert ModelStore(tmp_path).pointer() is None
    assert ModelStore(tmp_path).pointer_history() == []


def test_files_are_opened_to_read_by_any_of_their_names(tmp_path: Path) -> None:
    """What the shell opened, as by `< videos.csv`, is a file too."""
    (tmp_path / "videos.csv").write_bytes(b"video_id")
    (tmp_path / "link.csv").symlink_to("videos.csv")
    with (tmp_path / "videos.csv").open("rb") as held:
        for path in (tmp_path / "link.csv", Path(f"/dev/fd/{held.fileno()}")):
            with opened_file(path) as file:
                assert file.read() == b"video_id"
    with pytest.raises(IsADirectoryError):
        opened_file(tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_link_to_what_is_no_file_is_replaced(tmp_path: Path, kind: str) -> None:
    link = tmp_path / "link.csv"
    if kind == "pipe":
        os.mkfifo(tmp_path / "pipe")
    link.symlink_to(tmp_path / "pipe" if kind == "pipe" else "/dev/null")
    assert not leads_to_no_file(link)
    write_table(pd.DataFrame({"a": [1]}), link)
    assert not link.is_symlink()
    assert link.is_file()


@pytest.mark.parametrize("kind", ["a link", "a file"])
def test_what_is_put_in_the_place_of_a_pipe_is_not_written_over(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, pipe = tmp_path / "private.txt", tmp_path / "cases.csv"
    private.write_text("mine")
    os.mkfifo(pipe)
    looks_at = files.leads_to_no_file

    def exchanged_then(path: Path) -> bool:
        found = looks_at(path)
        pipe.unlink(missing_ok=True)
        pipe.symlink_to(private) if kind == "a link" else os.link(private, pipe)
        return found

    monkeypatch.setattr(files, "leads_to_no_file", exchanged_then)
    with pytest.raises(OSError, match=r"symbolic links|somebody else"), files.written(pipe):
        pass
    assert private.read_text() == "mine"


@pytest.mark.usefixtures("not_for_ever")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a pipe to somebody else")
def test_nothing_is_written_to_a_pipe_of_somebody_else(tmp_path: Path) -> None:
    pipe, url = tmp_path / "cases.csv", f"sqlite:///{tmp_path / 'queue.db'}"
    fill(Database(url), 3)
    os.mkfifo(pipe, 0o666)
    os.chown(pipe, 65534, 65534)
    command = ["export", "--what", "cases", "--output", str(pipe), "--database", url]
    result = CliRunner().invoke(main, command)
    assert result.exit_code != 0
    assert "a pipe or a device of somebody else in its place" in result.output
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert leads_to_no_file(pipe)
    assert all(leads_to_no_file(Path("/dev", name)) for name in ("stdout", "null"))
