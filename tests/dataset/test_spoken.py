"""What is said: subtitles read as words, and transcripts without what nobody spoke."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.dataset.spoken import said_in, said_in_all, words_of, words_of_all

VTT = """WEBVTT


00:00:00.060 --> 00:00:02.519
so an octopus

00:00:02.520 --> 00:00:04.159
has three
"""
SRT = """1
00:00:00,060 --> 00:00:02,519
so an <i>octopus</i>

2
00:00:02,520 --> 00:00:04,159
has
3
"""
NOTED = """WEBVTT
Kind: captions

NOTE who
wrote it

a1
00:01.000 --> 00:02.000 align:start
so &amp; so
"""
ROLLING = "WEBVTT\n\n" + "".join(
    f"00:0{n}.000 --> 00:0{n + 1}.000\n{a}\n{b}\n\n"
    for n, (a, b) in enumerate([("", "one"), ("one", "two"), ("two", "three")])
)

#: Nobody's captions, but a cell may hold it.
DEEP = '{"utterances":' * 200_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (VTT, "so an octopus has three"),
        (VTT.replace("\n", "\r\n"), "so an octopus has three"),
        (SRT, "so an octopus has 3"),
        (NOTED, "so & so"),
        (ROLLING, "one two three"),
        ('{"utterances": [{"text": "so an"}, {"text": " octopus "}]}', "so an octopus"),
        ('{"not": "captions"}', '{"not": "captions"}'),
        pytest.param(DEEP, DEEP, id="an object within objects, 200,000 of them"),
        ("1 octopus --> 3 hearts", "1 octopus --> 3 hearts"),
        ("WEBSITE of the week", "WEBSITE of the week"),
    ],
)
def test_subtitles_are_read_as_their_words(text: str, words: str) -> None:
    assert words_of(text) == words
    assert words_of_all(pd.Series(["plain", text, None], dtype="str")).tolist()[:2] == [
        "plain", words,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("[Music] someone shared with me that", "someone shared with me that"),
        ("so (applause) it is", "so it is"),
        (">> so it is >> no", "so it is no"),
        ("SPEAKER 1: so it is\nSPEAKER 2: no", "so it is no"),
        ("00:01 so it is\n00:05 no", "so it is no"),
        ("[00:01] so it is", "so it is"),
        ("♪ la la ♪ so it is", "so it is"),
        ("so it is (really) at 10:30: well-known", "so it is (really) at 10:30: well-known"),
        ("NASA: we have landed", "NASA: we have landed"),
    ],
)
def test_what_nobody_speaks_is_left_out(stored: str, said: str) -> None:
    assert said_in(stored) == said
    many = said_in_all(pd.Series(["plain", stored, None], dtype="str"))
    assert many.tolist()[:2] == ["plain", said]
    assert pd.isna(many.iloc[2])
