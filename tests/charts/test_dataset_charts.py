from __future__ import annotations

import pandas as pd

from claimclf import charts


def test_bars_of_both_classes_are_solid_under_their_numbers() -> None:
    figure = charts.class_balance({"opinion": 0.4, "claim": 0.6})
    assert [trace.text for trace in figure.data] == [("40.00%",), ("60.00%",)]
    for trace in figure.data:
        assert trace.marker.color == charts.COLOURS[trace.name]
        assert trace.marker.pattern.fillmode == "overlay"


def test_numbers_stand_beside_a_bar_and_means_above_the_peaks() -> None:
    balance = charts.class_balance({"opinion": 0.4, "claim": 0.6})
    assert {trace.textposition for trace in balance.data} == {"outside"}
    bins = pd.DataFrame({"label": ["opinion"], "low": [0], "high": [10], "videos": [3]})
    notes = charts.length_histogram(bins, {"opinion": 8.0, "claim": 5.0}).layout.annotations
    assert {note.yanchor for note in notes} == {"bottom"}
    assert {note.text: note.xanchor for note in notes} == {
        "mean opinion: 8.0": "left",
        "mean claim: 5.0": "right",
    }


def test_correlation_of_nothing_lets_the_page_show_through() -> None:
    matrix = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 1.0]}, index=["a", "b"])
    figure = charts.correlations(matrix)
    middle = dict(figure.data[0].colorscale)[0.5]
    assert middle.endswith("0.05)")
    assert sorted(note.text for note in figure.layout.annotations) == ["0.00"] * 2 + ["1.00"] * 2
