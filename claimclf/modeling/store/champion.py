"""Which model is used: the written rule, so that anyone can check it."""

from __future__ import annotations

from collections.abc import Sequence

from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.pointer import BY_RULE, Pointer
from claimclf.modeling.store.store import AnnouncePointer, ModelStore, announce_to_nobody
from claimclf.schema import TextKind

#: What a champion must find on the course's validation split: a missed claim costs more than
#: an extra review.
LEAST_RECALL = 0.999
#: What a model that has not learnt real speech is taken to be worth there: a coin.
_COIN = 0.5

RULE = (
    "The champion finds at least 99.9 % of the claims of the course's validation split (where "
    "no model does, those with the highest recall compete), because a missed claim costs more "
    "than an extra review. Of these models it is the one with the highest AUC on real speech, "
    "held out by groups such as whole stretches of debates; a model that has not learnt real "
    "speech counts as a coin, 0.5. Ties go to the model that hides fewer claims in the worst "
    "case of the stress suite (the largest share of claims in the lane opinions, where nobody "
    "looks, over all ways to alter the test split), then to the higher recall, then to the "
    "higher precision, then to the simpler model: fewer trees, then the name that comes first."
)

#: The same in a sentence, for a place where the champion is named.
RULE_IN_SHORT = (
    f"Champion is who finds at least {LEAST_RECALL} of the claims of the course's validation "
    "split; of these, who has the highest AUC on real speech held out by group; of these, who "
    "hides the fewest claims in its worst condition."
)


def best_by_rule(manifests: Sequence[Manifest]) -> Manifest | None:
    """Return the champion by `RULE`, or None where there is no model.

    Parameters
    ----------
    manifests : sequence of Manifest
        The candidates; models trained on real data are preferred to those trained on
        synthetic data.
    """
    if not manifests:
        return None
    return ranked(manifests)[0]


def ranked(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return the models that `RULE` chooses between, best first.

    Parameters
    ----------
    manifests : sequence of Manifest
        As for `best_by_rule`: where any was trained on real data, the others are left out, and
        so are challengers, which only a person puts in use.
    """
    fixed = [m for m in manifests if not is_challenger(m)]
    real = [m for m in fixed or manifests if not m.data["synthetic"]]
    # A reversed sort keeps the order of equals: among these the name that comes first.
    return sorted(
        sorted(real or fixed or manifests, key=lambda m: m.name), key=_merit, reverse=True
    )


def is_challenger(manifest: Manifest) -> bool:
    """Say whether a model learnt from decisions: only a person puts it in use."""
    return "learnt_from" in manifest.data


def _merit(manifest: Manifest) -> tuple[float, float, float, float, float, int]:
    figures = manifest.metrics["validation"]
    trees = int(manifest.settings.get("n_estimators", 0))
    recall, precision = figures.recall or 0.0, figures.precision or 0.0
    return (
        min(recall, LEAST_RECALL),
        real_speech_auc(manifest),
        -worst_hidden(manifest),
        recall,
        precision,
        -trees,
    )


def real_speech_auc(manifest: Manifest) -> float:
    """Return the AUC on real speech that was held out by group; a coin's where none was learnt."""
    measured = manifest.auc_on(TextKind.SPEECH)
    return _COIN if measured is None else measured


def worst_hidden(manifest: Manifest) -> float:
    """Return the share of claims hidden in the worst case; without a stress test, all."""
    worst = manifest.worst_case
    return float(worst["claims_hidden"]) if worst else 1.0


def champion(store: ModelStore, manifests: Sequence[Manifest] | None = None) -> Manifest | None:
    """Return the champion: whom a person chose, or else the best by the rule.

    Parameters
    ----------
    store : ModelStore
        Where the pointer is.
    manifests : sequence of Manifest, optional
        The candidates; by default all that can be read.
    """
    candidates = store.manifests() if manifests is None else manifests
    pointer = store.pointer()
    chosen = [m for m in candidates if pointer and m.name == pointer.name]
    return chosen[0] if chosen else best_by_rule(candidates)


def follow_rule(
    store: ModelStore, announce: AnnouncePointer = announce_to_nobody
) -> Pointer | None:
    """Point at the best model by the rule, unless a person has overruled it.

    `announce` is called as by `ModelStore.point_at`, where the champion changes.
    """
    pointer, best = store.pointer(), best_by_rule(store.manifests())
    if best is None or (pointer and (pointer.overruled or pointer.name == best.name)):
        return pointer
    return store.point_at(best.name, RULE, BY_RULE, announce)


def overrule(
    store: ModelStore,
    name: str,
    reason: str,
    by: str,
    announce: AnnouncePointer = announce_to_nobody,
) -> Pointer:
    """Make a model champion against the rule; the reason is recorded.

    Raises
    ------
    ModelNotFoundError, InvalidRequestError
        No such model, or no reason.
    """
    return store.point_at(name, reason, by, announce)


def back_to_rule(
    store: ModelStore, by: str, announce: AnnouncePointer = announce_to_nobody
) -> Pointer | None:
    """End an overruling; the history keeps it."""
    best = best_by_rule(store.manifests())
    if best is None:
        return None
    return store.point_at(best.name, f"Back to the rule, by {by}. {RULE}", BY_RULE, announce)
