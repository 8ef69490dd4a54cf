"""Put a stored model under stress, and keep what was measured with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim, require_both_classes
from claimclf.dataset.labelled_texts import LabelledTexts, labelled_texts
from claimclf.dataset.reading import Table
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.modeling.evaluation.metrics import dash
from claimclf.modeling.learners.columns import COLUMNS
from claimclf.modeling.scoring.prediction import predict, unscorable_reason
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.manifest import HELD_OUT, Manifest
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.training.fitting import Trained
from claimclf.modeling.training.stress import stress, trade_off
from claimclf.people import Capability, Person
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import recorded, require_log
from claimclf.schema import OUT_OF_DOMAIN
from claimclf.services.datasets import Dataset
from claimclf.services.permissions import needs

STRESS_SET = "model-stress-set"


@dataclass(frozen=True)
class StressReport:
    """What the stress suite found.

    Parameters
    ----------
    model_name : str
        Which model was measured.
    conditions : DataFrame
        As `modeling.stress.stress` returns it.
    trade_off : DataFrame
        As `modeling.stress.trade_off` returns it; empty where the threshold alone decides on
        the lanes.
    """

    model_name: str
    conditions: pd.DataFrame
    trade_off: pd.DataFrame


def read_elsewhere(table: Table) -> Validated:
    """Take a table as labelled sentences from outside the dataset's world.

    Raises
    ------
    MissingColumnError
        There is no label or no text.
    """
    return validate(table, OUT_OF_DOMAIN)


def read_texts(table: Table, weight: float = 1.0) -> LabelledTexts:
    """Take a table as labelled texts of real people to learn from.

    Raises
    ------
    MissingColumnError
        There is no label or no text.
    TrainingDataError
        A class has too few texts, or the weight cannot be used.
    """
    return labelled_texts(read_elsewhere(table), weight)


def stress_model(
    store: ModelStore,
    name: str,
    dataset: Dataset,
    elsewhere: Mapping[str, Validated],
    on_progress: Callable[[int, int, str], object] | None = None,
    texts: Sequence[LabelledTexts] = (),
) -> StressReport:
    """Measure a stored model under every condition; nothing is kept.

    Parameters
    ----------
    store : ModelStore
        Where the model is.
    name : str
        The model.
    dataset : Dataset
        Labelled; the one that the model was trained on.
    elsewhere : mapping of str to Validated
        Title -> labelled sentences, as `read_elsewhere` returns them.
    on_progress : callable, optional
        Called with conditions done, conditions in all and the title of the next.
    texts : sequence of LabelledTexts
        What a model of real speech was trained on beside the dataset.

    Raises
    ------
    TrainingDataError
        A class has too few rows.
    ModelError
        No such model, or it cannot be used.
    """
    require_both_classes(dataset.cleaned)
    model = store.load(name)
    sentences = {title: validated.accepted for title, validated in elsewhere.items()}
    conditions = stress(model, dataset.cleaned.rows, sentences, on_progress, texts=texts)
    curve = _trade_off(model, store.predictions(name), sentences)
    return StressReport(name, conditions, curve)


@needs(Capability.MANAGE_MODELS)
def record_stress(
    database: Database,
    person: Person,
    store: ModelStore,
    name: str,
    dataset: Dataset,
    elsewhere: Mapping[str, Validated],
    on_progress: Callable[[int, int, str], object] | None = None,
    texts: Sequence[LabelledTexts] = (),
) -> StressReport:
    """Measure a stored model as `stress_model` does, and keep the result with it.

    What is kept decides between models of equal recall, so it has an entry in the audit log.

    Raises
    ------
    TrainingDataError
        A class has too few rows.
    ModelNotFoundError, UnavailableError
        No such model, or the store cannot be written.
    NotAllowedError
        The person may not manage models.
    StorageError
        The log cannot be reached; nothing was kept.
    """
    require_log(database)
    report = stress_model(store, name, dataset, elsewhere, on_progress, texts)
    with recorded(database, person, STRESS_SET) as enter:

        def announce(old: Manifest, new: Manifest) -> None:
            change = {"old": _hidden(old), "new": _hidden(new)}
            enter({"model": name, "conditions": len(new.stress), "claims_hidden": change})

        rows, curve = as_records(report.conditions), as_records(report.trade_off)
        store.set_stress(name, rows, curve, model_card, announce)
    return report


def _hidden(manifest: Manifest) -> float | None:
    """Return the share of claims that nobody would see in the worst case; None if unmeasured."""
    worst = manifest.worst_case
    return float(worst["claims_hidden"]) if worst else None


def stressed(trained: Trained, dataset: Dataset) -> Trained:
    """Return a trained model with the results of the suite's conditions that fit nothing."""
    model, rows = trained.model, dataset.cleaned.rows
    conditions = as_records(stress(model, rows, {}, held_out=False))
    curve = as_records(_trade_off(model, trained.predictions, {}))
    manifest = replace(model.manifest, stress=conditions, trade_off=curve)
    return replace(trained, model=replace(model, manifest=manifest))


