"""Pairs of texts that differ in one word: what is a slip of the pen, and what another statement."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from claimclf.dataset.statements import endings, statements
from claimclf.services.datasets import Dataset

SAID = "someone told me that a glass of raw garlic juice {} the common flu"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("can cure", "cannot cure"),
        ("can cure", "can't cure"),
        ("does cure", "doesn't cure"),
        ("always cures", "never cures"),
        ("kills people with", "saves people with"),
        ("causes more of", "cures more of"),
        ("of tower aaa0 cures", "of tower bbb1 cures"),
        ("stops 10 days of", "stops 100 days of"),
        ("stops covid18 in", "stops covid19 in"),
        ("stops fifty days of", "stops fifth days of"),
        ("stops three days of", "stops there days of"),
        ("is legal against", "is illegal against"),
        ("increases cases of", "decreases cases of"),
    ],
)
def test_negation_number_or_another_word_is_another_statement(one: str, other: str) -> None:
    assert not together(SAID.format(one), SAID.format(other))


@pytest.mark.parametrize(
    "typed", ["prevnets", "prevvents", "prevets", "preventts", "prevemts", "Prevents,"]
)
def test_slip_of_the_pen_is_the_same_statement(typed: str) -> None:
    assert together(SAID.format("prevents"), SAID.format(typed))


def together(one: str, other: str) -> bool:
    return len(set(statements(pd.Series([one, other])).group)) == 1


# Measured on what the course's videos claim


@pytest.fixture(scope="module")
def claims(course: Dataset) -> list[str]:
    """Each claim once; of 7 words and more."""
    rows = course.cleaned.rows
    texts = rows.loc[rows["claim_status"] == "claim", "video_transcription_text"]
    once = texts.groupby(endings(texts, 6)).first().tolist()
    return [text for text in once if len(text.split()) > 7]


def changed(claims: list[str], change: Callable[[str], str], letters: int) -> list[tuple[str, str]]:
    """Each claim with one of its last words changed: a word of at least so many letters."""
    dice = random.Random(0)  # noqa: S311
    pairs = []
    for text in claims:
        # As statements count words, and of the six that are never framing.
        words = re.findall(r"\w+|\W+", text.replace("'", ""))
        last = [n for n, word in enumerate(words) if word[0].isalnum()][-6:]
        places = [n for n in last if len(words[n]) >= letters and words[n].isalpha()]
        if places:
            place = dice.choice(places)
            words[place] = change(words[place])
            pairs.append((text, "".join(words)))
    return pairs


def share_together(pairs: list[tuple[str, str]]) -> float:
    groups = statements(pd.Series([text for pair in pairs for text in pair])).group.reshape(-1, 2)
    return float(np.mean(groups[:, 0] == groups[:, 1]))


def slips() -> dict[str, Callable[[str], str]]:
    dice = random.Random(1)  # noqa: S311

    def at(word: str) -> int:
        return dice.randrange(1, len(word) - 1)

    def swapped(word: str) -> str:
        place = at(word)
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    def dropped(word: str) -> str:
        place = at(word)
        return word[:place] + word[place + 1 :]

    def doubled(word: str) -> str:
        place = at(word)
        return word[:place] + word[place] + word[place:]

    def replaced(word: str) -> str:
        place = at(word)
        return word[:place] + dice.choice("abcdefghijklmnopqrstuvwxyz") + word[place + 1 :]

    return {each.__name__: each for each in (swapped, dropped, doubled, replaced)}


@pytest.mark.dataset
def test_pairs_that_differ_in_one_word_are_told_apart_and_slips_are_not(
    claims: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    vocabulary = sorted({word for text in claims for word in text.split() if len(word) >= 4})
    dice = random.Random(2)  # noqa: S311
    others = [
        (one, other)
        for _ in range(10)
        for one, other in changed(claims, lambda _: dice.choice(vocabulary), 4)
        if one != other
    ]
    wrong = share_together(others) * len(others)
    slipped = {name: changed(claims, slip, 5) for name, slip in slips().items()}
    recall = {name: share_together(pairs) for name, pairs in slipped.items()}
    right = sum(recall[name] * len(pairs) for name, pairs in slipped.items())
    precision = right / (right + wrong)
    with capsys.disabled():
        print(f"\nprecision {precision:.4f} ({wrong:.0f} of {len(others)} other words), {recall}")
    assert precision >= 0.99
    assert min(recall.values()) >= 0.95
