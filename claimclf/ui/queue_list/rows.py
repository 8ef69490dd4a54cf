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
    REASON,
    REPORT_COUNT,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
)
from claimclf.ui.bulk.shown import digest
from claimclf.ui.wording import in_hours

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed, Page


#: Stands between what can be reviewed today and the rest.
CUT = (
    ":material/content_cut: **Today's cut** — what stands below is more than can be reviewed today."
)


def some_chosen(page: Page, n_uses: int) -> bool:
    """Say whether rows are chosen in the tables of a page."""
    tables = (st.session_state.get(key_of(rows, n_uses)) for rows in _tables(page))
    return any(table["selection"]["rows"] for table in tables if table)


def key_of(rows: Sequence[Listed], n_uses: int) -> str:
    """Name a table after the cases in it, as they are shown.

    Streamlit keeps a selection by place in the table. With other cases, another order or another
    version it is another table, in which nothing is chosen.

    Parameters
    ----------
    n_uses : int
        How many selections were used up: what was chosen and decided on is chosen no more.
    """
    return f"cases-{n_uses}-{digest((row.case.id, row.case.version) for row in rows)}"


def show_tables(
    page: Page, first: int, now: int, n_uses: int, *, shows_all: bool = False
) -> list[Listed]:
    """Draw the rows with today's cut between them; return those that were chosen.

    Parameters
    ----------
    shows_all : bool
        Also the columns that are rarely of use.
    """
    above, below = _tables(page)
    columns = [*_FIRST, *_OTHERS] if shows_all else list(_FIRST)
    chosen = _show_rows(above, first, key_of(above, n_uses), now, columns) if above else []
    if below:
        st.markdown(CUT)
        chosen += _show_rows(below, first + len(above), key_of(below, n_uses), now, columns)
    return chosen


def tables_of(page: Page, n_uses: int) -> list[tuple[str, int]]:
    """Return key and number of rows of each table of a page, as they stand below each other."""
    return [(key_of(rows, n_uses), len(rows)) for rows in _tables(page) if rows]


def _tables(page: Page) -> tuple[list[Listed], list[Listed]]:
    """Return the rows above and below today's cut."""
    above = [row for row in page.rows if row.is_above_cut]
    return above, page.rows[len(above) :]


def _show_rows(
    rows: Sequence[Listed], first: int, key: str, now: int, columns: list[str]
) -> list[Listed]:
    event = st.dataframe(
        _table(rows, first, now),
        hide_index=True,
        placeholder="",
        row_height=ROW_HEIGHT,
        height=height_of(len(rows)),
        column_order=columns,
        alt=f"Cases {first + 1:,} to {first + len(rows):,} of the list",
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config=_COLUMNS,
    )
    return [rows[n] for n in event["selection"]["rows"] if n < len(rows)]


#: Pixels: two lines of text, for which Streamlit wants more than four times the size of its
#: letters (`.streamlit/config.toml`); and the table's head. Ten rows are seen at once.
ROW_HEIGHT, HEAD = 61, 38
_MOST_SEEN = 10
_FIRST = ("place", REPORT_COUNT, PROBABILITY, LANE, REASON, TRANSCRIPT, "waiting", "who")
_OTHERS = ("again", VERIFIED_STATUS, BAN_STATUS, VIDEO_ID)
_COLUMNS: Any = {
    "place": st.column_config.NumberColumn("Place", width=55),
    REPORT_COUNT: st.column_config.NumberColumn("Reports", format="localized", width=70),
    PROBABILITY: st.column_config.NumberColumn(
        "Chance",
        format="%d%%",
        width=65,
        help="Of being a claim, says the model. 1% and 99% stand for less and more as well.",
    ),
    LANE: st.column_config.TextColumn("Lane", width=75),
    REASON: st.column_config.TextColumn("Why a person must look", width=140),
    TRANSCRIPT: st.column_config.TextColumn("Text", width=370),
    "who": st.column_config.TextColumn("Who", help="Who looks at it", width=80),
    "waiting": st.column_config.NumberColumn("Waiting", format="%.1f h", width=75),
    "again": st.column_config.TextColumn("Again", help="Reported again since a decision", width=60),
    VERIFIED_STATUS: st.column_config.TextColumn("Verified", width=90),
    BAN_STATUS: st.column_config.TextColumn("Author", width=90),
    VIDEO_ID: st.column_config.TextColumn("Video id"),
}


def height_of(n_rows: int) -> int:
    """Return how high a table of cases is: all of its rows, or ten and a way to the others."""
    return ROW_HEIGHT * min(n_rows, _MOST_SEEN) + HEAD


def _table(rows: Sequence[Listed], first: int, now: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": first + place,
            REPORT_COUNT: row.case.video[REPORT_COUNT],
            PROBABILITY: _percent(row.case.probability),
            LANE: str(row.case.lane),
            REASON: row.case.reason or "",
            TRANSCRIPT: (row.case.video[TRANSCRIPT] or "")[:1_000],
            "who": row.case.holder if (row.case.held_until or 0) > now else "",
            "waiting": in_hours(max(now - row.case.waits_since, 0)),
            "again": "again" if row.case.reported_again else "",
            VERIFIED_STATUS: row.case.video[VERIFIED_STATUS] or "",
            BAN_STATUS: row.case.video[BAN_STATUS] or "",
            VIDEO_ID: row.case.video[VIDEO_ID],
        }
        for place, row in enumerate(rows, 1)
    )


def _percent(probability: float | None) -> int | None:
    """Return a probability in whole percent; none is certain."""
    return None if probability is None else min(max(round(100 * probability), 1), 99)
