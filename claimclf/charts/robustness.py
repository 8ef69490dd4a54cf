"""Figures of models under stress: on videos unlike those that they learnt from."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import framed, interval, model_style

_STRESS_HOVER = (
    "%{x:.2%} (%{customdata[0]:.2%} to %{customdata[1]:.2%}), %{customdata[2]:,} videos"
    "<extra>%{fullData.name}</extra>"
)


def stress(rows: pd.DataFrame, figure: str) -> go.Figure:
    """Draw one figure of each model under each condition as a dot with its interval.

    Parameters
    ----------
    rows : DataFrame
        `model`, `title` (the condition), `n`, and the figure with `<figure>_low` and
        `<figure>_high`; conditions in the order of the axis, the first on top.
    figure : str
        The column to draw.
    """
    drawn = go.Figure()
    for number, (name, points) in enumerate(rows.groupby("model", sort=False)):
        drawn.add_trace(
            go.Scatter(
                name=str(name),
                x=points[figure],
                y=points["title"],
                mode="markers",
                error_x=interval(points, figure, figure),
                customdata=points[[f"{figure}_low", f"{figure}_high", "n"]],
                hovertemplate=_STRESS_HOVER,
                marker=model_style(number)["marker"],
            )
        )
    titles = list(dict.fromkeys(rows["title"]))
    order = {"categoryorder": "array", "categoryarray": titles, "autorange": "reversed"}
    drawn.update_yaxes(**order)
    drawn.update_xaxes(title=f"{figure.replace('_', ' ')} with 95 % interval", tickformat=".0%")
    drawn.update_xaxes(range=[-0.03, 1.03])
    return framed(drawn, height=140 + 26 * len(titles))


def trade_off(curves: Mapping[str, pd.DataFrame], hidden: str) -> go.Figure:
    """Draw, for each model, claims hidden elsewhere against the share left uncertain here.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Model -> `error_rate`, `uncertain_test` and the column `hidden` with its ends.
    hidden : str
        The column to draw.
    """
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=points["uncertain_test"].clip(lower=1e-4),  # a log axis has no 0
                y=points[hidden],
                mode="lines+markers+text",
                text=[f"{rate:g}" for rate in points["error_rate"]],
                textposition="top right",
                error_y=interval(points, hidden, hidden),
                hovertemplate="error rate %{text}: %{x:.2%} uncertain, %{y:.2%} hidden",
                **model_style(number),
            )
        )
    # Each error rate is about twice the one before: a log axis keeps them apart.
    figure.update_xaxes(
        title="share of the test split left uncertain (log axis)", type="log", tickformat=".2%"
    )
    figure.update_yaxes(title="claims in the lane opinions", tickformat=".1%", rangemode="tozero")
    return framed(figure, height=380)
