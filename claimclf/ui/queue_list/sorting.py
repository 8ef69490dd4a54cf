"""A header that is pressed sorts the page that is shown; ticks go with their cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

if TYPE_CHECKING:
    from claimclf.ui.queue_list.filters import Choice

#: What the headers say, and for which list they said it.
_ORDER = "list_order"


@dataclass(frozen=True)
class Order:
    """By which column a page is sorted.

    Parameters
    ----------
    column : str
        Empty: as the queue is ranked.
    falls : bool
        The largest first.
    n_presses : int
        How often a header was pressed: each gives new tables, in which no header is chosen.
    """

    column: str = ""
    falls: bool = False
    n_presses: int = 0

    def after(self, column: str) -> Order:
        """Return the order after a header was pressed: rising, falling, then as ranked."""
        n_presses = self.n_presses + 1
        if column != self.column:
            return Order(column, falls=False, n_presses=n_presses)
        return Order("" if self.falls else column, not self.falls, n_presses)


def order_of(choice: Choice) -> Order:
    """Return how the pages of a list are sorted; other filters begin as ranked."""
    order, of = st.session_state.get(_ORDER, (Order(), choice))
    return order if of == choice else Order(n_presses=order.n_presses)


def sorted_places(cells: pd.DataFrame, order: Order) -> list[int]:
    """Return the rows of a table in order; what is equal stays as ranked, what is missing is last.

    Parameters
    ----------
    cells : pd.DataFrame
        The table as ranked, shape (n_rows, n_columns).
    """
    if order.column not in cells:
        return list(range(len(cells)))
    column = cells[order.column].reset_index(drop=True)
    texts = not pd.api.types.is_numeric_dtype(column)
    by = column.astype(str).str.casefold().where(column != "") if texts else column
    by = by.sort_values(ascending=not order.falls, kind="stable", na_position="last")
    return [int(place) for place in by.index]


def follow_headers(tables: Sequence[str], choice: Choice) -> None:
    """Sort a list anew where one of its headers was pressed.

    Parameters
    ----------
    tables : sequence of str
        The names in the session of those that stand on the screen.
    """
    seen = [st.session_state[name] for name in tables if name in st.session_state]
    chosen = [table["selection"]["columns"] for table in seen]
    pressed = [one for some in chosen if isinstance(some, list) for one in some]
    if pressed and isinstance(pressed[0], str):
        st.session_state[_ORDER] = (order_of(choice).after(pressed[0]), choice)
