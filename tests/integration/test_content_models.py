"""What the content models promise, on the real dataset and outside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from claimclf.dataset.reading import read_table
from claimclf.dataset.splitting import split
from claimclf.modeling.evaluation.curves import brier
from claimclf.modeling.learners.recipes import RECIPES, Recipe
from claimclf.modeling.scoring.prediction import predict, predictions
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.stored.conformal import lanes
from claimclf.modeling.training.fitting import Trained, train
from claimclf.modeling.training.stress import stress, trade_off
from claimclf.schema import CLAIM, DEFAULT_FEATURE_SETS, ENGAGEMENT, OPINION, P_VALUES, Lane
from claimclf.services.datasets import Dataset
from claimclf.services.stress import read_elsewhere
from tests.conftest import shared_file

pytestmark = pytest.mark.dataset

CONTENT = [recipe.name for recipe in RECIPES["content"]]
MB = 2**20


@pytest.fixture(scope="module", params=RECIPES["content"], ids=CONTENT)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    fitted_recipe: Recipe = request.param
    return fitted_recipe


@pytest.fixture(scope="module")
def trained(recipe: Recipe, course: Dataset) -> Trained:
    return train(recipe, course.cleaned, course.name, course.sha256)


@pytest.fixture(scope="module")
def conditions(trained: Trained, course: Dataset) -> pd.DataFrame:
    """The whole suite, every recipe fitted anew for what is held out."""
    table = stress(trained.model, course.cleaned.rows, {})
    return table.set_index("condition")


def test_recall_and_specificity_are_at_least_999_in_1000(trained: Trained) -> None:
    for part in ("validation", "test"):
        metrics = trained.model.manifest.metrics[part]
        (tn, fp), _ = metrics.confusion_matrix
        assert metrics.recall >= 0.999
        assert tn / (tn + fp) >= 0.999


def test_engagement_changes_no_prediction(trained: Trained, course: Dataset) -> None:
    rows = split(course.cleaned.rows).test
    said = predictions(trained.model, rows)
    for k in (0, 0.01, 10, 100):
        changed = rows.assign(**{name: np.floor(rows[name] * k) for name in ENGAGEMENT})
        pd.testing.assert_frame_equal(predictions(trained.model, changed), said)


@pytest.mark.parametrize(
    ("condition", "recall", "specificity"),
    [
        ("unseen-statements", 0.995, 0.99),
        ("unseen-framings", 0.995, 0.99),
        ("unseen-first-words", 0.985, 0.93),
    ],
)
def test_what_was_never_seen_is_still_told_apart(
    conditions: pd.DataFrame, condition: str, recall: float, specificity: float
) -> None:
    figures = conditions.loc[condition]
    assert figures["n"] == 19_084
    assert figures["recall"] >= recall
    assert figures["specificity"] >= specificity


def test_no_alteration_of_the_test_split_hides_a_claim(conditions: pd.DataFrame) -> None:
    altered = conditions[conditions["kind"] == "altered"]
    assert len(altered) == 16
    assert (altered["claims_hidden"] == 0).all()
    assert altered.loc["unchanged", "uncertain"] <= 0.01
    assert (altered.loc[["empty", "first-two-words", "spanish"], "uncertain"] == 1).all()


def test_promised_error_rates_hold_on_validation_within_their_interval(trained: Trained) -> None:
    model, stored = trained.model, trained.predictions
    assert model.manifest.error_rates == {CLAIM: 0.005, OPINION: 0.005}
    row = trade_off(stored, {}).set_index("error_rate").loc[0.005]
    for label in (CLAIM, OPINION):
        assert row[f"{label}s_ruled_out_low"] <= 0.005
    validation = stored[stored["split"] == "validation"]
    own = validation[validation["claim_status"] == CLAIM]
    lane = lanes(own[list(P_VALUES)].to_numpy(), model.manifest.error_rates)
    assert (lane == Lane.OPINIONS).mean() <= 0.005


def test_calibration_helps_on_rows_that_trained_nothing(trained: Trained, course: Dataset) -> None:
    rows = split(course.cleaned.rows).validation
    truth = (rows["claim_status"] == CLAIM).astype(int).to_numpy()
    learnt = trained.model.pipeline.predict_proba(rows)[:, 1]
    calibrated = predict(trained.model.predictor, rows).probability
    assert brier(truth, calibrated) < brier(truth, learnt)


def test_claims_from_elsewhere_do_not_slip_into_opinions(trained: Trained) -> None:
    sentences = read_elsewhere(read_table(shared_file("data/debate_sentences_dev.csv")))
    assert (len(sentences.accepted), sentences.n_rejected) == (1_000, 0)
    said = predictions(trained.model, sentences.accepted)
    claims = sentences.accepted["claim_status"] == CLAIM
    assert claims.sum() == 500
    assert (said.loc[claims, "lane"] == Lane.OPINIONS).mean() <= 0.005
    assert (said["lane"] == Lane.UNCERTAIN).mean() > 0.9


#: Our own sentences, none framed as the dataset frames: (is it a claim, text).
ELSEWHERE = [
    (True, "The new vaccine was given to forty thousand people before it was approved."),
    (True, "Unemployment fell to four percent last year, the lowest in two decades."),
    (True, "BREAKING: the bridge downtown has been closed since Monday morning"),
    (True, "Drinking lemon water every morning cures high blood pressure."),
    (True, "My doctor told me that cell towers make you sick."),
    (True, "They said the election machines were switched off at midnight."),
    (True, "It's a fact that the moon landing was filmed in a studio."),
    (True, "El agua caliente mata el virus en diez minutos."),
    (True, "Der Minister hat gestern seinen Rücktritt erklärt."),
    (True, "He scored three goals in the last ten minutes of the match."),
    (False, "Honestly that was the worst movie of the summer."),
    (False, "Why would anyone put pineapple on a pizza?"),
    (False, "asdf qwer zxcv lkjh"),
    (False, "So beautiful, I could watch this all day."),
]


def test_our_own_sentences_from_elsewhere_are_for_people_to_judge(trained: Trained) -> None:
    rows = pd.DataFrame({"video_transcription_text": [text for _, text in ELSEWHERE]}, dtype="str")
    said = predictions(trained.model, rows)
    assert (said["lane"] == Lane.UNCERTAIN).all()
    assert (said["reason"] != "").all()


def test_shipped_content_models_say_what_training_anew_says(
    trained: Trained, course: Dataset, shipped: ModelStore
) -> None:
    stored, rows = shipped.load(trained.model.name), split(course.cleaned.rows).test
    assert shipped.predictions(trained.model.name).equals(trained.predictions)
    pd.testing.assert_frame_equal(predictions(stored, rows), predictions(trained.model, rows))
    assert stored.manifest.metrics == trained.model.manifest.metrics


def test_shipped_figures_under_stress_are_those_measured_anew(
    conditions: pd.DataFrame, trained: Trained, shipped: ModelStore
) -> None:
    stored = pd.DataFrame(shipped.manifest(trained.model.name).stress).set_index("condition")
    figures = ["n", "recall", "specificity", "claims", "uncertain", "opinions", "claims_hidden"]
    again = stored.loc[conditions.index, figures].astype(float)
    pd.testing.assert_frame_equal(again, conditions[figures].astype(float))


def test_what_ships_is_seven_models_that_are_small_and_whole(shipped: ModelStore) -> None:
    feature_sets = (*DEFAULT_FEATURE_SETS, "speech")
    names = sorted(r.name for name in feature_sets for r in RECIPES[name])
    assert shipped.names() == names
    assert shipped.problems() == []
    size = sum(path.stat().st_size for path in shipped.folder.rglob("*") if path.is_file())
    assert size <= 15 * MB
    best = champion(shipped)
    assert best is not None
    assert best.name == "speech-linear"


#: k -> the course forest's recall and specificity, as first measured, to the digit.
COURSE_FOREST = {
    "unchanged": (0.998, 0.999),
    "engagement-0": (0.563, 1.000),
    "engagement-0.01": (0.601, 1.000),
    "engagement-10": (1.000, 0.097),
}


def test_the_course_forest_is_blind_to_young_videos_to_the_digit(
    forest: Model, course: Dataset
) -> None:
    table = stress(forest, course.cleaned.rows, {}, held_out=False).set_index("condition")
    figures = {
        name: (round(table.loc[name, "recall"], 3), round(table.loc[name, "specificity"], 3))
        for name in COURSE_FOREST
    }
    assert figures == COURSE_FOREST


def test_adding_counts_has_a_price_that_an_analyst_can_see(course: Dataset) -> None:
    few = replace(course.cleaned, rows=course.cleaned.rows.iloc[::3].reset_index(drop=True))
    recipe = next(r for r in RECIPES["content-counts"] if r.algorithm == "random forest")
    model = train(recipe, few, course.name, course.sha256).model
    table = stress(model, few.rows, {}, held_out=False).set_index("condition")
    figures = ["recall", "specificity", "uncertain"]
    assert (table.loc["engagement-0", figures] != table.loc["unchanged", figures]).any()
