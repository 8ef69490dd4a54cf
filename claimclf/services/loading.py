"""Load a stored model: all that scoring needs of the model store."""

from __future__ import annotations

import logging
from pathlib import Path

from claimclf.errors import ModelDamagedError, ModelNotFoundError
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore

_logger = logging.getLogger(__name__)


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
    candidates, pointer = store.manifests(), store.pointer()
    if pointer and pointer.name not in {manifest.name for manifest in candidates}:
        _logger.warning("The champion %s cannot be read; the next best is used", pointer.name)
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
