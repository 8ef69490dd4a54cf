"""The videos of an upload as cards, for small screens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from claimclf.schema import LANE, PROBABILITY, RANK, REASON, REPORT_COUNT, TRANSCRIPT, VIDEO_ID
from claimclf.ui.cards import cards, label
from claimclf.ui.messages import plain
from claimclf.ui.upload.paging import show_pages
from claimclf.ui.upload.ranked import SELECTED, how_many
from claimclf.ui.wording import chance, counted


def show_cards(
    queue: pd.DataFrame, total: int, percent: float, show_one: Callable[[pd.DataFrame], None]
) -> None:
    """Draw a card a video, a page at a time; below one that is pressed what is known of it."""
    st.markdown(how_many(queue, total, percent))
    show_pages(queue, "", partial(_show_page, show_one=show_one))


def _show_page(shown: pd.DataFrame, show_one: Callable[[pd.DataFrame], None]) -> None:
    with cards():
        for place, video in enumerate(shown.to_dict("records")):
            name = str(video[VIDEO_ID])
            if st.button(_said(video), key=f"video-card-{name}", width="stretch"):
                st.session_state[SELECTED] = name
            if st.session_state.get(SELECTED) == name:
                show_one(shown.iloc[[place]])


def _said(video: dict[Any, Any]) -> str:
    """Say in a line where a video stands and why, then what is said in it."""
    reports, probability = video[REPORT_COUNT], video[PROBABILITY]
    head = [
        f"{video[RANK]:,}",
        *([] if pd.isna(reports) else [counted(int(reports), "report")]),
        *([] if pd.isna(probability) else [chance(float(probability))]),
        str(video[LANE]),
        *([plain(video[REASON])] if video[REASON] else []),
    ]
    text = video[TRANSCRIPT]
    return label(head, None if pd.isna(text) else str(text))
