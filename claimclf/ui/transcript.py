"""A transcript with the words marked that moved its score."""

from __future__ import annotations

from html import escape

import streamlit as st

from claimclf.charts import COLOURS
from claimclf.modeling.explaining.explained import Explained, Span
from claimclf.schema import CLAIM, OPINION
from claimclf.ui.running_text import escaped, text_html

#: The line under a word says what it speaks for; colour says it again.
_LINES = {CLAIM: "solid", OPINION: "dotted"}
#: Share of the largest contribution of any feature -> opacity of the tint. Words below the
#: last one stay unmarked: next to what decided, they do not count.
_STEPS = ((0.5, 0.42), (0.2, 0.28), (0.05, 0.14))


def show_transcript(explained: Explained) -> None:
    """Draw a transcript with its marks, what they mean, and what they do not show."""
    if explained.transcript.strip():
        st.html(transcript_html(explained))
        st.html(legend_html(explained))
    else:
        st.caption("This video has no transcript.")
    st.caption(account(explained))


def transcript_html(explained: Explained) -> str:
    """Return a transcript as HTML, its text unchanged, in one line of markup.

    Words that speak for *claim* have a solid line and those for *opinion* a dotted one; the
    tint is the stronger, the more a word counts beside the largest contribution of all.
    """
    text, end, parts = explained.transcript, 0, []
    for span in _marked(explained):
        parts.append(escaped(text[end : span.start]))
        title = f"speaks for {_side(span)}: {span.contribution:+.3f} ({explained.unit})"
        opacity = _opacity(span, explained.largest)
        parts.append(_mark(text[span.start : span.stop], _side(span), opacity, title))
        end = span.stop
    parts.append(escaped(text[end:]))
    return text_html("".join(parts))


def legend_html(explained: Explained) -> str:
    """Return what the marks mean, as HTML; if there are none, this is said instead."""
    if not _marked(explained):
        return "<div><small>No word of the transcript moved the score noticeably.</small></div>"
    samples = (
        f"{_mark(f'{line} line', side, _STEPS[1][1])} speaks for {side}"
        for side, line in _LINES.items()
    )
    return f"<div><small>{', '.join(samples)}; the stronger the tint, the more.</small></div>"


def account(explained: Explained) -> str:
    """Say in words what a score is made of, with what cannot be marked in a text."""
    parts = [f"{explained.bias:.3f} without any feature"]
    for name, table in (
        ("words of the transcript", explained.present),
        ("words that are not there", explained.absent),
        ("other features", explained.others),
    ):
        if len(table):
            parts.append(f"{table['contribution'].sum():+.3f} {name}")
    return f"Score {explained.score:.3f} ({explained.unit}): {', '.join(parts)}."


def _marked(explained: Explained) -> list[Span]:
    return [span for span in explained.spans if _opacity(span, explained.largest)]


def _side(span: Span) -> str:
    return CLAIM if span.contribution > 0 else OPINION


def _opacity(span: Span, largest: float) -> float:
    """Return the opacity of a span's tint; 0 for a span that is not worth a mark."""
    size = abs(span.contribution)
    return next((opacity for share, opacity in _STEPS if size >= share * largest > 0), 0.0)


def _mark(text: str, side: str, opacity: float, title: str = "") -> str:
    red, green, blue = bytes.fromhex(COLOURS[side].removeprefix("#"))
    # Text and line have the theme's own colour and the tint lets its background through, so
    # that both can be read on light and on dark.
    style = (
        f"color: inherit; background-color: rgba({red}, {green}, {blue}, {opacity}); "
        f"text-decoration: underline {_LINES[side]} 2px; text-underline-offset: 3px; "
        "border-radius: 2px"
    )
    return f'<mark style="{style}" title="{escape(title)}">{escaped(text)}</mark>'
