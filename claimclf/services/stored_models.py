"""The models of a folder: which one is in use, and what to know of it; `models` changes them.

Light to import: every page asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from claimclf.modeling.evaluation.metrics import written
from claimclf.modeling.store import by_kind
from claimclf.modeling.store.by_kind import Glance
from claimclf.modeling.store.card import closing_questions
from claimclf.modeling.store.champion import (
    LEAST_RECALL,
    champion,
    is_challenger,
    ranked,
    real_speech_auc,
    worst_hidden,
)
from claimclf.modeling.store.champion import RULE as CHAMPION_RULE
from claimclf.modeling.store.champion import RULE_IN_SHORT as CHAMPION_RULE_IN_SHORT
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import TextKind

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.modeling.store.pointer import Pointer

#: In words, for screens and reports.
RULE, RULE_IN_SHORT = CHAMPION_RULE, CHAMPION_RULE_IN_SHORT


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


def rule_table(manifests: Sequence[Manifest]) -> pd.DataFrame:
    """Return what the rule looks at, a row a model, best by the rule first."""
    import pandas as pd

    rows = {
        m.name: (
            written(m.metrics["validation"].recall, "recall"),
            f"{real_speech_auc(m):.3f}" if m.kinds else f"{real_speech_auc(m)} (not learnt)",
            f"{worst_hidden(m):.4f} ({m.worst_case['title'] if m.worst_case else 'not measured'})",
        )
        for m in ranked(manifests)
    }
    columns = (
        f"1. recall on validation (at least {LEAST_RECALL})",
        "2. AUC on real speech, by groups held out",
        "3. claims hidden in the worst condition",
    )
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def challengers(manifests: Sequence[Manifest]) -> pd.DataFrame:
    """Return what has been learnt from decisions, a row a challenger, the latest first."""
    import pandas as pd

    taught = [manifest for manifest in manifests if is_challenger(manifest)]
    rows = {
        m.name: (
            m.trained_at[:16].replace("T", " "),
            m.data["learnt_from"]["base"],
            f"{m.data['learnt_from']['statements']:,}",
            "" if (auc := m.auc_on(TextKind.DECIDED)) is None else f"{auc:.3f}",
        )
        for m in sorted(taught, key=lambda m: m.trained_at, reverse=True)
    }
    columns = ("taught (UTC)", "began from", "statements", "AUC on decisions held out")
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def overruled_champion(store: ModelStore) -> Pointer | None:
    """Return the champion that a person chose, with the reason; None where the rule holds."""
    pointer = store.pointer()
    return pointer if pointer and pointer.overruled else None


def at_a_glance(manifest: Manifest) -> list[Glance]:
    """Say what a model is worth on each kind of text, a line each, none without the others."""
    return by_kind.at_a_glance(manifest)


def at_worst(manifest: Manifest) -> str:
    """Say under which condition a model catches fewest claims, and under which it hides most."""
    return by_kind.at_worst(manifest)


def own_texts(manifest: Manifest) -> str:
    """Name the texts of the dataset that a model was trained and validated on."""
    return by_kind.own_texts(manifest)


def answers(manifest: Manifest) -> str:
    """Answer what anyone should ask of a model before using it, as Markdown."""
    return closing_questions(manifest)
