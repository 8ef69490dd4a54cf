"""Charts: a small DataFrame in, a plotly figure out.

Every figure gets data that are already counted or binned, so that a page stays light. The
two classes have the same two colours everywhere (Okabe and Ito's, which people with any
colour vision tell apart), and bars also differ in pattern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from claimclf.schema import CLAIM, LABELS, OPINION

COLOURS = {CLAIM: "#D55E00", OPINION: "#0072B2"}
_PATTERNS = {CLAIM: "", OPINION: "/"}
_SEQUENTIAL = "Blues"
_DIVERGING = "RdBu_r"
#: Models are no classes: the other colours of Okabe and Ito, readable on light and dark.
_MODELS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
_NEUTRAL = "#808080"
#: What comes to the queue and what leaves it: colour and pattern.
_FLOWS: dict[str, tuple[str, dict[str, Any]]] = {
    "arrivals": (_MODELS[2], {"shape": "/", "fillmode": "overlay", "fgopacity": 0.5}),
    "decisions": (_MODELS[0], {}),
}
#: Points of a line that are marked one by one.
_FEW_POINTS = 48
_CURVE_HOVER = "%{x:.2%}, %{y:.2%}, cut-off %{customdata:.4g}<extra>%{fullData.name}</extra>"
_RELIABILITY_HOVER = (
    "probability %{x:.3f}: %{customdata[0]:,} of %{customdata[1]:,} videos are claims"
    "<extra>%{fullData.name}</extra>"
)
_SLICE_HOVER = (
    "%{x:.2%} (%{customdata[0]:.2%} to %{customdata[1]:.2%}), %{customdata[2]:,} videos, "
    "%{customdata[3]:,} claims<extra></extra>"
)
_STRESS_HOVER = (
    "%{x:.2%} (%{customdata[0]:.2%} to %{customdata[1]:.2%}), %{customdata[2]:,} videos"
    "<extra>%{fullData.name}</extra>"
)


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


def roc(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw one ROC curve a model: `false_positive_rate`, `recall`, `threshold`."""
    figure = _curves(curves, "false_positive_rate", "recall")
    _reference(figure, "guessing", [0, 1], [0, 1])
    figure.update_xaxes(title="opinions sent to review (false positive rate)")
    figure.update_yaxes(title="recall")
    return _framed(figure, height=400)


def precision_recall(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw one precision-recall curve a model: `recall`, `precision`, `threshold`."""
    figure = _curves(curves, "recall", "precision")
    figure.update_xaxes(title="recall")
    figure.update_yaxes(title="precision")
    return _framed(figure, height=400)


def gains(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw claims caught against videos reviewed: `share_reviewed`, `recall`, `threshold`."""
    figure = _curves(curves, "share_reviewed", "recall")
    _reference(figure, "random order", [0, 1], [0, 1])
    figure.update_xaxes(title="share of videos reviewed, likeliest first")
    figure.update_yaxes(title="share of claims caught")
    return _framed(figure, height=400)


def reliability(curves: Mapping[str, pd.DataFrame]) -> go.Figure:
    """Draw the share of claims against the probability, with intervals.

    Each model's table has `mean_probability`, `claim_share`, `share_low`, `share_high`,
    `videos` and `claims`.
    """
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=points["mean_probability"],
                y=points["claim_share"],
                mode="markers",
                error_y=_interval(points, "claim_share", "share"),
                customdata=points[["claims", "videos"]],
                hovertemplate=_RELIABILITY_HOVER,
                **_model_style(number),
            )
        )
    _reference(figure, "perfectly calibrated", [0, 1], [0, 1])
    figure.update_xaxes(title="mean predicted probability", range=[-0.03, 1.03])
    figure.update_yaxes(title="share that are claims", range=[-0.03, 1.03])
    return _framed(figure, height=400)


