"""A video's link and picture: only when asked for, and softened."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from claimclf.addresses import link_host
from claimclf.ui.assets import style
from claimclf.ui.links import show_link

if TYPE_CHECKING:
    from claimclf.queue.settings.preferences import Preferences

_STYLE = style(Path(__file__).with_suffix(".css"))
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
    show_link(url)
    if not link_host(url):
        return
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if suffix not in _PICTURES | _VIDEOS:
        return
    st.html(_STYLE)
    with st.container(key=softening(how)):
        if suffix in _PICTURES:
            st.image(url, width=320, alt="The reported video's picture")
        else:
            st.video(url, width=320)


def softening(how: Preferences) -> str:
    """Return the key of a container of media: the style goes by it."""
    return "-".join(
        ["media", *(["blur"] if how.blur else []), *(["grey"] if how.greyscale else [])]
    )
