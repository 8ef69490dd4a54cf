"""A video's link and picture: only when asked for, and softened."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

import streamlit as st

from claimclf.queue.settings.preferences import Preferences

_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif"})
_VIDEOS = frozenset({".mp4", ".webm", ".mov", ".m4v"})


def show_media(url: str, how: Preferences) -> None:
    """Show a link, and the picture or video behind it where its name tells that it is one.

    Parameters
    ----------
    url : str
        An http(s) address, as the data contract holds.
    how : Preferences
        Whether it is blurred and grey.
    """
    st.link_button("Open the video in a new tab", url)
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if suffix not in _PICTURES | _VIDEOS:
        return
    st.html(f"<style>{softening(how)}</style>")
    with st.container(key="media"):
        if suffix in _PICTURES:
            st.image(url, width=320, alt="The reported video's picture")
        else:
            st.video(url, width=320)


def softening(how: Preferences) -> str:
    """Return the style of media, in CSS."""
    filters = [*(["blur(14px)"] if how.blur else []), *(["grayscale(1)"] if how.greyscale else [])]
    return f".st-key-media :is(img, video) {{ filter: {' '.join(filters) or 'none'}; }}"
