from __future__ import annotations

from claimclf import charts


def test_bars_of_both_classes_are_solid_under_their_numbers() -> None:
    figure = charts.class_balance({"opinion": 0.4, "claim": 0.6})
    assert [trace.text for trace in figure.data] == [("40.00%",), ("60.00%",)]
    for trace in figure.data:
        assert trace.marker.color == charts.COLOURS[trace.name]
        assert trace.marker.pattern.fillmode == "overlay"
