"""Calibration and lanes: what is promised holds for any learner; what is new is not trusted."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimclf.modeling.stored.conformal import (
    BOTH_WAYS,
    NEW,
    TOO_SHORT,
    Conformal,
    doubts,
    lanes,
    learn,
)
from claimclf.schema import LABELS, Lane

CLAIM_TEXT, OPINION_TEXT = "someone read online that pigs fly", "our view is that pigs fly"
RATES = dict.fromkeys(LABELS, 0.05)


def texts(*choices: str) -> pd.Series:
    return pd.Series(choices, dtype="str")


@cache
def learnt(n: int = 400, seed: int = 0) -> Conformal:
    """Half claims, half opinions, a learner that is mostly right."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    spoken = texts(*np.where(labels, CLAIM_TEXT, OPINION_TEXT))
    probability = np.clip(labels + rng.normal(0, 0.3, n), 0, 1)
    return learn(probability, spoken, labels, spoken, labels)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=30, deadline=None)
def test_a_class_is_ruled_out_for_no_more_of_its_videos_than_promised_by_any_learner(
    seed: int, rate: float
) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 4_000)
    useless = rng.random(4_000)  # knows nothing
    spoken = texts(*np.where(rng.random(4_000) < 0.5, CLAIM_TEXT, OPINION_TEXT))
    known, new = slice(0, 2_000), slice(2_000, 4_000)
    model = learn(useless[known], spoken[known], labels[known], spoken[known], labels[known])
    p_values = model.p_values(useless[new], model.novelty(spoken[new]))
    for label in (0, 1):
        own = p_values[labels[new] == label, label]
        # Six standard deviations of both samples: a false alarm in a billion runs.
        slack = 6 * np.sqrt(rate * (1 - rate) * 2 / min(len(own), 900))
        assert (own <= rate).mean() <= rate + slack


def test_ties_count_against_a_video() -> None:
    model = Conformal(1.0, 0.0, {}, [np.array([0.2, 0.2, 0.2]), np.array([0.9])])
    p_values = model.p_values(np.array([0.2]), np.zeros((1, 2)))
    assert p_values[0, 0] == 1.0  # all three and itself are at least as strange
    rounded = model.p_values(np.array([0.2 + 1e-15]), np.zeros((1, 2)))
    assert rounded[0, 0] == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.text(max_size=60))
@settings(deadline=None)
def test_p_values_are_shares_that_fall_as_a_video_gets_stranger(
    probabilities: list[float], text: str
) -> None:
    model = learnt()
    ordered = np.sort(np.array(probabilities))
    novelty = model.novelty(texts(*[text] * len(ordered)))
    p_values = model.p_values(ordered, novelty)
    assert ((p_values > 0) & (p_values <= 1)).all()
    assert (np.diff(p_values[:, 1]) >= 0).all()
    assert (np.diff(p_values[:, 0]) <= 0).all()
    assert ((novelty >= 0) & (novelty <= 1)).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
@settings(deadline=None)
def test_calibration_keeps_the_order_of_videos(probabilities: list[float]) -> None:
    ordered = np.sort(np.array(probabilities))
    calibrated = learnt().calibrated(ordered)
    assert (np.diff(calibrated) >= 0).all()
    assert ((calibrated > 0) & (calibrated < 1)).all()


def test_calibrated_probability_is_the_share_of_claims() -> None:
    rng = np.random.default_rng(1)
    true = rng.uniform(0.05, 0.95, 20_000)
    labels = (rng.random(20_000) < true).astype(int)
    boastful = true**2 / (true**2 + (1 - true) ** 2)  # twice too sure, in log-odds
    spoken = texts(*[CLAIM_TEXT] * 20_000)
    model = learn(boastful, spoken, labels, spoken, labels)
    assert np.abs(model.calibrated(boastful) - true).max() < 0.03


