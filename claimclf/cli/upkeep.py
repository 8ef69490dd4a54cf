"""Commands that look after the queue's database: its audit log and its backups."""

from __future__ import annotations

from pathlib import Path

import click

from claimclf.cli.inputs import open_queue
from claimclf.cli.options import DATABASE
from claimclf.cli.output import say
from claimclf.errors import DamagedError


@click.group()
def audit() -> None:
    """Look after the audit log."""


@audit.command()
@DATABASE
def verify(url: str | None) -> None:
    """Walk along the audit log and name every entry that is altered or missing."""
    from claimclf.services.queue import verify_audit

    check = verify_audit(*open_queue(url))
    for problem in check.problems:
        say(problem)
    if check.problems:
        raise DamagedError(
            "The audit log is not whole.",
            f"Found: {len(check.problems):,} problems in {check.n_entries:,} entries.",
            "Keep this database as evidence, and compare with a backup.",
        )
    say(f"{check.n_entries:,} entries, all whole; the last one's hash is {check.head}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@DATABASE
def backup(file: Path, url: str | None) -> None:
    """Write the whole queue to FILE while others go on working."""
    from claimclf.services.queue import backup as write

    database, person = open_queue(url)
    done = write(database, person, file)
    say(
        f"{done.n_rows:,} rows of {database.name} written to {file}; "
        f"the log's last hash is {done.head}"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@DATABASE
def restore(file: Path, url: str | None) -> None:
    """Fill an empty queue from FILE, which backup wrote: all of it, or nothing."""
    from claimclf.services.queue import restore as read

    database, person = open_queue(url)
    done = read(database, person, file)
    say(
        f"{done.n_rows:,} rows restored from {file} to {database.name}, "
        "every checksum and the log checked"
    )


COMMANDS = (audit, backup, restore)
