"""Which models stand side by side, and on which texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ModelDamagedError
from claimclf.services.by_source import pairs_by_features, sources_of
from claimclf.services.stored_models import own_texts
from claimclf.ui.messages import plain, say_error
from claimclf.ui.state.models import judged_model

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged

_HELD_OUT = (
    "Each group of these texts (such as a whole stretch of debates, or a framing) was predicted "
    "by a model that had not met it, with the cut-off as it was trained."
)


def choose_models(manifests: Sequence[Manifest], best: Manifest) -> list[Judged]:
    """Let a person choose models, a forest and XGBoost at first; ends a page without any."""
    names = [manifest.name for manifest in manifests]
    left, right = st.columns([2, 3])
    with left:
        features, default = _choose_pair(manifests, best)
    # A pair has a selection of its own, so that none is shown under another's name.
    chosen = right.multiselect("Models side by side", names, default, key=f"models-{features}")
    by_name = {manifest.name: manifest for manifest in manifests}
    models = _judged([by_name[name] for name in chosen])
    if not models:
        st.info("Choose at least one model above.")
        st.stop()
    return models


def _choose_pair(manifests: Sequence[Manifest], best: Manifest) -> tuple[str, list[str]]:
    """Return a feature set and the models that are compared on it, the champion's at first."""
    pairs = pairs_by_features(manifests, best.feature_set)
    if best.feature_set not in pairs:
        pairs = {best.feature_set: [best.name], **pairs}
    first = next(iter(pairs))
    if len(pairs) == 1:
        return first, pairs[first]
    chosen = st.segmented_control(
        "Random forest beside XGBoost on the feature set",
        list(pairs),
        default=first,
        required=True,
    )
    return chosen, pairs[chosen]


def choose_source(models: Sequence[Judged]) -> str | None:
    """Let a person choose on which texts models are compared; None is the validation split."""
    manifests = [model.manifest for model in models]
    validation = f"validation split of {own_texts(manifests[0])}"
    sources = list(sources_of(manifests))
    chosen = None
    if sources:
        options = [*sources, validation]
        chosen = st.segmented_control(
            "Measured on", options, default=options[0], required=True, help=_HELD_OUT
        )
    if chosen in sources:
        return chosen
    data = "; ".join(f"{plain(m.name)} on {plain(m.manifest.data['name'])}" for m in models)
    st.caption(f"On the {validation}: {data}. Real texts are another matter.")
    return None


def _judged(manifests: Sequence[Manifest]) -> list[Judged]:
    """Read the stored predictions; a damaged model is named and left out."""
    judged = []
    for manifest in manifests:
        try:
            judged.append(judged_model(manifest.name, manifest))
        except ModelDamagedError as error:
            say_error(error)
    return judged
