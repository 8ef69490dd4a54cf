"""Figures of the team's work: what came, what was decided, what waits and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from claimclf.charts.theme import MODEL_COLOURS, NEUTRAL, SYMBOLS, framed, model_style, untitled

#: What comes to the queue and what leaves it: colour and pattern.
_FLOWS: dict[str, tuple[str, dict[str, Any]]] = {
    "arrivals": (MODEL_COLOURS[2], {"shape": "/", "fillmode": "overlay", "fgopacity": 0.5}),
    "decisions": (MODEL_COLOURS[0], {}),
}
#: Points of a line that are marked one by one.
_FEW_POINTS = 48
_MOST_TICKS = 6
#: Two of them stand side by side; what is above them stays on the screen.
HEIGHT = 200


def arrivals_and_decisions(hours: pd.DataFrame, zone: str = "UTC") -> go.Figure:
    """Draw what came above what was decided, by hour: `start`, `arrivals`, `decisions`.

    Each has an axis of its own: one upload brings more than a team decides in a day. Hours
    stand at even distances, by the clocks of a time zone: the day on which these are put
    forward has 23 of them, and the one on which they are put back 25.
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    width = pd.Timedelta(hours=1) / pd.Timedelta(milliseconds=1)
    for row, (name, (colour, pattern)) in enumerate(_FLOWS.items(), start=1):
        figure.add_trace(
            go.Bar(
                name=name,
                x=hours["start"],
                y=hours[name],
                # Bars stand on their hour, from its start to its end.
                offset=0,
                width=0.9 * width,
                marker={"color": colour, "pattern": pattern, "line": {"width": 0}},
                customdata=_by_the_clock(hours["start"], zone),
                hovertemplate=f"%{{customdata}}: %{{y:,}} {name}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        figure.update_yaxes(title=name, rangemode="tozero", tickformat=",", row=row, col=1)
        if not hours[name].any():  # an axis from -1 to 4 would say that there is something
            figure.update_yaxes(range=[0, 1], tickvals=[0, 1], row=row, col=1)
    figure.update_xaxes(**_ticks(hours["start"], zone))
    figure.update_xaxes(title=f"hour ({zone})", row=2, col=1)
    return untitled(figure, HEIGHT)


def backlog_course(hours: pd.DataFrame, zone: str = "UTC") -> go.Figure:
    """Draw how many cases waited at each hour's end: `end`, `waiting`."""
    figure = go.Figure(
        go.Scatter(
            name="waiting",
            x=hours["end"],
            y=hours["waiting"],
            mode="lines+markers" if len(hours) <= _FEW_POINTS else "lines",
            fill="tozeroy",
            # The value at an hour's end stands for the hour before: an upload is a step.
            line={"color": MODEL_COLOURS[1], "width": 2, "shape": "vh"},
            customdata=_by_the_clock(hours["end"], zone),
            hovertemplate="%{customdata}: %{y:,} waiting<extra></extra>",
        )
    )
    figure.update_xaxes(title=f"hour's end ({zone})", **_ticks(hours["end"], zone))
    figure.update_yaxes(title="cases that wait", rangemode="tozero", tickformat=",")
    return untitled(figure, HEIGHT)


def _by_the_clock(times: pd.Series, zone: str) -> pd.Series:
    """Write times, without a zone and in UTC, by the clocks of a time zone, which is named."""
    return pd.Series(_local(times, zone).dt.strftime("%d %b %H:%M %Z"))


def _local(times: pd.Series, zone: str) -> pd.Series:
    return pd.Series(times.dt.tz_localize("UTC").dt.tz_convert(zone))


def _ticks(times: pd.Series, zone: str) -> dict[str, Any]:
    """Return where an axis of hours is written: some hours of a day, or midnights of many."""
    local = _local(times, zone).sort_values()
    midnights = local[local.dt.hour == 0]
    many = len(local) > _FEW_POINTS and len(midnights) > 1
    some = midnights if many else local
    some = some[:: -(-len(some) // _MOST_TICKS) or 1]
    return {"tickvals": times[some.index], "ticktext": some.dt.strftime("%d %b<br>%H:%M")}


def time_to_decision(
    curves: Mapping[str, pd.DataFrame], reached: Mapping[float, tuple[str, float | None]]
) -> go.Figure:
    """Draw the share that still waits against the time since arrival.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Name -> `hours` and `share`, the share from that time on.
    reached : mapping of float to (str, float or None)
        Share to be marked on the first curve -> what it is called, and after how many hours
        it was reached; None where it has not come to that.
    """
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        style = model_style(number)["line"]
        figure.add_trace(
            go.Scatter(
                name=name,
                x=points["hours"],
                y=points["share"],
                mode="lines",
                line={**style, "shape": "hv", "width": 2 if number else 3},
                hovertemplate="after %{x:.2f} h %{y:.1%} still wait<extra>%{fullData.name}</extra>",
            )
        )
    for number, (share, (name, hours)) in enumerate(reached.items(), start=1):
        if hours is not None:  # told in the legend: beside the mark runs another line
            figure.add_trace(
                go.Scatter(
                    name=f"{name} after {hours:.1f} h",
                    x=[hours],
                    y=[share],
                    mode="markers",
                    marker={"color": NEUTRAL, "symbol": SYMBOLS[number], "size": 11},
                    hovertemplate="%{fullData.name}<extra></extra>",
                )
            )
    figure.update_xaxes(title="hours since arrival", rangemode="tozero")
    figure.update_yaxes(title="share still waiting", tickformat=".0%", range=[0, 1.05])
    return framed(figure, HEIGHT).update_layout(margin_t=30)
