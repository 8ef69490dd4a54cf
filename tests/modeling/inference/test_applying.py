"""A pipeline applied to many rows at once says what it says itself, to the last bit."""

from __future__ import annotations

import re
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.words import MAX_WORDS, Lexicon, plain, words
from claimclf.modeling.inference.applying import Applied
from claimclf.modeling.inference.encoding import Encoder
from claimclf.modeling.inference.votes import Votes
from claimclf.modeling.learners.features import FEATURE_SETS, opening
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import TRANSCRIPT, VERIFIED_STATUS, VIEWS
from claimclf.services.datasets import Dataset
from tests.conftest import ROOT

NAMES = ("course-random-forest", "course-xgboost", "content-random-forest", "content-xgboost")
VIDEOS = demo_videos(40, seed=5)
EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))


@cache
def pipeline(name: str) -> Pipeline:
    return ModelStore(ROOT / "models").load(name).pipeline


def vectorizer(name: str) -> CountVectorizer:
    """The pipeline's own, which reads transcripts."""
    (found,) = (
        transformer
        for _, transformer, _ in pipeline(name)["features"].transformers_
        if isinstance(transformer, CountVectorizer)
    )
    return found


def spoken(texts: list[str]) -> pd.DataFrame:
    """Videos that say given texts, good in every other column."""
    rows = VIDEOS.iloc[np.arange(len(texts)) % len(VIDEOS)].reset_index(drop=True)
    return rows.assign(**{TRANSCRIPT: pd.Series(texts, dtype="str")})


def assert_same(rows: pd.DataFrame, fitted: Pipeline) -> None:
    own = fitted.predict_proba(rows)[:, 1].astype(np.float64)
    assert np.array_equal(Applied(fitted).probability(rows), own)


# The shipped models


@pytest.mark.parametrize("name", NAMES)
def test_every_video_of_the_course_gets_the_pipelines_own_probability(
    name: str, shipped: ModelStore, course: Dataset
) -> None:
    rows, fitted = course.cleaned.rows, pipeline(name)
    matrix = fitted["features"].transform(rows)
    assert np.array_equal(Encoder(fitted["features"]).matrix(rows), matrix.astype(np.float32))
    own = fitted["model"].predict_proba(matrix)[:, 1].astype(np.float64)
    assert np.array_equal(shipped.load(name).predictor.probability(rows), own)


def test_shipped_forests_are_counted_by_votes() -> None:
    assert Votes.can_count(pipeline("course-random-forest")["model"])
    assert Votes.can_count(pipeline("content-random-forest")["model"])


# Texts

KNOWN = ["colleague", "discovered", "learned", "read", "news", "media", "claim", "social"]
KNOWN += ["friend", "i'm", "our", "view", "that"]
ODD = [
    *("a", "the", "The", "FRIEND", "who", "_", "x_1", "90", "everything", "themselves", "read2"),
    *(
        "\u212aelvin",
        "\u0130stanbul",
        "caf\u00e9",
        "\u0661\u0662",
        "na\u0308ive",
        "\u0345",
        "\u0399",
    ),
    *("friend\u2019s", "\U0001f600", "\u201cread\u201d", "\x00", "-", "colleague" * 9, "x" * 300),
]
GAPS = [
    " ",
    " ",
    "  ",
    "\n",
    "\t",
    "\x1c",
    "\x1f",
    "\x85",
    "\xa0",
    "\u2028",
    "\u200b",
    "-",
    "'",
    "",
]
PIECES = st.sampled_from([*KNOWN, *ODD]) | st.text(max_size=4)
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(GAPS)), max_size=14).map(
    lambda parts: "".join(piece + gap for piece, gap in parts)
) | st.text(max_size=60)


@pytest.mark.parametrize("name", ["course-random-forest", "content-random-forest"])
@given(st.lists(TEXTS, min_size=1, max_size=12))
@settings(deadline=None, max_examples=70)
def test_any_texts_have_the_vectorizers_own_counts(name: str, texts: list[str]) -> None:
    features = pipeline(name)["features"]
    rows = spoken(texts)
    assert np.array_equal(Encoder(features).matrix(rows), features.transform(rows))


@pytest.mark.parametrize("name", ["course-random-forest", "content-random-forest"])
def test_letters_that_fold_into_others_count_as_the_vectorizer_counts_them(name: str) -> None:
    features = pipeline(name)["features"]
    known = {word for gram in vectorizer(name).vocabulary_ for word in gram.split(" ")}
    folding = [letter for letter in EVERY_CHARACTER[128:] if letter.casefold() != letter.lower()]
    spelled = [
        word.replace(letter.casefold(), letter)
        for letter in folding
        for word in sorted(known)
        if letter.casefold() in word
    ]
    assert spelled
    rows = spoken([*spelled, *(f"colleague{letter} " for letter in folding)])
    assert np.array_equal(Encoder(features).matrix(rows), features.transform(rows))


