"""What the stress suite found before and was kept with the models; nothing is fitted or loaded."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from claimclf.modeling.store.manifest import Manifest


def stress_table(manifests: Sequence[Manifest]) -> pd.DataFrame:
    """Return what the stress suite found of each model, a row a model and condition.

    Conditions stand in the suite's order; `model` is the model's name.
    """
    rows = pd.DataFrame([{"model": m.name, **row} for m in manifests for row in m.stress])
    if rows.empty:
        return rows
    # One model may have been through more conditions than another: keep the longest order.
    longest = max((m.stress for m in manifests), key=len)
    order = {row["condition"]: place for place, row in enumerate(longest)}
    place = rows["condition"].map(order).fillna(len(order))
    return rows.loc[place.sort_values(kind="stable").index].reset_index(drop=True)
