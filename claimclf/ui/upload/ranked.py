"""The ranked table of an upload."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

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
    VIEWS,
)
from claimclf.ui.state.models import words_of
from claimclf.ui.upload.paging import name_of, show_pages
from claimclf.ui.wording import counted

if TYPE_CHECKING:
    from claimclf.modeling.store.model import Model

#: Words shown in the table for each video.
MOST_WORDS = 3
WORDS = "words that moved the score"
#: Id of the video that is chosen.
SELECTED = "selected_video"
_ENGAGEMENT = [VIEWS, LIKES, SHARES, DOWNLOADS, COMMENTS]
_COLUMNS: Any = {
    RANK: st.column_config.NumberColumn("Rank", width=60),
    REPORT_COUNT: st.column_config.NumberColumn("Reports", format="localized", width=80),
    PROBABILITY: st.column_config.ProgressColumn(
        "Claim probability", format="%.3f", min_value=0.0, max_value=1.0, width=130
    ),
    LANE: st.column_config.TextColumn("Lane", width=90),
    REASON: st.column_config.TextColumn("Why a person must look", width=180),
    TRANSCRIPT: st.column_config.TextColumn("Transcript", width=380),
    WORDS: st.column_config.TextColumn("Words that moved the score", width=180),
    STATEMENT_VIDEOS: st.column_config.NumberColumn(
        "Videos with this statement", format="localized"
    ),
    STATEMENT_REPORTS: st.column_config.NumberColumn(
        "Reports on the statement", format="localized"
    ),
    AUTHOR_ID: "Author",
    VERIFIED_STATUS: "Verified",
    BAN_STATUS: "Author status",
    **{
        name: st.column_config.NumberColumn(
            name.split("_")[1].capitalize() + "s", format="localized"
        )
        for name in _ENGAGEMENT
    },
    DURATION: st.column_config.NumberColumn("Seconds"),
    VIDEO_ID: "Video id",
}


def show_queue(queue: pd.DataFrame, model: Model, total: int, percent: float) -> None:
    """Draw the ranked table, a page at a time, and remember which video is chosen, by id."""
    st.markdown(how_many(queue, total, percent))
    remark = "A header sorts this page alone; *Ranked by* orders all videos."
    show_pages(queue, remark, partial(_show_table, model=model))


def _show_table(shown: pd.DataFrame, model: Model) -> None:
    author = [AUTHOR_ID] if AUTHOR_ID in shown else []
    reason = [REASON] if shown[REASON].ne("").any() else []
    columns = [
        RANK, REPORT_COUNT, PROBABILITY, LANE, *reason, TRANSCRIPT, WORDS, STATEMENT_VIDEOS,
        STATEMENT_REPORTS, *author, VERIFIED_STATUS, BAN_STATUS, *_ENGAGEMENT, DURATION, VIDEO_ID,
    ]  # fmt: skip
    shown = shown.assign(**{WORDS: moving_words(model, shown)})
    event = st.dataframe(
        cut_cells(shown[columns]),
        hide_index=True,
        height=560,
        row_height=75,  # three lines: lower rows do not wrap
        on_select="rerun",
        selection_mode="single-row",
        key=f"ranked-{name_of(shown)}",  # a row that is chosen is never another video's
        column_config=_COLUMNS,
    )
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(shown):
        # Another table has no row chosen; the video is, for as long as it is shown.
        st.session_state[SELECTED] = shown[VIDEO_ID].iloc[picked[0]]


def how_many(queue: pd.DataFrame, total: int, percent: float) -> str:
    """Say how many videos there are to review."""
    return f"**{counted(len(queue), 'video')} to review**" + (
        f": the top {percent:.0f} % of {total:,}." if percent < 100 else "."
    )


def moving_words(model: Model, videos: pd.DataFrame) -> list[str]:
    """Name the words that moved each video's score most; explained once for a whole page."""
    scored = videos[videos[PROBABILITY].notna()]
    key = (model.name, model.manifest.version, *scored[VIDEO_ID])
    words = dict(zip(scored.index, words_of(key, model, scored, MOST_WORDS), strict=True))
    return [words.get(index, "") for index in videos.index]


def cut_cells(frame: pd.DataFrame, most: int = 1_000) -> pd.DataFrame:
    """Cut long cells for the screen; downloads keep them whole."""
    text = frame.select_dtypes(include=["str", "object"]).columns
    return frame.assign(**{name: frame[name].astype("str").str.slice(0, most) for name in text})
