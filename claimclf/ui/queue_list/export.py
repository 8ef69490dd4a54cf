"""Decisions, cases and the audit log as files, for those whose role allows it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.services import queue
from claimclf.ui import outcomes
from claimclf.ui.counts import SECONDS
from claimclf.ui.guard import at_click, fragment
from claimclf.ui.messages import plain
from claimclf.units import SECOND

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.queue.outbound.export import What
    from claimclf.queue.storage.database import Database

_EXPORT = "export"
_WHAT: dict[What, str] = {
    "decisions": "Decisions, with statements of reasons",
    "cases": "Cases",
    "audit": "Audit log",
}


def offer_export(person: Person, database: Database) -> None:
    """Offer to download a table; nothing where the role does not allow it.

    The file is made at the click, from what is chosen then: it is never an older one.
    """
    if not person.may(Capability.READ_LOG):
        return
    with st.expander("Export", icon=":material/download:"):
        first, second, third = st.columns(3)
        what = first.selectbox("What", list(_WHAT), format_func=_WHAT.__getitem__)
        today = datetime.now(UTC).date()
        since = second.date_input("Since (UTC)", value=today - timedelta(days=28))
        suffix = third.radio("As", ["csv", "parquet"], horizontal=True)
        name = f"{what}.{suffix}"
        made = at_click(partial(_file, database, person, what, since, suffix), _EXPORT)
        st.download_button(f"Download {name}", made, name, on_click="ignore")
        _say_why_not()


@fragment(run_every=SECONDS)
def _say_why_not(_person: Person) -> None:
    """Say why the last file could not be made: the page is not drawn anew by the click."""
    if problem := outcomes.outcome_at(_EXPORT):
        st.error(plain(str(problem)))


def _file(database: Database, person: Person, what: What, since: date | None, suffix: str) -> bytes:
    start = None
    if since is not None:
        start = int(datetime.combine(since, time(), UTC).timestamp() * SECOND)
    table = queue.export(database, person, what, start).table
    return _csv(table) if suffix == "csv" else _parquet(table)


def _csv(table: pd.DataFrame) -> bytes:
    from claimclf.dataset.writing import to_csv_bytes

    return to_csv_bytes(table)


def _parquet(table: pd.DataFrame) -> bytes:
    from claimclf.dataset.writing import neutralised

    stream = BytesIO()
    neutralised(table).to_parquet(stream, index=False)
    return stream.getvalue()
