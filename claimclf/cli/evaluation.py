"""Commands that measure a stored model."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from claimclf.cli.inputs import open_queue, read_speech
from claimclf.cli.options import DATA, DATABASE, ENCODING, JSON, MODELS, SPEECH
from claimclf.cli.output import print_json, say


@click.command()
@click.option("--model", required=True, help="Name of a stored model.")
@DATA
@MODELS
@JSON
@ENCODING
def evaluate(model: str, data: Path, models: Path, as_json: bool, encoding: str | None) -> None:
    """Measure a model on a dataset's validation and test splits."""
    from claimclf.services.datasets import open_dataset
    from claimclf.services.figures import as_record, written
    from claimclf.services.loading import load_model
    from claimclf.services.models import evaluate_model

    metrics = evaluate_model(load_model(models, model), open_dataset(data, encoding=encoding))
    if as_json:
        print_json({part: as_record(figures) for part, figures in metrics.items()})
        return
    for part, figures in metrics.items():
        (tn, fp), (fn, tp) = figures.confusion_matrix
        say(
            f"{part:<11} recall {written(figures.recall, 'recall')}  "
            f"precision {written(figures.precision, 'precision')}  "
            f"F1 {written(figures.f1, 'f1')}  accuracy {written(figures.accuracy, 'accuracy')}  "
            f"tn {tn}  fp {fp}  fn {fn}  tp {tp}"
        )


@click.command()
@click.option("--model", required=True, help="Name of a stored model.")
@DATA
@click.option(
    "--out-of-domain",
    "out_of_domain",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Labelled sentences from elsewhere (label and text); repeatable.",
)
@SPEECH
@click.option("--save", is_flag=True, help="Keep the result with the model, for its card and page.")
@DATABASE
@MODELS
@JSON
@ENCODING
def stress(
    model: str,
    data: Path,
    out_of_domain: tuple[Path, ...],
    speech: tuple[str, ...],
    save: bool,
    url: str | None,
    models: Path,
    as_json: bool,
    encoding: str | None,
) -> None:
    """Measure a model on videos that are younger, misspelt, foreign or never seen."""
    from claimclf.dataset.reading import read_table
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.datasets import open_dataset
    from claimclf.services.figures import written
    from claimclf.services.stress import as_records, read_elsewhere, record_stress, stress_model

    store = ModelStore(models)
    store.manifest(model)  # an unknown name is said at once
    sentences = {path.name: read_elsewhere(read_table(path)) for path in out_of_domain}
    for name, file in sentences.items():
        if file.n_rejected:
            say(f"{name}: {file.n_rejected:,} rows are left out.", err=True)
    measure = partial(record_stress, *open_queue(url)) if save else stress_model
    report = measure(
        store,
        model,
        open_dataset(data, encoding=encoding),
        sentences,
        lambda done, total, title: say(f"[{done + 1}/{total}] {title} ...", err=True),
        read_speech(speech, encoding),
    )
    conditions = as_records(report.conditions)
    if as_json:
        curve = as_records(report.trade_off)
        print_json({"model": model, "conditions": conditions, "trade_off": curve})
        return
    for row in conditions:
        shares = "  ".join(
            f"{name} {written(row[name], name, '.3f')}"
            for name in ("recall", "specificity", "claims", "uncertain", "opinions")
        )
        say(f"{row['title']:<48} {shares}")


COMMANDS = (evaluate, stress)
