"""Commands for programs that send reports: their tokens, and a test of how much is taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from claimclf.cli.inputs import open_queue
from claimclf.cli.options import DATABASE
from claimclf.cli.output import say
from claimclf.errors import UnavailableError
from claimclf.units import SECOND

if TYPE_CHECKING:
    from claimclf.services.intake_stress import Outcome


@click.group()
def token() -> None:
    """Look after the tokens of programs that send reports or read by HTTP."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(["report", "read", "metrics"]),
    help="What it is good for; can be repeated.",
)
@click.option("--sender", help="Whose reports they are; by default NAME.")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), help="Ends after so many.")
@DATABASE
def make(
    name: str, scopes: tuple[str, ...], sender: str | None, days: float | None, url: str | None
) -> None:
    """Make a token and print it: it is never shown again."""
    from claimclf.services.tokens import make_token

    database, person = open_queue(url)
    ends = None if days is None else database.now() + int(days * 24 * 3600 * SECOND)
    say(make_token(database, person, name, list(scopes), sender, ends))
    say("Keep it: nobody can show it again. claimclf token revoke ends it.", err=True)


@token.command("list")
@DATABASE
def list_all(url: str | None) -> None:
    """List all tokens, without themselves."""
    from claimclf.services.tokens import list_tokens

    database, person = open_queue(url)
    for one in list_tokens(database, person):
        if one.revoked_at is not None:
            state = f"revoked {_time(one.revoked_at)}"
        elif one.ends_at is None:
            state = "without an end"
        else:
            state = f"{'ends' if one.counts(database.now()) else 'ended'} {_time(one.ends_at)}"
        scopes = ", ".join(one.scopes)
        say(f"{one.name}  of {one.sender}  for {scopes}  made {_time(one.made_at)}  {state}")


@token.command()
@click.argument("name")
@DATABASE
def revoke(name: str, url: str | None) -> None:
    """End a token at once."""
    from claimclf.services.tokens import revoke_token

    revoke_token(*open_queue(url), name)
    say(f"{name} lets nobody in any more")


@click.command("stress-intake")
@click.option(
    "--reports",
    default=2_000,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many reports are sent, some of them twice.",
)
@click.option(
    "--processes",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many processes send at once.",
)
@click.option(
    "--batch",
    default=100,
    show_default=True,
    type=click.IntRange(1, 1_000),
    help="Reports in one request.",
)
@click.option(
    "--videos",
    default=200,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many videos they are about.",
)
@click.option(
    "--per-second",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1_000_000),
    help="Reports a second that are sent by all together; 0 for as many as are taken.",
)
@click.option(
    "--most-p95",
    default=250.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Milliseconds that 95 of 100 answers must stay below.",
)
@click.option(
    "--database", "url", help="An empty queue to use; by default one that is thrown away."
)
def stress_intake(
    reports: int,
    processes: int,
    batch: int,
    videos: int,
    per_second: float,
    most_p95: float,
    url: str | None,
) -> None:
    """Send many reports to a server of its own on loopback; fail where one is lost or doubled."""
    from claimclf.services.intake_stress import Load
    from claimclf.services.intake_stress import stress_intake as run

    load = Load(reports, processes, batch, min(videos, reports), per_second)
    with TemporaryDirectory(prefix="claimclf-stress-") as folder:
        done = run(url or f"sqlite:///{Path(folder) / 'queue.db'}", load)
    _say(done)
    slow = done.percentile(0.95) > most_p95
    if done.n_dropped or done.n_doubled or slow:
        raise UnavailableError(
            "Reports were not taken in as they should be.",
            f"Found: {done.n_dropped:,} lost, {done.n_doubled:,} counted twice, "
            f"p95 {done.percentile(0.95):.0f} ms ({most_p95:g} allowed).",
            "Look at the machine's load, or tell who works on claimclf.",
        )


def _say(done: Outcome) -> None:
    say(f"{done.n:,} reports in {done.seconds:.1f} s: {done.n / done.seconds:,.0f} a second")
    say(f"drop rate {done.n_dropped / done.n:.4%}, doubles {done.n_doubled:,}")
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    say(", ".join(f"{name} {done.percentile(share):.0f} ms" for name, share in shares.items()))
    say(f"all in the queue {done.drained:.1f} s after the last answer")


def _time(microseconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="seconds")


COMMANDS = (token, stress_intake)
