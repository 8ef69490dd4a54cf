"""A page of the ranked videos at a time: each can be looked at, and few are drawn."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import pandas as pd
import streamlit as st

from claimclf.schema import VIDEO_ID
from claimclf.services.queue import PAGE_SIZE
from claimclf.ui.wording import counted


def show_pages(videos: pd.DataFrame, remark: str, show: Callable[[pd.DataFrame], None]) -> None:
    """Draw one page of the videos, and below it which one it is and the way to others."""
    above = st.container()
    page = _ask_page(videos, remark) if len(videos) > PAGE_SIZE else 0
    with above:
        show(videos.iloc[page * PAGE_SIZE : (page + 1) * PAGE_SIZE])


def name_of(videos: pd.DataFrame) -> str:
    """Name videos by their ids in their order."""
    return hashlib.sha256(repr(list(videos[VIDEO_ID])).encode()).hexdigest()[:16]


def _ask_page(videos: pd.DataFrame, remark: str) -> int:
    """Ask which page to draw; 0 is the first. Other videos, or another order, begin there."""
    with st.container(horizontal=True, vertical_alignment="center", key="upload-pages"):
        count = st.empty()
        listed = f"{name_of(videos.head(PAGE_SIZE))}-{len(videos)}"
        pages = math.ceil(len(videos) / PAGE_SIZE)
        page = st.pagination(pages, key=f"upload-page-{listed}") - 1
        first, last = page * PAGE_SIZE, min((page + 1) * PAGE_SIZE, len(videos))
        count.markdown(
            f"**{first + 1:,} to {last:,} of {counted(len(videos), 'video')}**", width="content"
        )
        if remark:
            st.caption(remark)
    return page
