"""The command that scores a file without a queue."""

from __future__ import annotations

from pathlib import Path

import click

from claimclf.cli.inputs import engine_factory, open_source
from claimclf.cli.options import COLUMNS, ENCODING, ENGINE, MODELS, SCHEDULER, WORKERS
from claimclf.cli.output import show_progress
from claimclf.schema import Ranking


@click.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="CSV or .parquet.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where to put rejected rows.")
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
@click.option("--raw", is_flag=True, help="Keep cells that a spreadsheet would run as a formula.")
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
    raw: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    models: Path,
    encoding: str | None,
) -> None:
    """Score reported videos and write them in review order; stopped, the same command goes on."""
    from claimclf.services.streaming import score_file

    result = score_file(
        open_source(source, model, models, columns, encoding, Ranking(ranking)),
        output,
        rejects,
        raw=raw,
        engines=engine_factory(engine, scheduler, workers),
        on_progress=show_progress(),
    )
    click.echo(
        f"{result.n_rows:,} rows: {result.n_accepted:,} accepted "
        f"({result.n_unscorable:,} cannot be scored), {result.n_rejected:,} rejected. "
        f"Scored with {result.model_name}.",
        err=True,
    )
    if result.n_rejected and rejects is None:
        click.echo("Give --rejects FILE to keep the rejected rows and their reasons.", err=True)


COMMANDS = (score,)
