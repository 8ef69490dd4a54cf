from __future__ import annotations

import pandas as pd

from claimclf import charts


def test_missed_numbers_stand_with_their_intervals_and_are_told_apart() -> None:
    points = pd.DataFrame(
        {
            "week": ["2026-11-16", "2026-11-23"] * 2,
            "what": ["break the rules"] * 2 + ["are claims"] * 2,
            "number": [10.0, 20.0, 30.0, 50.0],
            "number_low": [4, 8, 20, 40],
            "number_high": [19, 40, 44, 65],
        }
    )
    breaking, claims = charts.missed_by_week(points).data
    assert (breaking.name, claims.name) == ("break the rules", "are claims")
    assert list(breaking.error_y.array) == [9, 20]
    assert list(breaking.error_y.arrayminus) == [6, 12]
    assert breaking.marker.symbol != claims.marker.symbol


def test_chosen_capacity_is_marked_on_the_curve() -> None:
    points = pd.DataFrame({"a_day": [0, 10, 20], "share": [0.0, 0.6, 1.0]})
    figure = charts.found_by_capacity(points, 10)
    assert list(figure.data[0].y) == [0.0, 0.6, 1.0]
    assert figure.layout.shapes[0].x0 == figure.layout.shapes[0].x1 == 10


def test_alarms_and_quiet_signals_differ_in_more_than_colour() -> None:
    points = pd.DataFrame({"signal": ["a", "b"], "steps": [3.0, -0.5], "state": ["alarm", "quiet"]})
    figure = charts.changes_of_signals(points)
    alarm, quiet = figure.data
    assert (list(alarm.y), list(quiet.y)) == (["a"], ["b"])
    assert alarm.marker.symbol != quiet.marker.symbol
    assert [line.x0 for line in figure.layout.shapes] == [-1, 1]
    low, high = figure.layout.xaxis.range
    assert low < -1 < 3 < high


def test_course_is_written_in_per_cent_where_it_is_a_share() -> None:
    points = pd.DataFrame({"week": ["2026-11-16", "2026-11-23"], "value": [0.1, 0.2]})
    share = charts.course_of_signal(points, "lane claims", in_percent=True)
    letters = charts.course_of_signal(points, "letters", in_percent=False)
    assert (share.layout.yaxis.tickformat, letters.layout.yaxis.tickformat) == (".1%", ",")
