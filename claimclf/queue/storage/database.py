"""Transactions on the queue's database: one SQLite file, or PostgreSQL where one is named."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from claimclf.addresses import database_name, read_database_address, without_secrets
from claimclf.configuration import database_password, database_url
from claimclf.errors import StorageError
from claimclf.files import NotOursError, close_to_others, own_file, private_folder
from claimclf.paths import DEFAULT_QUEUE
from claimclf.queue.storage import migrations, word_table
from claimclf.queue.storage.failures import described, driver_message, is_transient, kind_of
from claimclf.queue.storage.words import RULES

Result = TypeVar("Result")

_logger = logging.getLogger(__name__)
_TRIES = 8
#: Longest wait for a turn to write to SQLite: longer than storing the largest upload takes.
_BUSY_SECONDS = 180
#: After so many, `on_wait` is called, to explain the delay.
_PATIENCE_SECONDS = 1.0
#: Each takes memory of its own, so there are no more than cores.
_SORTING_THREADS = min(4, os.cpu_count() or 1)
#: Of the queue itself; sorting for an index takes as much for each of its threads.
_CACHE_KIB = 64 * 1024
#: Of what an upload holds on its way into the queue.
_TEMP_CACHE_KIB = 128 * 1024
#: Pages of SQLite's log from which on they are brought into its file: a large upload changes the
#: same ones in each of its steps.
_LOG_PAGES = 8_000
#: What SQLite keeps beside its file is called as that and so; it believes what it finds there.
_COMPANIONS = ("-wal", "-shm", "-journal")
_WRITES, _SAFE = "claimclf_writes", "claimclf_safe"


def now() -> int:
    """Return the time in microseconds since 1970, UTC."""
    return time.time_ns() // 1000


class Database:
    """The queue's database; made or brought up to date when it is first used.

    Parameters
    ----------
    url : str or None
        SQLAlchemy's address: `sqlite:///file` or `postgresql://…`. None takes what
        `claimclf.configuration` says.
    clock : callable
        Returns the time in microseconds since 1970, UTC.
    on_wait : callable
        Called once a transaction has waited a second for its turn to write, as while an upload
        is being stored.

    Raises
    ------
    NotConfiguredError
        The address cannot be used.
    StorageError
        From every method: the database is gone, full, locked or of a newer version.
    """

    def __init__(
        self,
        url: str | None = None,
        clock: Callable[[], int] = now,
        on_wait: Callable[[], object] = lambda: None,
    ) -> None:
        self.url = _with_password(read_database_address(database_url(url)))
        self.now = clock
        if self.url.get_backend_name() == "sqlite":
            self._file: Path | None = Path(self.url.database or "")
            self.engine = _sqlite(self._file, on_wait)
        else:
            self._file = None
            self.engine = create_engine(
                self.url.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,  # reconnects after a restart of the server
                isolation_level="READ COMMITTED",
                connect_args={"connect_timeout": 10},
            )
        self._ready = False

    @property
    def is_sqlite(self) -> bool:
        """Whether the queue is one file of this machine."""
        return self._file is not None

    @property
    def name(self) -> str:
        """The database in words that hold nothing secret, for messages."""
        return database_name(self.url)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Run `work` on one consistent state of the database, and return what it returns."""
        with self.connected() as connection:
            if not self.is_sqlite:  # whose transactions see one state as they are
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            return self.attempt(connection, work, writes=False)

    def write(self, work: Callable[[Connection], Result], *, safe: bool = True) -> Result:
        """Run `work` in one transaction: all of it happens or, on any error, nothing.

        Parameters
        ----------
        work : callable
            Gets the connection. Is run again from the start where two transactions were in
            each other's way, so it must change nothing but the database.
        safe : bool
            Whether a power cut just afterwards leaves it done. Else it may be undone by one, as
            long as nothing safe was done since, by whomever: of two changes never the first alone.
        """
        with self.connected() as connection:
            return self.attempt(connection, work, writes=True, safe=safe)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """Lend a connection outside any transaction, for `attempt`."""
        self.prepare()
        with self._friendly(), self.engine.connect() as connection:
            yield connection

    def attempt(
        self,
        connection: Connection,
        work: Callable[[Connection], Result],
        *,
        writes: bool,
        safe: bool = True,
    ) -> Result:
        """Run `work` in one transaction of a connection, as `read` and `write` do."""
        connection = connection.execution_options(**{_WRITES: writes, _SAFE: safe})
        for tries_left in reversed(range(_TRIES)):
            try:
                with connection.begin():
                    if not (safe or self.is_sqlite):
                        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                    return work(connection)
            except DBAPIError as error:
                if not (tries_left and is_transient(error)):
                    raise
                _logger.warning(
                    "Two transactions were in each other's way; one is tried again, %d tries left",
                    tries_left,
                )
                time.sleep(0.01 * (_TRIES - tries_left))
        raise AssertionError("the last try returns or raises")

    def prepare(self) -> None:
        """Create the tables, or bring those of an older version up to date.

        Several processes may do so at the same time; one works, the others wait. A crash
        leaves the old version or the new one.
        """
        if self._ready:
            return
        with self._friendly():
            if self._file == DEFAULT_QUEUE:
                # One that was named must be there: its disk may be away, and with it the queue.
                private_folder(self._file.parent)
            if self._file is not None and self._file.parent.is_dir():
                _take(self._file)
            with self.engine.connect() as connection:
                version = self.attempt(connection, migrations.version, writes=False)
                migrations.check(version, self.name)
                is_of_today = version == migrations.HEAD and self.attempt(
                    connection, _has_words_of_today, writes=False
                )
            if not is_of_today:
                self._migrate()
        self._ready = True

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def _migrate(self) -> None:
        with self.engine.connect() as connection:
            if self._file is None:
                self.attempt(connection, _bring_up_to_date, writes=True)
                return
            lock = Path(f"{self._file}.lock")
            _take_one(lock)  # whoever may read it could hold it, and nobody get a turn
            with FileLock(lock):
                # Readers go on while one writes; stays with the file, and no transaction may do it.
                connection.connection.cursor().execute("PRAGMA journal_mode = WAL")
                self.attempt(connection, _bring_up_to_date, writes=True)

    @contextmanager
    def _friendly(self) -> Iterator[None]:
        """Turn a driver's error into one that a person can act on."""
        try:
            yield
        except DBAPIError as error:
            problem = described(error)
            if problem is None:
                raise
            what, advice = problem
            words = without_secrets(driver_message(error), self.url)
            message = (what, f"Found: {words} ({self.name}).", advice)
            raise kind_of(error)(*message) from error
        except OSError as error:
            raise StorageError(
                "The queue's database cannot be reached.",
                f"Found: {error} ({self.name}).",
                "Check the folder and its permissions.",
            ) from error


