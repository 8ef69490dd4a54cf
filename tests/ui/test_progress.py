"""Work that takes long goes on to its end whatever is clicked meanwhile, and the click counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException
from streamlit.testing.v1 import AppTest

from claimclf.errors import StorageError
from claimclf.ui.progress import drawn, to_its_end


@pytest.mark.parametrize("click", [RerunException(RerunData()), StopException()])
def test_work_goes_on_to_its_end_and_the_click_is_followed_then(click: BaseException) -> None:
    told: list[int] = []
    done: list[int] = []

    def draw(n: int) -> None:
        told.append(n)
        if n == 1:
            raise click

    with pytest.raises(type(click)) as followed:
        work(draw, done)
    assert done == told == [0, 1, 2]
    assert followed.value is click


def test_nothing_but_a_click_waits() -> None:
    def draw(n: int) -> None:
        raise StorageError("The disk is full.", "", "")

    with pytest.raises(StorageError):
        work(draw, [])


def test_click_ends_other_work() -> None:
    def draw() -> None:
        raise StopException

    with pytest.raises(StopException):
        drawn(draw)


def work(draw: Callable[[int], None], done: list[int]) -> None:
    with to_its_end():
        for n in range(3):
            drawn(partial(draw, n))
            done.append(n)


def failing_page() -> None:
    import streamlit as st

    from claimclf.ui.progress import progress_bar

    try:
        with progress_bar("Beginning …") as tell:
            tell(3, 12, "Half way")
            raise ValueError("no more room")
    except ValueError as error:
        st.error(str(error))


def test_no_bar_stays_above_an_error() -> None:
    app = AppTest.from_function(failing_page).run()
    assert app.error[0].value == "no more room"
    assert not app.get("progress")
