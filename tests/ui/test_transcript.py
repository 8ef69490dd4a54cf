from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.string_util import clean_text
from streamlit.testing.v1 import AppTest

from claimclf.dataset.demo import demo_videos
from claimclf.modeling.explaining.explained import Explained, Span
from claimclf.modeling.explaining.highlighting import explain
from claimclf.modeling.store.model import Model
from claimclf.ui.transcript import account, legend_html, transcript_html

TEXT = "someone read <b>that</b>\n\n  my \"view\" & 'more'"


class Page(HTMLParser):
    """What a browser makes of some HTML: its text, and the marks in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.tags = "", set[str]()
        self.marks: list[tuple[str, dict[str, str | None]]] = []
        self.inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.inside = tag == "mark"
        if self.inside:
            self.marks.append(("", dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.inside:
            text, attributes = self.marks[-1]
            self.marks[-1] = (text + data, attributes)

    def styles(self) -> list[str]:
        return [str(attributes["style"]) for _, attributes in self.marks]


def explained_as(text: str, *spans: Span, other: float = 0.0) -> Explained:
    """Return an explanation with a feature for each span, one absent word and one count."""
    values = np.array([*(span.contribution for span in spans), 0.01, other])
    is_word = np.arange(len(values)) < len(values) - 1
    is_present = np.arange(len(values)) < len(spans)
    names = tuple(f"feature {i}" for i in range(len(values)))
    return Explained(text, spans, names, values, is_word, is_present, 0.5, "probability")


@st.composite
def explanations(draw: st.DrawFn) -> Explained:
    text = draw(st.text() | st.text("<>&\"'\r\n\t ab/مİ\u0301\u202e"))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    ends = zip(cuts[::2], cuts[1::2], strict=False)
    value = st.floats(-1, 1)
    return explained_as(text, *(Span(start, stop, draw(value)) for start, stop in ends))


@settings(deadline=None)
@given(explanations())
def test_text_is_shown_unchanged_and_nothing_in_it_is_markup(explained: Explained) -> None:
    # As the page's own function for HTML sends it to the browser.
    page = Page(clean_text(transcript_html(explained)))
    assert page.text == explained.transcript
    assert page.tags <= {"div", "mark"}
    spans = {explained.transcript[span.start : span.stop] for span in explained.spans}
    assert {text for text, _ in page.marks} <= spans


def test_markup_in_a_transcript_is_text() -> None:
    html = transcript_html(explained_as(TEXT, Span(13, 24, 0.4)))
    page = Page(html)
    assert "<b>" not in html
    assert page.text == TEXT
    assert page.marks[0][0] == "<b>that</b>"
    assert "white-space: pre-wrap" in html


def test_claim_and_opinion_are_told_apart_without_colour() -> None:
    page = Page(transcript_html(explained_as(TEXT, Span(0, 7, 0.4), Span(28, 30, -0.3))))
    lines = [re.findall(r"underline (\w+)", style) for style in page.styles()]
    assert lines == [["solid"], ["dotted"]]
    titles = [attributes["title"] for _, attributes in page.marks]
    assert titles == [
        "speaks for claim: +0.400 (probability)",
        "speaks for opinion: -0.300 (probability)",
    ]


def test_colours_are_tints_that_leave_the_text_in_the_colour_of_the_theme() -> None:
    page = Page(transcript_html(explained_as(TEXT, Span(0, 7, 0.4), Span(28, 30, -0.3))))
    claim, opinion = page.styles()
    assert "rgba(213, 94, 0, 0." in claim
    assert "rgba(0, 114, 178, 0." in opinion
    assert all(style.startswith("color: inherit;") for style in (claim, opinion))


@pytest.mark.parametrize("sign", [1, -1])
def test_tint_is_stronger_the_more_a_word_counts_and_too_little_is_not_marked(sign: int) -> None:
    values = [0.4, 0.19, 0.05, 0.019]
    spans = [Span(2 * i, 2 * i + 1, sign * value) for i, value in enumerate(values)]
    page = Page(transcript_html(explained_as("abcdefgh", *spans)))
    assert [text for text, _ in page.marks] == ["a", "c", "e"]
    opacities = [float(re.findall(r"([\d.]+)\);", style)[0]) for style in page.styles()]
    assert opacities == sorted(set(opacities), reverse=True)
    assert max(opacities) < 0.5


def test_words_that_hardly_count_beside_a_count_are_not_marked() -> None:
    explained = explained_as(TEXT, Span(0, 7, 0.01), other=0.4)
    assert not Page(transcript_html(explained)).marks
    assert "No word" in Page(legend_html(explained)).text


def test_nothing_is_marked_where_nothing_counts() -> None:
    nothing = Explained(
        "a b", (Span(0, 1, 0.0),), ("a",), np.zeros(1), *np.ones((2, 1), bool), 0.5, "log-odds"
    )
    assert not Page(transcript_html(nothing)).marks
    assert account(nothing) == (
        "Score 0.500 (log-odds): 0.500 without any feature, +0.000 words of the transcript."
    )


def test_legend_says_in_words_what_the_marks_mean() -> None:
    page = Page(legend_html(explained_as(TEXT, Span(0, 7, 0.4))))
    assert page.text == (
        "solid line speaks for claim, dotted line speaks for opinion; "
        "the stronger the tint, the more."
    )
    assert [re.findall(r"underline (\w+)", style)[0] for style in page.styles()] == [
        "solid",
        "dotted",
    ]


def test_account_has_everything_that_the_text_cannot_show() -> None:
    explained = explained_as(TEXT, Span(0, 7, 0.4), Span(28, 30, -0.1), other=-0.25)
    assert account(explained) == (
        "Score 0.560 (probability): 0.500 without any feature, +0.300 words of the transcript, "
        "+0.010 words that are not there, -0.250 other features."
    )


def drawn(explained: Explained) -> AppTest:
    def page(explained: object) -> None:
        from claimclf.ui.transcript import show_transcript

        show_transcript(explained)

    return AppTest.from_function(page, args=(explained,)).run()


def test_page_shows_the_text_the_legend_and_the_account(forest: Model) -> None:
    (explained,) = explain(forest.pipeline, demo_videos(1))
    page = drawn(explained)
    assert not page.exception
    assert [element.proto.body for element in page.get("html")] == [
        transcript_html(explained),
        legend_html(explained),
    ]
    assert page.caption[0].value == account(explained)


@pytest.mark.parametrize("text", ["", " \n"])
def test_page_says_that_there_is_no_transcript(text: str) -> None:
    page = drawn(explained_as(text))
    assert not page.exception
    assert not page.get("html")
    assert page.caption[0].value == "This video has no transcript."