def _take(file: Path) -> None:
    """Take a queue's file, or make it, and what SQLite has left beside it, if all of it is ours."""
    _take_one(file)  # companions that are made later take over its rights
    for ending in _COMPANIONS:
        with suppress(FileNotFoundError):
            _take_one(Path(f"{file}{ending}"), close_to_others)


def _take_one(file: Path, take: Callable[[Path], None] = own_file) -> None:
    try:
        take(file)
    except NotOursError as error:
        raise StorageError(
            "The queue's database is not used: others could read or change what is stored.",
            f"Found: {error} ({file}).",
            "Name a file of your own that is no link, in a folder that nobody else may write "
            "to (--database or CLAIMCLF_DATABASE_URL), or work as the user whom it belongs to.",
        ) from error


def _has_words_of_today(connection: Connection) -> bool:
    return word_table.rules_of(connection) == RULES


def _bring_up_to_date(connection: Connection) -> None:
    migrations.upgrade(connection)
    word_table.make_words_anew(connection)


def _with_password(url: URL) -> URL:
    """Return the address with the password that stands in a file, where it needs one."""
    if url.get_backend_name() == "sqlite" or url.password or "password" in url.query:
        return url
    return url.set(password=database_password())


def _sqlite(file: Path, on_wait: Callable[[], object]) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        # No transactions of the driver's own making: they would leave out changes of tables.
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS},
    )

    event.listen(engine, "connect", set_up_sqlite)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(_WRITES, False):
            # A decision survives a power cut.
            level = "FULL" if options.get(_SAFE, True) else "NORMAL"
            connection.exec_driver_sql(f"PRAGMA synchronous = {level}")
            _begin_writing(connection, on_wait)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def set_up_sqlite(connection: Any, _record: object = None) -> None:
    """Set a driver's new connection up for the queue's tables."""
    for pragma in (
        "foreign_keys = ON",
        f"wal_autocheckpoint = {_LOG_PAGES}",
        f"cache_size = -{_CACHE_KIB}",
        f"temp.cache_size = -{_TEMP_CACHE_KIB}",
        f"threads = {_SORTING_THREADS}",  # for the indexes of a large upload
        "recursive_triggers = ON",  # replacing a row counts as deleting it
    ):
        connection.execute(f"PRAGMA {pragma}")
    word_table.add_words_function(connection)


def _begin_writing(connection: Connection, on_wait: Callable[[], object]) -> None:
    """Wait for one's turn to write, and take it before anything is read.

    SQLite itself looks the more rarely the longer it has waited: among many writers some
    would wait for ever. Here all of them are equals.
    """
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    start, has_called = time.monotonic(), False
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            break
        except OperationalError as error:
            waited = time.monotonic() - start
            if "locked" not in str(error.orig) or waited > _BUSY_SECONDS:
                raise
            if waited > _PATIENCE_SECONDS and not has_called:
                has_called = True
                _logger.info("Another writes to the queue; waiting for a turn")
                on_wait()
            time.sleep(random.uniform(0.001, 0.01))  # noqa: S311
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
