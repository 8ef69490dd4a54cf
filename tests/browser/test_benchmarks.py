"""The benchmark of the console in small: it presses keys and meets the next case each time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from benchmarks import console

pytestmark = pytest.mark.browser


def test_console_in_small(opened: Browser) -> None:
    results = console.results(sizes=(40,), keys=2, opened=opened)
    assert [result.unit for result in results] == ["ms", "ms", "times"]
    assert results[-1].value == 1.0  # the same size beside itself
