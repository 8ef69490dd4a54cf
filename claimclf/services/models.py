"""Train, list and evaluate models."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from claimclf.dataset.cleaning import require_both_classes
from claimclf.dataset.splitting import split
from claimclf.errors import ModelDamagedError, ModelNotFoundError
from claimclf.modeling.evaluation.measuring import measure_splits
from claimclf.modeling.evaluation.metrics import Metrics
from claimclf.modeling.learners.recipes import recipes_for
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.champion import champion, follow_rule
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.modeling.training.fitting import predict_splits, train
from claimclf.schema import DEFAULT_FEATURE_SETS
from claimclf.services.datasets import Dataset
from claimclf.services.stress import stressed

_logger = logging.getLogger(__name__)


def train_models(
    dataset: Dataset,
    folder: Path,
    feature_sets: Sequence[str] = DEFAULT_FEATURE_SETS,
    on_progress: Callable[[int, int, str], object] | None = None,
) -> list[Manifest]:
    """Fit, stress and store a random forest and an XGBoost model on each feature set.

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

    Raises
    ------
    TrainingDataError
        The data cannot train a model, or the feature set is unknown.
    UnavailableError
        The store cannot be written.
    """
    recipes = recipes_for(feature_sets)
    store = ModelStore(folder)
    stored = []
    for done, recipe in enumerate(recipes):
        if on_progress:
            on_progress(done, len(recipes), recipe.name)
        trained = stressed(train(recipe, dataset.cleaned, dataset.name, dataset.sha256), dataset)
        stored.append(store.save(trained.model, trained.predictions, model_card))
    follow_rule(store)
    return stored


def load_model(folder: Path, name: str | None = None) -> Model:
    """Load a model by name, or the champion; a damaged champion gives way to the next best.

    Raises
    ------
    ModelNotFoundError
        There is no such model, or no usable model at all.
    ModelDamagedError
        The named model cannot be used.
    """
    store = ModelStore(folder)
    if name is not None:
        return store.load(name)
    candidates = store.manifests()
    while best := champion(store, candidates):
        try:
            return store.load(best.name)
        except ModelDamagedError:
            _logger.warning("The champion %s is damaged; the next best is used", best.name)
            candidates = [manifest for manifest in candidates if manifest.name != best.name]
    raise ModelNotFoundError(
        f"There is no usable model in {folder}.",
        f"Found: {', '.join(store.names()) or 'none'}.",
        "Train one with claimclf train --data CSV, or on the page Model comparison.",
    )


def evaluate_model(model: Model, dataset: Dataset) -> dict[str, Metrics]:
    """Measure a model on a dataset's validation and test splits.

    Raises
    ------
    TrainingDataError
        A class has too few rows to split.
    """
    require_both_classes(dataset.cleaned.rows)
    predictions = predict_splits(model.predictor, split(dataset.cleaned.rows))
    return measure_splits(predictions, model.manifest.threshold)[0]