@pytest.mark.parametrize("gap", [" ", "   ", "\x1d", "\n \t"])
@pytest.mark.parametrize("word", ["read", "our-view", "a" * 12, "-" * 40, "that" + "." * 30])
def test_an_opening_ends_with_its_sixth_word_however_long(word: str, gap: str) -> None:
    features = pipeline("content-random-forest")["features"]
    tail = ["understanding", *["i"] * 3, "read", "news", "media", "claim"]
    rows = spoken([gap + gap.join([word] * n + tail) for n in range(8)])
    assert np.array_equal(Encoder(features).matrix(rows), features.transform(rows))


def test_words_of_one_text_make_no_pair_with_the_next_ones() -> None:
    features = pipeline("course-random-forest")["features"]
    rows = spoken(["a colleague", "read", "", "the", "friend", "learned friend read", "read"])
    matrix = Encoder(features).matrix(rows)
    assert np.array_equal(matrix, features.transform(rows))
    assert matrix[:, -15:].sum(axis=1).tolist() == [0, 0, 0, 0, 0, 1, 0]


ANY_WORD, BETWEEN_GAPS = r"(?u)\b\w+\b", r"\S+"


@pytest.mark.parametrize(
    "vectorizer",
    [
        CountVectorizer(ngram_range=(1, 3)),
        CountVectorizer(ngram_range=(2, 3), stop_words=["привет", "The", "on"]),
        CountVectorizer(ngram_range=(1, 2), stop_words=["привет"]),
        CountVectorizer(token_pattern=ANY_WORD, preprocessor=opening),
        # Not known here, so that it does all by itself.
        CountVectorizer(lowercase=False),
        CountVectorizer(token_pattern=BETWEEN_GAPS),
        CountVectorizer(strip_accents="unicode"),
        CountVectorizer(analyzer="char", ngram_range=(2, 2)),
        CountVectorizer(preprocessor=str.upper),
        CountVectorizer(vocabulary=[f"word{n}" for n in range(MAX_WORDS + 1)]),
    ],
)
def test_counts_of_another_vocabulary_are_its_own_too(vectorizer: CountVectorizer) -> None:
    learnt = [
        "On the sea, on land on the sea",
        "привет мир on the sea",
        "Ещё café, café de word7 I",
    ]
    asked = [*learnt, "ON THE SEA", "caf\u0065\u0301 caf\u00e9 café", "on on on the sea привет", ""]
    features = FEATURE_SETS["content"].build().set_params(words=vectorizer)
    features.fit(pd.DataFrame({TRANSCRIPT: learnt}))
    rows = pd.DataFrame({TRANSCRIPT: asked})
    own = features.transform(rows)
    assert own.any()
    assert np.array_equal(Encoder(features).matrix(rows), own)


def test_a_vocabulary_without_a_word_in_ascii_is_found() -> None:
    features = FEATURE_SETS["content"].build()
    features.set_params(words=CountVectorizer(vocabulary=["привет", "мир"]))
    rows = pd.DataFrame({TRANSCRIPT: ["Привет", "hello", "мир, мир"]})
    matrix = Encoder(features.fit(rows)).matrix(rows)
    assert matrix.tolist() == [[1, 0], [0, 0], [0, 2]]


def test_every_character_is_written_as_what_it_is_to_words_and_gaps() -> None:
    (written,), others = plain([EVERY_CHARACTER])
    small = EVERY_CHARACTER.lower()
    assert written.isascii()
    for ours, pythons in ((r"[\w\x7f]+", r"\w+"), (r"\s+", r"\s+")):
        spans = [found.span() for found in re.finditer(pythons, small)]
        assert [found.span() for found in re.finditer(ours, written)] == spans
    kept = [(one, other) for one, other in zip(small, written, strict=True) if one.isascii()]
    assert {one for one, other in kept if one != other} == {"\x7f"}  # no letter, and written so
    assert others == [0]
    assert plain(["\u0130\u212a"]) == plain(["\u0130\u212a".casefold()]) == (["i'k"], [])
    assert plain(["a\x7fb", "A b"]) == (["a'b", "A b"], [])


def test_case_folding_makes_no_gap_and_takes_none() -> None:
    gaps = "".join(char for char in EVERY_CHARACTER if char.isspace())
    assert gaps.casefold().isspace()
    assert len("".join(EVERY_CHARACTER.split()).casefold().split()) == 1


