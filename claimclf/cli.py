"""The command line: each command reads its options, calls one service and prints."""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimclf import __version__
from claimclf.errors import ClaimclfError, InputError, ModelNotFoundError, StorageError
from claimclf.paths import DATABASE_VARIABLE, MODELS_VARIABLE, models_folder
from claimclf.schema import DEFAULT_FEATURE_SETS, REPORTED, Ranking

if TYPE_CHECKING:
    from claimclf.modeling.learners.search import Progress
    from claimclf.people import Person
    from claimclf.queue.storage.database import Database
    from claimclf.services.streaming import EngineFactory, Source

_DATA = click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="Labelled CSV or Parquet file."
)
_MODELS = click.option(
    "--models",
    default=models_folder,
    show_default=f"models/, or ${MODELS_VARIABLE}",
    type=click.Path(path_type=Path),
    help="Folder of models.",
)
_DATABASE = click.option(
    "--database",
    "url",
    metavar="URL",
    help=f"The queue's database; by default ${DATABASE_VARIABLE}, or a file of the project.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_COLUMNS = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=YOURS",
    help="Which of your columns is which of the contract's; repeatable.",
)
_ENCODING = click.option("--encoding", help="Encoding of a CSV that is not UTF-8, such as cp1252.")

_ENGINE = click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who does the work: processes of this machine, or a Dask cluster.",
)
_SCHEDULER = click.option(
    "--scheduler", metavar="ADDRESS", help="Of a Dask cluster that runs, such as tcp://host:8786."
)
_WORKERS = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes; by default one for each core."
)


class _Group(click.Group):
    """Turns every error of ours into one line on stderr and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClaimclfError as error:
            message = " ".join(str(error).split())
            click.echo(f"claimclf: {message}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo("claimclf: Stopped. The same command goes on or starts again.", err=True)
            ctx.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Predict which reported videos make claims, and rank them for human review."""


@main.command()
@_DATA
@_JSON
@_ENCODING
def describe(data: Path, as_json: bool, encoding: str | None) -> None:
    """Say what a labelled dataset holds."""
    from claimclf.services.datasets import open_dataset

    dataset = open_dataset(data, encoding=encoding)
    if as_json:
        _print_json(asdict(dataset.description))
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
        click.echo(f"{name:<40}{value:>24}")


@main.command()
@_DATA
@click.option(
    "--features",
    multiple=True,
    metavar="SET",
    help="Feature set: course, content or content-counts; repeatable; by default the first two.",
)
@click.option(
    "--search",
    is_flag=True,
    help="Search all settings first; stopped, the same command goes on where it was.",
)
@_ENGINE
@_SCHEDULER
@_WORKERS
@_MODELS
@_ENCODING
def train(
    data: Path,
    features: tuple[str, ...],
    search: bool,
    engine: str,
    scheduler: str | None,
    workers: int | None,
    models: Path,
    encoding: str | None,
) -> None:
    """Train a random forest and an XGBoost model on each feature set and store them."""
    from claimclf.services.datasets import open_dataset
    from claimclf.services.models import train_models
    from claimclf.services.search import search_models

    dataset = open_dataset(data, encoding=encoding)
    click.echo(_left_out(dataset.cleaned.n_dropped, dataset.cleaned.missing), err=True)
    wanted = features or DEFAULT_FEATURE_SETS
    if search:
        parallel = partial(_parallel, engine, scheduler, workers)
        stored = search_models(dataset, models, wanted, _tell_search, parallel)
    else:
        stored = train_models(
            dataset,
            models,
            wanted,
            lambda done, total, name: click.echo(
                f"[{done + 1}/{total}] training {name} ...", err=True
            ),
        )
    for manifest in stored:
        recall = manifest.metrics["validation"].recall
        click.echo(f"{models / manifest.name}: recall {recall:.4f} on validation")


def _tell_search(name: str, progress: Progress) -> None:
    left = "" if progress.seconds_left is None else f", about {progress.seconds_left:,.0f} s left"
    click.echo(f"searching {name}: {progress.done} of {progress.total} fits{left}", err=True)


