"""Train models, with the settings they have or after a search, and store them.

Each stored model has an entry in the queue's audit log, made just before it is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from claimclf.dataset.cleaning import is_claim, require_both_classes
from claimclf.dataset.labelled_texts import LabelledTexts
from claimclf.dataset.splitting import split
from claimclf.modeling.learners.features import FEATURE_SETS
from claimclf.modeling.learners.recipes import Recipe, recipes_for
from claimclf.modeling.learners.search import Progress, TreeSearchCV
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.training.fitting import Trained, train
from claimclf.people import Capability, Person
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import recorded, require_log
from claimclf.schema import DEFAULT_FEATURE_SETS
from claimclf.services.datasets import Dataset
from claimclf.services.models import follow_rule
from claimclf.services.permissions import needs
from claimclf.services.stress import stressed
from claimclf.streaming.engines import local_parallel

FOLDS = 5
SCORING = ("accuracy", "precision", "recall", "f1")
STORED = "model-stored"


@needs(Capability.MANAGE_MODELS)
def train_models(
    database: Database,
    person: Person,
    dataset: Dataset,
    folder: Path,
    feature_sets: Sequence[str] = DEFAULT_FEATURE_SETS,
    on_progress: Callable[[int, int, str], object] | None = None,
    texts: Sequence[LabelledTexts] = (),
) -> list[Manifest]:
    """Fit, stress and store a model of each recipe on each feature set.

    Parameters
    ----------
    dataset : Dataset
        Labelled.
    folder : Path
        The model store.
    feature_sets : sequence of str
        Keys of `RECIPES`.
    on_progress : callable, optional
        Called with models done, models in all and the name of the next.
    texts : sequence of LabelledTexts
        What the feature set `speech` learns from beside the dataset.

    Raises
    ------
    TrainingDataError
        The data cannot train a model, or the feature set is unknown.
    UnavailableError
        The store cannot be written.
    NotAllowedError
        The person may not manage models.
    StorageError
        The audit log cannot be reached: no model is stored that it does not tell of.
    """
    recipes = recipes_for(feature_sets)
    require_log(database)
    store, stored = ModelStore(folder), []
    for done, recipe in enumerate(recipes):
        if on_progress:
            on_progress(done, len(recipes), recipe.name)
        stored.append(keep(database, person, store, _trained(recipe, dataset, texts)))
    follow_rule(database, person, store)
    return stored


@needs(Capability.MANAGE_MODELS)
def search_models(
    database: Database,
    person: Person,
    dataset: Dataset,
    folder: Path,
    feature_sets: Sequence[str] = DEFAULT_FEATURE_SETS,
    on_progress: Callable[[str, Progress], object] | None = None,
    parallel: Callable[[], AbstractContextManager[None]] = local_parallel,
    texts: Sequence[LabelledTexts] = (),
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
    texts : sequence of LabelledTexts
        As for `train_models`.

    Raises
    ------
    EngineError
        The workers cannot be reached.
    TrainingDataError, SearchError, InvalidRequestError
        The data cannot be searched, or the feature set is unknown.
    UnavailableError
        The store cannot be written.
    NotAllowedError
        The person may not manage models.
    StorageError
        The audit log cannot be reached: no model is stored that it does not tell of.
    """
    recipes = recipes_for(feature_sets)
    require_both_classes(dataset.cleaned)
    require_log(database)
    store, stored = ModelStore(folder), []
    for recipe in recipes:
        report = partial(on_progress, recipe.name) if on_progress else None
        trained, table = _searched(recipe, dataset, folder / ".search", report, parallel, texts)
        stored.append(keep(database, person, store, trained, table))
    follow_rule(database, person, store)
    return stored


def _searched(
    recipe: Recipe,
    dataset: Dataset,
    checkpoint: Path,
    on_progress: Callable[[Progress], object] | None,
    parallel: Callable[[], AbstractContextManager[None]],
    texts: Sequence[LabelledTexts],
) -> tuple[Trained, pd.DataFrame | None]:
    """Train a recipe with the best of its grid, or as it is where it has none."""
    if not recipe.grid:
        return _trained(recipe, dataset, texts), None
    with parallel():
        search = search_recipe(recipe, dataset, checkpoint, on_progress)
    best = replace(recipe, settings={**recipe.settings, **search.best_params_})
    return _trained(best, dataset), pd.DataFrame(search.cv_results_).drop(columns="params")


@needs(Capability.MANAGE_MODELS)
def keep(
    database: Database,
    person: Person,
    store: ModelStore,
    trained: Trained,
    cv_results: pd.DataFrame | None = None,
) -> Manifest:
    """Store a model, with an entry in the audit log made just before."""
    with recorded(database, person, STORED) as enter:

        def announce(old: Manifest | None, new: Manifest) -> None:
            versions = {"old": old.version if old else None, "new": new.version}
            enter({"model": new.name, **versions, "data": new.data})

        return store.save(trained.model, trained.predictions, model_card, cv_results, announce)


def _trained(recipe: Recipe, dataset: Dataset, texts: Sequence[LabelledTexts] = ()) -> Trained:
    trained = train(recipe, dataset.cleaned, dataset.name, dataset.sha256, texts)
    return stressed(trained, dataset)


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
