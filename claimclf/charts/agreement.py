"""Figures of agreement: by week, with how sure each is."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from claimclf.charts.theme import MODEL_COLOURS, NEUTRAL, framed, interval

#: Weeks of many cases and of few: colour, marker and name.
_SIZES = {False: (MODEL_COLOURS[0], "circle", "enough cases"), True: (NEUTRAL, "x", "few cases")}


def agreement_by_week(weeks: pd.DataFrame) -> go.Figure:
    """Draw the share of the same answers by week, those of few cases in grey.

    Parameters
    ----------
    weeks : DataFrame
        With `week`, `share`, `share_low`, `share_high`, `cases` and `is_small`.
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
    figure.update_xaxes(title="week", tickformat="%d %b %Y", tickvals=weeks["week"])
    figure.update_yaxes(title="same answer", tickformat=".0%", range=[-0.03, 1.03])
    return framed(figure, height=300)