def _left_out(dropped: int, missing: dict[str, int]) -> str:
    if not dropped:
        return "No row has missing values; all are used."
    columns = ", ".join(f"{name} ({n:,})" for name, n in missing.items())
    return f"{dropped:,} rows with missing values are left out: {columns}."


@main.command()
@_MODELS
@_JSON
def models(models: Path, as_json: bool) -> None:
    """List the stored models; the champion is marked with *."""
    from claimclf.modeling.store.champion import champion
    from claimclf.modeling.store.store import ModelStore

    store = ModelStore(models)
    stored, best = store.manifests(), champion(store)
    if as_json:
        _print_json([{**asdict(m), "champion": m == best} for m in stored])
        return
    if not stored:
        click.echo(f"No models in {models}. Train some with: claimclf train --data CSV", err=True)
    for manifest in stored:
        mark = "*" if manifest == best else " "
        figures = manifest.metrics["validation"]
        click.echo(
            f"{mark} {manifest.name:<28} {manifest.algorithm:<14} "
            f"recall {figures.recall:.4f}  precision {figures.precision:.4f}  "
            f"on {manifest.data['name']}"
        )


@main.command()
@click.argument("name", required=False)
@click.option("--reason", default="", help="Why the rule is overruled; it is recorded.")
@_MODELS
def champion(name: str | None, reason: str, models: Path) -> None:
    """Say which model is champion and why, or overrule the rule with NAME."""
    from claimclf.modeling.store.champion import RULE, overrule
    from claimclf.modeling.store.champion import champion as find
    from claimclf.modeling.store.store import ModelStore

    store = ModelStore(models)
    if name is not None:
        overrule(store, name, reason, getpass.getuser())
    best = find(store)
    if best is None:
        raise ModelNotFoundError(
            f"There is no model in {models}.", "", "Train some with: claimclf train --data CSV."
        )
    pointer = store.pointer()
    click.echo(best.name)
    overruled = pointer is not None and pointer.overruled
    click.echo(f"chosen by {pointer.by}: {pointer.reason}" if pointer and overruled else RULE)


@main.command()
@click.argument("name")
@click.option("--cut-off", type=float, help="New threshold, from 0 to 1.")
@click.option("--recall", type=float, help="Take the cut-off that finds this share of claims.")
@click.option("--reason", default="", help="Why; it is recorded with the model.")
@_MODELS
def threshold(
    name: str, cut_off: float | None, recall: float | None, reason: str, models: Path
) -> None:
    """Save a cut-off as the threshold of the model NAME."""
    from claimclf.modeling.store.card import model_card
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.comparison import judge

    if (cut_off is None) == (recall is None):
        raise InputError("Give either --cut-off or --recall.", "", "For example --recall 0.995.")
    store = ModelStore(models)
    value = cut_off if cut_off is not None else judge(store, name).cutoffs.for_recall(recall or 0)
    manifest = store.set_threshold(name, value, reason, getpass.getuser(), model_card)
    figures = manifest.metrics["validation"]
    click.echo(f"{name}: threshold {manifest.threshold!r}, recall {figures.recall:.4f}")


@main.command()
@click.argument("name")
@click.option("--claims", type=float, help="Share of claims that *claim* may be ruled out for.")
@click.option("--opinions", type=float, help="The same for opinions.")
@click.option("--reason", default="", help="Why; it is recorded with the model.")
@_MODELS
def error_rates(
    name: str, claims: float | None, opinions: float | None, reason: str, models: Path
) -> None:
    """Set the error rates that the lanes of the model NAME promise."""
    from claimclf.modeling.store.card import model_card
    from claimclf.modeling.store.store import ModelStore
    from claimclf.schema import CLAIM, OPINION

    given = {CLAIM: claims, OPINION: opinions}
    rates = {label: rate for label, rate in given.items() if rate is not None}
    if not rates:
        raise InputError("Give --claims, --opinions or both.", "", "For example --claims 0.002.")
    store = ModelStore(models)
    manifest = store.set_error_rates(name, rates, reason, getpass.getuser(), model_card)
    written = ", ".join(f"{rate:g} for {label}s" for label, rate in manifest.error_rates.items())
    click.echo(f"{name}: error rates {written}")


