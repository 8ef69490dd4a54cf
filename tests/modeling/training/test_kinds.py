"""Models that learn from the course and from texts of real people together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.labelled_texts import N_GROUPS, LabelledTexts
from claimclf.errors import TrainingDataError
from claimclf.modeling.explaining.contributions import contributions
from claimclf.modeling.explaining.highlighting import explain
from claimclf.modeling.inference.applying import Applied
from claimclf.modeling.learners.recipes import RECIPES
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store.files import dump, rebuilt
from claimclf.modeling.store.model import Predictor
from claimclf.modeling.stored.conformal import NEW, TOO_SHORT, lanes
from claimclf.modeling.training.fitting import fit
from claimclf.modeling.training.kinds import Learnt, learn_kinds
from claimclf.schema import CLAIM, OPINION, TRANSCRIPT, Lane, TextKind
from tests.speech import course_rows, talk, texts_of

LINEAR = RECIPES["speech"][0]
SPANISH = "hemos creado veintidos millones de empleos nuevos desde aquel momento"


def rows_of(texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame({TRANSCRIPT: pd.Series(texts, dtype="str")})


@pytest.fixture(scope="module")
def sources() -> tuple[LabelledTexts, ...]:
    return (
        texts_of(talk(400)),
        texts_of(talk(240, seed=1, tail=" lol omg retweet this thread #politics"), "posts.csv"),
    )


@pytest.fixture(scope="module")
def learnt(sources: tuple[LabelledTexts, ...]) -> Learnt:
    return learn_kinds(LINEAR, course_rows(), sources)


@pytest.fixture(scope="module")
def predictor(learnt: Learnt) -> Predictor:
    return learnt.predictor


def test_kind_is_told_by_names_and_tags_and_neighbours_are_held_out_together(
    sources: tuple[LabelledTexts, ...],
) -> None:
    speech, posts = sources
    assert (speech.kind, posts.kind) == (TextKind.SPEECH, TextKind.POSTS)
    first = speech.rows[TRANSCRIPT].drop_duplicates().index  # equal texts go with the first
    assert (np.diff(speech.group[first]) >= 0).all()
    assert set(speech.group) == set(posts.group) == set(range(N_GROUPS))
    assert pd.Series(posts.group).groupby(posts.rows[TRANSCRIPT]).nunique().max() == 1


def test_claims_and_views_of_every_kind_are_told_apart(learnt: Learnt) -> None:
    for _, held in learnt.held_out.groupby("source"):
        right = (held["claim_probability"] > 0.5) == (held["truth"] == 1)
        assert right.mean() > 0.9
    new = talk(200, seed=9)
    said = predict(learnt.predictor, rows_of(new["text"].tolist()))
    assert ((said.probability > 0.5) == (new["label"] == 1)).mean() > 0.95
    assert said.kind is not None
    assert (said.kind == TextKind.SPEECH).mean() > 0.9


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_applied_to_any_texts_at_once_it_says_what_the_pipeline_says(
    predictor: Predictor, data: st.DataObject
) -> None:
    known = st.sampled_from([*talk(40, seed=4)["text"], *course_rows(40)[TRANSCRIPT], SPANISH])
    texts = data.draw(st.lists(st.one_of(known, st.text(max_size=50)), min_size=1, max_size=6))
    rows = rows_of(texts)
    own = predictor.pipeline.predict_proba(rows)[:, 1]
    assert np.abs(Applied(predictor.pipeline).probability(rows) - own).max() < 1e-12


def test_more_texts_than_are_read_at_a_time_get_the_same_probability(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = rows_of(talk(50, seed=6)["text"].tolist())
    whole = Applied(predictor.pipeline).probability(rows)
    monkeypatch.setattr("claimclf.modeling.inference.additive.CHUNK_TEXTS", 7)
    assert np.allclose(Applied(predictor.pipeline).probability(rows), whole, rtol=0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.sampled_from(talk(30, seed=5)["text"].tolist())))
def test_words_and_bias_add_up_to_the_score(predictor: Predictor, text: str) -> None:
    probability = predictor.pipeline.predict_proba(rows_of([text]))[0, 1]
    log_odds = np.log(probability / (1 - probability))
    explained = explain(predictor.pipeline, rows_of([text]))[0]
    assert explained.unit == "log-odds"
    assert explained.score == pytest.approx(log_odds, abs=1e-9)
    spread = explained.bias + sum(span.contribution for span in explained.spans)
    assert spread == pytest.approx(log_odds, abs=1e-9)


def test_what_marks_a_claim_is_marked_where_it_stands(predictor: Predictor) -> None:
    text = "Last year there were 40 million farms in this country."
    explained = explain(predictor.pipeline, rows_of([text]))[0]
    by_word = {text[span.start : span.stop]: span.contribution for span in explained.spans}
    assert list(by_word) == text.rstrip(".").split()
    assert by_word["40"] > 0
    assert by_word["million"] > 0


def test_contributions_of_several_rows_add_up(predictor: Predictor) -> None:
    rows = rows_of([*talk(5)["text"], course_rows(10)[TRANSCRIPT].iloc[0]])
    probability = predictor.pipeline.predict_proba(rows)[:, 1]
    contributed = contributions(predictor.pipeline, rows)
    assert np.allclose(contributed.score, np.log(probability / (1 - probability)), atol=1e-9)


def test_stored_and_rebuilt_it_says_the_same_and_names_nothing_that_runs(
    predictor: Predictor, tmp_path: Path
) -> None:
    rows = rows_of([*talk(20, seed=2)["text"], SPANISH, ""])
    before = predict(predictor, rows)
    dump(predictor.pipeline, tmp_path / "model.skops")
    assert predictor.conformal is not None
    dump(predictor.conformal, tmp_path / "conformal.skops")
    after = predict(
        Predictor.of(
            rebuilt("speech-linear", "model.skops", (tmp_path / "model.skops").read_bytes()),
            rebuilt(
                "speech-linear", "conformal.skops", (tmp_path / "conformal.skops").read_bytes()
            ),
        ),
        rows,
    )
    assert np.array_equal(before.probability, after.probability)
    assert before.p_values is not None
    assert np.array_equal(before.p_values, after.p_values)


def test_lanes_keep_their_promise_on_stretches_that_were_never_met(learnt: Learnt) -> None:
    speech = learnt.held_out[learnt.held_out["kind"] == TextKind.SPEECH]
    for label, column in enumerate(("p_opinion", "p_claim")):
        own = speech.loc[(speech["truth"] == label) & (speech[column] > 0), column]
        for rate in (0.05, 0.1, 0.2):
            # Some 200 rows of a class: two standard deviations more may be chance.
            assert (own <= rate).mean() <= rate + 2 * np.sqrt(rate * (1 - rate) / len(own))


def test_text_like_no_kind_stays_uncertain_and_says_why(predictor: Predictor) -> None:
    said = predict(predictor, rows_of([SPANISH, "", "?!", "zxcv qwer asdf yxcv"]))
    assert said.p_values is not None
    lane = lanes(said.p_values, {CLAIM: 0.2, OPINION: 0.2})
    assert (lane == Lane.UNCERTAIN).all()
    assert said.doubt is not None
    assert said.doubt.tolist() == [NEW, TOO_SHORT, TOO_SHORT, NEW]


def test_new_words_make_a_text_stranger_for_both_classes(predictor: Predictor) -> None:
    text = "We have cut farms by 20 percent since 1970."
    strange = "We have cut zzyzx by 20 percent since 1970."
    known, new = predict(predictor, rows_of([text, strange])).p_values  # type: ignore[misc]
    assert (new <= known).all()


def test_heavier_source_counts_for_more() -> None:
    """The same sentences, labelled the other way round, in two sources."""
    one = talk(200)
    other = one.assign(label=1 - one["label"], text=one["text"] + " #tag")
    course = course_rows(200)
    said = []
    for weight in (0.1, 10.0):
        sources = [texts_of(one), texts_of(other, "posts.csv", weight)]
        predictor = fit(LINEAR, course, sources)
        said.append(predict(predictor, rows_of(one["text"].tolist()[1::2])).probability.mean())
    assert said[0] > said[1]


@pytest.mark.parametrize("recipe", RECIPES["speech"][1:], ids=lambda recipe: recipe.name)
def test_trees_learn_from_the_same_texts(
    recipe: object, sources: tuple[LabelledTexts, ...]
) -> None:
    few = replace(recipe, settings={**recipe.settings, "n_estimators": 20})  # type: ignore[type-var, attr-defined]
    course = course_rows()
    held_out = learn_kinds(few, course, sources).held_out
    right = (held_out["claim_probability"] > 0.5) == (held_out["truth"] == 1)
    assert right.mean() > 0.8
    assert int((held_out["source"] == 0).sum()) == len(is_claim(course))


def test_texts_are_needed() -> None:
    with pytest.raises(TrainingDataError, match=r"learns from texts of real people.*--speech FILE"):
        fit(LINEAR, course_rows())


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_weight_that_is_no_positive_number_is_refused(weight: float) -> None:
    with pytest.raises(TrainingDataError, match=r"weight of talk.csv cannot be used"):
        texts_of(talk(60), weight=weight)


def test_source_with_too_few_texts_of_a_class_is_refused() -> None:
    table = talk(60)
    table["label"] = [1] * 3 + [0] * 57
    with pytest.raises(TrainingDataError, match=r"too few texts of the class 'claim'.*3 claim"):
        texts_of(table)
