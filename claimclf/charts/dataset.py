"""Figures of a labelled dataset: classes, lengths, counts, words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import COLOURS, bar, framed, histogram
from claimclf.schema import CLAIM, LABELS

_DIVERGING = "RdBu_r"


def class_balance(shares: Mapping[str, float]) -> go.Figure:
    """Draw one bar per class with its share."""
    figure = go.Figure(
        [
            bar(label, x=[share], y=[label], orientation="h", text=[f"{share:.2%}"])
            for label, share in shares.items()
        ]
    )
    figure.update_traces(textposition="inside", insidetextanchor="middle")
    figure.update_xaxes(title="share of complete rows", tickformat=".0%", range=[0, 1])
    return framed(figure, height=180, legend=False)


def length_histogram(bins: pd.DataFrame, means: Mapping[str, float]) -> go.Figure:
    """Draw text lengths by class, with a line at each class's mean."""
    figure = histogram(bins)
    for label, mean in means.items():
        figure.add_vline(
            x=mean,
            line={"color": COLOURS[label], "dash": "dash", "width": 2},
            annotation={
                "text": f"mean {label}: {mean:.1f}",
                "font": {"color": COLOURS[label]},
                # Two means lie close together: one note to each side.
                "xanchor": "left" if label == CLAIM else "right",
            },
        )
    figure.update_xaxes(title="text length (characters)")
    return framed(figure)


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
            texttemplate="%{z:.2f}",
            hovertemplate="%{y} and %{x}: %{z:.3f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    return framed(figure, height=480)


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