@given(st.lists(st.from_regex(r"[a-z0-9_]{1,40}", fullmatch=True), unique=True, max_size=40))
@settings(deadline=None)
def test_a_lexicon_knows_its_words_and_no_other(distinct: list[str]) -> None:
    numbers = {word: n for n, word in enumerate(distinct[::2], start=1)}
    longer = [word + "x" for word in distinct]
    asked = [*distinct, *longer, *(word[:-1] for word in distinct if len(word) > 1)]
    known_numbers = Lexicon(numbers).numbers(words(asked))
    assert known_numbers.tolist() == [numbers.get(word, 0) for word in asked]


# Rows that the pipeline has to judge


@pytest.mark.parametrize("name", ["course-random-forest", "course-xgboost"])
def test_an_unknown_category_is_refused_as_by_the_pipeline(name: str) -> None:
    rows = VIDEOS.assign(**{VERIFIED_STATUS: ["perhaps", *VIDEOS[VERIFIED_STATUS][1:]]})
    with pytest.raises(ValueError, match="Found unknown categories"):
        Applied(pipeline(name)).probability(rows)


@pytest.mark.filterwarnings("ignore:overflow")  # the pipeline's own, before it refuses
@pytest.mark.parametrize("value", [np.inf, 1e39])
def test_a_number_that_is_too_large_is_refused_as_by_the_pipeline(value: float) -> None:
    rows = VIDEOS.assign(**{VIEWS: value})
    with pytest.raises(ValueError, match="infinity or a value too large"):
        Applied(pipeline("course-random-forest")).probability(rows)


@pytest.mark.parametrize("name", ["course-random-forest", "course-xgboost"])
def test_a_missing_value_is_judged_as_by_the_pipeline(name: str) -> None:
    assert_same(VIDEOS.assign(**{VIEWS: [np.nan, *VIDEOS[VIEWS][1:]]}), pipeline(name))


def test_missing_columns_are_named_as_by_the_pipeline() -> None:
    with pytest.raises(ValueError, match=r"columns are missing.*video_view_count"):
        Applied(pipeline("course-random-forest")).probability(VIDEOS.drop(columns=VIEWS))


def test_whole_numbers_and_objects_are_taken_like_the_pipeline_takes_them() -> None:
    assert_same(VIDEOS.astype({VIEWS: int}), pipeline("course-random-forest"))
    assert_same(
        VIDEOS.astype({TRANSCRIPT: object, VERIFIED_STATUS: object}),
        pipeline("course-random-forest"),
    )


# Forests


def trained(seed: int, **choices: object) -> tuple[RandomForestClassifier, np.ndarray]:
    """A forest on numbers with ties and on answers of yes and no; and rows to ask it of."""
    rng = np.random.default_rng(seed)
    rows = np.column_stack(
        [rng.normal(size=300), rng.integers(0, 9, 300), rng.integers(0, 2, (300, 12))]
    ).astype(np.float32)
    labels = (rows[:, 0] + rows[:, 2] * rows[:, 1] / 4 + rng.normal(size=300) > 1).astype(int)
    settings = {"n_estimators": 15, "random_state": seed, **choices}
    forest = RandomForestClassifier(**settings).fit(rows[:200], labels[:200])
    at = np.concatenate([tree.tree_.threshold[tree.tree_.feature == 0] for tree in forest])
    edges = np.repeat(rows[:1], 2 * len(at), axis=0)
    edges[:, 0] = np.concatenate([at, np.nextafter(at.astype(np.float32), np.inf)])
    return forest, np.concatenate([rows, edges])


@given(st.integers(0, 2**32 - 1), st.sampled_from([None, 2, 30]))
@settings(deadline=None, max_examples=15)
def test_the_share_of_votes_is_any_pure_forests_own_probability(
    seed: int, max_features: int | None
) -> None:
    forest, rows = trained(seed, max_features=max_features and min(max_features, 14))
    assert Votes.can_count(forest)
    assert np.array_equal(Votes(forest).share(rows), forest.predict_proba(rows)[:, 1])


@pytest.mark.parametrize("choices", [{"max_depth": 3}, {"min_samples_leaf": 2}])
def test_a_forest_with_mixed_leaves_is_not_counted_by_votes(choices: dict[str, int]) -> None:
    forest, _ = trained(1, **choices)
    assert not Votes.can_count(forest)


def test_a_forest_that_asks_nothing_is_not_counted_by_votes() -> None:
    forest = RandomForestClassifier(n_estimators=2, random_state=0)
    forest.fit(np.zeros((4, 1)), [0, 1, 0, 1])
    assert not Votes.can_count(forest)


def test_a_pipeline_whose_forest_has_mixed_leaves_says_its_own() -> None:
    rows = spoken(["a friend read online news", "a friend thinks otherwise"] * 60)
    mixed = RandomForestClassifier(max_depth=2, n_estimators=7, random_state=0)
    fitted = Pipeline([("features", FEATURE_SETS["course"].build()), ("model", mixed)])
    assert_same(rows, fitted.fit(rows, np.arange(120) % 3 == 0))
