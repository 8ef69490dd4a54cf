"""From case to case of the list, with the arrow keys where the ticked one stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.ui.guard import action
from claimclf.ui.queue_list.rows import HEAD, ROW_HEIGHT, ticked_rows

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed

#: A table's key, and how many rows it has.
Table = tuple[str, int]
#: Which row of which list was ticked last: the case that takes a decided one's place is next.
_AT = "list_at"


def offer_moves(tables: Sequence[Table], chosen: Sequence[Listed], of: object) -> None:
    """Offer to go from the ticked case to the next one, or to begin where none is ticked.

    Parameters
    ----------
    tables : sequence of (str, int)
        As they stand below each other on the screen.
    chosen : sequence of Listed
        The rows that are ticked.
    of : object
        Which list, and which page of it.
    """
    at = _ticked(tables)
    if at is not None:
        st.session_state[_AT] = (of, at)
    elif chosen:
        return  # several: which is next would be anybody's guess
    kind = "none" if at is None else "one"
    with st.container(horizontal=True, vertical_alignment="center", key=f"list-move-{kind}"):
        for step, name in ((-1, "Previous case"), (1, "Next case")):
            st.button(
                name,
                key=f"list-move-{step}",
                icon=":material/arrow_upward:" if step < 0 else ":material/arrow_downward:",
                disabled=_place(tables, of, step) is None,
                on_click=move,
                args=(tables, of, step),
            )
        _say_where(tables, at)


@action()
def move(_person: Person, tables: Sequence[Table], of: object, step: int) -> None:
    """Tick the row before or after the ticked one, and no other."""
    place = _place(tables, of, step)
    if place is None:
        return
    for key, n in tables:
        rows = [place] if 0 <= place < n else []
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        place -= n


def _ticked(tables: Sequence[Table]) -> int | None:
    """Return the place of the one row that is ticked, counted through all tables."""
    places, before = [], 0
    for key, n in tables:
        places += [before + row for row in ticked_rows(key, n)]
        before += n
    return places[0] if len(places) == 1 else None


def _place(tables: Sequence[Table], of: object, step: int) -> int | None:
    """Return the place to go to; None where there is no row."""
    n, at = sum(n for _, n in tables), _ticked(tables)
    if at is None:
        where, last = st.session_state.get(_AT, (None, 0))
        return min(last, n - 1) if where == of and n else (0 if n else None)
    return at + step if 0 <= at + step < n else None


def _say_where(tables: Sequence[Table], at: int | None) -> None:
    """Tell the browser which row of which table to bring into sight."""
    data: dict[str, int] = {}
    before = 0
    for number, (_, n) in enumerate(tables):
        if at is not None and before <= at < before + n:
            data = {"table": number, "row": at - before, "head": HEAD, "height": ROW_HEIGHT}
        before += n
    place = " ".join(f'data-{name}="{value}"' for name, value in data.items())
    st.html(f'<span class="claimclf-row" {place}></span>')
