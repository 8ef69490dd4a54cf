"""Which closer looks at models have nothing to say, and why: known before they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from claimclf.errors import UnsuitableModelError
from claimclf.modeling.evaluation.measuring import predict_claim
from claimclf.modeling.store.manifest import Manifest
from claimclf.services.comparison import Judged, paired

BETTER, STRESS, LANES = "Is one better?", "Under stress", "Lanes"
SLICES, MISTAKES, IMPORTANCES, CHECKS = "Slices", "What it got wrong", "Importances", "Checks"


def silent_views(
    stored: Sequence[Manifest],
    best: Manifest,
    models: Sequence[Judged],
    cut: Mapping[str, float],
    sha256: str,
) -> dict[str, str]:
    """Return the views that have nothing to say, each with the reason.

    Parameters
    ----------
    stored : sequence of Manifest
        All stored models.
    best : Manifest
        The champion.
    models : sequence of Judged
        Those that were chosen; at least one.
    cut : mapping of str to float
        Each one's cut-off.
    sha256 : str
        Of the dataset in use.

    Returns
    -------
    dict of str to str
        A view's name -> why it is empty, as the end of a sentence.
    """
    chosen = [model.manifest for model in models]
    says = {
        STRESS: ("no model was put under stress yet", any(m.stress for m in stored)),
        LANES: (
            "of these models a threshold alone decides on the lanes",
            any(m.error_rates for m in (best, *chosen)),
        ),
        SLICES: (
            "the dataset in use is not the one that the models were measured on",
            any(m.data["sha256"] == sha256 for m in chosen),
        ),
        MISTAKES: ("nothing is wrong at this cut-off", _any_mistake(models, cut)),
        IMPORTANCES: ("none are stored", any(m.importances or m.permutation for m in chosen)),
        CHECKS: ("none are stored", any(m.checks for m in chosen)),
    }
    silent = {name: reason for name, (reason, speaks) in says.items() if not speaks}
    alike = _why_nothing_to_test(models, cut)
    return {BETTER: alike, **silent} if alike else silent


def _any_mistake(models: Sequence[Judged], cut: Mapping[str, float]) -> bool:
    return any(
        bool((predict_claim(m.probability, cut[m.name]) != m.truth.astype(bool)).any())
        for m in models
    )


def _why_nothing_to_test(models: Sequence[Judged], cut: Mapping[str, float]) -> str:
    first, *others = models
    if not others:
        return "it takes a second model"
    try:
        differ = any(len(paired(first, other, cut).disagreements) for other in others)
    except UnsuitableModelError:
        return "they were measured on different videos"
    return "" if differ else "they are right and wrong about the same videos"
