"""The search gives GridSearchCV's table, from fewer fits."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import FrozenInstanceError
from itertools import pairwise

import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joblib._parallel_backends import ThreadingBackend
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier

from claimclf.errors import SearchError
from claimclf.modeling.learners.search import (
    Progress,
    TreeSearchCV,
    best_index,
    is_nested,
    simplicity,
)
from claimclf.paths import ROOT

SCORING = ["accuracy", "precision", "recall", "f1", "roc_auc"]
FOREST_GRID = {
    "max_depth": [2, None],
    "min_samples_leaf": [1, 2],
    "min_samples_split": [2, 3, 4],
    "n_estimators": [3, 7],
}


def rows(seed=0, n=90, features=4, classes=2, gaps=False):
    """Few distinct values and noisy labels: many tied votes, which is where sums can go wrong."""
    random = np.random.default_rng(seed)
    X = random.integers(0, 6, (n, features)).astype(float)
    score = X[:, 0] + random.normal(scale=2, size=n)
    y = np.digitize(score, np.quantile(score, np.linspace(0, 1, classes + 1)[1:-1]))
    if gaps:
        X[random.random(X.shape) < 0.1] = np.nan
    return X, y


def assert_same_table(ours, theirs):
    assert list(ours) == list(theirs)
    assert ours["params"] == theirs["params"]
    for name in (name for name in theirs if not name.endswith("_time") and name != "params"):
        if name.startswith("param_"):
            assert ours[name].dtype == theirs[name].dtype
            assert ours[name].mask.tolist() == theirs[name].mask.tolist()
            assert ours[name].tolist() == theirs[name].tolist()
        else:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-12, err_msg=name)
            assert ours[name].dtype == theirs[name].dtype


def compare(estimator, grid, X, y, *, scoring="accuracy", refit=True, cv=3):
    ours = TreeSearchCV(estimator, grid, scoring=scoring, refit=refit, cv=cv).fit(X, y)
    theirs = GridSearchCV(estimator, grid, scoring=scoring, refit=refit, cv=cv).fit(X, y)
    assert_same_table(ours.cv_results_, theirs.cv_results_)
    if refit:
        assert ours.best_score_ == pytest.approx(theirs.best_score_, abs=1e-12)
    return ours


# --- equal to GridSearchCV ----------------------------------------------------------------------


def one_of(*values):
    """A grid line with one value: what is fixed in a grid need not multiply it."""
    return st.sampled_from([[value] for value in values])


def up_to_two_of(*values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)


forests = st.fixed_dictionaries(
    {"n_estimators": up_to_two_of(1, 2, 4, 7), "min_samples_split": up_to_two_of(2, 3, 5, 0.1)},
    optional={
        "min_samples_leaf": up_to_two_of(1, 2, 4, 0.1),
        "max_depth": one_of(2, None),
        "max_features": one_of(0.5, "sqrt"),
        "max_leaf_nodes": one_of(3, None),
        "criterion": one_of("gini", "entropy"),
        "min_weight_fraction_leaf": one_of(0.1),
        "min_impurity_decrease": one_of(0.01),
        "ccp_alpha": one_of(0.01),
        "class_weight": one_of("balanced", "balanced_subsample"),
        "warm_start": one_of(True),
    },
)
bootstraps = st.sampled_from(
    [
        {"bootstrap": [True]},
        {"bootstrap": [True], "max_samples": [0.5]},
        {"bootstrap": [True], "max_samples": [20], "oob_score": [True]},
        {"bootstrap": [False]},
    ]
)
boosters = st.fixed_dictionaries(
    {"n_estimators": up_to_two_of(1, 3, 9)},
    optional={
        "max_depth": up_to_two_of(1, 3),
        "learning_rate": one_of(0.1, 1.0),
        "min_child_weight": one_of(0, 2),
        "subsample": one_of(0.6),
        "colsample_bytree": one_of(0.5),
        "colsample_bylevel": one_of(0.5),
        "colsample_bynode": one_of(0.5),
        "num_parallel_tree": one_of(2),
        "gamma": one_of(0.5),
        "grow_policy": one_of("lossguide"),
        "tree_method": one_of("exact", "hist", "approx"),
        "booster": one_of("gbtree", "dart"),
    },
)
data = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**16),
        "n": st.integers(30, 90),
        "classes": st.integers(2, 3),
        "gaps": st.booleans(),
    }
)
a_few = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def metrics_for(classes):
    return SCORING if classes == 2 else ["accuracy", "f1_macro", "recall_macro", "roc_auc_ovr"]


@a_few
@given(forests, bootstraps, data, st.sampled_from([RandomForestClassifier, ExtraTreesClassifier]))
@pytest.mark.filterwarnings("ignore")
def test_random_grids_of_forests_give_the_table_of_grid_search(grid, bootstrap, about, kind):
    scoring = metrics_for(about["classes"])
    model = kind(random_state=1)
    compare(model, {**grid, **bootstrap}, *rows(**about), scoring=scoring, refit="accuracy", cv=2)


@a_few
@given(boosters, data)
@pytest.mark.filterwarnings("ignore")
def test_random_grids_of_boosters_give_the_table_of_grid_search(grid, about):
    scoring = metrics_for(about["classes"])
    if grid.get("tree_method") == ["exact"]:
        grid = {name: values for name, values in grid.items() if name != "grow_policy"}
    dropping = {"rate_drop": 0.5} if grid.get("booster") == ["dart"] else {}
    model = XGBClassifier(random_state=1, n_jobs=1, **dropping)
    compare(model, grid, *rows(**about), scoring=scoring, refit="accuracy", cv=2)


deep_boosters = st.fixed_dictionaries(
    {
        "max_depth": st.lists(
            st.sampled_from([1, 2, 3, 5, 9]), min_size=2, max_size=3, unique=True
        ),
        "n_estimators": up_to_two_of(4, 25),
        "min_child_weight": one_of(1, 3, 6),
        "learning_rate": one_of(0.05, 0.5),
        "tree_method": one_of("exact", "hist", "approx"),
    },
    optional={
        "gamma": one_of(0.5, 2),
        "max_leaves": one_of(4),
        "num_parallel_tree": one_of(2),
        "reg_lambda": one_of(0, 5),
        "subsample": one_of(0.8),
        "colsample_bylevel": one_of(0.8),
    },
)


@a_few
@given(deep_boosters, data, st.booleans())
def test_boosters_that_share_rounds_are_those_of_their_own_depth(grid, about, lossguide):
    if lossguide and grid["tree_method"] != ["exact"]:
        grid = {**grid, "grow_policy": ["lossguide"]}
    model = XGBClassifier(random_state=1, n_jobs=1)
    X, y = rows(**about)
    # To the digit: every probability counts in the log loss, so these are the same trees.
    scores = [
        [search.cv_results_[f"split{fold}_test_score"].tolist() for fold in range(2)]
        for kind in (TreeSearchCV, GridSearchCV)
        for search in [kind(model, grid, scoring="neg_log_loss", cv=2, refit=False).fit(X, y)]
    ]
    assert scores[0] == scores[1]


def test_a_list_of_grids_masks_the_parameters_that_a_setting_does_not_name():
    grid = [{"n_estimators": [3, 5], "max_features": ["sqrt", 0.5]}, {"max_depth": [2]}]
    compare(RandomForestClassifier(9, random_state=0), grid, *rows())


@pytest.mark.parametrize("scoring", [None, "recall", {"r": "recall", "b": "neg_brier_score"}])
def test_one_metric_and_named_metrics_have_grid_searchs_columns(scoring):
    refit = "r" if isinstance(scoring, dict) else True
    compare(
        RandomForestClassifier(random_state=0), FOREST_GRID, *rows(), scoring=scoring, refit=refit
    )


def test_a_metric_that_looks_at_the_model_gets_the_real_model():
    def trees(model, X, y):
        return len(model.estimators_)

    grid = {"n_estimators": [3, 5]}
    ours = compare(RandomForestClassifier(random_state=0), grid, *rows(), scoring=trees)
    assert ours.best_score_ == 5


def test_a_metric_made_from_a_function_is_shared():
    scoring = {"f2": make_scorer(fbeta_score, beta=2)}
    seen = []
    search = TreeSearchCV(
        RandomForestClassifier(random_state=0),
        {"n_estimators": [3, 5]},
        scoring=scoring,
        refit="f2",
        cv=3,
        on_progress=seen.append,
    )
    search.fit(*rows())
    assert seen[-1].total == 3 + 1


def test_labels_may_be_text_and_rows_a_data_frame():
    X, y = rows()
    frame = pd.DataFrame(X, columns=list("abcd")).astype({"a": int, "b": bool})
    labels = pd.Series(np.where(y == 1, "claim", "opinion"))
    ours = compare(RandomForestClassifier(random_state=0), FOREST_GRID, frame, labels)
    assert ours.feature_names_in_.tolist() == list("abcd")
    assert set(ours.predict(frame)) == {"claim", "opinion"}


def test_a_forest_without_a_seed_or_another_model_is_fitted_per_setting():
    seen = []
    grid = {"n_estimators": [2, 3]}
    TreeSearchCV(RandomForestClassifier(), grid, cv=3, on_progress=seen.append).fit(*rows())
    assert seen[-1].total == 2 * 3 + 1
    compare(RandomForestClassifier(random_state=np.random.RandomState(3)), grid, *rows())
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    compare(pipeline, {"logisticregression__C": [0.1, 1.0]}, *rows())


def test_the_best_model_predicts_as_grid_searchs_best_model():
    X, y = rows()
    grid = {"n_estimators": [3, 50]}
    with joblib.parallel_config(backend="threading"):
        ours = TreeSearchCV(RandomForestClassifier(random_state=0), grid, n_jobs=2).fit(X, y)
    alone = RandomForestClassifier(random_state=0, **ours.best_params_).fit(X, y)
    np.testing.assert_array_equal(ours.predict_proba(X), alone.predict_proba(X))
    assert ours.best_estimator_.get_params() == alone.get_params()


def test_without_refit_there_is_a_table_and_no_model():
    search = TreeSearchCV(
        RandomForestClassifier(random_state=0), {"n_estimators": [3]}, scoring=SCORING, refit=False
    ).fit(*rows())
    assert "mean_test_recall" in search.cv_results_
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "best_index_")


# --- what is shared -----------------------------------------------------------------------------


def test_each_distinct_forest_is_fitted_once_a_fold():
    seen = []
    search = TreeSearchCV(
        RandomForestClassifier(random_state=0), FOREST_GRID, cv=3, on_progress=seen.append
    )
    search.fit(*rows())
    # 2 depths x (3 splits at leaf 1 [2, 3, 4] + 1 at leaf 2) x 3 folds, and the best.
    assert seen[-1] == Progress(25, 25, seen[-1].seconds, 0.0)
    assert len(search.cv_results_["params"]) == 24


@pytest.fixture
def rounds(monkeypatch):
    """The depth and number of rounds of each fit of a booster, as they come."""
    seen = []

    def recording(params, train_set, n_rounds, **options):
        seen.append((params["max_depth"], n_rounds))
        return xgboost.train(params, train_set, n_rounds, **options)

    monkeypatch.setattr(xgboost.sklearn, "train", recording)
    return seen


def test_rounds_that_no_limit_of_depth_touched_are_fitted_once(rounds):
    grid = {"max_depth": [1, 4, 8], "n_estimators": [20], "min_child_weight": [3]}
    seen = []
    search = TreeSearchCV(XGBClassifier(), grid, cv=2, refit=False, on_progress=seen.append)
    search.fit(*rows())
    at = {depth: [n for d, n in rounds if d == depth] for depth in (1, 4, 8)}
    assert at[8] == [20, 20]  # one fit a fold
    assert at[4] == []  # rows this few let no tree grow deeper than four
    assert at[1] == [19, 20]  # one fold's first tree is a stump, and is taken over
    assert [step.done for step in seen] == list(range(7))


def test_rounds_with_drawn_rows_are_not_shared(rounds):
    grid = {"max_depth": [4, 8], "n_estimators": [20], "min_child_weight": [6]}
    TreeSearchCV(XGBClassifier(subsample=0.9), grid, cv=2, refit=False).fit(*rows())
    assert sorted(rounds) == [(4, 20), (4, 20), (8, 20), (8, 20)]


@pytest.mark.parametrize(
    ("model", "nested"),
    [
        (RandomForestClassifier(random_state=0), True),
        (RandomForestClassifier(random_state=np.int64(0)), True),
        (RandomForestClassifier(), False),
        (RandomForestClassifier(random_state=np.random.RandomState(0)), False),
        (RandomForestClassifier(random_state=0, warm_start=True), False),
        (RandomForestClassifier(random_state=0, oob_score=True), False),
        (XGBClassifier(n_estimators=5), True),
        (XGBClassifier(n_estimators=5, booster="dart"), False),
        (XGBClassifier(n_estimators=5, early_stopping_rounds=3), False),
        (XGBClassifier(n_estimators=5, objective="binary:hinge"), False),
        (XGBClassifier(n_estimators=5, process_type="update"), False),
        (LogisticRegression(), False),
    ],
)
def test_only_models_known_to_be_nested_are_shared(model, nested):
    assert is_nested(model) is nested


def test_a_subclass_is_not_taken_for_nested():
    class Odd(RandomForestClassifier):
        pass

    assert not is_nested(Odd(random_state=0))


# --- ties ---------------------------------------------------------------------------------------


def test_ties_go_to_precision_then_to_the_simpler_model_then_to_the_grids_order():
    table = {
        "mean_test_recall": np.array([0.8, 0.9, 0.9 + 1e-16, 0.9, 0.9]),
        "mean_test_precision": np.array([1.0, 0.6, 0.7, 0.7, 0.7]),
    }
    order = [(1.0,), (1.0,), (3.0,), (2.0,), (2.0,)]
    assert best_index(table, "recall", order) == 3
    assert best_index({"mean_test_recall": np.array([np.nan, 0.1])}, "recall", order) == 1


@pytest.mark.parametrize(
    ("simple", "complex_"),
    [
        ({"n_estimators": 75, "max_depth": None}, {"n_estimators": 200, "max_depth": 5}),
        ({"max_depth": 7}, {"max_depth": None}),
        ({"max_depth": 7}, {"max_depth": 0}),
        ({"min_samples_leaf": 2}, {"min_samples_leaf": 1}),
        ({"min_child_weight": 5}, {"min_child_weight": 3}),
        ({"max_features": 0.3}, {"max_features": 0.6}),
    ],
)
def test_a_smaller_model_is_simpler(simple, complex_):
    assert simplicity(simple) < simplicity(complex_)


# --- progress, parallel work, checkpoints -------------------------------------------------------


def forest_search(**options):
    model = RandomForestClassifier(random_state=0)
    return TreeSearchCV(model, FOREST_GRID, **{"scoring": "recall", "cv": 3, **options})


def test_progress_counts_up_and_cannot_be_changed():
    seen = []
    forest_search(on_progress=seen.append).fit(*rows())
    assert [step.done for step in seen] == list(range(26))
    assert seen[0].seconds_left is None
    assert seen[-1].seconds_left == 0
    assert all(a.seconds <= b.seconds for a, b in pairwise(seen))
    with pytest.raises(FrozenInstanceError):
        seen[0].done = 3


def test_joblibs_active_backend_does_the_work():
    used = []

    class Recording(ThreadingBackend):
        def submit(self, *args, **kwargs):
            used.append(1)
            return super().submit(*args, **kwargs)

    joblib.register_parallel_backend("recording", Recording)
    with joblib.parallel_config(backend="recording", n_jobs=2):
        search = forest_search(refit=False).fit(*rows())
    assert len(used) == 24
    assert_same_table(search.cv_results_, forest_search(refit=False).fit(*rows()).cv_results_)


def test_a_second_call_takes_every_fit_from_the_checkpoint(tmp_path):
    first = forest_search(checkpoint=tmp_path).fit(*rows())
    files = sorted(tmp_path.iterdir())
    seen = []
    again = forest_search(checkpoint=tmp_path, on_progress=seen.append).fit(*rows())
    assert len(files) == 24
    assert sorted(tmp_path.iterdir()) == files
    assert [step.done for step in seen] == [24, 25]
    assert_same_table(again.cv_results_, first.cv_results_)


@pytest.mark.parametrize(
    "change",
    [
        {"X": rows(seed=1)[0]},
        {"y": 1 - rows()[1]},
        {"cv": StratifiedKFold(3, shuffle=True, random_state=1)},
        {"scoring": "precision"},
        {"estimator": RandomForestClassifier(random_state=1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_of_another_search_is_not_used(tmp_path, change):
    X, y = rows()
    forest_search(checkpoint=tmp_path).fit(X, y)
    seen = []
    options = {name: value for name, value in change.items() if name not in "Xy"}
    search = forest_search(checkpoint=tmp_path, on_progress=seen.append).set_params(**options)
    search.fit(change.get("X", X), change.get("y", y))
    assert seen[0].done == 0


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{",
        "[]",
        '{"outcome": {}}',
        "changed",
        "\udcff",
        pytest.param("[" * 200_000, id="too deep"),
    ],
)
def test_a_damaged_checkpoint_file_is_fitted_again(tmp_path, damage, logged):
    first = forest_search(checkpoint=tmp_path).fit(*rows())
    victim = sorted(tmp_path.iterdir())[0]
    sound = victim.read_text()
    changed = json.loads(sound)
    changed["outcome"]["scores"][0]["score"] = 0.123
    text = json.dumps(changed) if damage == "changed" else damage
    victim.write_bytes(text.encode("utf-8", "surrogateescape"))
    seen = []
    again = forest_search(checkpoint=tmp_path, on_progress=seen.append).fit(*rows())
    assert seen[0].done == 23
    assert ("WARNING", "A finished fit was not kept whole and is done again") in logged.lines
    assert (
        json.loads(victim.read_text())["outcome"]["scores"]
        == (json.loads(sound)["outcome"]["scores"])
    )
    assert_same_table(again.cv_results_, first.cv_results_)


SEARCH_IN_A_PROCESS = """
import sys
from sklearn.ensemble import RandomForestClassifier
from claimclf.modeling.learners.search import TreeSearchCV
from sklearn.datasets import make_classification

