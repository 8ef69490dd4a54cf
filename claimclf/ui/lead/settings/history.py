"""Every change of what the team has set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from claimclf.services.queue import SETTINGS_IN_WORDS
from claimclf.ui.lead.settings.values import in_words
from claimclf.ui.lead.tables import THREE_LINES, short_moment

if TYPE_CHECKING:
    from claimclf.queue.settings.team import Change


def show_history(history: Sequence[Change]) -> None:
    """List who changed what, when and why, the latest first."""
    st.markdown("**Changes so far**")
    if not history:
        st.caption("Nothing was changed yet: these are the defaults.")
        return
    table = pd.DataFrame(
        {
            "when": short_moment(change.at),
            "who": change.by,
            "setting": SETTINGS_IN_WORDS.get(change.name, change.name),
            "from": in_words(change.name, change.old),
            "to": in_words(change.name, change.new),
            "reason": change.reason,
        }
        for change in history
    )
    st.dataframe(
        table,
        hide_index=True,
        key="settings_history",
        row_height=THREE_LINES,
        column_config={
            "who": st.column_config.Column(width=140),
            "setting": st.column_config.Column(width=150),
            "reason": st.column_config.Column(width=240),
        },
    )
