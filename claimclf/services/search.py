"""Search the settings of feature sets' models, then store the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from claimclf.dataset.cleaning import is_claim, require_both_classes
from claimclf.dataset.splitting import split
from claimclf.modeling.learners.features import FEATURE_SETS
from claimclf.modeling.learners.recipes import Recipe, recipes_for
from claimclf.modeling.learners.search import Progress, TreeSearchCV
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.champion import follow_rule
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.training.fitting import Trained, train
from claimclf.schema import DEFAULT_FEATURE_SETS
from claimclf.services.datasets import Dataset
from claimclf.services.stress import stressed
from claimclf.streaming.engines import local_parallel

FOLDS = 5
SCORING = ("accuracy", "precision", "recall", "f1")


def search_models(
    dataset: Dataset,
    folder: Path,
    feature_sets: Sequence[str] = DEFAULT_FEATURE_SETS,
    on_progress: Callable[[str, Progress], object] | None = None,
    parallel: Callable[[], AbstractContextManager[None]] = local_parallel,
) -> list[Manifest]:
    """Search each recipe's grid by cross-validated recall and store the best model of each.

    A recipe without a grid is trained with the settings it has.

    A search that was stopped goes on where it was: each finished fit is kept in the folder
    `.search` of the store until the models are stored.

    Parameters
    ----------
    dataset : Dataset
        Labelled; the search sees its training split only.
    folder : Path
        The model store.
    feature_sets : sequence of str
        Keys of `RECIPES`.
    on_progress : callable, optional
        Called with the model's name and the progress of its search.
    parallel : callable
        Makes joblib distribute the fits; by default to one process for each core.

    Raises
    ------
    EngineError
        The workers cannot be reached.
    TrainingDataError, SearchError, InvalidRequestError
        The data cannot be searched, or the feature set is unknown.
    UnavailableError
        The store cannot be written.
    """
    recipes = recipes_for(feature_sets)
    require_both_classes(dataset.cleaned.rows)
    store, stored = ModelStore(folder), []
    for recipe in recipes:
        if not recipe.grid:
            trained = _trained(recipe, dataset)
            stored.append(store.save(trained.model, trained.predictions, model_card))
            continue

        def tell(progress: Progress, name: str = recipe.name) -> None:
            if on_progress:
                on_progress(name, progress)

        with parallel():
            search = search_recipe(recipe, dataset, folder / ".search", tell)
        best = replace(recipe, settings={**recipe.settings, **search.best_params_})
        trained = _trained(best, dataset)
        table = pd.DataFrame(search.cv_results_).drop(columns="params")
        stored.append(store.save(trained.model, trained.predictions, model_card, table))
    follow_rule(store)
    return stored


def _trained(recipe: Recipe, dataset: Dataset) -> Trained:
    return stressed(train(recipe, dataset.cleaned, dataset.name, dataset.sha256), dataset)


def search_recipe(
    recipe: Recipe,
    dataset: Dataset,
    checkpoint: Path,
    on_progress: Callable[[Progress], object] | None = None,
) -> TreeSearchCV:
    """Search one recipe's grid on the training split, as the course does.

    The features are fitted once on the whole training split, then the learner is
    cross-validated on their matrix, with joblib's workers.
    """
    rows = split(dataset.cleaned.rows).train
    matrix = FEATURE_SETS[recipe.feature_set].build().fit_transform(rows)
    search = TreeSearchCV(
        recipe.learner(**recipe.settings),
        recipe.grid,
        scoring=list(SCORING),
        refit="recall",
        cv=FOLDS,
        checkpoint=checkpoint,
        on_progress=on_progress,
    )
    return search.fit(matrix, is_claim(rows).to_numpy())
