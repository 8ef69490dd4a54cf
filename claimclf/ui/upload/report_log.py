"""A log of reports beside the videos: one row a report, counted by video."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from claimclf.services.triage import count_reports
from claimclf.ui.inputs import read_upload, upload
from claimclf.ui.messages import explained, plain

if TYPE_CHECKING:
    from claimclf.dataset.readers.base import Layout
    from claimclf.dataset.reading import Table
    from claimclf.dataset.report_log import ReportLog
    from claimclf.modeling.scoring.ranking import Ranked


_KEY = "reports_upload"


def choose_reports() -> ReportLog | None:
    """Return the reports that a person gives beside the videos, if any."""
    with st.expander("Add a report log (one row a report)", icon=":material/flag:"):
        file = upload("Upload reports", _KEY)
        st.caption("Its `video_id` column joins it to the videos; it is counted by video.")
    if file is None:
        return None
    with explained():
        table = read_upload(file, "reports")
        return _counted(table.sha256, table.layout, table)


def given_reports() -> bytes | None:
    """Return the file of reports beside the videos, as it is."""
    file = st.session_state.get(_KEY)
    return file.getvalue() if isinstance(file, UploadedFile) else None


@st.cache_data(scope="session", show_spinner="Counting the reports …", max_entries=2)
def _counted(digest: str, layout: Layout, _table: Table) -> ReportLog:
    return count_reports(_table)


def show_reports(reports: ReportLog | None, ranked: Ranked) -> None:
    """Say what the log is, and how much of it is about these videos."""
    if reports is None:
        return
    about = reports.videos.index.isin(ranked.scored.validated.accepted["video_id"])
    beyond = int((~about).sum())
    st.markdown(f"**{plain(reports.sentence)}**")
    if beyond:
        words = "is not in the file; it is" if beyond == 1 else "are not in the file; they are"
        st.caption(f"{beyond:,} of these videos {words} left out.")
    if n := reports.n_without_id:
        words = "report names no video; it is" if n == 1 else "reports name no video; they are"
        st.caption(f"{n:,} {words} not counted.")