@main.command()
@click.option("--model", required=True, help="Name of a stored model.")
@_DATA
@click.option(
    "--out-of-domain",
    "elsewhere",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Labelled sentences from elsewhere (label and text); repeatable.",
)
@click.option("--save", is_flag=True, help="Keep the result with the model, for its card and page.")
@_MODELS
@_JSON
@_ENCODING
def stress(
    model: str,
    data: Path,
    elsewhere: tuple[Path, ...],
    save: bool,
    models: Path,
    as_json: bool,
    encoding: str | None,
) -> None:
    """Measure a model on videos that are younger, misspelt, foreign or never seen."""
    from claimclf.dataset.reading import read_table
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.datasets import open_dataset
    from claimclf.services.stress import as_records, read_elsewhere, stress_model

    store = ModelStore(models)
    store.manifest(model)  # an unknown name is said at once
    sentences = {path.name: read_elsewhere(read_table(path)) for path in elsewhere}
    for name, found in sentences.items():
        if found.n_rejected:
            click.echo(f"{name}: {found.n_rejected:,} rows are left out.", err=True)
    report = stress_model(
        store,
        model,
        open_dataset(data, encoding=encoding),
        sentences,
        lambda done, total, title: click.echo(f"[{done + 1}/{total}] {title} ...", err=True),
        save=save,
    )
    conditions = as_records(report.conditions)
    if as_json:
        curve = as_records(report.trade_off)
        _print_json({"model": model, "conditions": conditions, "trade_off": curve})
        return
    for row in conditions:
        shares = "  ".join(
            f"{name} {'none' if row[name] is None else format(row[name], '.3f')}"
            for name in ("recall", "specificity", "claims", "uncertain", "opinions")
        )
        click.echo(f"{row['title']:<48} {shares}")


@main.command()
@click.option("--model", required=True, help="Name of a stored model.")
@_DATA
@_MODELS
@_JSON
@_ENCODING
def evaluate(model: str, data: Path, models: Path, as_json: bool, encoding: str | None) -> None:
    """Measure a model on a dataset's validation and test splits."""
    from claimclf.services.datasets import open_dataset
    from claimclf.services.models import evaluate_model, load_model

    metrics = evaluate_model(load_model(models, model), open_dataset(data, encoding=encoding))
    if as_json:
        _print_json({part: asdict(figures) for part, figures in metrics.items()})
        return
    for part, figures in metrics.items():
        (tn, fp), (fn, tp) = figures.confusion_matrix
        click.echo(
            f"{part:<11} recall {figures.recall:.4f}  precision {figures.precision:.4f}  "
            f"F1 {figures.f1:.4f}  accuracy {figures.accuracy:.4f}  "
            f"tn {tn}  fp {fp}  fn {fn}  tp {tp}"
        )


@main.command()
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
@_COLUMNS
@click.option("--raw", is_flag=True, help="Keep cells that a spreadsheet would run as a formula.")
@_ENGINE
@_SCHEDULER
@_WORKERS
@_MODELS
@_ENCODING
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

    found = score_file(
        _source(source, model, models, columns, encoding, Ranking(ranking)),
        output,
        rejects,
        raw=raw,
        engines=_engine_factory(engine, scheduler, workers),
        on_progress=_progress(),
    )
    click.echo(
        f"{found.n_rows:,} rows: {found.n_accepted:,} accepted "
        f"({found.n_unscorable:,} cannot be scored), {found.n_rejected:,} rejected. "
        f"Scored with {found.model_name}.",
        err=True,
    )
    if found.n_rejected and rejects is None:
        click.echo("Give --rejects FILE to keep the rejected rows and their reasons.", err=True)


def _source(
    path: Path,
    model: str | None,
    models: Path,
    columns: tuple[str, ...],
    encoding: str | None,
    ranking: Ranking = Ranking.REPORTS,
) -> Source:
    from claimclf.services.models import load_model
    from claimclf.services.streaming import Source

    chosen = _chosen(columns, path, encoding)
    return Source(path, load_model(models, model), models, chosen, encoding, ranking)


