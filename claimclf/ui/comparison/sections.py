"""What can be looked at more closely, one part at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.services.stored_models import own_texts
from claimclf.ui.comparison import curves, differences, figures, mistakes, reasons, slices

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged
    from claimclf.services.datasets import Dataset


@dataclass(frozen=True)
class Compared:
    """What the page compares.

    Parameters
    ----------
    manifests : sequence of Manifest
        All stored models.
    best : Manifest
        The champion.
    models : sequence of Judged
        Those that were chosen; at least one.
    cut : dict of str to float
        Each one's cut-off.
    dataset : Dataset
        The one in use.
    """

    manifests: Sequence[Manifest]
    best: Manifest
    models: Sequence[Judged]
    cut: dict[str, float]
    dataset: Dataset


def _show_stress(compared: Compared) -> None:
    from claimclf.ui.comparison import stress

    stress.show_stress(compared.manifests, compared.dataset)


def _show_lanes(compared: Compared) -> None:
    from claimclf.ui.comparison import lanes

    lanes.show_lanes(compared.models, compared.best)


_SECTIONS: dict[str, Callable[[Compared], None]] = {
    "Class reports": lambda c: figures.show_reports(c.models, c.cut),
    "Curves": lambda c: curves.show_curves(c.models, c.cut),
    "Is one better?": lambda c: differences.show_differences(c.models, c.cut),
    "Under stress": _show_stress,
    "Lanes": _show_lanes,
    "Slices": lambda c: slices.show_slices(c.models, c.cut, c.dataset),
    "What it got wrong": lambda c: mistakes.show_mistakes(c.models, c.cut, c.dataset),
    "Importances": lambda c: reasons.show_importances(c.models),
    "Checks": lambda c: reasons.show_checks(c.models),
    "Would we use it?": lambda c: reasons.show_card(c.models),
    "Test set": lambda c: figures.show_test_set(c.best),
}


#: Sections that say themselves which texts they are about.
_OF_SEVERAL_KINDS = ("Under stress", "Lanes", "Would we use it?")


def show_section(compared: Compared) -> None:
    """Let a person choose a section, and draw it."""
    section = st.segmented_control("Look closer", list(_SECTIONS), key="section")
    if section:
        if section not in _OF_SEVERAL_KINDS:
            st.caption(f"On {own_texts(compared.best)} alone.")
        _SECTIONS[section](compared)
