"""A share of nothing is no number: a dash with its reason for people, null for machines."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from claimclf.charts.comparison import confusion_matrix
from claimclf.modeling.evaluation import curves
from claimclf.modeling.evaluation.cutoffs import sweep
from claimclf.modeling.evaluation.kinds import lane_figures, ranking_figures
from claimclf.modeling.evaluation.measuring import measure, report_by_class
from claimclf.modeling.evaluation.metrics import Metrics, with_interval, written
from claimclf.modeling.store.kinds_card import consequence
from claimclf.modeling.store.kinds_card import written as of_source
from claimclf.services.figures import as_record

RATES = {"claim": 0.01, "opinion": 0.02}


@pytest.mark.parametrize(
    ("truth", "predicted", "undefined"),
    [
        ([1, 0], [0, 0], {"precision": "no claim predicted"}),
        ([0, 0], [1, 0], {"recall": "no claims"}),
        (
            [0, 0],
            [0, 0],
            {
                "recall": "no claims",
                "precision": "no claim predicted",
                "f1": "no claims, and none predicted",
            },
        ),
        ([1, 0], [1, 1], {}),
    ],
)
def test_shares_of_nothing_are_none_with_their_reason(
    truth: list[int], predicted: list[int], undefined: dict[str, str]
) -> None:
    figures = measure(np.array(truth), np.array(predicted))
    assert figures == sweep(np.array(truth), np.array(predicted)).at(0.5).metrics
    assert figures.undefined == undefined
    for name in ("recall", "precision", "f1", "accuracy"):
        value = getattr(figures, name)
        assert (value is None) == (name in undefined)
        reason = undefined.get(name)
        assert written(value, name) == (f"– ({reason})" if reason else f"{value:.4f}")


def test_json_has_null_and_the_reason() -> None:
    figures = as_record(measure(np.array([1, 0]), np.array([0, 0])))
    record = json.loads(json.dumps(figures, allow_nan=False))
    assert record["precision"] is None
    assert record["undefined"] == {"precision": "no claim predicted"}
    assert record["recall"] == 0.0


@pytest.mark.parametrize("label", [0, 1])
def test_a_source_of_one_class_has_no_area(label: int) -> None:
    claim, probability = np.full(5, label == 1), np.linspace(0, 1, 5)
    figures = ranking_figures(claim, probability, 0.5)
    lanes = lane_figures(claim, np.column_stack([probability, 1 - probability]), RATES)
    json.dumps({**figures, **lanes}, allow_nan=False)
    assert of_source(figures, "auc") == "– (claims or opinions are missing)"
    missing = {"recall", "claims_hidden", "review_95"}
    if label == 1:
        missing = {"specificity", "opinions_in_claims"}
    everything = {**figures, **lanes}
    without = {name for name, value in everything.items() if value is None}
    assert {name for name in without if not name.endswith(("_low", "_high"))} == {"auc", *missing}
    for name in missing - {"review_95"}:
        assert of_source(everything, name).startswith("– (no ")
    if label == 0:
        assert "is not known" in consequence({"n": 5, "n_claims": 0}, lanes)


def test_figures_of_older_programs_that_are_no_number_are_dashes() -> None:
    row = {"recall": math.nan, "recall_low": 0.0, "recall_high": 1.0}
    assert with_interval(row, "recall") == "– (no claims)"


def test_a_report_has_no_number_for_a_class_that_is_never_predicted() -> None:
    report = report_by_class(np.array([1, 0]), np.array([0, 0]))
    assert math.isnan(report.loc["claim", "precision"])
    assert report.loc["claim", "recall"] == 0.0
    assert not np.isnan(report.loc["opinion"]).any()


def test_a_matrix_of_one_class_has_no_share_of_the_other() -> None:
    drawn = str(confusion_matrix([[0, 0], [1, 3]], "m").data[0].text)
    assert drawn.count("– (no opinions)") == 2
    assert "75.00%" in drawn


def test_a_curve_has_no_precision_where_nothing_is_reviewed() -> None:
    points = curves.precision_recall(np.array([1, 0, 1, 0]), np.array([0.9, 0.95, 0.4, 0.1]))
    assert (points["recall"] > 0).any()
    assert points["precision"].tolist()[-1] != 1.0


def test_a_stored_models_figures_come_back_as_they_were() -> None:
    figures = Metrics.of([[2, 0], [1, 0]])
    assert Metrics(**json.loads(json.dumps(asdict(figures)))) == figures
