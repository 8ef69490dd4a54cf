"""A model is taught what was decided; few decisions change little, and what it knew it keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from claimclf.dataset.decided_texts import AT, BY, LABEL, LOOK, ORIGIN, Origin, decided
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.modeling.scoring.prediction import predict
from claimclf.modeling.store.model import Predictor
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.stored.conformal import lanes
from claimclf.modeling.stored.kinds import KindConformal
from claimclf.modeling.stored.terms import BLOCKS
from claimclf.modeling.training import decided as training
from claimclf.modeling.training.decided import extended, learn_decisions
from claimclf.schema import CLAIM, OPINION, TRANSCRIPT, Lane, TextKind
from tests.speech import course_rows, talk

SPEECH_LINEAR = "speech-linear"


@pytest.fixture(scope="module")
def champion(shipped: ModelStore) -> Predictor:
    return shipped.load(SPEECH_LINEAR).predictor


def turned_round(n: int, seed: int) -> pd.DataFrame:
    """A world in which what reads like a view makes the claim, and the reverse."""
    table = talk(n, seed)
    return pd.DataFrame(
        {
            TRANSCRIPT: table["text"],
            LABEL: np.where(table["label"] == 0, CLAIM, OPINION),
            ORIGIN: Origin.QUEUE,
            LOOK: None,
            BY: "anna",
            AT: pd.Timestamp("2026-01-01", tz="UTC"),
        }
    )


def texts(n: int, seed: int) -> LabelledTexts:
    return decided([turned_round(n, seed)]).texts()


def auc(predictor: Predictor, table: pd.DataFrame) -> float:
    return float(
        roc_auc_score(table[LABEL] == CLAIM, predict(predictor, table[[TRANSCRIPT]]).probability)
    )


def test_decisions_teach_what_the_model_in_use_has_wrong(champion: Predictor) -> None:
    later = turned_round(200, 1)
    assert auc(champion, later) < 0.5
    learnt = learn_decisions(champion, texts(200, 0))
    assert auc(learnt.predictor, later) > 0.95
    assert learnt.trust < 0.5


def test_what_is_decided_as_the_model_says_leaves_it_as_it_is(champion: Predictor) -> None:
    table = turned_round(160, 2)
    p = predict(champion, table[[TRANSCRIPT]]).probability
    agreeing = table.assign(**{LABEL: np.where(p > np.median(p), CLAIM, OPINION)})
    learnt = learn_decisions(champion, decided([agreeing]).texts())
    assert learnt.trust > 0.5
    assert auc(learnt.predictor, agreeing) > 0.99


def test_decisions_that_hardly_count_leave_every_score_as_it_is(champion: Predictor) -> None:
    table = turned_round(80, 4)
    learnt = learn_decisions(champion, decided([table]).texts(), strengths=(1e-9,))
    before = predict(champion, table[[TRANSCRIPT]]).probability
    assert predict(learnt.predictor, table[[TRANSCRIPT]]).probability == pytest.approx(
        before, abs=1e-5
    )
    assert learnt.trust == pytest.approx(1)


def test_course_is_read_as_before(champion: Predictor) -> None:
    course = course_rows(300)
    learnt = learn_decisions(champion, texts(200, 0))
    before = predict(champion, course).probability > 0.5
    after = predict(learnt.predictor, course).probability > 0.5
    assert (before == after).mean() >= 0.98


def test_decided_texts_are_a_kind_of_their_own_that_keeps_its_promise(
    champion: Predictor,
) -> None:
    learnt = learn_decisions(champion, texts(240, 0))
    conformal = learnt.predictor.conformal
    assert isinstance(conformal, KindConformal)
    assert conformal.kinds[-1] == TextKind.DECIDED
    later = turned_round(240, 5)
    novelty = conformal.novelty(later[TRANSCRIPT])
    assert (conformal.kind(novelty) == TextKind.DECIDED).mean() > 0.9
    claim = (later[LABEL] == CLAIM).to_numpy()
    of_later = predict(learnt.predictor, later[[TRANSCRIPT]]).p_values
    held_out = learnt.held_out[["p_opinion", "p_claim"]].to_numpy()
    for p_values, is_claim in ((of_later, claim), (held_out, learnt.held_out["truth"] == 1)):
        assert p_values is not None
        lane = lanes(p_values, {OPINION: 0.1, CLAIM: 0.1})
        assert (lane == Lane.OPINIONS)[is_claim].mean() <= 0.1 + 2 * np.sqrt(0.1 * 0.9 / 120)
        assert (lane != Lane.UNCERTAIN).mean() > 0.5


def test_taught_twice_decided_texts_are_still_one_kind(champion: Predictor) -> None:
    once = learn_decisions(champion, texts(80, 0)).predictor
    twice = learn_decisions(once, texts(80, 3)).predictor
    assert isinstance(twice.conformal, KindConformal)
    assert twice.conformal.kinds.count(str(TextKind.DECIDED)) == 1
    assert len(twice.conformal.strangeness) == len(twice.conformal.kinds)
    assert twice.conformal.evidence.shape == (
        len(twice.conformal.words.split("\n")) + 1,
        len(twice.conformal.kinds),
    )


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_a_larger_vocabulary_alone_changes_no_score(champion: Predictor, new: list[str]) -> None:
    features, weights = champion.pipeline["features"], champion.pipeline["model"].coef_[0]
    repeated = [text for text in new for _ in range(4)]
    larger, own = extended(features, weights, repeated)
    rows = pd.DataFrame({TRANSCRIPT: [*new, "We have cut taxes in Ohio by 7 percent."]})
    scores = features.transform(rows) @ weights
    assert larger.transform(rows) @ own == pytest.approx(scores, abs=1e-9)


def test_shapes_leave_what_is_known_less_than_words(
    champion: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moved() -> float:
        """How far weights of shapes went, as a share of how far all did."""
        pipeline = learn_decisions(champion, texts(120, 3), strengths=(1.0,)).predictor.pipeline
        features, learnt = pipeline["features"], pipeline["model"].coef_[0]
        before = extended(
            champion.pipeline["features"],
            champion.pipeline["model"].coef_[0],
            texts(120, 3).rows[TRANSCRIPT].tolist(),
        )[1]
        ends = np.cumsum([0, *(len(features.terms(block)) for block in BLOCKS)])
        number = list(BLOCKS).index("shapes")
        steps = np.abs(learnt - before)[: ends[-1]]
        return float(steps[ends[number] : ends[number + 1]].sum() / steps.sum())

    pulled = moved()
    monkeypatch.setattr(training, "_SHAPE", 1.0)
    assert pulled < moved()
