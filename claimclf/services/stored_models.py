"""The models of a folder: which one is in use, and what to know of it; `models` changes them.

Light to import: every page asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from claimclf.modeling.store.card import closing_questions
from claimclf.modeling.store.champion import RULE as CHAMPION_RULE
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore

if TYPE_CHECKING:
    from claimclf.modeling.store.pointer import Pointer

#: In words, for screens and reports.
RULE = CHAMPION_RULE


def open_store(folder: Path) -> ModelStore:
    """Return the models in a folder, for those who have no part in how they are stored."""
    return ModelStore(folder)


def champion_of(store: ModelStore, manifests: Sequence[Manifest] | None = None) -> Manifest | None:
    """Return the model in use: whom a person chose, or else the best by the rule.

    Parameters
    ----------
    manifests : sequence of Manifest, optional
        The candidates; by default all that can be read.
    """
    return champion(store, manifests)


def overruled_champion(store: ModelStore) -> Pointer | None:
    """Return the champion that a person chose, with the reason; None where the rule holds."""
    pointer = store.pointer()
    return pointer if pointer and pointer.overruled else None


def answers(manifest: Manifest) -> str:
    """Answer what anyone should ask of a model before using it, as Markdown."""
    return closing_questions(manifest)
