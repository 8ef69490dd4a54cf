"""Decisions, cases and the audit log as files, for those whose role allows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.guard import action, at_click
from claimclf.units import SECOND

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.queue.outbound.export import What
    from claimclf.queue.storage.database import Database

_WHAT: dict[What, str] = {
    "decisions": "Decisions, with statements of reasons",
    "cases": "Cases",
    "audit": "Audit log",
}
_FILE, _EXPORT = "exported_file", "export"


def offer_export(person: Person, database: Database) -> None:
    """Offer to write a table and download it; nothing where the role does not allow it."""
    if not person.may(Capability.READ_LOG):
        return
    with st.expander("Export", icon=":material/download:"):
        with st.form("export", border=False):
            first, second, third = st.columns(3)
            what = first.selectbox("What", list(_WHAT), format_func=_WHAT.__getitem__)
            today = datetime.now(UTC).date()
            since = second.date_input("Since (UTC)", value=today - timedelta(days=28))
            suffix = third.radio("As", ["csv", "parquet"], horizontal=True)
            if st.form_submit_button("Prepare the file"):
                with st.spinner("Writing …"):
                    prepare_file(database, what, since, suffix)
                outcomes.show_outcome(_EXPORT)
        if _FILE in st.session_state:
            name, content, n = st.session_state[_FILE]
            st.download_button(
                f"Download {name}: {n:,} rows", at_click(lambda: content), name, on_click="ignore"
            )


@action(_EXPORT)
def prepare_file(person: Person, database: Database, what: What, since: date, suffix: str) -> None:
    """Write a table into a file, and keep it until the next one."""
    start = int(datetime.combine(since, time(), UTC).timestamp() * SECOND)
    table = queue.export(database, person, what, start)
    content = _csv(table) if suffix == "csv" else _parquet(table)
    st.session_state[_FILE] = (f"{what}.{suffix}", content, len(table))


def _csv(table: pd.DataFrame) -> bytes:
    from claimclf.dataset.writing import to_csv_bytes

    return to_csv_bytes(table)


def _parquet(table: pd.DataFrame) -> bytes:
    from claimclf.dataset.writing import neutralised

    stream = BytesIO()
    neutralised(table).to_parquet(stream, index=False)
    return stream.getvalue()
