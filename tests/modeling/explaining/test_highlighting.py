from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.demo import demo_videos
from claimclf.errors import UnsuitableModelError
from claimclf.modeling.explaining.contributions import contributions
from claimclf.modeling.explaining.explained import Explained
from claimclf.modeling.explaining.highlighting import explain
from claimclf.modeling.learners.features import FEATURE_SETS
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import CLAIM_STATUS, ENGAGEMENT, TRANSCRIPT

VIDEOS = demo_videos(800, seed=3, labelled=True)
NAMES = ["content-forest", "content-xgboost", "course-random-forest", "course-xgboost"]
WORDS = ("someone", "read", "i", "my", "view", "is", "that", "social", "media", "friend", "claim")
#: Words the models know, in odd dress, among anything else.
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(WORDS),
        st.sampled_from(WORDS).map(str.upper),
        st.sampled_from(
            ["<b>", "&amp;", "🎬", "👨‍👩‍👧", "שלום", "مرحبا", "İS", "ß", "e\u0301", "ΣΑΣ", "ŉ"]
        ),
        st.text(max_size=8),
        st.just("that\u0301\u0345x"),
    ),
    max_size=14,
).flatmap(lambda parts: st.sampled_from([" ", "\n", "-", "", " \t"]).map(lambda s: s.join(parts)))


@pytest.fixture(scope="module")
def pipelines(shipped: ModelStore) -> dict[str, Pipeline]:
    learners: dict[str, Any] = {
        "content-forest": RandomForestClassifier(20, max_leaf_nodes=40, random_state=0),
        "content-xgboost": XGBClassifier(n_estimators=20, max_depth=3, n_jobs=1),
    }
    fitted = {name: shipped.load(name).pipeline for name in NAMES if name not in learners}
    for name, learner in learners.items():
        features = FEATURE_SETS["content-counts"].build()
        pipeline = Pipeline([("features", features), ("model", learner)])
        fitted[name] = pipeline.fit(VIDEOS, is_claim(VIDEOS))
    return fitted


def videos_saying(*transcripts: str | None) -> pd.DataFrame:
    rows = VIDEOS.head(len(transcripts)).drop(columns=CLAIM_STATUS)
    return rows.assign(**{TRANSCRIPT: pd.Series(transcripts, rows.index, dtype="str")})


def words_of(vectorizer: CountVectorizer, texts: list[str]) -> Pipeline:
    """Return a model that reads nothing but words, and one count."""
    features = ColumnTransformer(
        [("ngrams", vectorizer, TRANSCRIPT), ("counts", "passthrough", [ENGAGEMENT[0]])],
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )
    learner = RandomForestClassifier(30, max_features=None, random_state=0)
    rows = videos_saying(*texts)
    return Pipeline([("features", features), ("model", learner)]).fit(
        rows, np.arange(len(texts)) % 2
    )


def marked(explained: Explained) -> list[str]:
    return [explained.transcript[span.start : span.stop] for span in explained.spans]


def check_spans(explained: Explained) -> None:
    end = 0
    for span in explained.spans:
        assert end <= span.start < span.stop <= len(explained.transcript)
        end = span.stop


def check_sums(explained: Explained, score: float, exactness: float) -> None:
    parts = (explained.present, explained.absent, explained.others)
    assert sum(map(len, parts)) == len(explained.names)
    total = sum(part["contribution"].sum() for part in parts)
    assert total == pytest.approx(explained.score - explained.bias, abs=1e-9)
    assert explained.score == pytest.approx(score, abs=exactness)


def scores(pipeline: Pipeline, rows: pd.DataFrame) -> np.ndarray:
    learner = pipeline["model"]
    if isinstance(learner, XGBClassifier):
        matrix = pipeline["features"].transform(rows)
        return np.asarray(learner.predict(matrix, output_margin=True))
    return np.asarray(pipeline.predict_proba(rows)[:, 1])


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(TEXTS, min_size=1, max_size=8))
def test_any_text_is_explained_without_remainder(
    pipelines: dict[str, Pipeline], name: str, texts: list[str]
) -> None:
    pipeline, rows = pipelines[name], videos_saying(*texts)
    exactness = 1e-4 if "xgboost" in name else 1e-9  # XGBoost adds in float32
    matrix = pipeline["features"].transform(rows)
    explained = explain(pipeline, rows)
    for one, text, x, score in zip(explained, texts, matrix, scores(pipeline, rows), strict=True):
        assert one.transcript == text
        check_spans(one)
        check_sums(one, score, exactness)
        # What the vectorizer counted is what was found in the text, and nothing else.
        assert np.array_equal(one.is_word & (np.asarray(x) != 0), one.is_present)
        assert bool(one.spans) == bool(one.is_present.any())


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_explained_alike_alone_and_together(
    pipelines: dict[str, Pipeline], name: str
) -> None:
    rows = VIDEOS.head(4)
    together = explain(pipelines[name], rows)
    for i in range(4):
        (alone,) = explain(pipelines[name], rows.iloc[[i]])
        assert marked(alone) == marked(together[i])
        assert alone.values == pytest.approx(together[i].values, abs=1e-12)


def test_values_are_the_models_contributions(pipelines: dict[str, Pipeline]) -> None:
    pipeline = pipelines["content-forest"]
    contributed = contributions(pipeline, VIDEOS.head(3))
    for one, values in zip(explain(pipeline, VIDEOS.head(3)), contributed.values, strict=True):
        assert np.array_equal(one.values, values)
        assert (one.names, one.bias, one.unit) == (
            contributed.names,
            contributed.bias,
            "probability",
        )


