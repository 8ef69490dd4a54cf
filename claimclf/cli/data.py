"""Commands that read a labelled dataset or make videos up."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from claimclf.cli.options import DATA, ENCODING, JSON
from claimclf.cli.output import print_json, say


@click.command()
@DATA
@JSON
@ENCODING
def describe(data: Path, as_json: bool, encoding: str | None) -> None:
    """Say what a labelled dataset holds."""
    from claimclf.services.datasets import open_dataset

    dataset = open_dataset(data, encoding=encoding)
    if as_json:
        print_json(asdict(dataset.description))
        return
    description = dataset.description
    lines = [
        ("rows", f"{description.rows:,}"),
        ("columns", f"{description.columns:,}"),
        ("rejected rows", f"{description.rejected:,}"),
        ("complete rows", f"{description.complete:,}"),
        ("duplicate rows", f"{description.duplicates:,}"),
        *((f"missing {name}", f"{n:,}") for name, n in description.missing_per_column.items()),
        *((f"share of {label}", f"{s:.4f}") for label, s in description.class_shares.items()),
        *(
            (f"mean text length of {label}", f"{mean:.2f} characters")
            for label, mean in description.mean_text_length.items()
        ),
    ]
    for name, value in lines:
        say(f"{name:<40}{value:>24}")


@click.command()
@click.option("--rows", required=True, type=int, help="How many videos.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Same seed, same file."
)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="CSV or .parquet.")
@click.option("--labelled", is_flag=True, help="Labelled dataset instead of reported videos.")
def demo(rows: int, seed: int, output: Path, labelled: bool) -> None:
    """Make up videos to try things out; their ids begin with demo-."""
    from claimclf.dataset.demo import demo_videos
    from claimclf.dataset.writing import write_table

    write_table(demo_videos(rows, seed, labelled=labelled), output)
    say(f"{rows:,} synthetic videos written to {output}.", err=True)


COMMANDS = (describe, demo)