@pytest.mark.parametrize(
    ("opinion", "claim", "lane"),
    [
        (0.9, 0.01, Lane.OPINIONS),
        (0.01, 0.9, Lane.CLAIMS),
        (0.9, 0.9, Lane.UNCERTAIN),
        (0.01, 0.01, Lane.UNCERTAIN),
        (0.05, 0.9, Lane.CLAIMS),  # exactly the error rate is ruled out
    ],
)
def test_lane_is_the_class_that_is_left_alone(opinion: float, claim: float, lane: Lane) -> None:
    assert lanes(np.array([[opinion, claim]]), RATES).tolist() == [lane]


def test_each_class_has_an_error_rate_of_its_own() -> None:
    p_values = np.array([[0.03, 0.03]])
    assert lanes(p_values, {"opinion": 0.01, "claim": 0.05}).tolist() == [Lane.OPINIONS]
    assert lanes(p_values, {"opinion": 0.05, "claim": 0.01}).tolist() == [Lane.CLAIMS]


def test_novelty_counts_pairs_that_a_class_does_not_have_case_and_apostrophes_aside() -> None:
    model = learnt()
    spoken = texts(
        CLAIM_TEXT, "SOMEONE READ ONLINE THAT WE", "someone read upside down", "", "we's view is x"
    )
    claim = model.novelty(spoken)[:, 1]
    assert claim.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert model.novelty(texts("our vi'ew is that"))[0, 0] == 0.0


PARTS = st.sampled_from(
    [
        *(*CLAIM_TEXT.split(), *OPINION_TEXT.split(), "SOMEONE", "o'ur", "’our", "our-view"),
        *("caf\u00e9", "\u0130s", "\u0345", "\u212a", "“is”", "\U0001f600", "'", "^", "x" * 30),
    ]
)
GAPS = st.sampled_from([" ", " ", " ", "  ", "\n", "\x1c", "\x85", "\u2028", "-", "’", ""])
SPOKEN = st.lists(st.tuples(PARTS, GAPS), max_size=8).map(
    lambda parts: "".join(part + gap for part, gap in parts)
)


@given(st.lists(SPOKEN | st.text(max_size=30), max_size=12))
@settings(deadline=None)
def test_novelty_of_any_texts_is_that_of_their_pairs_one_by_one(spoken: list[str]) -> None:
    model = learnt()

    def novelty(text: str, c: int) -> float:
        start = " ".join(text.split()[:4]).casefold().replace("'", "").replace("’", "")
        pairs = [f"{a} {b}" for a, b in pairwise(["^", *re.findall(r"\w+", start)])]
        return 1 - min(sum(model.known.get(pair, [False, False])[c] for pair in pairs) / 4, 1.0)

    expected = [[novelty(text, c) for c in range(len(LABELS))] for text in spoken]
    assert model.novelty(texts(*spoken)).tolist() == expected


def test_words_that_are_not_in_ascii_are_known_too() -> None:
    spoken = texts(*["Я думаю, что так"] * 40)
    model = learn(np.linspace(0, 1, 40), spoken, np.arange(40) % 2, spoken, np.arange(40) % 2)
    asked = texts("someone read", "я ДУМАЮ, что так", "Я думаю")
    assert model.novelty(asked)[:, 0].tolist() == [1.0, 0.0, 0.5]


@pytest.mark.parametrize(("rows", "novelty"), [(9, 1.0), (10, 0.0)])
def test_a_pair_is_known_from_ten_rows_of_its_class_on(rows: int, novelty: float) -> None:
    rare = "rare words here now"
    spoken = texts(*[rare] * rows, *[OPINION_TEXT] * 20, *[rare] * 9)
    labels = np.array([1] * rows + [0] * 29)  # the other class has nine of them, too few
    model = learn(np.linspace(0, 1, len(labels)), spoken, labels, spoken, labels)
    assert model.novelty(texts(rare))[0].tolist() == [1.0, novelty]


def test_doubt_is_put_into_words() -> None:
    spoken = texts("two words", "what the candidate did say", "someone read online that")
    novelty = np.array([[0.5, 0.5], [0.75, 1.0], [0.25, 0.0]])
    assert doubts(spoken, novelty).tolist() == [TOO_SHORT, NEW, BOTH_WAYS]
