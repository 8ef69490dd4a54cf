"""What can be looked at more closely, one part at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.services import silent_views as silent
from claimclf.services.stored_models import own_texts
from claimclf.ui.assets import style
from claimclf.ui.comparison import curves, differences, figures, mistakes, reasons, slices
from claimclf.ui.comparison.champion import show_champion
from claimclf.ui.comparison.robustness import show_stress_of

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest
    from claimclf.services.comparison import Judged
    from claimclf.services.datasets import Dataset

_STYLE = style(Path(__file__).with_name("tabs.css"))


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
    source : str or None
        The texts that models are compared on; None for the validation split.
    """

    manifests: Sequence[Manifest]
    best: Manifest
    models: Sequence[Judged]
    cut: dict[str, float]
    dataset: Dataset
    source: str | None = None


def _show_stress(compared: Compared) -> None:
    from claimclf.ui.comparison import stress

    stress.show_stress(compared.manifests, compared.dataset)


def _show_lanes(compared: Compared) -> None:
    from claimclf.ui.comparison import lanes

    lanes.show_lanes(compared.models, compared.best)


def _show_overview(compared: Compared) -> None:
    figures.show_figures(compared.models, compared.cut, compared.source)
    show_champion(compared.best, compared.manifests)
    show_stress_of([compared.best, *(model.manifest for model in compared.models)])


OVERVIEW = "What differs"
_SECTIONS: dict[str, Callable[[Compared], None]] = {
    OVERVIEW: _show_overview,
    "Class reports": lambda c: figures.show_reports(c.models, c.cut),
    "Curves": lambda c: curves.show_curves(c.models, c.cut),
    silent.BETTER: lambda c: differences.show_differences(c.models, c.cut),
    silent.STRESS: _show_stress,
    silent.LANES: _show_lanes,
    silent.SLICES: lambda c: slices.show_slices(c.models, c.cut, c.dataset),
    silent.MISTAKES: lambda c: mistakes.show_mistakes(c.models, c.cut, c.dataset),
    silent.IMPORTANCES: lambda c: reasons.show_importances(c.models),
    silent.CHECKS: lambda c: reasons.show_checks(c.models),
    "Would we use it?": lambda c: reasons.show_card(c.models),
    "Test set": lambda c: figures.show_test_set(c.best),
}


#: Sections that say themselves which texts they are about.
_OF_SEVERAL_KINDS = (OVERVIEW, silent.STRESS, silent.LANES, "Would we use it?")
_TABS = "section"


def show_section(compared: Compared) -> None:
    """Let a person choose a section, and draw it; those that have nothing to say are grey."""
    section = st.segmented_control(
        "Look closer",
        list(_SECTIONS),
        default=OVERVIEW,
        required=True,
        key=_TABS,
        label_visibility="collapsed",
    )
    _grey(compared)
    if section not in _OF_SEVERAL_KINDS:
        st.caption(f"On {own_texts(compared.best)} alone.")
    _SECTIONS[section](compared)


def _grey(compared: Compared) -> None:
    """Grey what has nothing to say, and say why."""
    why = silent.silent_views(
        compared.manifests, compared.best, compared.models, compared.cut, compared.dataset.sha256
    )
    # By style, not by label: a tab that turns grey while it is open stays the chosen one.
    places = [str(n) for n, name in enumerate(_SECTIONS, start=1) if name in why]
    if places:
        st.html(_STYLE)
        reasons_why = "; ".join(f"*{name}*: {reason}" for name, reason in why.items())
        with st.container(key=f"silent-{'-'.join(places)}-"):
            st.caption(f"Grey, with nothing to say here: {reasons_why}.")
