"""The whole comparison as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from claimclf import charts
from claimclf.errors import ModelError
from claimclf.modeling.evaluation import curves
from claimclf.modeling.evaluation.measuring import predict_claim, report_by_class
from claimclf.modeling.evaluation.slices import slices
from claimclf.modeling.store.by_kind import at_a_glance
from claimclf.modeling.store.champion import RULE
from claimclf.services.comparison import Judged, figures_at, mistakes, paired, rows_of
from claimclf.services.datasets import Dataset
from claimclf.services.figures import DASH

_STYLE = Path(__file__).with_suffix(".css").read_text("utf-8")


def comparison_html(models: Sequence[Judged], cut: Mapping[str, float], dataset: Dataset) -> str:
    """Write figures, curves, differences, slices, mistakes and checks of stored models.

    Parameters
    ----------
    models : sequence of Judged
        At least one.
    cut : mapping of str to float
        Each model's cut-off.
    dataset : Dataset
        Gives transcripts and columns where it is the one that the models were measured on.

    Returns
    -------
    str
        A page with all scripts inside; text of users is escaped.
    """
    page = _Page()
    for model in models:
        page.lines(
            f"{model.name}, by kind of text",
            [f"On {one.texts}: {one.figures}." for one in at_a_glance(model.manifest)],
        )
    page.table("Figures on the validation split", figures_at(models, cut))
    for model in models:
        matrix = model.cutoffs.at(cut[model.name]).metrics.confusion_matrix
        page.figure(model.name, charts.confusion_matrix(matrix, "Confusion matrix, validation"))
        predicted = predict_claim(model.probability, cut[model.name])
        page.table("Classification report", report_by_class(model.truth, predicted))
    _add_curves(page, models)
    for second in models[1:]:
        _add_difference(page, models[0], second, cut)
    for model in models:
        _add_depth(page, model, cut[model.name], dataset)
    return page.html()


class _Page:
    """Collects titles, tables and figures; the first figure brings the drawing library."""

    def __init__(self) -> None:
        self.parts = [f"<p>{escape(RULE)}</p>"]
        self.figures = 0

    def text(self, title: str, text: str) -> None:
        self.parts.append(f"<h2>{escape(title)}</h2><p>{escape(text)}</p>")

    def lines(self, title: str, lines: Sequence[str]) -> None:
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        self.parts.append(f"<h2>{escape(title)}</h2><ul>{items}</ul>")

    def table(self, title: str, frame: pd.DataFrame) -> None:
        written = frame.to_html(escape=True, float_format="{:.5g}".format, na_rep=DASH)
        note = f"<p>{DASH}: nothing to count, as precision where no claim is predicted.</p>"
        none = note if frame.isna().any(axis=None) else ""
        self.parts.append(f"<h2>{escape(title)}</h2>{written}{none}")

    def figure(self, title: str, figure: go.Figure) -> None:
        library = False if self.figures else "inline"
        drawn = figure.to_html(full_html=False, include_plotlyjs=library)
        self.parts.append(f"<h2>{escape(title)}</h2>{drawn}")
        self.figures += 1

    def html(self) -> str:
        made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        body = "\n".join(self.parts)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f"<title>claimclf: model comparison</title><style>{_STYLE}</style></head>"
            f"<body><h1>Model comparison</h1><p>Made {made}.</p>{body}</body></html>"
        )


def _add_curves(page: _Page, models: Sequence[Judged]) -> None:
    drawn = {
        "Cumulative claims caught": (charts.gains, curves.gains),
        "Precision and recall": (charts.precision_recall, curves.precision_recall),
        "ROC": (charts.roc, curves.roc),
        "Reliability": (charts.reliability, curves.reliability),
    }
    for title, (draw, curve) in drawn.items():
        page.figure(title, draw({m.name: curve(m.truth, m.probability) for m in models}))
    briers = {m.name: [curves.brier(m.truth, m.probability)] for m in models}
    page.table("Brier score (0 is best)", pd.DataFrame(briers))


def _add_difference(page: _Page, first: Judged, second: Judged, cut: Mapping[str, float]) -> None:
    title = f"{first.name} against {second.name}"
    try:
        pair = paired(first, second, cut)
    except ModelError as error:
        page.text(title, str(error))
        return
    page.text(
        title,
        f"Only the first is right about {pair.test.only_a:,} videos, only the second about "
        f"{pair.test.only_b:,}. Exact McNemar test: p = {pair.test.p_value:.4g}.",
    )
    page.table("Videos on which they disagree", pair.disagreements)


def _add_depth(page: _Page, model: Judged, threshold: float, dataset: Dataset) -> None:
    bins = curves.score_histogram(model.truth, model.probability)
    page.figure(f"{model.name}: scores by class", charts.score_histogram(bins, threshold))
    own = charts.importances(model.manifest.importances, "The model's own importances")
    page.figure(f"{model.name}: importances", own)
    page.table("Permutation importance (validation)", pd.DataFrame(model.manifest.permutation))
    rows = rows_of(model, dataset)
    if rows is not None:
        parts = slices(rows, predict_claim(model.probability, threshold))
        page.table(f"{model.name}: slices", parts)
    page.table(f"{model.name}: what it got wrong", mistakes(model, threshold, rows))
    page.table(f"{model.name}: checks", pd.DataFrame(model.manifest.checks))
