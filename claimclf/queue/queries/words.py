"""What a search for words means, in the queue and in an upload alike.

A transcript fulfils a search where each typed word is the beginning of one of its words, in
any case. A word is a run of letters, digits and marks upon them; all else stands between
words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

#: Different words of a search that count, and letters of each: no transcript needs more.
MOST_WORDS, MOST_LETTERS = 32, 64

_MARKS = frozenset({"Mn", "Mc", "Co"})
# Variation selectors choose how a symbol looks, and are no part of a word.
_SELECTORS = "\ufe0e\ufe0f"


def words_of(typed: str) -> list[str]:
    """Return the words that were typed, in one case; none where there is only punctuation."""
    between = "".join(char if in_word(char) else " " for char in typed)
    words = (word for word in fold(between).split() if any(map(str.isalnum, word)))
    return list(dict.fromkeys(word[:MOST_LETTERS] for word in words))[:MOST_WORDS]


def has_words(transcript: str | None, words: Sequence[str]) -> bool:
    """Return whether each of `words` is the beginning of one of a transcript's words."""
    whole = fold(transcript or "")
    return all(begins(word, whole) for word in words)


def begins(word: str, whole: str) -> bool:
    """Return whether a word is the beginning of a word of a text, both in one case."""
    place = whole.find(word)
    while place > 0 and in_word(whole[place - 1]):
        place = whole.find(word, place + 1)
    return place >= 0


@lru_cache(maxsize=4096)
def in_word(char: str) -> bool:
    """Return whether a character is part of a word: a letter, a digit, or a mark upon one."""
    marks = unicodedata.category(char) in _MARKS and char not in _SELECTORS
    return char.isalnum() or marks


class _Folding(dict[int, int]):
    """Each character in the one case in which words are compared; one stays one."""

    def __missing__(self, code: int) -> int:
        folded = chr(code).casefold()
        self[code] = ord(folded) if len(folded) == 1 else code
        return self[code]


_FOLDING = _Folding()


def fold(whole: str) -> str:
    """Return a text in the one case in which words are compared."""
    return whole.lower() if whole.isascii() else whole.translate(_FOLDING)
