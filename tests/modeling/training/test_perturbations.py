from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError
from string import ascii_letters

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from claimclf.dataset.demo import demo_videos
from claimclf.modeling.training.perturbations import (
    _FRENCH,
    _GERMAN,
    _SPANISH,
    PERTURBATIONS,
    Perturbation,
    _draws,
    _Language,
    _typo,
)
from claimclf.paths import ROOT
from claimclf.schema import ENGAGEMENT

TRANSCRIPT, LENGTH = "video_transcription_text", "text_length"
NAMED = {perturbation.name: perturbation for perturbation in PERTURBATIONS}
FACTORS = {
    "engagement-0": (0, 1),
    "engagement-0.01": (1, 100),
    "engagement-0.1": (1, 10),
    "engagement-10": (10, 1),
    "engagement-100": (100, 1),
}
LANGUAGES = {"spanish": _SPANISH, "german": _GERMAN, "french": _FRENCH}
REWORDING = set(NAMED) - set(FACTORS) - {"unchanged"}

quick = settings(deadline=None, max_examples=100)
few = settings(deadline=None, max_examples=15)
each_perturbation = pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda p: p.name)
#: Anything that a transcript can hold; half a surrogate pair cannot be stored.
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
SPOKEN = st.lists(st.text("abcdeRSTé'!-3", min_size=1, max_size=9), max_size=30).map(" ".join)
LETTERS = st.text("abcABCéß", min_size=1, max_size=8)
DRAWS = st.floats(0, 1, exclude_max=True)
COUNTS = st.integers(0, 10**12)
VIDEOS = demo_videos(19_084, seed=5, labelled=True).astype(dict.fromkeys(ENGAGEMENT, float))


def frame(texts: list[str]) -> pd.DataFrame:
    """Labelled videos with these transcripts, and an index of their own."""
    rows = VIDEOS.head(len(texts)).copy()
    rows[TRANSCRIPT] = pd.Series(texts, dtype="str")
    rows[LENGTH] = rows[TRANSCRIPT].str.len()
    return rows.set_index(np.arange(len(texts)) * 7 + 100)


#: As many videos as the course's dataset has complete ones.
WHOLE = frame(VIDEOS[TRANSCRIPT].tolist())
ROWS = WHOLE.head(400)
FRAMES = st.lists(ANYTHING | SPOKEN, max_size=8).map(frame)


def altered(name: str, text: str) -> str:
    return NAMED[name].apply(frame([text]))[TRANSCRIPT].iloc[0]


def has_letter(word: str) -> bool:
    return re.search(r"[^\W\d_]", word) is not None


def one_slip_away(word: str) -> set[str]:
    """Every word with two neighbours swapped or one letter left out, doubled or replaced."""
    cuts = [(word[:at], word[at:]) for at in range(len(word))]
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    left_out = {head + tail[1:] for head, tail in cuts}
    doubled = {head + tail[0] + tail for head, tail in cuts}
    replaced = {head + new + tail[1:] for head, tail in cuts for new in ascii_letters}
    return swapped | left_out | doubled | replaced


def changed_words(before: str, after: str) -> list[tuple[int, str]]:
    pairs = zip(before.split(), after.split(), strict=True)
    return [(place, new) for place, (old, new) in enumerate(pairs) if new != old]


def test_conditions_come_in_order_under_their_own_names() -> None:
    assert [(p.name, p.title) for p in PERTURBATIONS] == [
        ("unchanged", "as it is"),
        ("engagement-0", "engagement × 0"),
        ("engagement-0.01", "engagement × 0.01"),
        ("engagement-0.1", "engagement × 0.1"),
        ("engagement-10", "engagement × 10"),
        ("engagement-100", "engagement × 100"),
        ("typos-10", "typo in 10 % of the words"),
        ("typos-30", "typo in 30 % of the words"),
        ("all-caps", "all in capitals"),
        ("no-punctuation", "no punctuation"),
        ("empty", "empty transcript"),
        ("first-two-words", "first two words only"),
        ("one-word", "first word only"),
        ("spanish", "in Spanish"),
        ("german", "in German"),
        ("french", "in French"),
    ]
    assert len({p.name for p in PERTURBATIONS}) == len({p.title for p in PERTURBATIONS}) == 16


