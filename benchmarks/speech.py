"""What the models of real speech must reach: a table by set, and how fast they are.

`python -m benchmarks.model` prints it for the labelled texts on this machine and for any file
that is named with `--out-of-domain`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.dataset.reading import read_table
from claimclf.modeling.evaluation.kinds import ranking_figures
from claimclf.modeling.inference.applying import Applied
from claimclf.modeling.scoring.prediction import predictions
from claimclf.modeling.store.kinds_card import written
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import ROOT
from claimclf.schema import CLAIM_STATUS, LANE, PROBABILITY, TRANSCRIPT, Lane
from claimclf.services.stress import read_elsewhere, read_texts

SHARED = ROOT.parent / "shared" / "data"
Result = TypeVar("Result")
#: Learnt from.
TRAINING = (SHARED / "debate_sentences_train.csv", SHARED / "science_posts.csv")
#: Looked at to choose among models, never learnt from.
DEVELOPMENT = (SHARED / "debate_sentences_dev.csv", SHARED / "posts_dev.csv")
SPEECH = "speech-linear"
#: Set -> AUC that it must at least have.
_LEAST = {"debate_sentences_dev.csv": 0.905, "posts_dev.csv": 0.8}
#: Share of claims that may be hidden in the lane opinions.
_MOST_HIDDEN = {"debate_sentences_dev.csv": 0.04, "posts_dev.csv": 0.08}
_TEXTS, _WORDS = 1_000_000, 15
_TIMES_AS_FAST = 4
_EQUAL = 1e-12
#: Times the memory that a tenth of the texts takes, once it is applied.
_GROWTH = 1.2


def training_texts() -> list[LabelledTexts]:
    """Return the texts of real people that the shipped models were trained on, if here."""
    return [read_texts(read_table(path)) for path in TRAINING if path.is_file()]


def set_lines(
    store: ModelStore, names: Sequence[str], files: Sequence[Path]
) -> Iterator[tuple[str, ...]]:
    """Write the figures of models on labelled files, header first."""
    yield (
        "set",
        "model",
        "texts (claims)",
        "AUC",
        "leaves `uncertain`",
        "claims in `opinions`",
        "to review until 95 % of claims are found",
    )
    for path in files:
        rows = read_elsewhere(read_table(path)).accepted.dropna(subset=[TRANSCRIPT, CLAIM_STATUS])
        for name in names:
            measured = figures(store.load(name), rows)
            yield (
                path.name,
                name,
                f"{measured['n']:,} ({measured['n_claims']:,})",
                written(measured, "auc"),
                f"{measured['decided']:.3f}",
                f"{measured['hidden']:.3f}",
                f"{measured['review_95']:.3f}",
            )


def figures(model: Model, rows: pd.DataFrame) -> Mapping[str, float]:
    """Measure a model on labelled rows that have no other column than their text."""
    predicted = predictions(model, rows)
    claim = is_claim(rows).to_numpy() == 1
    probability = predicted[PROBABILITY].fillna(0).to_numpy()
    lane = predicted[LANE].to_numpy()
    return {
        **ranking_figures(claim, probability, model.manifest.threshold),
        "decided": float((lane != Lane.UNCERTAIN).mean()),
        "hidden": float((lane[claim] == Lane.OPINIONS).mean()),
    }


def speech_promises(store: ModelStore, manifest: Manifest) -> Iterator[tuple[bool, str]]:
    """Yield what is promised of the linear model of real speech, with whether it is kept."""
    name = manifest.name
    for part, metrics in manifest.metrics.items():
        (tn, fp), _ = metrics.confusion_matrix
        lowest = min(metrics.recall, tn / (tn + fp))
        yield lowest >= 0.999, f"{name}: recall and specificity on {part} {lowest:.4f} (0.999)"
    stress = {row["condition"]: row for row in manifest.stress}
    for condition, least in (("unseen-framings", 0.99), ("unseen-first-words", 0.985)):
        if condition in stress:
            recall = stress[condition]["recall"]
            yield recall >= least, f"{name}: {condition} recall {recall:.4f} ({least})"
    model = store.load(name)
    for path in DEVELOPMENT:
        if path.is_file():
            measured = figures(model, read_elsewhere(read_table(path)).accepted)
            auc, hidden = measured["auc"], measured["hidden"]
            least, most = _LEAST[path.name], _MOST_HIDDEN[path.name]
            yield auc >= least, f"{name}: AUC on {path.name} {auc:.4f} ({least})"
            yield hidden <= most, f"{name}: claims hidden on {path.name} {hidden:.4f} ({most})"
    yield from _speed_promises(model)


def _speed_promises(model: Model, n: int = _TEXTS) -> Iterator[tuple[bool, str]]:
    """Compare with scikit-learn's pipeline, both on one core, in processor time, text by text."""
    rows = made_up_texts(n)
    what = f"{model.name}: {n:,} distinct texts of {_WORDS} words"
    applied = Applied(model.pipeline)
    few, _ = _peak(lambda: applied.probability(rows.head(n // 10)))
    many, (ours, result) = _peak(lambda: _processor_time(lambda: applied.probability(rows)))
    theirs, own = _processor_time(lambda: model.pipeline.predict_proba(rows)[:, 1])
    apart = float(np.abs(result - own).max())
    yield (
        theirs / ours >= _TIMES_AS_FAST and apart <= _EQUAL,
        f"{what} {theirs / ours:.1f} times as fast as scikit-learn's pipeline ({_TIMES_AS_FAST}), "
        f"equal to {apart:.0e} ({_EQUAL:.0e})",
    )
    yield (
        many / few <= _GROWTH,
        f"{what} take {many:.0f} MB beside the texts themselves, {many / few:.2f} times as much as "
        f"a tenth of them ({_GROWTH})",
    )


def made_up_texts(n: int) -> pd.DataFrame:
    """Return texts of words from the labelled texts, no two alike."""
    words = np.array([w for s in training_texts() for t in s.rows[TRANSCRIPT] for w in t.split()])
    drawn = np.random.default_rng(0).integers(len(words), size=(n, _WORDS - 1))
    texts = [f"{' '.join(words[line])} {number}" for number, line in enumerate(drawn)]
    return pd.DataFrame({TRANSCRIPT: pd.Series(texts, dtype="str")})


def _processor_time(call: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


def _peak(call: Callable[[], Result]) -> tuple[float, Result]:
    """Return by how many megabytes memory grew at the most meanwhile, and what came of it."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the highest mark is that of now
    before = _memory("VmRSS")
    result = call()
    return _memory("VmHWM") - before, result


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
