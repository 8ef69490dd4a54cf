"""Tables of cases, with today's cut between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from claimclf.schema import (
    BAN_STATUS,
    LANE,
    PROBABILITY,
    REPORT_COUNT,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
)
from claimclf.ui.wording import span

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed, Page


def some_chosen(first: int) -> bool:
    """Say whether rows are chosen in the tables that begin after so many cases."""
    tables = (st.session_state.get(key) for key in keys(first))
    return any(table["selection"]["rows"] for table in tables if table)


def keys(first: int) -> tuple[str, str]:
    """Name the tables above and below the cut."""
    return f"cases-{first}", f"below-{first}"


def show_tables(page: Page, first: int, now: int) -> list[Listed]:
    """Draw the rows with today's cut between them; return those that were chosen."""
    above = [row for row in page.rows if row.is_above_cut]
    below = page.rows[len(above) :]
    key_above, key_below = keys(first)
    chosen = _show_rows(above, first, key_above, now) if above else []
    if below:
        st.markdown(
            ":material/content_cut: **Today's cut** — what stands below is more than can be "
            "reviewed today."
        )
        chosen += _show_rows(below, first + len(above), key_below, now)
    return chosen


def _show_rows(rows: Sequence[Listed], first: int, key: str, now: int) -> list[Listed]:
    event = st.dataframe(
        _table(rows, first, now),
        hide_index=True,
        row_height=75,  # three lines: lower rows do not wrap
        height=min(75 * len(rows) + 40, 640),
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config=_COLUMNS,
    )
    return [rows[n] for n in event["selection"]["rows"] if n < len(rows)]


_COLUMNS: Any = {
    "place": st.column_config.NumberColumn("Place", width=55),
    REPORT_COUNT: st.column_config.NumberColumn("Reports", format="localized", width=70),
    PROBABILITY: st.column_config.ProgressColumn(
        "Claim probability", format="%.3f", min_value=0.0, max_value=1.0, width=110
    ),
    LANE: st.column_config.TextColumn("Lane", width=80),
    TRANSCRIPT: st.column_config.TextColumn("Transcript", width=330),
    "who": st.column_config.TextColumn("Who looks at it", width=100),
    "waiting": st.column_config.TextColumn("Waiting", width=80),
    "again": st.column_config.TextColumn("Again", help="Reported again since a decision", width=60),
    VERIFIED_STATUS: st.column_config.TextColumn("Verified", width=90),
    BAN_STATUS: st.column_config.TextColumn("Author", width=90),
    VIDEO_ID: st.column_config.TextColumn("Video id"),
}


def _table(rows: Sequence[Listed], first: int, now: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": first + place,
            REPORT_COUNT: row.case.video[REPORT_COUNT],
            PROBABILITY: row.case.probability,
            LANE: str(row.case.lane),
            TRANSCRIPT: (row.case.video[TRANSCRIPT] or "")[:1_000],
            "who": row.case.holder if (row.case.held_until or 0) > now else "",
            "waiting": span(max(now - row.case.waits_since, 0)),
            "again": "again" if row.case.reported_again else "",
            VERIFIED_STATUS: row.case.video[VERIFIED_STATUS],
            BAN_STATUS: row.case.video[BAN_STATUS],
            VIDEO_ID: row.case.video[VIDEO_ID],
        }
        for place, row in enumerate(rows, 1)
    )