def score_histogram(bins: pd.DataFrame, threshold: float) -> go.Figure:
    """Draw probabilities by class on a logarithmic axis, with a line at the cut-off."""
    figure = _histogram(bins)
    figure.add_vline(
        x=threshold,
        line={"color": _NEUTRAL, "dash": "dash", "width": 2},
        annotation={"text": f"cut-off {threshold:.3g}", "font": {"color": _NEUTRAL}},
    )
    figure.update_xaxes(title="probability of claim", range=[0, 1])
    # Nearly all videos stand at the two ends: on a linear axis the doubtful ones vanish.
    highest = np.log10(max(float(bins["videos"].max()), 10.0)) + 0.2
    figure.update_yaxes(type="log", title="videos (log axis)", range=[-0.3, highest])
    return _framed(figure)


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
    for small, colour, symbol in ((False, _MODELS[0], "circle"), (True, _NEUTRAL, "circle-open")):
        shown = known[known[f"{rate}_small"] == small]
        figure.add_trace(
            go.Scatter(
                name=f"{rate}, few {counted}" if small else rate,
                x=shown[rate],
                y=[shown["column"], shown["value"]],
                mode="markers",
                marker={"color": colour, "symbol": symbol, "size": 10},
                error_x=_interval(shown, rate, rate) | {"color": colour},
                customdata=shown[[f"{rate}_low", f"{rate}_high", "n", "n_claims"]],
                hovertemplate=_SLICE_HOVER,
            )
        )
    figure.update_yaxes(type="multicategory", autorange="reversed")
    figure.update_xaxes(title=f"{rate} with 95 % interval", tickformat=".1%")
    return _framed(figure, height=120 + 26 * len(known))


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
    for number, (name, found) in enumerate(rows.groupby("model", sort=False)):
        drawn.add_trace(
            go.Scatter(
                name=str(name),
                x=found[figure],
                y=found["title"],
                mode="markers",
                error_x=_interval(found, figure, figure),
                customdata=found[[f"{figure}_low", f"{figure}_high", "n"]],
                hovertemplate=_STRESS_HOVER,
                marker=_model_style(number)["marker"],
            )
        )
    titles = list(dict.fromkeys(rows["title"]))
    order = {"categoryorder": "array", "categoryarray": titles, "autorange": "reversed"}
    drawn.update_yaxes(**order)
    drawn.update_xaxes(title=f"{figure.replace('_', ' ')} with 95 % interval", tickformat=".0%")
    drawn.update_xaxes(range=[-0.03, 1.03])
    return _framed(drawn, height=140 + 26 * len(titles))


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
                error_y=_interval(points, hidden, hidden),
                hovertemplate="error rate %{text}: %{x:.2%} uncertain, %{y:.2%} hidden",
                **_model_style(number),
            )
        )
    # Each error rate is about twice the one before: a log axis keeps them apart.
    figure.update_xaxes(
        title="share of the test split left uncertain (log axis)", type="log", tickformat=".2%"
    )
    figure.update_yaxes(title="claims in the lane opinions", tickformat=".1%", rangemode="tozero")
    return _framed(figure, height=380)


