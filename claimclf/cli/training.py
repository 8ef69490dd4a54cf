"""The command that trains models, with or without a search."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimclf.cli.inputs import open_queue, parallel_fits, read_speech
from claimclf.cli.options import (
    DATA,
    DATABASE,
    ENCODING,
    ENGINE,
    MODELS,
    SCHEDULER,
    SPEECH,
    WORKERS,
)
from claimclf.cli.output import say
from claimclf.schema import DEFAULT_FEATURE_SETS

if TYPE_CHECKING:
    from claimclf.modeling.learners.search import Progress


@click.command()
@DATA
@click.option(
    "--features",
    multiple=True,
    metavar="SET",
    help="Feature set: course, content, content-counts or speech; repeatable; by default the "
    "first two, and the last one with --speech.",
)
@SPEECH
@click.option(
    "--search",
    is_flag=True,
    help="Search all settings first; stopped, the same command goes on where it was.",
)
@ENGINE
@SCHEDULER
@WORKERS
@DATABASE
@MODELS
@ENCODING
def train(
    data: Path,
    features: tuple[str, ...],
    speech: tuple[str, ...],
    search: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    url: str | None,
    models: Path,
    encoding: str | None,
) -> None:
    """Train models on each feature set and store them.

    A random forest and an XGBoost model; on the feature set speech a linear model as well.
    """
    from claimclf.services.datasets import open_dataset
    from claimclf.services.figures import written
    from claimclf.services.training import search_models, train_models

    dataset = open_dataset(data, encoding=encoding)
    say(_left_out(dataset.cleaned.n_dropped, dataset.cleaned.missing), err=True)
    texts = read_speech(speech, encoding)
    feature_sets = features or (*DEFAULT_FEATURE_SETS, *(["speech"] if texts else []))
    if search:
        parallel = partial(parallel_fits, engine, scheduler, workers)
        stored = search_models(
            *open_queue(url), dataset, models, feature_sets, _report_search, parallel, texts
        )
    else:
        stored = train_models(
            *open_queue(url),
            dataset,
            models,
            feature_sets,
            lambda done, total, name: say(f"[{done + 1}/{total}] training {name} ...", err=True),
            texts,
        )
    for manifest in stored:
        recall = manifest.metrics["validation"].recall
        say(f"{models / manifest.name}: recall {written(recall, 'recall')} on validation")


def _report_search(name: str, progress: Progress) -> None:
    left = "" if progress.seconds_left is None else f", about {progress.seconds_left:,.0f} s left"
    say(f"searching {name}: {progress.done} of {progress.total} fits{left}", err=True)


def _left_out(dropped: int, missing: dict[str, int]) -> str:
    if not dropped:
        return "No row has missing values; all are used."
    columns = ", ".join(f"{name} ({n:,})" for name, n in missing.items())
    return f"{dropped:,} rows with missing values are left out: {columns}."


COMMANDS = (train,)
