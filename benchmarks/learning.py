"""Measure what decisions teach: AUC on the rest after so many, drawn in a random order.

Two curves on the reference data. *Posts of another topic*: from the model in use, on posts that
it was not trained on. *A kind that was never met*: from a model of the course and the debates
alone, on science posts; how foreign a kind may be is what this shows. Beside each the same
number of texts learnt from scratch, by scikit-learn's logistic regression on words, pairs and
characters. Judged on the texts that were not drawn, medians over orders.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline, make_union

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.labelled_texts import N_GROUPS, LabelledTexts
from claimclf.dataset.reading import read_table
from claimclf.dataset.splitting import split
from claimclf.modeling.learners.algorithms import LINEAR
from claimclf.modeling.learners.recipes import recipes_for
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store.model import Predictor
from claimclf.modeling.training.decided import learn_decisions
from claimclf.modeling.training.kinds import learn_kinds
from claimclf.paths import MODELS, ROOT
from claimclf.schema import TRANSCRIPT
from claimclf.services.datasets import Dataset, open_dataset
from claimclf.services.loading import load_model
from claimclf.services.stress import read_texts

DATA = ROOT.parent / "shared" / "data"
ORDERS = 5


@dataclass(frozen=True)
class Curve:
    """What is learnt from, by whom, and after how many decisions it is measured."""

    title: str
    texts: LabelledTexts
    begins: Predictor
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Point:
    """Medians over orders after `n` decisions."""

    n: int
    before: float
    after: float
    scratch: float
    course_recall: float
    course_specificity: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    chosen = parser.parse_args(arguments)
    dataset = open_dataset(DATA / "tiktok_dataset.csv")
    for curve in curves(dataset):
        print(f"{curve.title}: {len(curve.texts.rows):,} texts")
        print("decisions  model in use  challenger  from scratch  course recall  specificity")
        for point in points(curve, dataset, chosen.orders):
            print(
                f"{point.n:9,}  {point.before:12.3f}  {point.after:10.3f}  {point.scratch:12.3f}"
                f"  {point.course_recall:13.4f}  {point.course_specificity:11.4f}"
            )
    return 0


def curves(dataset: Dataset) -> Iterator[Curve]:
    """Return both curves."""
    yield Curve("Posts of another topic", _texts("posts_dev.csv"), _in_use(), (40, 80, 100))
    debates = [_texts("debate_sentences_train.csv")]
    (recipe,) = (recipe for recipe in recipes_for(["speech"]) if recipe.algorithm == LINEAR)
    base = learn_kinds(recipe, split(dataset.cleaned.rows).train, debates).predictor
    posts = _texts("science_posts.csv")
    yield Curve("A kind that was never met", posts, base, (100, 300, 500))


def points(curve: Curve, dataset: Dataset, orders: int) -> Iterator[Point]:
    """Measure one curve."""
    for n in curve.sizes:
        measured = [_measured(curve, dataset, n, order) for order in range(orders)]
        yield Point(n, *(float(figure) for figure in np.median(measured, axis=0)))


def _measured(curve: Curve, dataset: Dataset, n: int, order: int) -> list[float]:
    rows = curve.texts.rows
    place = np.random.default_rng(order).permutation(len(rows))
    drawn, rest = (rows.iloc[part].reset_index(drop=True) for part in (place[:n], place[n:]))
    decided = LabelledTexts("drawn", "", curve.texts.kind, drawn, np.arange(n) % N_GROUPS)
    learnt = learn_decisions(curve.begins, decided).predictor
    recall, specificity = _on_course(learnt, dataset)
    scratch = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        ),
        LogisticRegression(C=30, max_iter=500),
    ).fit(drawn[TRANSCRIPT], is_claim(drawn))
    alone = scratch.predict_proba(rest[TRANSCRIPT])[:, 1]
    return [
        _auc(rest, predict(curve.begins, rest).probability),
        _auc(rest, predict(learnt, rest).probability),
        _auc(rest, alone),
        recall,
        specificity,
    ]


def _on_course(predictor: Predictor, dataset: Dataset) -> tuple[float, float]:
    test = split(dataset.cleaned.rows).test
    predicted, claim = predict(predictor, test).probability > 0.5, is_claim(test) == 1
    return float(predicted[claim].mean()), float((~predicted)[~claim].mean())


def _auc(rows: pd.DataFrame, probability: np.ndarray) -> float:
    return float(roc_auc_score(is_claim(rows), probability))


def _texts(name: str) -> LabelledTexts:
    return read_texts(read_table(Path(DATA, name)))


def _in_use() -> Predictor:
    return load_model(MODELS).predictor


if __name__ == "__main__":
    sys.exit(main())
