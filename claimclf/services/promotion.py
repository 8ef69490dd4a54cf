"""Another model comes into use, with a reason, and the one before it comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from claimclf.errors import ConflictError
from claimclf.modeling.store import champion as champions
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.pointer import Pointer
from claimclf.modeling.store.store import ModelStore
from claimclf.people import PROGRAM, Capability, Person
from claimclf.queue.settings.team import Settings, history, settings_of
from claimclf.queue.storage.database import Database
from claimclf.services.loading import load_model
from claimclf.services.models import overrule
from claimclf.services.permissions import needs

if TYPE_CHECKING:
    from claimclf.modeling.evaluation.statistics import PairedTest
    from claimclf.queue.intake.rescoring import Rescored

#: A difference that chance makes less often than this is none of chance.
SIGNIFICANT = 0.05
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Promoted:
    """A model that came into use.

    Parameters
    ----------
    pointer : Pointer
        Which, by whom and why.
    rescored : Rescored or None
        What became of the open cases; None where a lead has to score them anew.
    """

    pointer: Pointer
    rescored: Rescored | None


@dataclass(frozen=True)
class Measured:
    """Two models on the same later decisions.

    Parameters
    ----------
    test : PairedTest
        Of the model in use and the challenger: which of them is right where only one is.
    sources : mapping of str to (float, float)
        Source -> AUC of the model in use, and of the challenger.
    """

    test: PairedTest
    sources: Mapping[str, tuple[float, float]]


@needs(Capability.MANAGE_MODELS)
def promote(
    database: Database,
    person: Person,
    folder: Path,
    name: str,
    reason: str,
    on_progress: Progress | None = None,
) -> Promoted:
    """Use a model from now on, and give the open cases that nobody holds its prediction.

    Raises
    ------
    InvalidRequestError, ModelError, UnavailableError, StorageError
        As for `models.overrule`; nothing was changed.
    """
    store = ModelStore(folder)
    load_model(folder, name)  # what cannot be loaded cannot be used
    pointer = overrule(database, person, store, name, reason)
    return Promoted(pointer, _rescored(database, person, folder, on_progress))


@needs(Capability.MANAGE_MODELS)
def go_back(
    database: Database, person: Person, folder: Path, on_progress: Progress | None = None
) -> Promoted:
    """Use the model again that was in use before this one.

    Raises
    ------
    ConflictError
        There was none before it, or it is not stored any more.
    ModelError, UnavailableError, StorageError
        As for `promote`.
    """
    store = ModelStore(folder)
    name = before(store)
    if name is None:
        raise ConflictError(
            "No model was in use before this one.", "", "Choose one on the page Model comparison."
        )
    load_model(folder, name)
    now = champion(store)
    reason = f"Back from {now.name if now else 'none'}."
    pointer = overrule(database, person, store, name, reason)
    return Promoted(pointer, _rescored(database, person, folder, on_progress))


def before(store: ModelStore) -> str | None:
    """Name the model that was in use before the one that is; None where there was no other."""
    now, earlier = champion(store), _earlier(store)
    if now is None:
        return None
    if earlier is not None:
        return earlier if earlier in store.names() else None
    # Nobody had chosen: it was the best by the rule.
    best = champions.best_by_rule(store.manifests())
    return best.name if best is not None and best.name != now.name else None


def _earlier(store: ModelStore) -> str | None:
    """Return the last model in the history that is another than the one in use."""
    now = champion(store)
    names = [entry.name for entry in store.pointer_history()]
    return next((name for name in reversed(names) if now and name != now.name), None)


@needs(Capability.MANAGE_MODELS)
def promote_by_rule(
    database: Database,
    person: Person,
    folder: Path,
    taught: str,
    challenger: str,
    measured: Measured | None,
) -> str:
    """Use a challenger where the lead's rule says so, and return why; empty where it does not.

    It is entered as done by who taught it, with the rule and whose it is.

    Parameters
    ----------
    taught : str
        The model that the challenger was measured beside.
    measured : Measured or None
        None where it could not be measured on later decisions.
    """
    settings = database.read(settings_of)
    store = ModelStore(folder)
    in_use = champion(store)
    if settings.promotion_margin is None or measured is None:
        return ""
    if in_use is None or in_use.name != taught or not fulfils(settings, measured):
        return ""
    reason = _why(database, settings.promotion_margin, measured)
    overrule(database, person, store, challenger, reason)
    _rescored(database, PROGRAM, folder, None)
    return reason


def fulfils(settings: Settings, measured: Measured) -> bool:
    """Say whether a challenger is better by the paired test, and no source worse than allowed."""
    margin, test = settings.promotion_margin, measured.test
    if margin is None or not measured.sources:
        return False
    is_better = test.only_b > test.only_a and test.p_value < SIGNIFICANT
    return is_better and all(new >= old - margin for old, new in measured.sources.values())


def _why(database: Database, margin: float, measured: Measured) -> str:
    rule = next(change for change in history(database) if change.name == "promotion_margin")
    test = measured.test
    sources = "; ".join(
        f"{source} {old:.3f} to {new:.3f}" for source, (old, new) in measured.sources.items()
    )
    return (
        f"By the rule that {rule.by} has set ({rule.reason}): right where the other is wrong on "
        f"{test.only_b} later statements, the other way round on {test.only_a} (p "
        f"{test.p_value:.4f}); AUC by source: {sources}; at most {margin:g} may be lost."
    )


def _rescored(
    database: Database, person: Person, folder: Path, on_progress: Progress | None
) -> Rescored | None:
    """Give open cases the prediction of the model in use; None where that is a lead's to do."""
    from claimclf.modeling.scoring.score import predicted
    from claimclf.queue.intake.rescoring import rescore

    if not person.may(Capability.LEAD):
        return None
    model = load_model(folder)
    report = on_progress or (lambda done, total: None)
    version = model.manifest.version
    return rescore(
        database, person, model.name, version, lambda videos: predicted(model, videos), report
    )
