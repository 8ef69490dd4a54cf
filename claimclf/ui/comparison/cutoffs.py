"""At which probability a video is sent to review, model by model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.services.comparison import NAMED_RECALLS

if TYPE_CHECKING:
    from claimclf.services.comparison import Judged

OWN, ONE = "each model's own", "one for all"


def choose_cutoffs(models: Sequence[Judged], source: str | None = None) -> dict[str, float]:
    """Let a person move one cut-off for all, or ask for a recall by name.

    Parameters
    ----------
    models : sequence of Judged
        At least one.
    source : str, optional
        A source that was measured at the models' own cut-offs alone: nothing to choose then.
    """
    if source is not None:
        return {model.name: model.manifest.threshold for model in models}
    how = st.segmented_control(
        "Cut-off: a video with a higher probability is sent to review",
        [OWN, ONE, *NAMED_RECALLS],
        default=OWN,
        required=True,
    )
    if how == ONE:
        # Below 1, from which on nothing is a claim: a model cannot have such a cut-off.
        cut = st.slider("Cut-off for all models", 0.0, 0.995, 0.5, 0.005, format="%.3f")
        return {model.name: cut for model in models}
    if how in NAMED_RECALLS:
        return {model.name: model.cutoffs.for_recall(NAMED_RECALLS[how]) for model in models}
    return {model.name: model.manifest.threshold for model in models}