def _chosen(columns: tuple[str, ...], source: Path, encoding: str | None) -> dict[str, str]:
    from claimclf.dataset.blocks import open_blocks

    chosen = dict(pair.partition("=")[::2] for pair in columns)
    if not chosen:
        return chosen
    with open_blocks(source, encoding=encoding) as blocks:
        found = blocks.columns
    for name, own in chosen.items():
        if name not in REPORTED.names or own not in found:
            raise InputError(
                f"--column {name}={own} names an unknown column.",
                f"Found: {', '.join(found[:20])}.",
                f"Write NAME=YOURS, NAME being one of: {', '.join(REPORTED.names)}.",
            )
    return chosen


def _engine_factory(
    engine: str, scheduler: str | None, workers: int | None
) -> EngineFactory | None:
    """Return who lends workers; None leaves it to the service."""
    from claimclf.streaming.engines import dask_engine, local_engine

    if engine == "dask":
        return partial(dask_engine, scheduler, workers)
    _check_local(scheduler)
    return None if workers is None else partial(local_engine, workers)


def _parallel(
    engine: str, scheduler: str | None, workers: int | None
) -> AbstractContextManager[None]:
    """Say who fits, as `_engine_factory` does."""
    from claimclf.streaming.engines import dask_parallel, local_parallel

    if engine == "dask":
        return dask_parallel(scheduler, workers)
    _check_local(scheduler)
    return local_parallel(workers)


def _check_local(scheduler: str | None) -> None:
    if scheduler is not None:
        raise InputError(
            "--scheduler goes with --engine dask.", "Found: --engine local.", "Add --engine dask."
        )


def _progress() -> Callable[[str, int, int], object]:
    """Count on a terminal; stay silent in a pipe."""
    if not sys.stderr.isatty():
        return lambda what, done, total: None

    def show(what: str, done: int, total: int) -> None:
        click.echo(f"\r{what}: {done:,} of {total:,} ", nl=done == total, err=True)

    return show


@main.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path))
@click.option("--model", help="Name of a stored model; by default the champion.")
@_COLUMNS
@_ENGINE
@_SCHEDULER
@_WORKERS
@_DATABASE
@_MODELS
@_ENCODING
def ingest(
    source: Path,
    model: str | None,
    columns: tuple[str, ...],
    engine: str,
    scheduler: str | None,
    workers: int | None,
    url: str | None,
    models: Path,
    encoding: str | None,
) -> None:
    """Put reported videos into the shared queue; the same file twice changes nothing."""
    from claimclf.services.queue import store_file

    batch = store_file(
        *_queue(url),
        _source(source, model, models, columns, encoding),
        _engine_factory(engine, scheduler, workers),
        _progress(),
    )
    if batch.is_repeated:
        click.echo(f"This file was stored before, as batch {batch.id}; nothing was changed.")
        return
    click.echo(
        f"batch {batch.id}: {batch.n_rows:,} rows, {batch.n_accepted:,} accepted "
        f"({batch.n_unscorable:,} cannot be scored), {batch.n_rejected:,} rejected; "
        f"{batch.n_new:,} new cases, {batch.n_known:,} known, {batch.n_reopened:,} reopened"
    )


@main.command()
@click.option("--model", help="Name of a stored model; by default the champion.")
@_DATABASE
@_MODELS
def rescore(model: str | None, url: str | None, models: Path) -> None:
    """Give all open cases that nobody holds another model's prediction."""
    from claimclf.services.models import load_model
    from claimclf.services.queue import rescore_open

    chosen = load_model(models, model)
    done = rescore_open(*_queue(url), chosen, partial(_progress(), "cases rescored"))
    click.echo(
        f"{done.n_rescored:,} cases rescored with {chosen.name}; "
        f"{done.n_left:,} were taken or changed meanwhile and keep their prediction"
    )


@main.group()
def audit() -> None:
    """Look after the audit log."""


