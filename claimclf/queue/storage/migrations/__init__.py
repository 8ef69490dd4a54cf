"""Versions of the queue's tables, and the way from one to the next."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from claimclf.errors import StorageDamagedError, StorageError
from claimclf.queue.storage.dialects import lock

#: The version that this program works with: the newest file in `versions`.
HEAD = "0009"

_FOLDER = Path(__file__).parent


def version(connection: Connection) -> str | None:
    """Return the version of the tables; None where there are none, empty where it is lost."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    head: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return head or ""


def versions() -> list[str]:
    """Return all versions that this program knows, oldest first."""
    files = (_FOLDER / "versions").glob("v*_*.py")
    return sorted(file.name.removeprefix("v").partition("_")[0] for file in files)


def check(version: str | None, name: str) -> None:
    """Refuse the tables of a version that this program does not know.

    Raises
    ------
    StorageError
        A newer program has been at work on this database.
    StorageDamagedError
        Its version is lost.
    """
    if version is None or version in versions():
        return
    if not version.isdecimal():
        raise StorageDamagedError(
            "The version of the queue's tables is lost.",
            f"Found: '{version[:20]}' in {name}, where a number such as {HEAD} belongs.",
            "Restore a backup into a new database.",
        )
    raise StorageError(
        "The queue's database was made by a newer claimclf.",
        f"Found: version {version} of its tables in {name}; {HEAD} is the newest known here.",
        "Update claimclf.",
    )


def upgrade(connection: Connection, version: str = HEAD) -> None:
    """Bring the tables to a version within the connection's transaction."""
    # Takes a tenth of a second to import, and is needed once in a database's life.
    from alembic import command
    from alembic.config import Config

    lock(connection, "migration")
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, version)
