"""Every row of an upload accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.schema import LANE, Lane
from claimclf.ui.guard import at_click
from claimclf.ui.upload.ranked import MOST_SHOWN, cut_cells

if TYPE_CHECKING:
    from claimclf.modeling.scoring.ranking import Ranked


def show_validation(ranked: Ranked) -> None:
    """Account for every row of the upload."""
    validated = ranked.scored.validated
    tiles = {
        "Rows": len(validated.table),
        "Accepted": len(validated.accepted),
        "Rejected": validated.n_rejected,
        "Cannot be scored": ranked.n_unscorable,
        "Predicted claims": int((ranked.videos[LANE] == Lane.CLAIMS).sum()),
        "Uncertain": int((ranked.videos[LANE] == Lane.UNCERTAIN).sum()),
    }
    for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(label, f"{value:,}")
    if validated.n_rejected:
        with st.expander(
            f"{validated.n_rejected:,} rows were rejected: see why", icon=":material/block:"
        ):
            rejected = validated.rejected
            st.dataframe(cut_cells(rejected.head(MOST_SHOWN)), hide_index=True)
            st.download_button(
                "Download all rejected rows",
                at_click(lambda: to_csv_bytes(rejected)),
                "rejected.csv",
                "text/csv",
                on_click="ignore",
            )
