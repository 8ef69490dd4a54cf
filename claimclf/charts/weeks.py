"""Shares by week, with how sure each is."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import MODEL_COLOURS, NEUTRAL, framed, interval

#: Weeks of many cases and of few: colour, marker and name.
_SIZES = {False: (MODEL_COLOURS[0], "circle", "enough cases"), True: (NEUTRAL, "x", "few cases")}


def shares_by_week(weeks: pd.DataFrame, title: str) -> go.Figure:
    """Draw a share by week, those of few cases in grey.

    Parameters
    ----------
    weeks : DataFrame
        With `week`, `share`, `share_low`, `share_high`, `cases` and `is_small`; and `promised`
        where there is something that it is held against.
    title : str
        What the share is of.
    """
    figure = go.Figure()
    for is_small, part in weeks.groupby("is_small", sort=True):
        colour, symbol, name = _SIZES[bool(is_small)]
        figure.add_trace(
            go.Scatter(
                name=name,
                x=part["week"],
                y=part["share"],
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 9},
                error_y=interval(part, "share", "share"),
                customdata=part["cases"],
                hovertemplate="week of %{x|%d %b %Y}: %{y:.1%} of %{customdata:,}<extra></extra>",
            )
        )
    if "promised" in weeks:
        figure.add_hline(
            y=float(weeks["promised"].iloc[-1]),
            line={"color": NEUTRAL, "dash": "dot", "width": 1},
            annotation={"text": "promised at most", "font": {"size": 11}},
        )
    figure.update_xaxes(title="week", tickformat="%d %b %Y", tickvals=weeks["week"])
    figure.update_yaxes(title=title, tickformat=".0%", range=[-0.03, 1.03])
    return framed(figure, height=300)
