"""What is missed, what more reviews would find, and what has changed."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import (
    MODEL_COLOURS,
    NEUTRAL,
    SYMBOLS,
    framed,
    interval,
    model_style,
    untitled,
)

#: How a signal stands -> colour and symbol.
_STATES = {
    "alarm": (MODEL_COLOURS[2], SYMBOLS[2]),
    "quiet": (MODEL_COLOURS[0], SYMBOLS[0]),
}


def missed_by_week(points: pd.DataFrame) -> go.Figure:
    """Draw numbers with their intervals: `week`, `what`, `number`, `number_low`, `number_high`."""
    figure = go.Figure()
    for number, (what, part) in enumerate(points.groupby("what", sort=False)):
        figure.add_trace(
            go.Scatter(
                name=str(what),
                x=part["week"],
                y=part["number"],
                error_y=interval(part, "number", "number"),
                mode="markers",
                marker={**model_style(number)["marker"], "size": 10},
                customdata=part[["number_low", "number_high"]],
                hovertemplate="week of %{x}: about %{y:,.0f}, between %{customdata[0]:,} and "
                "%{customdata[1]:,}<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_layout(scattermode="group", scattergap=0.7)
    figure.update_xaxes(title="week from Monday", type="category")
    figure.update_yaxes(title="videos nobody looked at", rangemode="tozero", tickformat=",")
    return framed(figure)


def found_by_capacity(points: pd.DataFrame, a_day: int) -> go.Figure:
    """Draw what share so many reviews a day would find: `a_day`, `share`; one is marked."""
    figure = go.Figure(
        go.Scatter(
            name="found",
            x=points["a_day"],
            y=points["share"],
            mode="lines",
            line=model_style(0)["line"],
            hovertemplate="%{x:,} reviews a day find %{y:.1%}<extra></extra>",
        )
    )
    figure.add_vline(x=a_day, line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title="reviews a day", rangemode="tozero", tickformat=",")
    figure.update_yaxes(title="found of what breaks the rules", tickformat=".0%", range=[0, 1.05])
    return untitled(figure, height=300)


def changes_of_signals(points: pd.DataFrame) -> go.Figure:
    """Draw how far each signal has moved, in steps that matter: `signal`, `steps`, `state`."""
    figure = go.Figure()
    for state, (colour, symbol) in _STATES.items():
        part = points[points["state"] == state]
        if len(part):
            figure.add_trace(
                go.Scatter(
                    name=state,
                    x=part["steps"],
                    y=part["signal"],
                    mode="markers",
                    marker={"color": colour, "symbol": symbol, "size": 11},
                    hovertemplate="%{y}: %{x:+.1f} steps<extra>%{fullData.name}</extra>",
                )
            )
    for at in (-1, 1):
        figure.add_vline(x=at, line={"color": NEUTRAL, "dash": "dot", "width": 1})
    reach = max(float(points["steps"].abs().max()), 1.5) * 1.1
    figure.update_xaxes(title="change, 1 is the least that matters", range=[-reach, reach])
    figure.update_yaxes(
        categoryorder="array", categoryarray=list(points["signal"])[::-1], automargin=True
    )
    return framed(figure, height=120 + 32 * len(points))


def course_of_signal(points: pd.DataFrame, words: str, *, in_percent: bool) -> go.Figure:
    """Draw a signal week by week: `week`, `value`."""
    figure = go.Figure(
        go.Scatter(
            name=words,
            x=points["week"],
            y=points["value"],
            mode="lines+markers",
            line=model_style(0)["line"],
            marker=model_style(0)["marker"],
            hovertemplate="week of %{x}: %{y}<extra></extra>",
        )
    )
    figure.update_xaxes(title="week from Monday", type="category", nticks=9)
    figure.update_yaxes(
        title=words, rangemode="tozero", tickformat=".1%" if in_percent else ",", automargin=True
    )
    return untitled(figure, height=280)
