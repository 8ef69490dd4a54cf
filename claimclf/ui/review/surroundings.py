"""What surrounds the case in hand: its reports, its author, its statement, its video."""

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
    PRIMARY_DECISIONS,
    REPORT_COUNT,
    SHARES,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    Decision,
    Lane,
)
from claimclf.services import queue
from claimclf.ui.messages import plain
from claimclf.ui.review import actions
from claimclf.ui.review.desk import Console, desk
from claimclf.ui.review.keys import KEYS
from claimclf.ui.review.media import show_media
from claimclf.ui.review.reports import line_svg, pace
from claimclf.ui.wording import DECISIONS, LANES, RANKINGS, likely, number

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
    """Show what the model says, how often the video was reported, and its other counts."""
    chance = "" if case.probability is None else f" ({case.probability:.3f})"
    st.markdown(
        f"{LANES[case.lane]} Lane **{case.lane}**: {likely(case.probability)}{chance}, says "
        f"{plain(case.model_name)}."
    )
    reports, line = st.columns([1, 2], vertical_alignment="center")
    reports.metric("Reports", number(case.video[REPORT_COUNT]))
    drawn, words = line_svg(brief.reports)
    if drawn:
        line.image(drawn, alt=words, width="stretch")
    place = "after the first 1,000" if brief.place > queue.MOST_COUNTED else f"{brief.place:,}"
    st.caption(f"{pace(brief.reports)} Place {place} by {RANKINGS[brief.ranking]}{_why(case)}.")
    figures = (f"**{number(case.video[name])}** {label}" for label, name in _ENGAGEMENT.items())
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
            f"videos. {_earlier(group)}"
        )


def show_statement(console: Console, case: Case, group: Group | None) -> None:
    """Show what else says the same, and offer one decision for all of it."""
    if group is None or group.n_videos < 2:
        return
    more = "more than " if group.n_videos == queue.MOST_COUNTED else ""
    st.markdown(
        f"**This statement:** {more}{group.n_videos:,} videos, {group.n_open:,} open, "
        f"{group.n_reports:,} reports. {_earlier(group)}"
    )
    if group.n_open < 2 or desk().lost or desk().asks_rule_for:
        return
    for place, decision in zip(st.columns(3), PRIMARY_DECISIONS, strict=True):
        breaks = decision is Decision.BREAKS_RULES
        place.button(
            # Both kinds of claim are told apart by the rules; there is no room for more.
            f"All {group.n_open:,}: {DECISIONS[decision].lower().removeprefix('claim, ')}",
            key=f"all-{decision}",
            shortcut=f"Shift+{KEYS[decision]}",
            width="stretch",
            on_click=actions.ask_rule if breaks else actions.decide_all,
            args=("all",) if breaks else (console, case, decision),
        )


def _earlier(group: Group) -> str:
    if not group.decisions:
        return "None decided yet."
    parts = [f"{n:,} {DECISIONS[decision].lower()}" for decision, n in group.decisions.items()]
    return f"Decided before: {'; '.join(parts)}."


def show_video(person: Person, console: Console, case: Case) -> None:
    """Show the link and its picture only when asked, and softened."""
    st.caption(f"Video {plain(case.video[VIDEO_ID])}")
    url = case.video[VIDEO_URL]
    if not url:
        return
    shown = desk().shows_media
    st.button(
        "Hide the video's link" if shown else "Show the video's link",
        shortcut="V",
        on_click=actions.toggle,
        args=("shows_media",),
    )
    if shown:
        show_media(url, queue.my_preferences(console.database, person))
