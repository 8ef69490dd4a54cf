"""The stored models: load one, measure it, change how it decides and which one is in use.

Each change needs the capability to manage models and has an entry in the queue's audit log,
made just before the change: where the log cannot be reached nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from claimclf.modeling.store import champion as champions
from claimclf.modeling.store.card import model_card
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.pointer import Pointer
from claimclf.modeling.store.store import AnnouncePointer, ModelStore
from claimclf.people import Capability, Person
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.recording import recorded
from claimclf.services.permissions import needs

# What reads data or fits takes seconds to import: only services that do so need it.
if TYPE_CHECKING:
    from claimclf.modeling.evaluation.metrics import Metrics
    from claimclf.services.datasets import Dataset

THRESHOLD_SET, ERROR_RATES_SET = "model-threshold-set", "model-error-rates-set"
CHAMPION_SET = "model-champion-set"


def evaluate_model(model: Model, dataset: Dataset) -> dict[str, Metrics]:
    """Measure a model on a dataset's validation and test splits.

    Raises
    ------
    TrainingDataError
        A class has too few rows to split.
    """
    from claimclf.dataset.cleaning import require_both_classes
    from claimclf.dataset.splitting import split
    from claimclf.modeling.evaluation.measuring import measure_splits
    from claimclf.modeling.training.fitting import predict_splits

    require_both_classes(dataset.cleaned)
    predictions = predict_splits(model.predictor, split(dataset.cleaned.rows))
    return measure_splits(predictions, model.manifest.threshold)[0]


@needs(Capability.MANAGE_MODELS)
def set_threshold(
    database: Database,
    person: Person,
    store: ModelStore,
    name: str,
    threshold: float,
    reason: str,
) -> Manifest:
    """Change a model's threshold; what is measured with it changes too.

    Parameters
    ----------
    store : ModelStore
        Where the model is.
    name : str
        The model.
    threshold : float
        From 0 to below 1.
    reason : str
        A few words, kept with the model and in the log.

    Raises
    ------
    NotAllowedError
        The person may not manage models.
    InvalidRequestError
        No reason, or a threshold out of range.
    ModelError, UnavailableError
        No such model, or the store cannot be written.
    StorageError
        The log cannot be reached; nothing was changed.
    """
    with recorded(database, person, THRESHOLD_SET) as enter:

        def announce(old: Manifest, new: Manifest) -> None:
            enter(_change(new, old.threshold, new.threshold, reason))

        return store.set_threshold(name, threshold, reason, person.name, model_card, announce)


@needs(Capability.MANAGE_MODELS)
def set_error_rates(
    database: Database,
    person: Person,
    store: ModelStore,
    name: str,
    error_rates: dict[str, float],
    reason: str,
    kind: str | None = None,
) -> Manifest:
    """Change for what share of its videos each class may be ruled out.

    Parameters
    ----------
    error_rates : dict of str to float
        Label -> above 0, below 1.
    store, name, reason
        As for `set_threshold`.
    kind : str, optional
        For texts of this kind only.

    Raises
    ------
    NotAllowedError, InvalidRequestError, ModelError, UnavailableError, StorageError
        As for `set_threshold`; or the threshold alone decides on the model's lanes.
    """
    with recorded(database, person, ERROR_RATES_SET) as enter:

        def announce(_old: Manifest, new: Manifest) -> None:
            entry = new.error_rates_history[-1]
            of_kind = {"kind": kind} if kind else {}
            enter({**_change(new, entry["old"], entry["new"], reason), **of_kind})

        return store.set_error_rates(
            name, error_rates, reason, person.name, model_card, announce, kind
        )


@needs(Capability.MANAGE_MODELS)
def overrule(
    database: Database, person: Person, store: ModelStore, name: str, reason: str
) -> Pointer:
    """Make a model champion against the rule.

    Raises
    ------
    NotAllowedError, InvalidRequestError, ModelError, UnavailableError, StorageError
        As for `set_threshold`.
    """
    with _champion_recorded(database, person) as announce:
        return champions.overrule(store, name, reason, person.name, announce)


@needs(Capability.MANAGE_MODELS)
def back_to_rule(database: Database, person: Person, store: ModelStore) -> Pointer | None:
    """End an overruling: the best model by the rule is champion; None where there is no model.

    Raises
    ------
    NotAllowedError, InvalidRequestError, ModelError, UnavailableError, StorageError
        As for `set_threshold`.
    """
    with _champion_recorded(database, person) as announce:
        return champions.back_to_rule(store, person.name, announce)


@needs(Capability.MANAGE_MODELS)
def follow_rule(database: Database, person: Person, store: ModelStore) -> Pointer | None:
    """Make the best model by the rule champion, unless a person has overruled it.

    Raises
    ------
    NotAllowedError, InvalidRequestError, ModelError, UnavailableError, StorageError
        As for `set_threshold`.
    """
    with _champion_recorded(database, person) as announce:
        return champions.follow_rule(store, announce)


@contextmanager
def _champion_recorded(database: Database, person: Person) -> Iterator[AnnouncePointer]:
    with recorded(database, person, CHAMPION_SET) as enter:

        def announce(old: Pointer | None, new: Pointer) -> None:
            names = {"model": new.name, "old": old.name if old else None, "new": new.name}
            enter({**names, "by": new.by, "reason": new.reason})

        yield announce


def _change(model: Manifest, old: object, new: object, reason: str) -> dict[str, Any]:
    version = model.version
    return {"model": model.name, "version": version, "old": old, "new": new, "reason": reason}
