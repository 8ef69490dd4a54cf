"""Figures of one model at its cut-off: its mistakes, slices and features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import MODEL_COLOURS, NEUTRAL, bar, framed, interval
from claimclf.schema import CLAIM, LABELS, OPINION

#: The page shows through, light or dark: no cell glares, and the page's own text is read on all.
_SEQUENTIAL = [[0.0, "rgba(0, 114, 178, 0.06)"], [1.0, "rgba(0, 114, 178, 0.5)"]]
_SLICE_HOVER = (
    "%{x:.2%} (%{customdata[0]:.2%} to %{customdata[1]:.2%}), %{customdata[2]:,} videos, "
    "%{customdata[3]:,} claims<extra></extra>"
)


def confusion_matrix(matrix: Sequence[Sequence[int]], title: str) -> go.Figure:
    """Draw ``[[tn, fp], [fn, tp]]`` with counts and shares of the true class."""
    counts = np.array(matrix)
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    names = np.array([["", "extra review"], ["missed claim", ""]])
    text = [
        [
            f"<b>{counts[i, j]:,}</b><br>"
            + (f"{shares[i, j]:.2%}" if totals[i, 0] else f"– (no {LABELS[i]}s)")
            + (f"<br>{names[i, j]}" if names[i, j] else "")
            for j in range(2)
        ]
        for i in range(2)
    ]
    x, y = [f"predicted {label}" for label in LABELS], [f"is {label}" for label in LABELS]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=x,
            y=y,
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            colorscale=_SEQUENTIAL,
            showscale=False,
            text=text,
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        )
    )
    # Notes have the page's colour of text; a heatmap's own are coloured for a white page.
    for i, j in np.ndindex(2, 2):
        figure.add_annotation(x=x[j], y=y[i], text=text[i][j], showarrow=False, font_size=14)
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    figure.update_layout(title=title)
    return framed(figure, height=220).update_layout(margin_t=40)


def importances(values: Mapping[str, float], title: str, most: int = 12) -> go.Figure:
    """Draw the largest feature importances of one model."""
    top = dict(list(values.items())[:most])
    figure = go.Figure(
        go.Bar(
            x=list(top.values()),
            y=list(top),
            orientation="h",
            marker={"color": MODEL_COLOURS[0]},
            text=[f"{value:.3f}" for value in top.values()],
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title="importance")
    figure.update_layout(title=title)
    return framed(figure, height=400, legend=False)


def slices(parts: pd.DataFrame, rate: str = "recall") -> go.Figure:
    """Draw one rate in each slice as a dot with its interval, small slices hollow and grey.

    Parameters
    ----------
    parts : DataFrame
        `column`, `value`, `n`, `n_claims` and, for the rate, `<rate>`, `<rate>_low`,
        `<rate>_high`, `<rate>_small`.
    rate : {'recall', 'specificity'}
        Which rate to draw; slices without it are left out.
    """
    known, counted = parts[parts[rate].notna()], "claims" if rate == "recall" else "opinions"
    # Unseen, all slices at once: they set the order of the axis.
    places = go.Scatter(x=known[rate], y=[known["column"], known["value"]], mode="markers")
    figure = go.Figure(places.update(opacity=0, showlegend=False, hoverinfo="skip"))
    for small, colour, symbol in (
        (False, MODEL_COLOURS[0], "circle"),
        (True, NEUTRAL, "circle-open"),
    ):
        shown = known[known[f"{rate}_small"] == small]
        figure.add_trace(
            go.Scatter(
                name=f"{rate}, few {counted}" if small else rate,
                x=shown[rate],
                y=[shown["column"], shown["value"]],
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 10},
                error_x=interval(shown, rate, rate) | {"color": colour},
                customdata=shown[[f"{rate}_low", f"{rate}_high", "n", "n_claims"]],
                hovertemplate=_SLICE_HOVER,
            )
        )
    figure.update_yaxes(type="multicategory", autorange="reversed")
    figure.update_xaxes(title=f"{rate} with 95 % interval", tickformat=".1%")
    return framed(figure, height=120 + 26 * len(known))


def contributions(parts: pd.DataFrame, bias: float, unit: str) -> go.Figure:
    """Draw what each feature adds to one video's score: `feature`, `contribution`.

    Bars to the right speak for a claim, bars to the left for an opinion.
    """
    figure = go.Figure()
    for label, sign in ((CLAIM, 1), (OPINION, -1)):
        part = parts[parts["contribution"] * sign > 0]
        figure.add_trace(
            bar(
                label,
                x=part["contribution"],
                y=part["feature"],
                orientation="h",
                text=[f"{value:+.3f}" for value in part["contribution"]],
                hovertemplate="%{y}: %{x:+.4f}",
            )
        )
    score = bias + float(parts["contribution"].sum())
    order = {"categoryorder": "array", "categoryarray": list(parts["feature"])}
    figure.update_yaxes(autorange="reversed", **order)
    figure.update_xaxes(title=f"{bias:.3f} without features, {score:.3f} with all ({unit})")
    framed(figure, height=120 + 26 * len(parts))
    return figure.update_layout(barmode="relative")
