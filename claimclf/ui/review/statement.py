"""What else says the same as the case in hand: looked at first, then decided on together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.services import queue
from claimclf.ui.bulk.account import held_by_others
from claimclf.ui.bulk.form import ask_verdict
from claimclf.ui.bulk.shown import digest, n_cases
from claimclf.ui.review import actions
from claimclf.ui.review.desk import Console, desk, fresh_place
from claimclf.ui.review.drafts import note_key
from claimclf.ui.review.surroundings import earlier

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.queue.queries.briefing import Group
    from claimclf.queue.queries.statement import Member, Preview
    from claimclf.queue.review.leases import Lease


def show_statement(lease: Lease, console: Console, group: Group | None) -> None:
    """Say what else says the same, and offer to look at it: the way to one decision for all."""
    if group is None or group.n_videos < 2:
        st.caption("**This statement:** no other video says the same.")
        return
    more = "more than " if group.n_videos == queue.MOST_COUNTED else ""
    st.markdown(
        f"**This statement:** {more}{group.n_videos:,} videos, {group.n_open:,} open, "
        f"{group.n_reports:,} reports. {earlier(group)}"
    )
    at_desk = desk()
    if at_desk.lost or at_desk.asks_rule or at_desk.listed is not None or group.n_open < 2:
        return
    with fresh_place():
        st.button(
            f"Look at all {group.n_open:,}, to decide on them together",
            key=actions.shown_key("look", lease.case),
            icon=":material/list:",
            on_click=actions.list_statement,
            args=(console, lease),
        )


def show_list(console: Console, lease: Lease) -> None:
    """Draw the cases of a statement that were asked for, with the one decision for them."""
    at_desk = desk()
    if at_desk.listed is None or at_desk.lost:
        return
    with fresh_place():
        _show_list(console, lease, at_desk.listed)


def _show_list(console: Console, lease: Lease, listed: Preview) -> None:
    """Draw the cases of a statement, and ask what is decided on those that are not left out."""
    pairs = [(member.case_id, member.version) for member in listed.members]
    st.markdown(
        f"**{n_cases(len(pairs))} to be decided on together.** Tick those that are to be left out. "
        "Words that the case above does not have stand in [[ ]]."
    )
    ticked = _ask_which(listed.members, f"out-{digest(pairs)}")
    st.caption(" ".join(_others(listed)))
    left_out = [pairs[n][0] for n in ticked]
    chosen = [pair for n, pair in enumerate(pairs) if n not in ticked]
    form = f"statement-{lease.token}"
    args = (console, lease, listed, left_out, form)
    note = str(st.session_state.get(note_key(lease.case), ""))
    ask_verdict(form, chosen, note, actions.decide_all, args)


def _ask_which(members: Sequence[Member], key: str) -> set[int]:
    """Draw the cases, and return the places of those that are ticked."""
    event: Any = st.dataframe(
        _table(members),
        hide_index=True,
        row_height=75,
        height=min(75 * len(members) + 40, 480),
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config=_COLUMNS,
    )
    return {n for n in event["selection"]["rows"] if n < len(members)}


def _others(listed: Preview) -> list[str]:
    """Say which open cases of the statement are not on the list, and why."""
    words = held_by_others(listed.held)
    if listed.n_beyond:
        words.append(
            f"{n_cases(listed.n_beyond)} more: at most {listed.limit:,} at once, the others next."
        )
    return words


_COLUMNS: Any = {
    "case": st.column_config.NumberColumn("Case", format="localized", width=60),
    "differs": st.column_config.TextColumn("Words that differ", width=120),
    "text": st.column_config.TextColumn("Text", width=320),
    "reports": st.column_config.NumberColumn("Reports", format="localized", width=70),
    "lane": st.column_config.TextColumn("Lane", width=80),
    "probability": st.column_config.NumberColumn("Claim probability", format="%.3f", width=70),
    "author": st.column_config.TextColumn("Author", width=100),
    "skipped": st.column_config.TextColumn("Skipped", help="By you, before", width=70),
}


def _table(members: Sequence[Member]) -> pd.DataFrame:
    import pandas as pd  # the page does without until a list is opened

    return pd.DataFrame(
        {
            "case": member.case_id,
            "differs": ", ".join(member.text[start:end] for start, end in member.differs),
            "text": marked(member),
            "reports": member.reports,
            "lane": str(member.lane),
            "probability": member.probability,
            "author": member.author_id or "",
            "skipped": "by you" if member.is_skipped else "",
        }
        for member in members
    )


def marked(member: Member) -> str:
    """Return a text with the words that differ in double brackets."""
    parts, end_before = ["… " if member.is_cut else ""], 0
    for start, end in member.differs:
        parts += [member.text[end_before:start], f"[[{member.text[start:end]}]]"]
        end_before = end
    return "".join([*parts, member.text[end_before:]])
