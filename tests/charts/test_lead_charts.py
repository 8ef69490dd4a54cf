from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from claimclf import charts

HOURS = pd.DataFrame(
    {
        "start": pd.date_range("2026-03-01 08:00", periods=3, freq="h"),
        "end": pd.date_range("2026-03-01 09:00", periods=3, freq="h"),
        "arrivals": [5_000, 0, 0],
        "decisions": [0, 12, 30],
        "waiting": [5_000, 4_988, 4_958],
    }
)
CURVES = {
    "all lanes": pd.DataFrame({"hours": [0.0, 1.0, 2.5], "share": [1.0, 0.6, 0.4]}),
    "claims": pd.DataFrame({"hours": [0.0, 0.5], "share": [1.0, 0.0]}),
}


def drawn(figure: go.Figure) -> dict[str, tuple[list[object], list[object]]]:
    return {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}


def test_arrivals_and_decisions_are_told_apart_without_colour_and_have_their_own_axes() -> None:
    figure = charts.arrivals_and_decisions(HOURS)
    assert {name: y for name, (_, y) in drawn(figure).items()} == {
        "arrivals": [5_000, 0, 0],
        "decisions": [0, 12, 30],
    }
    looks = {(trace.marker.color, trace.marker.pattern.shape) for trace in figure.data}
    assert len({colour for colour, _ in looks}) == len({shape for _, shape in looks}) == 2
    assert not {colour for colour, _ in looks} & set(charts.COLOURS.values())
    assert [trace.yaxis for trace in figure.data] == ["y", "y2"]
    assert (figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text) == tuple(drawn(figure))


def test_hour_without_anything_is_drawn_on_an_axis_of_counts() -> None:
    figure = charts.arrivals_and_decisions(HOURS.assign(decisions=0))
    assert figure.layout.yaxis.range is None
    assert figure.layout.yaxis2.range == (0, 1)


def test_backlog_is_a_course_of_steps_from_zero() -> None:
    figure = charts.backlog_course(HOURS)
    assert drawn(figure)["waiting"][1] == [5_000, 4_988, 4_958]
    (trace,) = figure.data
    assert (trace.line.shape, trace.fill, trace.mode) == ("vh", "tozeroy", "lines+markers")
    many = pd.concat([HOURS] * 100)
    assert charts.backlog_course(many).data[0].mode == "lines"


def test_time_to_decision_has_a_step_a_lane_and_marks_what_was_reached() -> None:
    reached = {0.5: ("half decided", 2.5), 0.1: ("90 % decided", None)}
    figure = charts.time_to_decision(CURVES, reached)
    by_line = drawn(figure)
    assert list(by_line) == ["all lanes", "claims", "half decided after 2.5 h"]
    assert by_line["all lanes"] == ([0.0, 1.0, 2.5], [1.0, 0.6, 0.4])
    assert by_line["half decided after 2.5 h"] == ([2.5], [0.5])
    lines = [trace.line for trace in figure.data if trace.mode == "lines"]
    assert {line.shape for line in lines} == {"hv"}
    assert len({line.dash for line in lines}) == len({line.color for line in lines}) == 2


@pytest.mark.parametrize("hours", [1, 28 * 24])
def test_figures_of_any_period_stay_light(hours: int) -> None:
    start = pd.Timestamp("2026-03-01")
    table = pd.DataFrame({"start": pd.date_range(start, periods=hours, freq="h")}).assign(
        end=lambda t: t["start"] + pd.Timedelta(hours=1), arrivals=1, decisions=2, waiting=3
    )
    for figure in (charts.arrivals_and_decisions(table), charts.backlog_course(table)):
        assert len(figure.to_json()) < 200_000


def test_hours_stand_at_even_distances_by_the_clocks_of_the_team() -> None:
    start = pd.Series(pd.date_range("2026-10-24 22:00", periods=25, freq="h"))
    hours = pd.DataFrame({"start": start, "arrivals": 1, "decisions": 1})
    figure = charts.arrivals_and_decisions(hours, "Europe/Berlin")
    bars = figure.data[0]
    assert len(set(bars.x)) == 25  # two of them from 2 to 3 by the clocks
    assert list(bars.customdata)[2:4] == ["25 Oct 02:00 CEST", "25 Oct 02:00 CET"]
    assert figure.layout.xaxis2.title.text == "hour (Europe/Berlin)"
    assert figure.layout.xaxis2.ticktext[0] == "25 Oct<br>00:00"
