from __future__ import annotations

import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from claimclf import charts
from claimclf.dataset.demo import demo_videos
from claimclf.modeling.evaluation import curves
from claimclf.modeling.evaluation.slices import slices
from claimclf.modeling.explaining.contributions import Contributions

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, 3000)
MODELS = {
    f"model-{i}": np.clip(RNG.normal(0.3 + 0.4 * LABELS, 0.2 + 0.05 * i), 0, 1) for i in range(5)
}
OVERLAID = ["roc", "precision_recall", "gains", "reliability"]


def drawn(name: str) -> go.Figure:
    made = {model: getattr(curves, name)(LABELS, p) for model, p in MODELS.items()}
    figure: go.Figure = getattr(charts, name)(made)
    return figure


def traces(figure: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in figure.data if trace.name}


@pytest.mark.parametrize("name", OVERLAID)
def test_models_lie_over_each_other_and_differ_without_colour(name: str) -> None:
    lines = traces(drawn(name))
    assert list(lines)[: len(MODELS)] == list(MODELS)
    looks = {
        (trace.line.color, trace.line.dash, trace.marker.symbol)
        for trace in lines.values()
        if trace.name in MODELS
    }
    assert len(looks) == len(MODELS)
    assert not {look[0] for look in looks} & set(charts.COLOURS.values())


@pytest.mark.parametrize("name", OVERLAID)
def test_figure_of_five_models_stays_light(name: str) -> None:
    assert len(drawn(name).to_json()) < 200_000


@pytest.mark.parametrize("name", OVERLAID)
def test_no_model_is_an_empty_chart(name: str) -> None:
    assert not set(traces(getattr(charts, name)({}))) & set(MODELS)


def test_curve_shows_its_table_and_the_cutoff_on_hover() -> None:
    points = curves.roc(LABELS, MODELS["model-0"])
    trace = traces(charts.roc({"model-0": points}))["model-0"]
    assert list(trace.x) == points["false_positive_rate"].tolist()
    assert list(trace.y) == points["recall"].tolist()
    assert list(trace.customdata) == points["threshold"].tolist()


def test_reliability_bars_reach_the_ends_of_the_interval() -> None:
    points = curves.reliability(LABELS, MODELS["model-0"])
    trace = traces(charts.reliability({"model-0": points}))["model-0"]
    top = np.array(trace.y) + np.array(trace.error_y.array)
    low = np.array(trace.y) - np.array(trace.error_y.arrayminus)
    assert top == pytest.approx(points["share_high"].to_numpy())
    assert low == pytest.approx(points["share_low"].to_numpy())


def test_score_histogram_has_both_classes_and_a_line_at_the_cutoff() -> None:
    bins = curves.score_histogram(LABELS, MODELS["model-0"])
    figure = charts.score_histogram(bins, 0.37)
    assert {trace.name: trace.line.color for trace in figure.data} == charts.COLOURS
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (0.37, 0.37)


@pytest.mark.parametrize("rate", ["recall", "specificity"])
def test_small_slices_are_hollow_and_every_known_rate_is_drawn(rate: str) -> None:
    rows = demo_videos(200, labelled=True)
    rows = rows.assign(text_length=rows["video_transcription_text"].str.len())
    parts = slices(rows, (rows["video_view_count"] > 5000).to_numpy())
    figure = charts.slices(parts, rate)
    places, large, small = figure.data
    known = parts[parts[rate].notna()]
    assert list(places.y[1]) == known["value"].tolist()  # the table's order
    assert list(small.x) == known.loc[known[f"{rate}_small"], rate].tolist()
    assert list(large.x) == known.loc[~known[f"{rate}_small"], rate].tolist()
    assert (large.marker.symbol, small.marker.symbol) == ("circle", "circle-open")
    assert "NaN" not in json.dumps(figure.to_dict(), default=list)


def test_contributions_are_split_by_what_they_speak_for() -> None:
    contributed = Contributions(("a", "b", "c"), np.array([[0.2, -0.3, 0.0]]), 0.5, "probability")
    figure = charts.contributions(contributed.of(0), contributed.bias, contributed.unit)
    bars = {trace.name: (list(trace.y), list(trace.x)) for trace in figure.data}
    assert bars == {"claim": (["a"], [0.2]), "opinion": (["b"], [-0.3])}
    assert figure.layout.xaxis.title.text == "0.500 without features, 0.400 with all (probability)"


def test_contributions_of_nothing_are_drawn_too() -> None:
    empty = pd.DataFrame({"feature": ["a"], "contribution": [0.0]})
    assert charts.contributions(empty, 0.5, "log-odds").to_json()
