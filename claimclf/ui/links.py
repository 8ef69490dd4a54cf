"""Links that users wrote, with where they lead to."""

from __future__ import annotations

import streamlit as st

from claimclf.addresses import link_host
from claimclf.ui.messages import plain


def show_link(url: str) -> None:
    """Show a button that opens a video, and the host that it is on; none where that is not clear.

    Parameters
    ----------
    url : str
        An http(s) address, as the data contract holds.
    """
    host = link_host(url)
    if not host:
        st.caption("The video's link does not say clearly where it leads to: it is not shown.")
        return
    st.link_button("Open the video in a new tab", url)
    st.caption(f"On {plain(host)}")