def test_content_model_is_shown_to_read_the_opening_only(pipelines: dict[str, Pipeline]) -> None:
    rows = videos_saying("I  read\nonline that a snow, my view is that I read online")
    (explained,) = explain(pipelines["content-forest"], rows)
    assert marked(explained) == ["I", "read", "online", "that", "a"]
    assert {"my", "is"} <= set(explained.absent["feature"])
    assert set(explained.others["feature"]) == set(ENGAGEMENT)


def test_word_that_occurs_twice_has_its_whole_value_each_time(
    pipelines: dict[str, Pipeline],
) -> None:
    (explained,) = explain(pipelines["content-forest"], videos_saying("That, that and my THAT"))
    value = explained.present.set_index("feature")["contribution"]["that"]
    by_word = zip(marked(explained), explained.spans, strict=True)
    each = [(text, span.contribution) for text, span in by_word if text.lower() == "that"]
    assert each == [("That", value), ("that", value), ("THAT", value)]


def test_ngram_covers_the_stop_words_that_it_leaps_over() -> None:
    pipeline = words_of(
        CountVectorizer(ngram_range=(2, 3), stop_words="english"),
        ["someone read about it in the media", "quiet lake", "read media", "deep lake"] * 3,
    )
    (explained,) = explain(pipeline, videos_saying("She: READ it in the Media. Deep lake"))
    # "read media" and "deep lake"; "media deep" is not in the vocabulary.
    assert marked(explained) == ["READ it in the Media", "Deep lake"]


def test_ngrams_that_overlap_are_one_span_with_their_sum() -> None:
    pipeline = words_of(
        CountVectorizer(ngram_range=(2, 3)), ["read online claim", "my own view", "a b c"] * 4
    )
    (explained,) = explain(pipeline, videos_saying("then read online claim, own view"))
    assert marked(explained) == ["read online claim", "own view"]
    values = explained.present.set_index("feature")["contribution"]
    inside = values[["read online", "online claim", "read online claim"]].sum()
    assert explained.spans[0].contribution == pytest.approx(inside, abs=1e-12)


def test_case_folding_that_makes_two_characters_of_one_moves_no_span() -> None:
    vectorizer = CountVectorizer(preprocessor=str.casefold)
    pipeline = words_of(vectorizer, ["strasse read", "view", "read", "my view"] * 3)
    (explained,) = explain(pipeline, videos_saying("İİ ﬃ Straße, ŉ READ"))
    assert marked(explained) == ["Straße", "READ"]


def test_mark_that_becomes_a_letter_when_case_is_folded_is_part_of_its_word() -> None:
    vectorizer = CountVectorizer(preprocessor=str.casefold)
    pipeline = words_of(vectorizer, ["λογω\u0345 read", "view", "read", "my view"] * 3)
    (explained,) = explain(pipeline, videos_saying("read: ΛΟΓΩ\u0345"))
    assert marked(explained) == ["read", "ΛΟΓΩ\u0345"]


def test_accent_stays_with_its_letter() -> None:
    pipeline = words_of(CountVectorizer(), ["cafe read", "view", "read", "my view"] * 3)
    (explained,) = explain(pipeline, videos_saying("cafe\u0301 read"))
    assert marked(explained) == ["cafe\u0301", "read"]


def test_word_that_the_preprocessor_made_up_counts_without_a_place() -> None:
    vectorizer = CountVectorizer(preprocessor=shortened)
    pipeline = words_of(vectorizer, ["television read", "view", "read", "my view"] * 3)
    (explained,) = explain(pipeline, videos_saying("television: read"))
    assert marked(explained) == ["read"]
    assert set(explained.present["feature"]) == {"tv", "read"}


def shortened(text: str) -> str:
    return text.casefold().replace("television", "tv")


@pytest.mark.parametrize("name", NAMES)
def test_missing_transcript_is_an_empty_one(pipelines: dict[str, Pipeline], name: str) -> None:
    none, empty = explain(pipelines[name], videos_saying(None, ""))
    for one in (none, empty):
        assert (one.transcript, one.spans) == ("", ())
        assert one.present.empty


def test_no_videos_have_no_explanation(pipelines: dict[str, Pipeline]) -> None:
    assert explain(pipelines["content-forest"], VIDEOS.head(0)) == []


def test_tables_list_the_largest_first(pipelines: dict[str, Pipeline]) -> None:
    (explained,) = explain(pipelines["content-forest"], VIDEOS.head(1))
    for table in (explained.present, explained.absent, explained.others):
        sizes = table["contribution"].abs().to_numpy()
        assert (np.diff(sizes) <= 0).all()
        assert sizes[0] <= explained.largest


def test_learner_of_another_kind_is_refused() -> None:
    pipeline = Pipeline(
        [("features", FEATURE_SETS["content"].build()), ("model", LogisticRegression())]
    ).fit(VIDEOS, is_claim(VIDEOS))
    with pytest.raises(UnsuitableModelError, match="LogisticRegression"):
        explain(pipeline, VIDEOS.head(1))


@pytest.mark.parametrize("name", NAMES)
def test_words_that_moved_a_score_are_those_of_the_text_the_strongest_first(
    pipelines: dict[str, Pipeline], name: str
) -> None:
    (one,) = explain(
        pipelines[name], videos_saying("someone read on social media that i am a view")
    )
    named = one.moving(3)
    assert named == one.present["feature"].head(3).tolist()
    assert named
