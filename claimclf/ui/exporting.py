"""Decisions, cases and the audit log as files, for those whose role allows it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.queue.storage.database import Database
from claimclf.services import queue
from claimclf.ui.page import explained

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.queue.outbound.export import What

_WHAT: dict[What, str] = {
    "decisions": "Decisions, with statements of reasons",
    "cases": "Cases",
    "audit": "Audit log",
}
_FILE = "exported_file"


def offer_export(database: Database, person: Person) -> None:
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
                from claimclf.dataset.writing import to_csv_bytes

                start = int(datetime.combine(since, time(), UTC).timestamp() * 1_000_000)
                with st.spinner("Writing …"), explained():
                    found = queue.export(database, person, what, start)
                    st.session_state[_FILE] = (
                        f"{what}.{suffix}",
                        to_csv_bytes(found) if suffix == "csv" else _parquet(found),
                        len(found),
                    )
        if _FILE in st.session_state:
            name, content, n = st.session_state[_FILE]
            st.download_button(f"Download {name}: {n:,} rows", content, name, on_click="ignore")


def _parquet(found: pd.DataFrame) -> bytes:
    from claimclf.dataset.writing import neutralised

    stream = BytesIO()
    neutralised(found).to_parquet(stream, index=False)
    return stream.getvalue()
