"""Which models stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import ModelDamagedError
from claimclf.ui.messages import plain, say_error
from claimclf.ui.state.models import judged_model

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged


def choose_models(manifests: Sequence[Manifest], best: Manifest) -> list[Judged]:
    """Let a person choose models, and say what they were measured on; ends a page without any."""
    names = [manifest.name for manifest in manifests]
    default = [best.name, *[name for name in names if name != best.name]][:2]
    chosen = st.multiselect("Models side by side", names, default=default)
    by_name = {manifest.name: manifest for manifest in manifests}
    models = _judged([by_name[name] for name in chosen])
    if not models:
        st.info("Choose at least one model above.")
        st.stop()
    st.caption(
        "Measured on the validation split: "
        + "; ".join(f"{plain(m.name)} on {plain(m.manifest.data['name'])}" for m in models)
    )
    return models


def _judged(manifests: Sequence[Manifest]) -> list[Judged]:
    """Read the stored predictions; a damaged model is named and left out."""
    judged = []
    for manifest in manifests:
        try:
            judged.append(judged_model(manifest.name, manifest))
        except ModelDamagedError as error:
            say_error(error)
    return judged
