"""Commands that bring videos into the shared queue and decisions out of it."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimclf.cli.inputs import engine_factory, open_choice, open_queue, open_source
from claimclf.cli.options import (
    COLUMNS,
    DATABASE,
    ENCODING,
    ENGINE,
    FOR_EXCEL,
    JSON,
    MAPPING,
    MODELS,
    RAW,
    REPORTS,
    SCHEDULER,
    SHEET,
    TRUST_IDS,
    WORKERS,
)
from claimclf.cli.output import print_json, say, show_progress
from claimclf.errors import InvalidRequestError, StorageError
from claimclf.logs import one_line
from claimclf.units import SECOND

if TYPE_CHECKING:
    from claimclf.people import Person
    from claimclf.queue.storage.database import Database


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.option("--model", help="Name of a stored model; by default the champion.")
@COLUMNS
@MAPPING
@REPORTS
@TRUST_IDS
@SHEET
@ENGINE
@SCHEDULER
@WORKERS
@DATABASE
@MODELS
@ENCODING
def ingest(
    source: Path,
    model: str | None,
    columns: tuple[str, ...],
    mapping: Path | None,
    reports: Path | None,
    trust_ids: bool,
    sheet: str | None,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    url: str | None,
    models: Path,
    encoding: str | None,
) -> None:
    """Put reported videos into the shared queue; the same file twice changes nothing."""
    from claimclf.services.queue import store_file
    from claimclf.services.shadow import score_beside

    choice = open_choice(source, columns, mapping, encoding, sheet, trust_ids=trust_ids)
    batch = store_file(
        *open_queue(url),
        open_source(source, model, models, choice, encoding, reports=reports),
        engine_factory(engine, scheduler, workers),
        show_progress(),
    )
    if batch.is_repeated:
        say(f"This file was stored before, as batch {batch.id}; nothing was changed.")
        return
    score_beside(*open_queue(url), models)
    say(
        f"batch {batch.id}: {batch.n_rows:,} rows, {batch.n_accepted:,} accepted "
        f"({batch.n_unscorable:,} cannot be scored), {batch.n_rejected:,} rejected; "
        f"{batch.n_new:,} new cases, {batch.n_known:,} known, {batch.n_reopened:,} reopened"
    )
    if batch.n_known:
        say(
            f"reports of known videos: {batch.n_raised:,} raised, {batch.n_same:,} unchanged, "
            f"{batch.n_lower:,} lower than before (the larger number stays)"
        )


@click.command()
@click.argument("case", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="A few words, for the log.")
@DATABASE
def reopen(case: int, reason: str, url: str | None) -> None:
    """Open a decided case for another round, as a lead; the decision stays on record."""
    from claimclf.services.queue import reopen as reopen_case

    reopened = reopen_case(*open_queue(url), case, reason)
    say(f"case {reopened.id} is open again, in round {reopened.round}")


@click.command("take-back")
@click.argument("batch", type=click.IntRange(min=1))
@DATABASE
def take_back(batch: int, url: str | None) -> None:
    """Undo the upload of that number, while nobody has touched its cases."""
    from claimclf.services.queue import take_back as undo

    done = undo(*open_queue(url), batch)
    no_longer = f"; of its reports {done.n_reports:,} no longer count"
    say(
        f"batch {batch} ({done.file_name}) taken back: {done.n_removed:,} cases removed, "
        f"{done.n_restored:,} as they were before it" + (no_longer if done.n_reports else "")
    )


@click.command()
@click.option("--model", help="Name of a stored model; by default the champion.")
@DATABASE
@MODELS
def rescore(model: str | None, url: str | None, models: Path) -> None:
    """Give all open cases that nobody holds another model's prediction."""
    from claimclf.services.loading import load_model
    from claimclf.services.queue import rescore_open

    chosen = load_model(models, model)
    done = rescore_open(*open_queue(url), chosen, partial(show_progress(), "cases rescored"))
    say(
        f"{done.n_rescored:,} cases rescored with {chosen.name}; "
        f"{done.n_left:,} were taken or changed meanwhile and keep their prediction"
    )


@click.command()
@DATABASE
@MODELS
def shadow(url: str | None, models: Path) -> None:
    """Let the challenger in the shadow score the open cases that it has not seen."""
    from claimclf.services.shadow import score_shadow

    n = score_shadow(*open_queue(url), models, partial(show_progress(), "cases scored"))
    say(f"{n:,} cases scored in the shadow; a lead sees them on the page Learning")