def test_a_condition_cannot_be_altered_and_can_be_sent_to_another_process() -> None:
    with pytest.raises(FrozenInstanceError):
        PERTURBATIONS[0].name = "other"  # type: ignore[misc]
    sent = pickle.loads(pickle.dumps(PERTURBATIONS))  # noqa: S301 - our own bytes
    assert [p.name for p in sent] == list(NAMED)
    assert_frame_equal(sent[6].apply(ROWS), PERTURBATIONS[6].apply(ROWS))


@each_perturbation
@given(rows=FRAMES)
@few
def test_only_what_a_condition_is_about_is_altered(
    perturbation: Perturbation, rows: pd.DataFrame
) -> None:
    before = rows.copy(deep=True)
    result = perturbation.apply(rows)
    assert_frame_equal(rows, before)
    touched: list[str] = []
    if perturbation.name in FACTORS:
        touched = list(ENGAGEMENT)
    elif perturbation.name in REWORDING:
        touched = [TRANSCRIPT, LENGTH]
    assert_frame_equal(result.drop(columns=touched), rows.drop(columns=touched))
    assert result.columns.tolist() == rows.columns.tolist()
    assert result.dtypes.tolist() == rows.dtypes.tolist()
    assert not result.isna().any(axis=None)


@each_perturbation
@given(rows=FRAMES)
@few
def test_the_length_is_that_of_the_altered_transcript(
    perturbation: Perturbation, rows: pd.DataFrame
) -> None:
    result = perturbation.apply(rows)
    assert result[LENGTH].tolist() == [len(text) for text in result[TRANSCRIPT]]


@each_perturbation
def test_altering_the_result_leaves_the_input_alone(perturbation: Perturbation) -> None:
    rows, before = ROWS.copy(), ROWS.copy(deep=True)
    result = perturbation.apply(rows)
    result.loc[:, [*ENGAGEMENT, LENGTH]] = -1
    assert_frame_equal(rows, before)


@each_perturbation
@given(data=st.data())
@few
def test_a_video_is_altered_alike_in_any_order_and_company(
    perturbation: Perturbation, data: st.DataObject
) -> None:
    rows = ROWS.head(30)
    places = data.draw(st.lists(st.integers(0, 29), unique=True))
    one_way = perturbation.apply(rows).iloc[places]
    assert_frame_equal(perturbation.apply(rows.iloc[places]), one_way)