@audit.command()
@_DATABASE
def verify(url: str | None) -> None:
    """Walk along the audit log and name every entry that is altered or missing."""
    from claimclf.services.queue import verify_audit

    found = verify_audit(*_queue(url))
    for problem in found.problems:
        click.echo(problem)
    if found.problems:
        raise InputError(
            "The audit log is not whole.",
            f"Found: {len(found.problems):,} problems in {found.n_entries:,} entries.",
            "Keep this database as evidence, and compare with a backup.",
        )
    click.echo(f"{found.n_entries:,} entries, all whole; the last one's hash is {found.head}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@_DATABASE
def backup(file: Path, url: str | None) -> None:
    """Write the whole queue to FILE while others go on working."""
    from claimclf.services.queue import backup as write

    done = write(*_queue(url), file)
    click.echo(f"{done.n_rows:,} rows written to {file}; the log's last hash is {done.head}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@_DATABASE
def restore(file: Path, url: str | None) -> None:
    """Fill an empty queue from FILE, which backup wrote: all of it, or nothing."""
    from claimclf.services.queue import restore as read

    done = read(*_queue(url), file)
    click.echo(f"{done.n_rows:,} rows restored from {file}, every checksum and the log checked")


@main.command()
@click.option(
    "--what",
    required=True,
    type=click.Choice(["decisions", "cases", "audit"]),
    help="Decisions come with a machine-readable statement of reasons.",
)
@click.option("--since", type=click.DateTime(), help="From this time on (UTC).")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="CSV or .parquet.")
@_DATABASE
def export(what: str, since: datetime | None, output: Path, url: str | None) -> None:
    """Write decisions, cases or the audit log to a table for other programs."""
    from typing import cast

    from claimclf.dataset.writing import require_place, write_table
    from claimclf.queue.outbound.export import What
    from claimclf.services.queue import export as read

    require_place(output)
    start = None if since is None else int(since.replace(tzinfo=UTC).timestamp() * 1e6)
    found = read(*_queue(url), cast("What", what), start)
    write_table(found, output)
    click.echo(f"{len(found):,} rows written to {output}", err=True)


@main.command()
@click.option("--again", is_flag=True, help="Try anew what could not be told before.")
@click.option("--history", is_flag=True, help="Tell of what was decided before the first run, too.")
@click.option(
    "--every",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    help="Go on doing so, until it is stopped.",
)
@_DATABASE
def deliver(again: bool, history: bool, every: float | None, url: str | None) -> None:
    """Tell the platform's webhook of what was decided since the first run."""
    from claimclf.services.queue import requeue

    at_work = _queue(url)
    if again:
        click.echo(f"{requeue(*at_work):,} put up for another round of tries")
    _deliver(at_work, history)
    while every is not None:
        time.sleep(every)
        try:
            _deliver(at_work, quiet=True)
        except StorageError as error:  # it may be back the next time
            click.echo(f"claimclf: {' '.join(str(error).split())}", err=True)


def _deliver(
    at_work: tuple[Database, Person], history: bool = False, *, quiet: bool = False
) -> None:
    from claimclf.services.queue import deliver_events

    done = deliver_events(*at_work, history=history)
    if done.n_before:
        click.echo(
            f"From now on the platform is told. {done.n_before:,} earlier events are not: "
            "claimclf deliver --history tells of them as well."
        )
    if quiet and not (done.n_delivered or done.n_failed):
        return
    click.echo(
        f"{done.n_delivered:,} told, {done.n_failed:,} failed and will be tried again; "
        f"{done.n_waiting:,} wait, {done.n_dead:,} could not be told"
    )


def _queue(url: str | None) -> tuple[Database, Person]:
    """Return the queue's database and who is at the shell: the owner of this machine's files."""
    from claimclf.people import Person
    from claimclf.queue.storage.database import Database
    from claimclf.schema import Role

    return Database(url), Person(getpass.getuser(), Role.ADMIN)


@main.command()
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
    click.echo(f"{rows:,} synthetic videos written to {output}.", err=True)


@main.command()
@click.option(
    "--port", default=8501, show_default=True, type=click.IntRange(1, 65535), help="TCP port."
)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; others than this machine come in only where [auth] is in the "
    "Streamlit secrets.",
)
def serve(port: int, address: str) -> None:
    """Open the dashboard, on 127.0.0.1 unless people sign in."""
    from claimclf.services.serving import serve as run

    run(port, address)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2))
