"""One video of an upload, its text as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    LANE,
    LIKES,
    PREDICTION,
    PROBABILITY,
    RANK,
    REASON,
    REPORT_COUNT,
    SHARES,
    STATEMENT_REPORTS,
    STATEMENT_VIDEOS,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
)
from claimclf.services.explaining import explain_row
from claimclf.ui.links import show_link
from claimclf.ui.messages import plain
from claimclf.ui.transcript import show_transcript
from claimclf.ui.wording import counted, likely

if TYPE_CHECKING:
    from claimclf.modeling.store.model import Model

_TILES = {
    "Reports": REPORT_COUNT,
    "Views": VIEWS,
    "Likes": LIKES,
    "Shares": SHARES,
    "Downloads": DOWNLOADS,
    "Comments": COMMENTS,
    "Seconds": DURATION,
}


def show_detail(row: pd.DataFrame, model: Model, total: int) -> None:
    """Show one video, given as a table of one row; its text as text."""
    video = row.iloc[0]
    with st.container(border=True):
        st.subheader(f"Rank {video[RANK]:,} of {total:,}")
        if video[REASON]:
            st.warning(f"{plain(video[REASON]).capitalize()}. A person must look at it.")
        show_why(row, model)
        if video[STATEMENT_VIDEOS] > 1:
            st.markdown(
                f"This statement: **{video[STATEMENT_VIDEOS]:,} videos, "
                f"{counted(video[STATEMENT_REPORTS], 'report')}**."
            )
        probability = video[PROBABILITY]
        shown = {"Probability": "none" if math.isnan(probability) else f"{probability:.3f}"}
        shown |= {k: "none" if pd.isna(video[c]) else f"{video[c]:,.0f}" for k, c in _TILES.items()}
        places = [*st.columns(4), *st.columns(4)]
        for column, (label, value) in zip(places, shown.items(), strict=True):
            column.metric(label, value)
        author = plain(video[AUTHOR_ID]) if pd.notna(video.get(AUTHOR_ID)) else "unknown"
        st.markdown(
            f"Lane **{video[LANE]}** · prediction **{video[PREDICTION] or 'none'}** · "
            f"video {plain(video[VIDEO_ID])} · author {author}, "
            f"{plain(video[VERIFIED_STATUS])}, {plain(video[BAN_STATUS])}"
        )
        if pd.notna(video.get(VIDEO_URL)):
            show_link(video[VIDEO_URL])


def show_why(row: pd.DataFrame, model: Model) -> None:
    """Show the transcript with what moved the score, or as it is where nothing was scored."""
    if pd.isna(row[PROBABILITY].iloc[0]):
        text = row[TRANSCRIPT].iloc[0]
        st.text(text if isinstance(text, str) else "No transcript.")
        return
    show_transcript(explain_row(model, row))
    if model.predictor.conformal is not None:
        chance = float(row[PROBABILITY].iloc[0])
        st.caption(f"Calibrated probability {chance:.3f}: {likely(chance)}.")
