"""Text of a video as HTML: in its own direction, with its own lines."""

from __future__ import annotations

from html import escape

_TEXT = "white-space: pre-wrap; overflow-wrap: anywhere"


def text_html(markup: str) -> str:
    """Return escaped text, with marks or without, as a block in one line of markup."""
    # The direction is the text's own, and a mark that turns it round ends with the block.
    return f'<div dir="auto" style="{_TEXT}">{markup}</div>'


def scrolled_html(block: str) -> str:
    """Return a block that a style sheet may cut off, and that is scrolled by keyboard then."""
    return (
        '<div class="claimclf-text" tabindex="0" role="region" aria-label="Words of the video">'
        f"{block}</div>"
    )


def escaped(text: str) -> str:
    """Escape text of users for HTML, its lines unchanged."""
    # `st.html` takes the indentation off each line of its source: the markup has one line.
    return escape(text).replace("\n", "&#10;").replace("\r", "&#13;")
