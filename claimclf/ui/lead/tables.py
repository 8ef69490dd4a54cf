"""How tables of the lead's view are written: counts, times, and a table beneath each chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from claimclf.ui.wording import moment

_TIMES: Any = {
    "start": st.column_config.DatetimeColumn("Hour from (UTC)", format="YYYY-MM-DD HH:mm"),
    "end": st.column_config.DatetimeColumn("To (UTC)", format="YYYY-MM-DD HH:mm"),
    "share": st.column_config.NumberColumn(format="%.4f"),
}
#: Height of a row of two lines, the lowest that wraps, and of one of three.
TWO_LINES, THREE_LINES = 66, 75


def counts(table: pd.DataFrame) -> Any:
    """Return how a table's counts are written."""
    return {str(name): count_column() for name in table.select_dtypes("int").columns}


def count_column(width: int | None = None) -> Any:
    """Return how a column of counts is written."""
    return st.column_config.NumberColumn(format="localized", width=width)


def as_table(table: pd.DataFrame, key: str) -> None:
    """Offer a chart's figures as a table."""
    with st.expander("As a table"):
        st.dataframe(table, hide_index=True, key=key, column_config={**counts(table), **_TIMES})


def short_moment(at: int) -> str:
    """Write a time for a table; the page says that all of them are UTC."""
    return moment(at).removesuffix(" UTC")


def tiles(values: Mapping[str, str]) -> None:
    """Show figures under their labels in one line."""
    for place, (label, value) in zip(st.columns(len(values)), values.items(), strict=True):
        place.metric(label, value)