def contributions(parts: pd.DataFrame, bias: float, unit: str) -> go.Figure:
    """Draw what each feature adds to one video's score: `feature`, `contribution`.

    Bars to the right speak for a claim, bars to the left for an opinion.
    """
    figure = go.Figure()
    for label, sign in ((CLAIM, 1), (OPINION, -1)):
        part = parts[parts["contribution"] * sign > 0]
        figure.add_trace(
            _bar(
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
    _framed(figure, height=120 + 26 * len(parts))
    return figure.update_layout(barmode="relative")


def arrivals_and_decisions(hours: pd.DataFrame) -> go.Figure:
    """Draw what came above what was decided, by hour: `start`, `arrivals`, `decisions`.

    Each has an axis of its own: one upload brings more than a team decides in a day.
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
                hovertemplate=f"%{{x|%d %b %H:%M}}: %{{y:,}} {name}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        figure.update_yaxes(title=name, rangemode="tozero", tickformat=",", row=row, col=1)
        if not hours[name].any():  # an axis from -1 to 4 would say that there is something
            figure.update_yaxes(range=[0, 1], tickvals=[0, 1], row=row, col=1)
    figure.update_xaxes(title="hour (UTC)", row=2, col=1)
    return _untitled(figure, height=400)


def backlog_course(hours: pd.DataFrame) -> go.Figure:
    """Draw how many cases waited at each hour's end: `end`, `waiting`."""
    figure = go.Figure(
        go.Scatter(
            name="waiting",
            x=hours["end"],
            y=hours["waiting"],
            mode="lines+markers" if len(hours) <= _FEW_POINTS else "lines",
            fill="tozeroy",
            # The value at an hour's end stands for the hour before: an upload is a step.
            line={"color": _MODELS[1], "width": 2, "shape": "vh"},
            hovertemplate="%{x|%d %b %H:%M}: %{y:,} waiting<extra></extra>",
        )
    )
    figure.update_xaxes(title="hour's end (UTC)")
    figure.update_yaxes(title="cases that wait", rangemode="tozero", tickformat=",")
    return _untitled(figure, height=300)


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
        style = _model_style(number)["line"]
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
                    marker={"color": _NEUTRAL, "symbol": _SYMBOLS[number], "size": 11},
                    hovertemplate="%{fullData.name}<extra></extra>",
                )
            )
    figure.update_xaxes(title="hours since arrival", rangemode="tozero")
    figure.update_yaxes(title="share still waiting", tickformat=".0%", range=[0, 1.05])
    return _framed(figure)


def _curves(curves: Mapping[str, pd.DataFrame], x: str, y: str) -> go.Figure:
    """Draw a line a model between 0 and 1; the cut-off stands in the hover text."""
    figure = go.Figure()
    for number, (name, points) in enumerate(curves.items()):
        figure.add_trace(
            go.Scatter(
                name=name,
                x=points[x],
                y=points[y],
                mode="lines",
                customdata=points["threshold"],
                hovertemplate=_CURVE_HOVER,
                line=_model_style(number)["line"],
            )
        )
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.01])
    return figure


def _reference(figure: go.Figure, name: str, x: list[float], y: list[float]) -> None:
    line = {"color": _NEUTRAL, "dash": "dot", "width": 1}
    figure.add_trace(go.Scatter(name=name, x=x, y=y, mode="lines", line=line, hoverinfo="skip"))


def _interval(points: pd.DataFrame, value: str, ends: str) -> dict[str, Any]:
    """Return error bars from `<ends>_low` to `<ends>_high`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": points[f"{ends}_high"] - points[value],
        "arrayminus": points[value] - points[f"{ends}_low"],
        "thickness": 1.5,
    }


def _model_style(number: int) -> dict[str, Any]:
    """Return the colour, dash and marker of a model, told apart without colour as well."""
    colour = _MODELS[number % len(_MODELS)]
    return {
        "line": {"color": colour, "dash": _DASHES[number % len(_DASHES)], "width": 2},
        "marker": {"color": colour, "symbol": _SYMBOLS[number % len(_SYMBOLS)], "size": 8},
    }


def _bar(label: str, **values: object) -> go.Bar:
    # Over a solid bar: on a hatch alone the numbers written inside cannot be read.
    pattern = {"shape": _PATTERNS[label], "fillmode": "overlay", "fgopacity": 0.5}
    return go.Bar(name=label, marker={"color": COLOURS[label], "pattern": pattern}, **values)


def _untitled(figure: go.Figure, height: int) -> go.Figure:
    """Frame a figure that has neither a title nor a legend."""
    return _framed(figure, height, legend=False).update_layout(margin_t=10)


def _framed(figure: go.Figure, height: int = 340, *, legend: bool = True) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 60, "b": 10},
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        barmode="group",
        hovermode="closest",
    )
    return figure
