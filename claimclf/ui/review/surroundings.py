"""What surrounds the case in hand: its reports, its author, its video."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    LIKES,
    REPORT_COUNT,
    SHARES,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    Lane,
)
from claimclf.services import queue
from claimclf.ui.messages import plain
from claimclf.ui.review import actions
from claimclf.ui.review.desk import Console, desk
from claimclf.ui.review.media import show_media
from claimclf.ui.review.reports import line_svg, pace
from claimclf.ui.wording import DECISIONS, RANKINGS, called, number

if TYPE_CHECKING:
    from claimclf.queue.queries.briefing import Briefing, Group
    from claimclf.queue.storage.cases import Case

_ENGAGEMENT = {
    "views": VIEWS,
    "likes": LIKES,
    "shares": SHARES,
    "downloads": DOWNLOADS,
    "comments": COMMENTS,
    "seconds long": DURATION,
}


def show_figures(case: Case, brief: Briefing) -> None:
    """Show how often the video was reported, over time, and its other counts."""
    reports, line = st.columns([2, 3], vertical_alignment="center")
    n_reports = case.video[REPORT_COUNT]
    reports.markdown(f"**{number(n_reports)}** {called(n_reports, 'reports')}")
    drawn, words = line_svg(brief.reports)
    if drawn:
        line.image(drawn, alt=words, width="stretch")
    place = "after the first 1,000" if brief.place > queue.MOST_COUNTED else f"{brief.place:,}"
    st.caption(f"{pace(brief.reports)} Place {place} by {RANKINGS[brief.ranking]}{_why(case)}.")
    figures = (
        f"**{number(case.video[name])}** {called(case.video[name], many)}"
        for many, name in _ENGAGEMENT.items()
    )
    st.markdown(" · ".join(figures))


def _why(case: Case) -> str:
    """Say why a case stands after others that were reported less."""
    if case.probability is None:
        return "; what cannot be scored stands last"
    return "; predicted opinions stand after the claims" if case.lane is Lane.OPINIONS else ""


def show_author(case: Case, group: Group | None) -> None:
    """Show whose video it is, and how it went with the author's others."""
    video = case.video
    name = plain(video[AUTHOR_ID] or "unknown")
    st.markdown(
        f"**Author** {name}: {plain(video[VERIFIED_STATUS] or 'verification unknown')}, "
        f"{plain(video[BAN_STATUS] or 'standing unknown')}."
    )
    if group is not None:
        st.caption(
            f"{number(group.n_reports)} reports on {number(group.n_videos)} of the author's "
            f"videos. {earlier(group)}"
        )


def earlier(group: Group) -> str:
    """Say what was decided before on a group of videos."""
    if not group.decisions:
        return "None decided yet."
    parts = [f"{n:,} {DECISIONS[decision].lower()}" for decision, n in group.decisions.items()]
    return f"Decided before: {'; '.join(parts)}."


def show_video(person: Person, console: Console, case: Case) -> None:
    """Show the link and its picture only when asked, and softened."""
    url, shown = case.video[VIDEO_URL], desk().shows_media
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Video {plain(case.video[VIDEO_ID])}", width="content")
        if url:
            st.button(
                "Hide the video's link" if shown else "Show the video's link",
                shortcut="V",
                on_click=actions.toggle,
                args=("shows_media",),
            )
    if url and shown:
        show_media(url, queue.my_preferences(console.database, person))
