"""Options that several commands share, each said once."""

from __future__ import annotations

from pathlib import Path

import click

from claimclf import configuration

DATA = click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="Labelled CSV or Parquet file."
)
MODELS = click.option(
    "--models",
    default=configuration.models_folder,
    show_default=f"models/, or ${configuration.MODELS.variable}",
    type=click.Path(path_type=Path),
    help="Folder of models.",
)
SPEECH = click.option(
    "--speech",
    multiple=True,
    metavar="FILE[=WEIGHT]",
    help="Labelled texts of real people (text and label) to learn from as well; repeatable.",
)
DATABASE = click.option(
    "--database",
    "url",
    metavar="URL",
    help="The queue's database; by default the one that claimclf config shows.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
COLUMNS = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=YOURS",
    help="Which of your columns is which of the contract's, NAME= for none; repeatable.",
)
ENCODING = click.option("--encoding", help="Encoding of text that is not UTF-8, such as cp1252.")
MAPPING = click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="File that says which of your columns is which, as the dashboard exports it.",
)
REPORTS = click.option(
    "--reports",
    type=click.Path(path_type=Path),
    help="Report log, one row a report: counted by video and joined to the table.",
)
TRUST_IDS = click.option(
    "--trust-ids", is_flag=True, help="Take the ids as they are, though they look like doubles."
)
SHEET = click.option("--sheet", help="Which sheet of a workbook is read.")
RAW = click.option(
    "--raw", is_flag=True, help="Keep cells that a spreadsheet would run as a formula."
)
FOR_EXCEL = click.option(
    "--for-excel", is_flag=True, help="Begin a CSV with a byte-order mark, as Excel wants it."
)
ENGINE = click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who does the work: processes of this machine, or a Dask cluster.",
)
SCHEDULER = click.option(
    "--scheduler", metavar="ADDRESS", help="Of a Dask cluster that runs, such as tcp://host:8786."
)
WORKERS = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes; by default one for each core."
)
