"""Which model is used: the written rule, so that anyone can check it."""

from __future__ import annotations

from collections.abc import Sequence

from claimclf.modeling.store import Manifest

RULE = (
    "The champion is the model with the highest recall on the validation split, because a "
    "missed claim costs more than an extra review. Ties go to the higher precision, then to "
    "the name that comes first."
)


def champion(manifests: Sequence[Manifest]) -> Manifest | None:
    """Return the champion by `RULE`, or None where there is no model.

    Parameters
    ----------
    manifests : sequence of Manifest
        The candidates; models trained on real data are preferred to those trained on
        synthetic data.
    """
    if not manifests:
        return None
    real = [m for m in manifests if not m.data["synthetic"]]

    def merit(manifest: Manifest) -> tuple[float, float]:
        figures = manifest.metrics["validation"]
        return figures.recall, figures.precision

    return max(sorted(real or manifests, key=lambda m: m.name), key=merit)
