"""Figures of agreement are those of the papers, and where one says nothing it says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from claimclf.modeling.monitoring.agreement import (
    LOOKS,
    Agreement,
    agreement,
    by_pair,
    by_reason,
    by_week,
    overturned,
)

ANSWERS = ("breaks-rules", "within-rules", "opinion")
YES_NO = ("yes", "no")


def looks(first: list[str | None], second: list[str | None], **more: list[object]) -> pd.DataFrame:
    table = pd.DataFrame({"first": first, "second": second, **more}, dtype=object)
    return table.reindex(columns=[*LOOKS, *(name for name in more if name not in LOOKS)])


def counted(table: list[list[int]], answers: tuple[str, ...]) -> Agreement:
    first, second = [], []
    for row, one in zip(table, answers, strict=True):
        for n, other in zip(row, answers, strict=True):
            first += [one] * n
            second += [other] * n
    return agreement(looks(first, second), answers)


def test_figures_are_those_of_a_published_example() -> None:
    # Of Gwet (2008): 118 of 125 the same, and kappa below nothing.
    figures = counted([[118, 5], [2, 0]], YES_NO)
    assert figures.share == pytest.approx(118 / 125)
    assert figures.kappa.value == pytest.approx(-0.0234, abs=5e-5)
    assert figures.ac1.value == pytest.approx(0.9408, abs=5e-4)


def test_kappa_is_that_of_another_library_wherever_that_says_something() -> None:
    draw = np.random.default_rng(3)
    for _ in range(20):
        first, second = draw.choice(ANSWERS, (2, 60), p=[0.6, 0.3, 0.1])
        second = np.where(draw.random(60) < 0.5, first, second)
        ours = agreement(looks(first.tolist(), second.tolist()), ANSWERS).kappa.value
        assert ours == pytest.approx(cohen_kappa_score(first, second, labels=list(ANSWERS)))


def test_where_all_say_the_same_kappa_says_nothing_in_words_and_the_share_stands() -> None:
    figures = agreement(looks(["opinion"] * 30, ["opinion"] * 30), ANSWERS)
    assert (figures.share, figures.kappa.value, figures.kappa.interval) == (1.0, None, None)
    assert "always gave the same one answer" in figures.kappa.problem
    assert figures.ac1.value == 1.0
    assert figures.ac1.interval is not None
    assert figures.ac1.interval.low == pytest.approx(figures.interval.low)  # not certain
    assert figures.interval.low < 0.9


def test_ninety_nine_of_a_hundred_alike_is_not_no_agreement() -> None:
    figures = agreement(looks(["opinion"] * 100, ["opinion"] * 99 + ["within-rules"]), ANSWERS)
    assert figures.kappa.value == pytest.approx(0.0)  # the trap
    assert figures.ac1.value == pytest.approx(0.99, abs=0.001)


def test_a_missing_answer_is_none_and_no_answer_of_its_own() -> None:
    both = agreement(looks(["opinion", None, "opinion"], [None, None, "opinion"]), ANSWERS)
    assert (both.n, both.n_missing, both.n_same) == (1, 2, 1)
    unknown = agreement(looks(["opinion", "escalate"], ["opinion", "escalate"]), ANSWERS)
    assert (unknown.n, unknown.n_missing) == (1, 1)


def test_without_any_case_nothing_is_said_and_nothing_is_no_number() -> None:
    figures = agreement(looks([], []), ANSWERS)
    assert (figures.n, figures.share, figures.kappa.value, figures.ac1.value) == (
        0,
        None,
        None,
        None,
    )
    assert figures.kappa.problem == figures.ac1.problem != ""
    assert (figures.interval.low, figures.interval.high) == (0, 1)
    assert figures.is_small


def test_no_figure_is_ever_no_number() -> None:
    draw = np.random.default_rng(5)
    values = [*ANSWERS, None]
    for _ in range(500):
        n = int(draw.integers(0, 6))
        first, second = ([values[k] for k in draw.integers(0, 4, n)] for _ in range(2))
        figures = agreement(looks(first, second), ANSWERS)
        for coefficient in (figures.kappa, figures.ac1):
            if coefficient.value is None:
                assert coefficient.interval is None
                assert coefficient.problem
            else:
                assert coefficient.interval is not None
                low, high = coefficient.interval.low, coefficient.interval.high
                assert -1 <= low <= coefficient.value + 1e-9
                assert coefficient.value - 1e-9 <= high <= 1


@pytest.mark.parametrize("skew", [0.5, 0.8])
def test_intervals_hold_the_truth_in_nineteen_of_twenty_teams(skew: float) -> None:
    # Both say what the case is in 85 % of the cases, each on their own.
    right, n, n_teams = 0.85, 150, 1_000
    draw = np.random.default_rng(11)
    cells = np.zeros((2, 2))
    for truth, share in ((0, skew), (1, 1 - skew)):
        say = np.full(2, 1 - right)
        say[truth] = right
        cells += share * np.outer(say, say)
    same, mean = np.trace(cells), cells.sum(axis=0)
    chance = {"kappa": float(mean @ mean), "ac1": float(mean @ (1 - mean))}
    true = {name: (same - by_chance) / (1 - by_chance) for name, by_chance in chance.items()}
    held = dict.fromkeys(("kappa", "ac1", "share"), 0)
    for drawn in draw.multinomial(n, cells.ravel(), size=n_teams):
        figures = counted(drawn.reshape(2, 2).tolist(), YES_NO)
        held["share"] += figures.interval.low <= same <= figures.interval.high
        for name, one in (("kappa", figures.kappa), ("ac1", figures.ac1)):
            assert one.interval is not None
            held[name] += one.interval.low <= true[name] <= one.interval.high
    assert all(0.93 <= n_held / n_teams <= 0.97 for n_held in held.values()), held


def test_a_pair_is_the_same_whoever_looked_first() -> None:
    table = looks(
        ["opinion", "within-rules", "opinion"],
        ["within-rules", "opinion", "opinion"],
        first_by=["anna", "boris", "anna"],
        second_by=["boris", "anna", "carla"],
    )
    pairs = by_pair(table, ANSWERS)
    assert list(pairs) == [("anna", "boris"), ("anna", "carla")]
    assert (pairs["anna", "boris"].n, pairs["anna", "boris"].n_same) == (2, 0)
    # anna said opinion both times: for that her column must be hers, whoever was first.
    assert pairs["anna", "boris"].kappa.value == pytest.approx(0.0)


def test_reasons_agree_where_both_name_the_same_one() -> None:
    breaks = "breaks-rules"
    table = looks(
        [breaks, breaks, breaks, "opinion", breaks],
        [breaks, breaks, "opinion", "opinion", None],
        first_reason=["spam", "spam", "fraud", None, "spam"],
        second_reason=["spam", "fraud", None, None, None],
    )
    reasons = by_reason(table)
    assert {name: figures[:2] for name, figures in reasons.items()} == {
        "spam": (1, 2),
        "fraud": (0, 2),
    }
    assert reasons["fraud"][2].high > 0.5  # none of two is not never


def test_weeks_begin_on_monday_where_the_team_works() -> None:
    times = pd.to_datetime(["2026-03-01 22:30", "2026-03-01 23:30"], utc=True)
    table = looks(["opinion"] * 2, ["opinion"] * 2).assign(at=times.tz_convert("Europe/Berlin"))
    weeks = [week.date().isoformat() for week in by_week(table, ANSWERS)]
    assert weeks == ["2026-02-23", "2026-03-02"]


def test_what_nobody_has_settled_is_neither_overturned_nor_upheld() -> None:
    table = pd.DataFrame(
        {
            "lane": ["claims", "claims", "claims", "opinions"],
            "overturned": [True, False, None, None],
        }
    )
    assert {lane: figures[:2] for lane, figures in overturned(table, "lane").items()} == {
        "claims": (1, 2)
    }
