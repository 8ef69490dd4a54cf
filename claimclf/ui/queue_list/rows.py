"""Tables of cases, with today's cut between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

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
from claimclf.ui.queue_list.sorting import sorted_places
from claimclf.ui.wording import in_hours

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed, Page
    from claimclf.ui.queue_list.sorting import Order


#: Stands between what can be reviewed today and the rest.
CUT = (
    ":material/content_cut: **Today's cut** — what stands below is more than can be reviewed today."
)


class Table(NamedTuple):
    """Rows above or below today's cut, as they stand on the screen.

    Attributes
    ----------
    key : str
        Its name in the session: another one where other cases, another order or another version
        are shown, because Streamlit keeps a selection by place in the table.
    rows : list of Listed
        In the order of the screen.
    places : list of int
        Where each stands in the queue, from 1.
    is_below_cut : bool
        More than can be reviewed today.
    """

    key: str
    rows: list[Listed]
    places: list[int]
    is_below_cut: bool

    @property
    def chosen(self) -> list[Listed]:
        """Return the rows that are ticked."""
        return [self.rows[n] for n in ticked_rows(self.key, len(self.rows))]


def ticked_rows(key: str, n_rows: int) -> list[int]:
    """Return the rows of a table that are ticked, each once, whatever the browser says they are."""
    table = st.session_state.get(key)
    said = table["selection"]["rows"] if table else []
    numbers = [n for n in said if type(n) is int] if isinstance(said, list) else []
    return [n for n in dict.fromkeys(numbers) if 0 <= n < n_rows]


def tables_of(page: Page, first: int, at: int, order: Order, n_uses: int) -> list[Table]:
    """Return the tables of a page: above today's cut and below it, where there are rows.

    Parameters
    ----------
    page : Page
        As ranked.
    first : int
        How many cases stand before the page.
    at : int
        When the page was read, in microseconds: what is sorted stays so while rows are ticked.
    n_uses : int
        How many selections were used up: what was chosen and decided on is chosen no more.
    """
    above = [row for row in page.rows if row.is_above_cut]
    below = page.rows[len(above) :]
    starts = [(above, first, False), (below, first + len(above), True)]
    tables = []
    for ranked, before, is_below in starts:
        if not ranked:
            continue
        places = range(before + 1, before + len(ranked) + 1)
        by = sorted_places(_cells(ranked, places, at), order)
        rows = [ranked[n] for n in by]
        names = digest((row.case.id, row.case.version) for row in rows)
        key = f"cases-{n_uses}-{order.n_presses}-{names}"
        tables.append(Table(key, rows, [places[n] for n in by], is_below))
    return tables


def show_tables(
    tables: Sequence[Table], now: int, order: Order, *, shows_all: bool = False
) -> list[Listed]:
    """Draw the rows with today's cut between them; return those that were chosen.

    Parameters
    ----------
    shows_all : bool
        Also the columns that are rarely of use.
    """
    columns = [*_FIRST, *_OTHERS] if shows_all else list(_FIRST)
    chosen = []
    for table in tables:
        if table.is_below_cut:
            st.markdown(CUT)
        _show_rows(table, now, columns, _with_arrow(order))
        chosen += table.chosen
    return chosen


def tick(tables: Sequence[Table], ids: set[int]) -> None:
    """Tick cases in tables that are drawn for the first time."""
    for table in tables:
        rows = [n for n, row in enumerate(table.rows) if row.case.id in ids]
        if rows and table.key not in st.session_state:
            st.session_state[table.key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def _show_rows(table: Table, now: int, columns: list[str], names: Any) -> None:
    first, last = min(table.places), max(table.places)
    st.dataframe(
        _cells(table.rows, table.places, now),
        hide_index=True,
        placeholder="",
        row_height=ROW_HEIGHT,
        height=height_of(len(table.rows)),
        column_order=columns,
        alt=f"Cases {first:,} to {last:,} of the list",
        on_select="rerun",
        # Where columns can be chosen the browser sorts nothing: the order that is seen is known.
        selection_mode=["multi-row", "single-column"],
        key=table.key,
        column_config=names,
    )


def _with_arrow(order: Order) -> Any:
    """Return the columns' names, with an arrow at the one that sorts."""
    if order.column not in _COLUMNS:
        return _COLUMNS
    column = _COLUMNS[order.column]
    arrow = "↓" if order.falls else "↑"
    return {**_COLUMNS, order.column: {**column, "label": f"{column['label']} {arrow}"}}


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


def _cells(rows: Sequence[Listed], places: Sequence[int], now: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": place,
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
        for place, row in zip(places, rows, strict=True)
    )


def _percent(probability: float | None) -> int | None:
    """Return a probability in whole percent; none is certain."""
    return None if probability is None else min(max(round(100 * probability), 1), 99)
