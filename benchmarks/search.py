"""Compare the search with GridSearchCV on the course's two grids: time, and every cell.

Run it on a quiet machine with ``make bench-search``. It takes about half an hour on two cores:
GridSearchCV fits each of the 96 settings on each of the 5 folds, twice.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from joblib.externals.loky import get_reusable_executor
from sklearn.model_selection import GridSearchCV

from benchmarks.course import find_course_dataset
from benchmarks.report import Result
from claimclf.dataset.cleaning import is_claim
from claimclf.dataset.splitting import split
from claimclf.errors import InputError
from claimclf.modeling.learners.features import FEATURE_SETS
from claimclf.modeling.learners.recipes import RECIPES, Recipe
from claimclf.modeling.learners.search import TreeSearchCV
from claimclf.services.datasets import open_dataset
from claimclf.services.training import FOLDS, SCORING

#: The best mean recall that the course's notebook prints for each search.
BEST_RECALL = {"random forest": 0.9948228253467271, "XGBoost": 0.9906808769992594}

TOLERANCE = 1e-12
LIMITS = {"GridSearchCV(n_jobs=-1)": 1.8, "the notebook's call": 2.7}
HOW: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "ours": (TreeSearchCV, {"n_jobs": -1}),
    "GridSearchCV(n_jobs=-1)": (GridSearchCV, {"n_jobs": -1}),
    "the notebook's call": (GridSearchCV, {}),
}


def main() -> int:
    """Run every search on both grids, print the ratios; return 1 where a promise breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-notebook", action="store_true", help="leave out the slowest search")
    figures = results(skip_notebook=parser.parse_args().skip_notebook)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


def results(skip_notebook: bool = False) -> list[Result]:
    """Run every search on both grids.

    Raises
    ------
    InputError
        The course's dataset is not on this machine.
    """
    path = find_course_dataset()
    if path is None:
        raise InputError("The course's dataset was not found.", "", "Name it in CLAIMCLF_DATASET.")
    rows = split(open_dataset(path).cleaned.rows).train
    X, y = FEATURE_SETS["course"].build().fit_transform(rows), is_claim(rows).to_numpy()
    ways = [how for how in HOW if not (skip_notebook and how == "the notebook's call")]
    return compared(X, y, RECIPES["course"], ways, BEST_RECALL)


def compared(
    X: Any, y: Any, recipes: Sequence[Recipe], ways: Sequence[str], best: Mapping[str, float]
) -> list[Result]:
    """Search the recipes' grids in several ways and compare tables and times.

    Parameters
    ----------
    X, y : array-like
        What the learners fit.
    recipes : sequence of Recipe
        Learners, with the settings to search.
    ways : sequence of str
        Of `HOW`; ours and one more at least.
    best : mapping of str to float
        Best recall that is known, by algorithm.
    """
    runs = {
        how: {recipe.algorithm: _timed(how, recipe, X, y) for recipe in recipes} for how in ways
    }
    n = _n_differing(runs, best)
    return [Result("cells that differ from GridSearchCV's", n, "", limit=0), *_ratios(runs)]


def _timed(how: str, recipe: Recipe, X: Any, y: Any) -> tuple[Any, float]:
    kind, jobs = HOW[how]
    learner = recipe.learner(**recipe.settings)
    search = kind(learner, recipe.grid, scoring=list(SCORING), cv=FOLDS, refit="recall", **jobs)
    worked, started = _cpu_seconds(), time.perf_counter()
    search.fit(X, y)
    seconds = time.perf_counter() - started
    worked = _cpu_seconds() - worked
    print(f"{how:24} {recipe.algorithm:13} {seconds:7.1f} s, {worked:7.1f} CPU s", end="  ")
    print(f"best recall {float(search.best_score_)!r} at {search.best_params_}", flush=True)
    return search, seconds


def _cpu_seconds() -> float:
    """Return the work of this process and its workers, which a busy machine does not blur."""
    get_reusable_executor().shutdown(wait=True)  # only workers that have ended are counted
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in used)


def _n_differing(runs: Mapping[str, Mapping[str, Any]], best: Mapping[str, float]) -> int:
    total = differing = 0
    way = next(how for how in runs if how != "ours")  # GridSearchCV, with one or several workers
    for model, (theirs, _) in runs[way].items():
        ours, _ = runs["ours"][model]
        off = _differing(ours, theirs)
        total, differing = total + off.size, differing + int(off.sum())
        if model in best:
            exact = ours.best_score_ == best[model]
            print(f"{model}: best recall {'equals' if exact else 'differs from'} the known one")
            differing += not exact
    print(f"{differing} of {total} cells differ")
    return differing


def _differing(ours: Any, theirs: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
    cells = [f"split{fold}_test_{metric}" for fold in range(FOLDS) for metric in SCORING]
    gaps = [np.abs(ours.cv_results_[cell] - theirs.cv_results_[cell]) for cell in cells]
    return ~(np.array(gaps) <= TOLERANCE)


def _ratios(runs: Mapping[str, Mapping[str, Any]]) -> Iterator[Result]:
    spent = {how: sum(seconds for _, seconds in by.values()) for how, by in runs.items()}
    for how, limit in LIMITS.items():
        if how not in spent:
            continue
        by_model = [by[1] / runs["ours"][model][1] for model, by in runs[how].items()]
        yield Result(
            f"times faster than {how}; spread over the models",
            spent[how] / spent["ours"],
            reference=how,
            limit=limit,
            spread=(min(by_model), max(by_model)),
            more_is_better=True,
        )


if __name__ == "__main__":
    sys.exit(main())
