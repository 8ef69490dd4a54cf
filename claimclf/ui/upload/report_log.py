"""A log of reports beside the videos: one row a report, counted by video."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.services.triage import count_reports
from claimclf.ui.inputs import read_upload, upload
from claimclf.ui.messages import explained, plain

if TYPE_CHECKING:
    from claimclf.dataset.report_log import ReportLog
    from claimclf.modeling.scoring.ranking import Ranked


def choose_reports() -> ReportLog | None:
    """Return the reports that a person gives beside the videos, if any."""
    with st.expander("Add a report log (one row a report)", icon=":material/flag:"):
        file = upload("Upload reports", "reports_upload")
        st.caption("Its `video_id` column joins it to the videos; it is counted by video.")
    if file is None:
        return None
    with explained():
        return count_reports(read_upload(file, "reports"))


def show_reports(reports: ReportLog | None, ranked: Ranked) -> None:
    """Say what the log is, and how much of it is about these videos."""
    if reports is None:
        return
    about = reports.videos.index.isin(ranked.scored.validated.accepted["video_id"])
    beyond = int((~about).sum())
    st.markdown(f"**{plain(reports.sentence)}**")
    if beyond:
        st.caption(f"{beyond:,} of these videos are not in the table above; they are left out.")
    if reports.n_without_id:
        st.caption(f"{reports.n_without_id:,} reports name no video; they are not counted.")
