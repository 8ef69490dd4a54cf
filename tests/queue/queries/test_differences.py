from __future__ import annotations

import pytest

from claimclf.queue.queries.differences import MOST_COMPARED, differing

SAID = "a friend told me that raw garlic can cure the common flu"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SAID, []),
        (SAID.upper() + "!", []),
        (SAID.replace("can", "cannot"), ["cannot"]),
        (SAID.replace("common flu", "bird FLU in 3 days"), ["bird", "in 3 days"]),
        ("She says: " + SAID, ["She says"]),
        (SAID.replace("raw garlic", "garlic"), []),
        (SAID.replace("garlic", "gar\u00adlic").replace("flu", "f\u200blu \u2060"), []),
        (SAID.replace("garlic", "gar\u00adden"), ["gar\u00adden"]),
        ("", []),
        ("\U0001f600 …", []),
    ],
)
def test_words_that_the_other_text_has_not_are_marked(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in differing(text, SAID)] == words


def test_words_before_the_last_ones_are_not_compared() -> None:
    end = " same" * MOST_COMPARED
    assert differing("other" + end, "words" + end) == []
    assert differing("", SAID) == differing(SAID, SAID) == []
