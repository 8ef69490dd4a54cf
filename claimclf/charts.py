"""Charts: a small DataFrame in, a plotly figure out.

Every figure gets data that are already counted or binned, so that a page stays light. The
two classes have the same two colours everywhere (Okabe and Ito's, which people with any
colour vision tell apart), and bars also differ in pattern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from claimclf.schema import CLAIM, LABELS, OPINION

COLOURS = {CLAIM: "#D55E00", OPINION: "#0072B2"}
_PATTERNS = {CLAIM: "", OPINION: "/"}
_SEQUENTIAL = "Blues"
_DIVERGING = "RdBu_r"


def class_balance(shares: Mapping[str, float]) -> go.Figure:
    """Draw one bar per class with its share."""
    figure = go.Figure(
        [
            _bar(label, x=[share], y=[label], orientation="h", text=[f"{share:.2%}"])
            for label, share in shares.items()
        ]
    )
    figure.update_traces(textposition="inside", insidetextanchor="middle")
    figure.update_xaxes(title="share of complete rows", tickformat=".0%", range=[0, 1])
    return _framed(figure, height=180, legend=False)


def length_histogram(bins: pd.DataFrame, means: Mapping[str, float]) -> go.Figure:
    """Draw text lengths by class, with a line at each class's mean."""
    figure = _histogram(bins)
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
    return _framed(figure)


def count_histogram(bins: pd.DataFrame, title: str) -> go.Figure:
    """Draw a count by class on a logarithmic axis; the first bin holds the zeros."""
    zero = bins["low"] == 0
    shown = bins.assign(low=bins["low"].mask(zero, 0.5), high=bins["high"].mask(zero, 1.0))
    figure = _histogram(shown)
    figure.update_xaxes(title=f"{title} (log axis, zeros left of 1)", type="log")
    return _framed(figure)


def _histogram(bins: pd.DataFrame) -> go.Figure:
    figure = go.Figure()
    for label, part in bins.groupby("label", sort=False):
        figure.add_trace(
            go.Scatter(
                name=str(label),
                x=np.r_[part["low"], part["high"].iloc[-1]],
                y=np.r_[part["videos"], part["videos"].iloc[-1]],
                mode="lines",
                line={"shape": "hv", "color": COLOURS[str(label)], "width": 2},
                fill="tozeroy",
                hovertemplate="%{y:,} videos<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_yaxes(title="videos", rangemode="tozero")
    return figure


def shares_by_class(shares: pd.DataFrame, column: str) -> go.Figure:
    """Draw how each class is made up of a category's values."""
    figure = go.Figure()
    for label in LABELS:
        part = shares[shares["label"] == label]
        figure.add_trace(
            _bar(
                label,
                x=part[column],
                y=part["share"],
                text=[f"{share:.1%}" for share in part["share"]],
                customdata=part["videos"],
                hovertemplate="%{x}: %{y:.1%} (%{customdata:,} videos)",
            )
        )
    figure.update_yaxes(title="share within the class", tickformat=".0%")
    return _framed(figure)


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
    return _framed(figure, height=480)


def telling_ngrams(ngrams: pd.DataFrame, label: str) -> go.Figure:
    """Draw the n-grams of one class, the most telling on top."""
    part = ngrams[ngrams["label"] == label]
    figure = go.Figure(
        _bar(
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
    return _framed(figure, height=380, legend=False)


def confusion_matrix(matrix: Sequence[Sequence[int]], title: str) -> go.Figure:
    """Draw ``[[tn, fp], [fn, tp]]`` with counts and shares of the true class."""
    counts = np.array(matrix)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = np.array([["", "extra review"], ["missed claim", ""]])
    text = [
        [
            f"<b>{counts[i, j]:,}</b><br>{shares[i, j]:.2%}"
            + (f"<br>{names[i, j]}" if names[i, j] else "")
            for j in range(2)
        ]
        for i in range(2)
    ]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=[f"predicted {label}" for label in LABELS],
            y=[f"is {label}" for label in LABELS],
            zmin=0,
            zmax=1,
            colorscale=_SEQUENTIAL,
            showscale=False,
            text=text,
            texttemplate="%{text}",
            textfont={"size": 15},
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(title=title)
    return _framed(figure, height=320)


def importances(values: Mapping[str, float], title: str, most: int = 12) -> go.Figure:
    """Draw the largest feature importances of one model."""
    top = dict(list(values.items())[:most])
    figure = go.Figure(
        go.Bar(
            x=list(top.values()),
            y=list(top),
            orientation="h",
            marker={"color": "#009E73"},
            text=[f"{value:.3f}" for value in top.values()],
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title="importance")
    figure.update_layout(title=title)
    return _framed(figure, height=400, legend=False)


def _bar(label: str, **values: object) -> go.Bar:
    pattern = {"shape": _PATTERNS[label], "fgopacity": 0.5}
    return go.Bar(name=label, marker={"color": COLOURS[label], "pattern": pattern}, **values)


def _framed(figure: go.Figure, height: int = 340, *, legend: bool = True) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 45, "b": 10},
        showlegend=legend,
        legend={"orientation": "h", "y": 1.12, "x": 0},
        barmode="group",
        hovermode="closest",
    )
    return figure
