"""What screens call numbers of things."""

from __future__ import annotations

import pytest

from claimclf.ui.wording import called, counted


@pytest.mark.parametrize(
    ("n", "many", "words"),
    [
        (1, "opinions", "opinion"),
        (0, "opinions", "opinions"),
        (2, "views", "views"),
        (1.0, "seconds long", "second long"),
        (1, "uncertain", "uncertain"),
        (None, "likes", "likes"),
    ],
)
def test_one_of_a_kind_is_called_one(n: float | None, many: str, words: str) -> None:
    assert called(n, many) == words


def test_number_and_name_go_together() -> None:
    assert [counted(n, "case") for n in (0, 1, 1_200)] == ["0 cases", "1 case", "1,200 cases"]
