"""Figures of a labelled dataset: classes, lengths, counts, words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import COLOURS, bar, framed, histogram
from claimclf.schema import LABELS

#: The page shows through where nothing goes together: no cell glares on a dark one.
_DIVERGING = [
    [0.0, "rgba(0, 114, 178, 0.6)"],
    [0.5, "rgba(128, 128, 128, 0.05)"],
    [1.0, "rgba(213, 94, 0, 0.6)"],
]


def class_balance(shares: Mapping[str, float], of: str = "share of complete rows") -> go.Figure:
    """Draw one bar per class with its share; `of` says of what."""
    figure = go.Figure(
        [
            bar(label, x=[share], y=[label], orientation="h", text=[f"{share:.2%}"])
            for label, share in shares.items()
        ]
    )
    # Beside the bar: on a hatch a number is hard to read.
    figure.update_traces(textposition="outside", cliponaxis=False)
    figure.update_xaxes(title=of, tickformat=".0%", range=[0, 1.15])
    return framed(figure, height=180, legend=False)


def length_histogram(
    bins: pd.DataFrame, means: Mapping[str, float], unit: str = "videos"
) -> go.Figure:
    """Draw text lengths by class, with a line at each class's mean; `unit` is what is counted."""
    figure = histogram(bins)
    figure.update_traces(hovertemplate=f"%{{y:,}} {unit}<extra>%{{fullData.name}}</extra>")
    figure.update_yaxes(title=unit)
    lowest = min(means, key=means.__getitem__, default=None)
    for label, mean in means.items():
        figure.add_vline(
            x=mean,
            line={"color": COLOURS[label], "dash": "dash", "width": 2},
            annotation={
                "text": f"mean {label}: {mean:.1f}",
                # Above the axes, where no peak covers it. Two means lie close together: one note
                # to each side.
                "yanchor": "bottom",
                "xanchor": "right" if label == lowest else "left",
            },
        )
    figure.update_xaxes(title="text length (characters)")
    return framed(figure).update_layout(margin_t=70, legend_y=1.12)


def count_histogram(bins: pd.DataFrame, title: str) -> go.Figure:
    """Draw a count by class on a logarithmic axis; the first bin holds the zeros."""
    zero = bins["low"] == 0
    shown = bins.assign(low=bins["low"].mask(zero, 0.5), high=bins["high"].mask(zero, 1.0))
    figure = histogram(shown)
    figure.update_xaxes(title=f"{title} (log axis, zeros left of 1)", type="log")
    return framed(figure)


def shares_by_class(shares: pd.DataFrame, column: str) -> go.Figure:
    """Draw how each class is made up of a category's values."""
    figure = go.Figure()
    for label in LABELS:
        part = shares[shares["label"] == label]
        figure.add_trace(
            bar(
                label,
                x=part[column],
                y=part["share"],
                text=[f"{share:.1%}" for share in part["share"]],
                customdata=part["videos"],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{x}: %{y:.1%} (%{customdata:,} videos)",
            )
        )
    figure.update_yaxes(title="share within the class", tickformat=".0%")
    return framed(figure)


def correlations(matrix: pd.DataFrame) -> go.Figure:
    """Draw a correlation matrix with its numbers."""
    figure = go.Figure(
        go.Heatmap(
            z=matrix.to_numpy(),
            x=list(matrix.columns),
            y=list(matrix.index),
            zmin=-1,
            zmax=1,
            colorscale=_DIVERGING,
            hovertemplate="%{y} and %{x}: %{z:.3f}<extra></extra>",
        )
    )
    # Notes have the page's colour of text; a heatmap's own are coloured for a white page.
    notes = [
        {"x": x, "y": y, "text": f"{value:.2f}", "showarrow": False}
        for y, row in zip(matrix.index, matrix.to_numpy(float).tolist(), strict=True)
        for x, value in zip(matrix.columns, row, strict=True)
    ]
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False, autorange="reversed")
    return framed(figure, height=480).update_layout(annotations=notes)


def telling_ngrams(ngrams: pd.DataFrame, label: str) -> go.Figure:
    """Draw the n-grams of one class, the most telling on top."""
    part = ngrams[ngrams["label"] == label]
    figure = go.Figure(
        bar(
            label,
            x=part["log_odds"].abs(),
            y=part["ngram"],
            orientation="h",
            customdata=part["videos"],
            hovertemplate="%{y}: log-odds %{x:.1f}, %{customdata:,} videos",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title=f"log-odds for {label}")
    return framed(figure, height=380, legend=False)
