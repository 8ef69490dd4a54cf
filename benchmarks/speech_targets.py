"""What the model of real speech must reach, and what it reaches, in one table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.speech import figures
from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.reading import read_table
from claimclf.dataset.splitting import split
from claimclf.modeling.scoring.prediction import predictions
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import CLAIM, CLAIM_STATUS, ENGAGEMENT, PREDICTION, TRANSCRIPT
from claimclf.services.datasets import Dataset
from claimclf.services.stress import read_elsewhere

#: By what the counts of the test split are multiplied.
_TIMES = (0, 0.01, 0.1, 10, 100, 300)
_FRAMINGS = {"unseen-framings": ("two words", 0.99), "unseen-first-words": ("first word", 0.985)}
#: Share of claims among the later debates, for which what is to be reviewed is asked: whoever
#: knew all would find 95 % of them in 0.242 of the texts. In the development set it is a half.
_LATER_CLAIMS = 0.242 / 0.95


@dataclass(frozen=True)
class Target:
    """What a figure must reach.

    Parameters
    ----------
    figure : str
        As `benchmarks.speech.figures` names it.
    title : str
        In words.
    must, aim : float or None
        At least, or at most where `is_most`; None where nothing is asked.
    is_most : bool
        Whether less is better.
    """

    figure: str
    title: str
    must: float | None = None
    aim: float | None = None
    is_most: bool = False


_PLAIN = (
    Target("auc", "AUC"),
    Target("decided", "leaves `uncertain`"),
    Target("hidden", "claims in `opinions`", is_most=True),
    Target("review_95", "to review until 95 % of claims are found", is_most=True),
)
_OF_SET = {
    "debate_sentences_dev.csv": (
        Target("auc", "AUC", 0.905, 0.93),
        Target("decided", "leaves `uncertain`", 0.55, 0.65),
        Target("hidden", "claims in `opinions`", 0.04, 0.03, is_most=True),
        Target(
            "review_as_later",
            "to review until 95 % of claims are found, were a quarter claims",
            0.53,
            0.48,
            is_most=True,
        ),
    ),
    "posts_dev.csv": (
        Target("auc", "AUC", 0.8, 0.84),
        Target("decided", "leaves `uncertain`"),
        Target("hidden", "claims in `opinions`", 0.08, 0.05, is_most=True),
        Target("review_95", "to review until 95 % of claims are found", is_most=True),
    ),
}


def target_lines(
    store: ModelStore, manifest: Manifest, dataset: Dataset, files: Sequence[Path]
) -> Iterator[tuple[str, ...]]:
    """Write what a model must reach on each set and what it reaches, header first.

    Parameters
    ----------
    store : ModelStore
        Where the model is.
    manifest : Manifest
        The model's.
    dataset : Dataset
        The course's.
    files : sequence of Path
        Labelled texts; of a set that is not known here nothing is asked.
    """
    yield "set", "figure", "must", "aim", manifest.name, ""
    yield from _course_lines(store, manifest, dataset)
    for path in files:
        rows = read_elsewhere(read_table(path)).accepted.dropna(subset=[TRANSCRIPT, CLAIM_STATUS])
        measured = dict(figures(store.load(manifest.name), rows))
        measured["review_as_later"] = review_share_as(measured, _LATER_CLAIMS)
        for target in _OF_SET.get(path.name, _PLAIN):
            yield _line(f"{path.name} ({len(rows):,})", target, measured)


def review_share_as(measured: Mapping[str, float], claim_share: float) -> float:
    """Return the share to review until 95 % of claims are found, with another share of claims.

    Parameters
    ----------
    measured : mapping
        `review_95`, `n` and `n_claims`.
    claim_share : float
        Share of claims among the texts that are thought of.
    """
    claims = math.ceil(0.95 * measured["n_claims"])
    opinions = measured["review_95"] * measured["n"] - claims
    of_opinions = opinions / (measured["n"] - measured["n_claims"])
    of_claims = claims / measured["n_claims"]
    return claim_share * of_claims + (1 - claim_share) * of_opinions


def _course_lines(
    store: ModelStore, manifest: Manifest, dataset: Dataset
) -> Iterator[tuple[str, ...]]:
    at_least = 0.999
    (right, extra), _ = manifest.metrics["test"].confusion_matrix
    test = {"recall": manifest.metrics["test"].recall, "specificity": right / (right + extra)}
    for name in test:
        yield _line("course test", Target(name, name, at_least), test)
    worst = {"recall": min(_recalls(store, manifest, split(dataset.cleaned.rows).test))}
    yield _line("engagement × 0 to × 300", Target("recall", "lowest recall", at_least), worst)
    stress = {row["condition"]: row for row in manifest.stress}
    for condition, (words, least) in _FRAMINGS.items():
        if condition in stress:
            target = Target("recall", "recall", least)
            yield _line(f"framings never seen ({words})", target, stress[condition])


def _recalls(store: ModelStore, manifest: Manifest, test: pd.DataFrame) -> Iterator[float]:
    model, claim = store.load(manifest.name), is_claim(test).to_numpy() == 1
    for times in _TIMES:
        altered = test.assign(**{name: (test[name] * times).round() for name in ENGAGEMENT})
        yield float((predictions(model, altered)[PREDICTION].to_numpy()[claim] == CLAIM).mean())


def _line(where: str, target: Target, measured: Mapping[str, float]) -> tuple[str, ...]:
    value = measured[target.figure]
    asked = (_written(target, target.must), _written(target, target.aim))
    return where, target.title, *asked, f"{value:.4f}", _verdict(value, target)


def _verdict(value: float, target: Target) -> str:
    if target.must is None:
        return ""
    met = value <= target.must if target.is_most else value >= target.must
    return "met" if met else "**missed**"


def _written(target: Target, asked: float | None) -> str:
    return "" if asked is None else f"{'≤' if target.is_most else '≥'} {asked:g}"
