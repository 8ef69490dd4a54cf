"""Texts as tokens: one at a time, many at once, and with their places."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimclf.modeling.stored.reading import Reader
from claimclf.modeling.stored.tokens import (
    _TOKEN,
    BREAK,
    _fitting,
    placed_tokens,
    shape,
    spelling,
    stream,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 5 percent!", ["it's", "5", "percent", "!"]),
        ("ITS 1,000.5 votes, e.g. these", ["its", "1,000.5", "votes", "e", "g", "these"]),
        ("see https://example.org/a?b=1 @somebody #tag &amp; you", ["see", "tag", "you"]),
        ("don’t", ["don't"]),
        ("", []),
        ("\x00one\x00", ["one"]),
        ("नमस्ते 日本", ["नमस", "त", "日本"]),
    ],
)
def test_text_is_cut_into_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_numbers_are_spelled_by_size_and_contractions_as_they_should_be() -> None:
    spelled = [spelling(token) for token in ("7", "1,200", "2019", "3.5", "dont", "taxes")]
    assert spelled == ["01", "04", "0y", "0d", "don't", "taxes"]


def test_shape_knows_grammar_numbers_and_endings_whatever_the_topic() -> None:
    shapes = [shape(token) for token in ("because", "2019", "12", "twenty", "voted", "im", "dog")]
    assert shapes == ["because", "YEAR", "NUMBER", "NUMERAL", "-ed", "i'm", "WORD"]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=8))
def test_texts_read_together_have_the_tokens_that_each_has(texts: list[str]) -> None:
    together = stream(texts)
    breaks = [place for place, token in enumerate(together) if token == BREAK]
    apart = [together[first + 1 : stop] for first, stop in pairwise(breaks)]
    assert apart == [tokens(text) for text in texts]


@given(st.text(max_size=60))
def test_each_token_is_found_in_its_place(text: str) -> None:
    placed = list(placed_tokens(text))
    assert [token for _, _, token in placed] == tokens(text)
    for start, stop, token in placed:
        assert text[start:stop].replace("’", "'").lower() == token or "σ" in token


@given(st.lists(st.text(max_size=30), max_size=6))
def test_reader_numbers_tokens_of_one_spelling_and_shape_alike(texts: list[str]) -> None:
    reading = Reader().read(texts)
    assert reading.lengths.tolist() == [len(tokens(text)) for text in (texts or [""])]
    known = [reading.tokens[number] for number in reading.number if number]
    said = [token for text in texts for token in tokens(text)]
    assert [(spelling(one), shape(one)) for one in known] == [
        (spelling(one), shape(one)) for one in said
    ]


def test_reader_forgets_what_it_cannot_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claimclf.modeling.stored.reading._MOST_TOKENS", 3)
    reader = Reader()
    first = reader.read(["one two three four"])
    second = reader.read(["five"])
    assert first.tokens is not second.tokens
    assert second.tokens == [BREAK, "five"]


@given(st.text() | st.lists(st.sampled_from(["ünïcode", "don't", "३४,५", "𝔘x", "日"])).map("".join))
def test_whichever_pattern_fits_a_text_its_tokens_are_the_same(text: str) -> None:
    small = text.lower()
    assert _fitting(small).findall(small) == _TOKEN.findall(small)


def test_every_letter_of_the_basic_plane_is_one_for_its_own_pattern() -> None:
    plane = " ".join(map(chr, range(1, 0x10000))).lower()
    assert _fitting(plane) is not _TOKEN
    assert _fitting(plane).findall(plane) == _TOKEN.findall(plane)
    assert _fitting(plane + "𝔘") is _TOKEN