@click.command()
@click.option(
    "--what",
    required=True,
    type=click.Choice(["decisions", "cases", "audit", "statements-of-reasons"]),
    help="Statements of reasons are those of the DSA Transparency Database.",
)
@click.option("--since", metavar="PLACE", help="From this cursor or time on (UTC without a zone).")
@click.option("--until", metavar="PLACE", help="Before this cursor or time; by default all.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV or .parquet; statements of reasons CSV or .json.",
)
@RAW
@FOR_EXCEL
@DATABASE
def export(
    what: str,
    since: str | None,
    until: str | None,
    output: Path,
    raw: bool,
    for_excel: bool,
    url: str | None,
) -> None:
    """Write decisions, cases or the audit log to a table for other programs.

    A PLACE is a cursor, which each export prints for the next one, or a time such as
    2026-11-29T08:30:00.25+01:00. Windows that adjoin have no row in common and none between them.
    """
    from typing import cast

    from claimclf.dataset.writing import require_place, write_table
    from claimclf.queue.outbound.export import What
    from claimclf.queue.outbound.window import read_place
    from claimclf.services.queue import export as read

    require_place(output)
    start, stop = (None if place is None else read_place(place) for place in (since, until))
    if what == "statements-of-reasons":
        from claimclf.cli.reasons import export_statements

        export_statements(open_queue(url), (start, stop), output, raw=raw, for_excel=for_excel)
        return
    exported = read(*open_queue(url), cast("What", what), start, stop)
    table = exported.table
    write_table(table, output, raw=raw, private=True, bom=for_excel)
    say(f"{len(table):,} rows written to {output}", err=True)
    say(f"The next one goes on with: --since {exported.cursor}", err=True)


@click.command()
@click.option("--failed", is_flag=True, help="Only list what could not be told, and why.")
@click.option("--again", is_flag=True, help="Try anew what could not be told before.")
@click.option("--history", is_flag=True, help="Tell of what was decided before the first run, too.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    help="Go on doing so, until it is stopped.",
)
@JSON
@DATABASE
def deliver(
    failed: bool,
    again: bool,
    history: bool,
    every: float | None,
    as_json: bool,
    url: str | None,
) -> None:
    """Tell the platform's webhook of what was decided since the first run."""
    from claimclf.services.queue import requeue

    if (failed and (again or history or every is not None)) or (as_json and not failed):
        raise InvalidRequestError(
            "--failed stands alone, and --json goes with it.",
            "Found: them with other options.",
            "Give claimclf deliver --failed, or the other options without them.",
        )
    opened = open_queue(url)
    if failed:
        _list_failed(opened, as_json)
        return
    if again:
        say(f"{requeue(*opened):,} put up for another round of tries")
    _deliver(opened, history)
    while every is not None:
        time.sleep(every)
        try:
            _deliver(opened, quiet=True)
        except StorageError as error:  # it may be back the next time
            say(f"claimclf: {' '.join(str(error).split())}", err=True)


def _list_failed(opened: tuple[Database, Person], as_json: bool) -> None:
    from claimclf.services.queue import dead_letters

    letters = dead_letters(*opened)
    if as_json:
        print_json([{**asdict(letter), "dead_at": _time(letter.dead_at)} for letter in letters])
        return
    if not letters:
        say("Nothing that could not be told.", err=True)
    for letter in letters:
        say(
            f"entry {letter.seq}  case {letter.case_id}  {letter.type}  {letter.tries} tries  "
            f"given up {_time(letter.dead_at)}: {one_line(letter.last_error)}"
        )
    if letters:
        say("Once the reason is gone: claimclf deliver --again", err=True)


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // SECOND, UTC).isoformat()


def _deliver(
    opened: tuple[Database, Person], history: bool = False, *, quiet: bool = False
) -> None:
    from claimclf.services.queue import deliver_events

    done = deliver_events(*opened, history=history)
    if done.n_before:
        say(
            f"From now on the platform is told. {done.n_before:,} earlier events are not: "
            "claimclf deliver --history tells of them as well."
        )
    if quiet and not (done.n_delivered or done.n_failed):
        return
    say(
        f"{done.n_delivered:,} told, {done.n_failed:,} failed and will be tried again; "
        f"{done.n_waiting:,} wait, {done.n_dead:,} could not be told"
    )


COMMANDS = (ingest, take_back, reopen, rescore, shadow, export, deliver)
