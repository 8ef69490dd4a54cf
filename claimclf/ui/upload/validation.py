"""Every row of an upload accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.modeling.monitoring.signal import State
from claimclf.schema import LANE, Lane
from claimclf.services.inspecting import account_of
from claimclf.services.triage import newness
from claimclf.ui.guard import at_click
from claimclf.ui.messages import plain
from claimclf.ui.upload.ranked import MOST_SHOWN, cut_cells

if TYPE_CHECKING:
    from claimclf.dataset.validation.validated import Validated
    from claimclf.modeling.scoring.ranking import Ranked


def show_validation(ranked: Ranked) -> None:
    """Account for every row of the upload."""
    validated = ranked.scored.validated
    tiles = {
        "Rows": len(validated.table),
        "Accepted": validated.n_accepted,
        "Rejected": validated.n_rejected,
        "Cannot be scored": ranked.n_unscorable,
        "Predicted claims": int((ranked.videos[LANE] == Lane.CLAIMS).sum()),
        "Uncertain": int((ranked.videos[LANE] == Lane.UNCERTAIN).sum()),
    }
    for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(label, f"{value:,}")
    if n := validated.n_rejected:
        rows_were = "row was" if n == 1 else "rows were"
        with st.expander(f"{n:,} {rows_were} rejected: see why", icon=":material/block:"):
            rejected = validated.rejected
            st.dataframe(cut_cells(rejected.head(MOST_SHOWN)), hide_index=True)
            st.download_button(
                "Download all rejected rows",
                at_click(lambda: to_csv_bytes(rejected)),
                "rejected.csv",
                "text/csv",
                on_click="ignore",
            )
    _show_notes(validated)


def show_reading(ranked: Ranked) -> None:
    """Say what the file is, and what to know of how it was read."""
    account = account_of(ranked)
    st.markdown(f"**{plain(account.sentence)}**")
    for remark in account.remarks:
        st.caption(plain(remark))


def show_newness(ranked: Ranked) -> None:
    """Say so where the model knows little of what is said in an upload."""
    signal = newness(ranked)
    if signal.state is State.ALARM:
        low, high = signal.interval.low, signal.interval.high
        st.warning(
            f"{signal.share:.0%} of these {signal.n:,} texts are unlike anything the model was "
            f"trained on (from this source, between {low:.0%} and {high:.0%}). It says little of "
            "them: most are left to a person. A model that has learnt from such texts helps."
        )


def _show_notes(validated: Validated) -> None:
    """List what could not be used of accepted rows."""
    if not validated.n_notes:
        return
    word = "note" if validated.n_notes == 1 else "notes"
    with st.expander(
        f"{validated.n_notes:,} {word} on accepted rows: see what could not be used",
        icon=":material/edit_note:",
    ):
        notes = validated.notes[["line", "column", "message"]]
        st.dataframe(cut_cells(notes.head(MOST_SHOWN)), hide_index=True)
        st.download_button(
            "Download all notes and rejected rows",
            at_click(lambda: to_csv_bytes(validated.report)),
            "notes.csv",
            "text/csv",
            on_click="ignore",
        )
