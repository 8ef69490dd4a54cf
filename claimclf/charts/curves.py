"""Figures over all cut-offs: a line or points for each model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import NEUTRAL, framed, histogram, interval, model_style, reference

_CURVE_HOVER = "%{x:.2%}, %{y:.2%}, cut-off %{customdata:.4g}<extra>%{fullData.name}</extra>"
_RELIABILITY_HOVER = (
    "probability %{x:.3f}: %{customdata[0]:,} of %{customdata[1]:,} videos are claims"
    "<extra>%{fullData.name}</extra>"
)


def roc(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw one ROC curve a model: `false_positive_rate`, `recall`, `threshold`."""
    figure = _curves(curves, "false_positive_rate", "recall")
    reference(figure, "guessing", [0, 1], [0, 1])
    figure.update_xaxes(title="opinions sent to review (false positive rate)")
    figure.update_yaxes(title="recall")
    return framed(figure, height=400)


def precision_recall(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw one precision-recall curve a model: `recall`, `precision`, `threshold`."""
    figure = _curves(curves, "recall", "precision")
    figure.update_xaxes(title="recall")
    figure.update_yaxes(title="precision")
    return framed(figure, height=400)


def gains(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw claims caught against videos reviewed: `share_reviewed`, `recall`, `threshold`."""
    figure = _curves(curves, "share_reviewed", "recall")
    reference(figure, "random order", [0, 1], [0, 1])
    figure.update_xaxes(title="share of videos reviewed, likeliest first")
    figure.update_yaxes(title="share of claims caught")
    return framed(figure, height=400)


def reliability(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw the share of claims against the probability, with intervals.

    Each model's table has `mean_probability`, `claim_share`, `share_low`, `share_high`,
    `videos` and `claims`.
    """
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=points["mean_probability"],
                y=points["claim_share"],
                mode="markers",
                error_y=interval(points, "claim_share", "share"),
                customdata=points[["claims", "videos"]],
                hovertemplate=_RELIABILITY_HOVER,
                **model_style(number),
            )
        )
    reference(figure, "perfectly calibrated", [0, 1], [0, 1])
    figure.update_xaxes(title="mean predicted probability", range=[-0.03, 1.03])
    figure.update_yaxes(title="share that are claims", range=[-0.03, 1.03])
    return framed(figure, height=400)


def score_histogram(bins: pd.DataFrame, threshold: float) -> go.Figure:
    """Draw probabilities by class on a logarithmic axis, with a line at the cut-off."""
    figure = histogram(bins)
    figure.add_vline(
        x=threshold,
        line={"color": NEUTRAL, "dash": "dash", "width": 2},
        annotation={"text": f"cut-off {threshold:.3g}", "font": {"color": NEUTRAL}},
    )
    figure.update_xaxes(title="probability of claim", range=[0, 1])
    # Nearly all videos stand at the two ends: on a linear axis the doubtful ones vanish.
    highest = np.log10(max(float(bins["videos"].max()), 10.0)) + 0.2
    figure.update_yaxes(type="log", title="videos (log axis)", range=[-0.3, highest])
    return framed(figure)


def _curves(curves: Mapping[str, pd.DataFrame], x: str, y: str) -> go.Figure:
    """Draw a line a model between 0 and 1; the cut-off stands in the hover text."""
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=points[x],
                y=points[y],
                mode="lines",
                customdata=points["threshold"],
                hovertemplate=_CURVE_HOVER,
                line=model_style(number)["line"],
            )
        )
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.01])
    return figure
