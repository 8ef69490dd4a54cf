"""What all figures share: colours that are told apart, frames, and marks drawn alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from claimclf.schema import CLAIM, OPINION

COLOURS = {CLAIM: "#D55E00", OPINION: "#0072B2"}
_PATTERNS = {CLAIM: "", OPINION: "/"}
#: Models are no classes: the other colours of Okabe and Ito, readable on light and dark.
MODEL_COLOURS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
NEUTRAL = "#808080"


def framed(figure: go.Figure, height: int = 340, *, legend: bool = True) -> go.Figure:
    """Give a figure its height in pixels, and the margins and legend of all others."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        barmode="group",
        hovermode="closest",
    )
    return figure


def untitled(figure: go.Figure, height: int) -> go.Figure:
    """Frame a figure that has neither a title nor a legend."""
    return framed(figure, height, legend=False).update_layout(margin_t=10)


def bar(label: str, **values: object) -> go.Bar:
    """Return a class's bars, in its colour and pattern."""
    # Over a solid bar: on a hatch alone the numbers written inside cannot be read.
    pattern = {"shape": _PATTERNS[label], "fillmode": "overlay", "fgopacity": 0.5}
    return go.Bar(name=label, marker={"color": COLOURS[label], "pattern": pattern}, **values)


def histogram(bins: pd.DataFrame) -> go.Figure:
    """Draw steps for each class: `label`, `low`, `high`, `videos`."""
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


def model_style(number: int) -> dict[str, Any]:
    """Return the colour, dash and marker of a model, told apart without colour as well."""
    colour = MODEL_COLOURS[number % len(MODEL_COLOURS)]
    return {
        "line": {"color": colour, "dash": _DASHES[number % len(_DASHES)], "width": 2},
        "marker": {"color": colour, "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 8},
    }


def interval(points: pd.DataFrame, value: str, ends: str) -> dict[str, Any]:
    """Return error bars from `<ends>_low` to `<ends>_high`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": points[f"{ends}_high"] - points[value],
        "arrayminus": points[value] - points[f"{ends}_low"],
        "thickness": 1.5,
    }


def reference(figure: go.Figure, name: str, x: list[float], y: list[float]) -> None:
    """Add a dotted grey line to compare with."""
    line = {"color": NEUTRAL, "dash": "dot", "width": 1}
    figure.add_trace(go.Scatter(name=name, x=x, y=y, mode="lines", line=line, hoverinfo="skip"))