def show(step):
    print(step.done, step.total, flush=True)

search = TreeSearchCV(
    RandomForestClassifier(random_state=0),
    {"n_estimators": [60, 120], "max_depth": [3, 4, None], "max_features": [1, 2]},
    cv=3, n_jobs=int(sys.argv[2]), checkpoint=sys.argv[1], on_progress=show,
)
search.fit(*make_classification(400, random_state=0))
print("best", search.best_score_)
"""
FITS = 6 * 3


def start_search(folder, jobs):
    return subprocess.Popen(
        [sys.executable, "-c", SEARCH_IN_A_PROCESS, str(folder), str(jobs)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def stop_after(process, fits, how):
    for line in process.stdout:
        if line.split()[0] == str(fits):
            process.send_signal(how)
            break
    try:
        return process.wait(timeout=60)
    finally:
        process.stdout.close()
        with suppress(ProcessLookupError):  # joblib's workers outlive a killed parent for a while
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL exists on POSIX systems only")
@pytest.mark.parametrize(("how", "jobs"), [(signal.SIGKILL, 2), (signal.SIGINT, 1)])
def test_a_search_stopped_in_the_middle_goes_on_where_it_stopped(
    tmp_path, how, jobs, monkeypatch, capsys
):
    assert stop_after(start_search(tmp_path, jobs), fits=3, how=how) != 0
    written_at = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert 3 <= len(written_at) < FITS
    # The same program again, here: a process of its own would take seconds to start.
    monkeypatch.setattr(sys, "argv", ["-c", str(tmp_path), "1"])
    exec(SEARCH_IN_A_PROCESS, {})  # noqa: S102
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{len(written_at)} {FITS + 1}"
    assert len(lines) == (FITS - len(written_at)) + 1 + 2  # the start, each new fit, refit and best
    assert all(path.stat().st_mtime_ns == when for path, when in written_at.items())
    assert len(list(tmp_path.glob("*.json"))) == FITS


def test_an_exception_from_the_callback_stops_the_search_and_keeps_what_is_done(tmp_path):
    def stop(step):
        if step.done == 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        forest_search(checkpoint=tmp_path, on_progress=stop).fit(*rows())
    assert len(list(tmp_path.glob("*.json"))) == 3


# --- bad input ----------------------------------------------------------------------------------

X, Y = rows()
FOREST = RandomForestClassifier(3, random_state=0)


def with_value(value):
    changed = X.copy()
    changed[0, 0] = value
    return changed


def bad(model=FOREST, grid=None, X=X, y=Y, **options):
    return model, grid or {"max_depth": [2]}, X, y, {"cv": 3, **options}


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (bad(grid={"depth": [2]}), r"parameters that RandomForestClassifier.*Found: depth\. Use"),
        (bad(grid={"max_depth": 2}), r"grid cannot be read.*Found:.*Give lists"),
        (bad(grid={"max_depth": [-1]}), r"fit failed. Found: .*max_depth=-1.*fold \d"),
        (bad(XGBClassifier(), {"max_dept": [2]}), r"XGBClassifier does not have.*max_dept"),
        (bad(y=np.ones(90, int)), r"fewer than two classes. Found: 1\. Add"),
        (bad(y=np.r_[np.ones(88, int), 0, 0]), r"Found: 2 rows of class 0, 3 folds\. Add"),
        (bad(y=np.where(Y == 1, 1.0, np.nan)), r"missing labels. Found: \d+\. Drop"),
        (bad(y=Y[:-1]), r"X and y do not belong together"),
        (bad(y=None), r"y is not one column"),
        (bad(y=np.c_[Y, Y]), r"y is not one column. Found: shape \(90, 2\)"),
        (bad(X=with_value(np.inf)), r"infinite or too large.*in 1 columns"),
        (
            bad(XGBClassifier(n_jobs=1), X=with_value(1e300)),
            r"infinite or too large.*XGBClassifier",
        ),
        (
            bad(LogisticRegression(), {"C": [1.0]}, X=with_value(np.nan)),
            r"fit failed. Found: LogisticRegression.*contains NaN.*Correct the grid",
        ),
        (bad(X=pd.DataFrame(X.astype(str))), r"X holds text.*Found: 0, 1, 2, 3\."),
        (bad(scoring="recal"), r"metrics cannot be used.*recal"),
        (bad(scoring=["recall"], refit="recal"), r"refit='recal'; measured: recall\. Name"),
        (bad(scoring=["recall", "f1"], refit=True), r"refit=True; measured: recall, f1"),
        (bad(cv="five"), r"rows cannot be split. Found: cv='five'.*Give a number"),
        (bad(cv=[(np.arange(9), np.arange(9, 90))], y=np.sort(Y)), r"Found: fold 1 of 1"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_bad_input_says_what_is_wrong_what_was_found_and_what_to_do(case, message):
    model, grid, X, y, options = case
    with pytest.raises(SearchError) as error:
        TreeSearchCV(model, grid, **options).fit(X, y)
    assert re.search(message, str(error.value), re.S), error.value


@pytest.mark.parametrize("model", [FOREST, XGBClassifier(n_estimators=3, n_jobs=1)])
def test_missing_values_are_fine_where_the_model_takes_them(model):
    compare(model, {"max_depth": [2, 3]}, *rows(gaps=True))
