"""Every row of an upload accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.dataset.validation.advice import INSTEAD, to_correct, to_know
from claimclf.dataset.writing import to_csv_bytes
from claimclf.modeling.monitoring.signal import State
from claimclf.schema import LANE, LINE, REASONS, Lane
from claimclf.services.inspecting import account_of
from claimclf.services.triage import newness
from claimclf.ui.guard import at_click
from claimclf.ui.messages import plain
from claimclf.ui.upload.ranked import cut_cells
from claimclf.ui.wording import counted

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.dataset.validation.validated import Validated
    from claimclf.modeling.scoring.ranking import Ranked

#: Pixels: a table of rows to be corrected at the most, its head, a row of two lines.
_HIGHEST, _HEAD, _ROW = 320, 35, 62
#: So many rows are shown in a table; the downloads have them all.
_MOST_SHOWN = 500
#: So many rows are listed on small screens, where a table would hide what to write.
_LISTED = 20
_WORDS: Any = {
    LINE: st.column_config.NumberColumn("Line", format="localized", width=60),
    "column": st.column_config.TextColumn("Your column", width=110),
    REASONS: st.column_config.TextColumn("What is wrong", width=300),
    "message": st.column_config.TextColumn("What could not be used", width=300),
    INSTEAD: st.column_config.TextColumn("What to write instead", width=330),
}


def show_account(ranked: Ranked) -> None:
    """Say in figures what became of the upload's rows."""
    validated = ranked.scored.validated
    tiles = {
        "Rows": len(validated.table),
        "Accepted": validated.n_accepted,
        "Rejected": validated.n_rejected,
        "Cannot be scored": ranked.n_unscorable,
        "Predicted claims": int((ranked.videos[LANE] == Lane.CLAIMS).sum()),
        "Uncertain": int((ranked.videos[LANE] == Lane.UNCERTAIN).sum()),
    }
    grid = st.grid(len(tiles), min_column_width=110)
    for label, value in tiles.items():
        with grid.cell():
            st.metric(label, f"{value:,}")


def show_problems(validated: Validated) -> None:
    """Say what is wrong with which rows, and what to write instead."""
    _show_rejected(validated)
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


def _show_rejected(validated: Validated) -> None:
    """List rejected rows, unfolded: they are not added."""
    n = validated.n_rejected
    if not n:
        return
    with st.expander(
        f"{counted(n, 'row was', 'rows were')} rejected: see why, and what to write instead",
        expanded=True,
        icon=":material/block:",
    ):
        st.caption(
            "These rows are not added. Correct them and upload them again, alone or with all "
            "others: what is in the queue by then is known, and no case comes twice."
        )
        _show_rows(cut_cells(to_correct(validated, _MOST_SHOWN)), REASONS, n)
        st.download_button(
            "Download all rejected rows",
            at_click(lambda: to_csv_bytes(validated.rejected)),
            "rejected.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )


def _show_notes(validated: Validated) -> None:
    """List what could not be used of accepted rows."""
    n = validated.n_notes
    if not n:
        return
    with st.expander(
        f"{counted(n, 'note')} on accepted rows: see what could not be used",
        icon=":material/edit_note:",
    ):
        _show_rows(cut_cells(to_know(validated, _MOST_SHOWN)), "message", n)
        st.download_button(
            "Download all notes and rejected rows",
            at_click(lambda: to_csv_bytes(validated.report)),
            "notes.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
        )


def _show_rows(rows: pd.DataFrame, reason: str, n: int) -> None:
    """Draw rows with what is wrong in the column `reason`: a table, on small screens a list."""
    with st.container(key=f"narrow-{reason}"):
        for row in rows.head(_LISTED).to_dict("records"):
            words = f"{plain(row[reason])}  \n→ {plain(row[INSTEAD])}"
            st.markdown(f"**Line {row[LINE]:,}:** {words}")
        if n > _LISTED:
            st.caption(f"The first {_LISTED} of {n:,}; the file has all.")
    with st.container(key=f"wide-{reason}"):
        height = min(_HIGHEST, _HEAD + len(rows) * _ROW)
        st.dataframe(rows, hide_index=True, height=height, row_height=_ROW, column_config=_WORDS)
        if n > len(rows):
            st.caption(f"The first {len(rows):,} of {n:,}; the file has all.")
