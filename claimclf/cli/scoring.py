"""The command that scores a file without a queue."""

from __future__ import annotations

from pathlib import Path

import click

from claimclf.cli.inputs import engine_factory, open_choice, open_source
from claimclf.cli.options import (
    COLUMNS,
    ENCODING,
    ENGINE,
    FOR_EXCEL,
    MAPPING,
    MODELS,
    RAW,
    REPORTS,
    SCHEDULER,
    SHEET,
    TRUST_IDS,
    WORKERS,
)
from claimclf.cli.output import say, show_progress
from claimclf.schema import Ranking


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="CSV or .parquet.")
@click.option(
    "--rejects", type=click.Path(path_type=Path), help="Where to put rejected rows and notes."
)
@click.option("--model", help="Name of a stored model; by default the champion.")
@click.option(
    "--ranking",
    type=click.Choice([str(policy) for policy in Ranking]),
    default=str(Ranking.REPORTS),
    show_default=True,
    help="What puts one video before another: its reports, claim probability times reports, "
    "or all reports on its statement or its author.",
)
@COLUMNS
@MAPPING
@REPORTS
@TRUST_IDS
@SHEET
@RAW
@FOR_EXCEL
@ENGINE
@SCHEDULER
@WORKERS
@MODELS
@ENCODING
def score(
    source: Path,
    output: Path,
    rejects: Path | None,
    model: str | None,
    ranking: str,
    columns: tuple[str, ...],
    mapping: Path | None,
    reports: Path | None,
    trust_ids: bool,
    sheet: str | None,
    raw: bool,
    for_excel: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    models: Path,
    encoding: str | None,
) -> None:
    """Score reported videos and write them in review order; stopped, the same command goes on."""
    from claimclf.services.streaming import score_file

    choice = open_choice(source, columns, mapping, encoding, sheet, trust_ids=trust_ids)
    result = score_file(
        open_source(source, model, models, choice, encoding, Ranking(ranking), reports),
        output,
        rejects,
        raw=raw,
        for_excel=for_excel,
        engines=engine_factory(engine, scheduler, workers),
        on_progress=show_progress(),
    )
    merged = f" as {result.n_videos:,} videos" if result.n_merged else ""
    notes = "1 note" if result.n_notes == 1 else f"{result.n_notes:,} notes"
    say(
        f"{result.n_rows:,} rows: {result.n_accepted:,} accepted{merged} "
        f"({result.n_unscorable:,} cannot be scored), {result.n_rejected:,} rejected; {notes}. "
        f"Scored with {result.model_name}.",
        err=True,
    )
    for remark in result.remarks:
        say(remark, err=True)
    if (result.n_rejected or result.n_notes) and rejects is None:
        say("Give --rejects FILE to keep rejected rows and notes with reasons.", err=True)


COMMANDS = (score,)