def test_a_video_is_altered_alike_in_another_process() -> None:
    code = (
        "from tests.modeling.training.test_perturbations import PERTURBATIONS, ROWS, TRANSCRIPT\n"
        "print(ascii([p.apply(ROWS.head(9))[TRANSCRIPT].tolist() for p in PERTURBATIONS]))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    here = [p.apply(ROWS.head(9))[TRANSCRIPT].tolist() for p in PERTURBATIONS]
    assert done.stdout.strip() == ascii(here)


def test_draws_never_change_from_release_to_release() -> None:
    # Published figures rest on these.
    assert [int(100 * draw) for draw in _draws("7017666017", 5)] == [41, 62, 45, 0, 32]
    assert _draws("7017666017", 3) == _draws("7017666017", 9)[:3]
    assert _draws("7017666017", 3) != _draws("7017666018", 3)


@each_perturbation
def test_no_rows_stay_no_rows(perturbation: Perturbation) -> None:
    assert_frame_equal(perturbation.apply(ROWS.head(0)), ROWS.head(0))


@each_perturbation
def test_a_missing_transcript_stays_missing(perturbation: Perturbation) -> None:
    rows = ROWS.head(4).copy()
    rows.loc[rows.index[1], [TRANSCRIPT, LENGTH]] = None
    result = perturbation.apply(rows)
    assert result[TRANSCRIPT].isna().tolist() == [False, True, False, False]
    assert result[LENGTH].isna().tolist() == [False, True, False, False]
    others = rows.index[[0, 2, 3]]
    expected = perturbation.apply(ROWS.loc[others])
    assert_frame_equal(result.loc[others], expected, check_dtype=False)


@pytest.mark.parametrize("name", FACTORS)
@given(counts=st.lists(COUNTS, min_size=5, max_size=5))
@quick
def test_scaled_counts_are_those_of_whole_number_arithmetic(name: str, counts: list[int]) -> None:
    rows = frame(["a"])
    rows[list(ENGAGEMENT)] = np.array([counts], dtype=float)
    result = NAMED[name].apply(rows)[list(ENGAGEMENT)].iloc[0]
    numerator, denominator = FACTORS[name]
    assert result.tolist() == [count * numerator // denominator for count in counts]


@pytest.mark.parametrize("name", FACTORS)
def test_a_missing_count_stays_missing(name: str) -> None:
    rows = frame(["a", "b"]).assign(video_view_count=[float("nan"), 300.0])
    numerator, denominator = FACTORS[name]
    result = NAMED[name].apply(rows)["video_view_count"].tolist()
    assert result == [pytest.approx(float("nan"), nan_ok=True), 300 * numerator / denominator]


def test_a_tenth_of_thirty_views_is_three_and_of_nine_none() -> None:
    rows = frame(["a", "b"]).assign(video_view_count=[30.0, 9.0])
    assert NAMED["engagement-0.1"].apply(rows)["video_view_count"].tolist() == [3.0, 0.0]


@pytest.mark.parametrize("percent", [10, 30])
@given(text=SPOKEN | ANYTHING)
@quick
def test_the_percentage_of_words_has_a_typo_rounded_up_or_down(percent: int, text: str) -> None:
    after = altered(f"typos-{percent}", text)
    n_percent = percent * sum(has_letter(word) for word in text.split())
    typos = changed_words(text, after)
    assert len(typos) in {n_percent // 100, -(-n_percent // 100)}
    assert all(has_letter(text.split()[place]) for place, _ in typos)


@given(text=SPOKEN | ANYTHING)
@quick
def test_typos_keep_words_and_white_space_in_place(text: str) -> None:
    after = altered("typos-30", text)
    assert len(after.split()) == len(text.split())
    assert re.findall(r"\s+", after) == re.findall(r"\s+", text)


@given(text=SPOKEN)
@quick
def test_the_few_typos_are_among_the_many(text: str) -> None:
    few, many = (changed_words(text, altered(name, text)) for name in ("typos-10", "typos-30"))
    assert set(few) <= set(many)


@pytest.mark.parametrize("percent", [10, 30])
def test_many_videos_together_have_the_percentage_of_typos(percent: int) -> None:
    rows = WHOLE.head(3000)
    result = NAMED[f"typos-{percent}"].apply(rows)
    pairs = zip(rows[TRANSCRIPT], result[TRANSCRIPT], strict=True)
    typos = sum(len(changed_words(before, after)) for before, after in pairs)
    words = sum(sum(map(has_letter, text.split())) for text in rows[TRANSCRIPT])
    assert typos / words == pytest.approx(percent / 100, rel=0.03)


def test_a_typo_may_be_in_any_word() -> None:
    text = "one two three four five six seven eight nine ten"
    result = NAMED["typos-10"].apply(frame([text] * 2000))[TRANSCRIPT]
    places = Counter(place for after in result for place, _ in changed_words(text, after))
    assert sum(places.values()) == 2000
    assert sorted(places) == list(range(10))
    assert all(140 < n < 260 for n in places.values())


@given(LETTERS, DRAWS, DRAWS, DRAWS)
@quick
def test_a_typo_is_one_slip_and_never_the_word_itself(
    letters: str, kind: float, place: float, letter: float
) -> None:
    typo = _typo(letters, kind, place, letter)
    assert typo
    assert typo != letters
    assert typo in one_slip_away(letters)


def test_every_kind_of_typo_is_made_equally_often() -> None:
    slips = Counter(
        (len(typo), sorted(typo) == sorted("abcd"))
        for typo in (_typo("abcd", number / 1000, 0.4, 0.9) for number in range(1000))
    )
    assert slips == {(4, True): 250, (3, False): 250, (5, False): 250, (4, False): 250}


def test_a_word_of_one_letter_is_only_replaced_or_doubled() -> None:
    typos = {_typo("I", kind, 0, letter) for kind in (0.2, 0.7) for letter in (0, 0.5, 0.99)}
    assert typos == {"II", "A", "N", "Z"}


def test_all_caps_shouts() -> None:
    assert altered("all-caps", "Don't swap 3 straßen, é!") == "DON'T SWAP 3 STRASSEN, É!"


@given(text=SPOKEN | st.text(st.characters(max_codepoint=127)))
@quick
def test_all_caps_changes_nothing_but_case(text: str) -> None:
    after = altered("all-caps", text)
    assert after.lower() == text.lower()
    assert not any(character.islower() for character in after)


def test_punctuation_goes_with_its_apostrophes() -> None:
    assert altered("no-punctuation", "my friends' view: don't (ever) eat 3½ kg…") == (
        "my friends view dont ever eat 3½ kg"
    )


@given(text=ANYTHING)
@quick
def test_without_punctuation_only_words_and_white_space_are_left(text: str) -> None:
    after = altered("no-punctuation", text)
    assert re.fullmatch(r"[\w\s]*", after)
    assert after == "".join(character for character in text if re.match(r"[\w\s]", character))


def test_an_empty_transcript_has_no_length() -> None:
    result = NAMED["empty"].apply(ROWS)
    assert set(result[TRANSCRIPT]) == {""}
    assert set(result[LENGTH]) == {0}


@pytest.mark.parametrize(("name", "n"), [("first-two-words", 2), ("one-word", 1)])
@given(text=ANYTHING | SPOKEN)
@quick
def test_first_words_are_what_is_left(name: str, n: int, text: str) -> None:
    assert altered(name, text).split() == text.split()[:n]


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_video_in_another_language_keeps_the_framing_of_its_label(name: str) -> None:
    result, language = NAMED[name].apply(ROWS), LANGUAGES[name]
    for label, framings in language.framings.items():
        sentences = set(result.loc[result["claim_status"] == label, TRANSCRIPT])
        allowed = {
            f"{framing} {statement}" for framing in framings for statement in language.statements
        }
        assert sentences <= allowed
        assert {framing for framing in framings for s in sentences if s.startswith(framing)} == set(
            framings
        )
        assert {said for said in language.statements for s in sentences if s.endswith(said)} == set(
            language.statements
        )


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_framing_tells_the_label_and_a_statement_does_not(language: _Language) -> None:
    claims, opinions = language.framings["claim"], language.framings["opinion"]
    assert len({*claims, *opinions}) == len(claims) + len(opinions) == 12
    assert len(set(language.statements)) == 8


def test_a_video_says_the_same_in_each_language() -> None:
    said = [
        [
            [sentence.endswith(statement) for statement in language.statements].index(True)
            for sentence in NAMED[name].apply(ROWS)[TRANSCRIPT]
        ]
        for name, language in LANGUAGES.items()
    ]
    assert said[0] == said[1] == said[2]


def test_a_row_without_a_label_is_not_translated() -> None:
    with pytest.raises(KeyError):
        NAMED["german"].apply(ROWS.head(2).assign(claim_status=""))
