"""A video's link says where it leads to, and one that hides it is not shown at all."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def page(url: str) -> None:
    from claimclf.queue.settings.preferences import Preferences
    from claimclf.ui.review.media import show_media

    show_media(url, Preferences())


def shown(url: str) -> AppTest:
    app = AppTest.from_function(page, args=(url,)).run()
    assert list(app.exception) == []
    return app


def test_link_stands_with_the_host_that_it_leads_to() -> None:
    app = shown("https://videos.example.org/a/1")
    assert len(app.get("link_button")) == 1
    assert [caption.value.replace("\\", "") for caption in app.caption] == ["On videos.example.org"]


@pytest.mark.parametrize(
    "url",
    [
        "https://known.example.org@other.example.org/1.png",
        "https://a:b@c.example.org/x.mp4",
        "//server/clip.mp4",
        "//server/picture.png",
        "/srv/picture.png",
    ],
)
def test_link_that_hides_its_host_is_shown_neither_as_link_nor_as_picture(url: str) -> None:
    app = shown(url)
    assert [*app.get("link_button"), *app.get("imgs"), *app.get("video")] == []
    assert "does not say clearly where it leads to" in app.caption[0].value