def _trade_off(
    model: Model, predictions: pd.DataFrame, sentences: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    if model.predictor.conformal is None:
        return pd.DataFrame()
    return trade_off(predictions, {title: _fits(model, rows) for title, rows in sentences.items()})


def _fits(model: Model, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values and truth; what cannot be scored fits neither class."""
    columns = COLUMNS[model.manifest.feature_set]
    scorable = (unscorable_reason(rows, columns) == "").to_numpy()
    p_values = np.zeros((len(rows), 2))
    p_values[scorable] = predict(model.predictor, rows[scorable]).p_values
    return p_values, is_claim(rows).to_numpy()


def as_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows for JSON, which has no NaN."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def without_held_out(manifests: Sequence[Manifest]) -> list[str]:
    """Name the models that were never fitted anew without some statements and framings."""
    return [m.name for m in manifests if not any(row["kind"] == HELD_OUT for row in m.stress)]


def readable_stress(rows: pd.DataFrame, figure: str) -> pd.DataFrame:
    """Write one figure with its interval, a row a condition and a column a model."""
    titles = list(dict.fromkeys(rows["title"]))
    written = {
        str(name): pd.Series(_with_intervals(own_rows, figure), index=own_rows["title"])
        for name, own_rows in rows.groupby("model", sort=False)
    }
    return pd.DataFrame(written).reindex(titles).fillna("not run").rename_axis(index=None)


def readable_trade_off(manifest: Manifest) -> pd.DataFrame:
    """Write what each error rate costs and saves, a row an error rate."""
    curve = pd.DataFrame(manifest.trade_off)
    if curve.empty:
        return curve
    shares = ["opinions_ruled_out", "claims_ruled_out", *hidden_columns(curve)]
    written = {_in_words(name): _with_intervals(curve, name) for name in shares}
    for part in ("validation", "test"):
        written[f"uncertain ({part})"] = [f"{x:.2%}" for x in curve[f"uncertain_{part}"]]
    in_use = sorted(set(manifest.error_rates.values()))
    rates = [f"{rate:g}" + (" (in use)" if rate in in_use else "") for rate in curve["error_rate"]]
    return pd.DataFrame(written, index=pd.Index(rates, name="error rate"))


def hidden_columns(curve: pd.DataFrame) -> list[str]:
    """Return the columns of a trade-off about outside claims in the lane opinions."""
    ends = ("_low", "_high")
    return [n for n in curve.columns if n.startswith("claims_hidden: ") and not n.endswith(ends)]


def _in_words(name: str) -> str:
    name = name.replace("claims_hidden: ", "claims in opinions: ")
    return name.replace("_ruled_out", " ruled out (validation)")


def _with_intervals(rows: pd.DataFrame, figure: str) -> list[str]:
    ends = [rows[name].astype(float) for name in (figure, f"{figure}_low", f"{figure}_high")]
    return [
        dash(figure) if pd.isna(share) else f"{share:.3f} ({low:.3f} to {high:.3f})"
        for share, low, high in zip(*ends, strict=True)
    ]
