"""The one case that is ticked, beside the list: its words, and why it is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.schema import TRANSCRIPT
from claimclf.ui.review.why import why
from claimclf.ui.running_text import escaped, scrolled_html, text_html

if TYPE_CHECKING:
    from claimclf.queue.queries.listing import Listed


def show_beside(row: Listed) -> None:
    """Show what the model says of a case, and its text."""
    st.markdown(why(row.case))
    text = str(row.case.video[TRANSCRIPT] or "")
    st.html(scrolled_html(text_html(escaped(text) or "No transcript.")))
