"""The whole comparison as one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.ui.guard import action, at_click

if TYPE_CHECKING:
    from claimclf.ui.comparison.sections import Compared

_FILE = "comparison_html"


def offer_export(compared: Compared) -> None:
    """Offer to draw the comparison into one HTML file, and to download it."""
    if st.button("Prepare the comparison as one HTML file", icon=":material/description:"):
        with st.spinner("Drawing …"):
            prepare_file(compared)
    if _FILE in st.session_state:
        page: str = st.session_state[_FILE]
        st.download_button(
            "Download comparison.html",
            at_click(page.encode),
            "comparison.html",
            "text/html",
            # A page that is drawn anew at the click takes the file away before the browser has it.
            on_click="ignore",
            icon=":material/download:",
        )


@action()
def prepare_file(_person: Person, compared: Compared) -> None:
    """Draw the comparison into one HTML file, and keep it until the next one."""
    from claimclf.services.export import comparison_html

    html = comparison_html(compared.models, compared.cut, compared.dataset)
    st.session_state[_FILE] = html
