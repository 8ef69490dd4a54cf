"""What a search for words means, in the queue and in an upload alike.

A transcript fulfils a search where each typed word is the beginning of one of its words, in
any case and spelling: letters that Unicode takes for others, such as the full-width ones, are
those; what nobody sees, such as a soft hyphen, is not there. A word is a run of letters, digits
and marks upon them; all else stands between words.

Both databases index the words as they are made here, so that neither has a say in it: what
they take for a word, and for a letter's other case, depends on their version and their locale.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

#: What `plain` makes of a text is another thing from this number on: the databases' indexes of
#: words are made anew where they are of another one.
RULES = 1
#: Different words of a search that count, and letters of each: no transcript needs more.
MOST_WORDS, MOST_LETTERS = 32, 64
#: Bytes of words of one text that are indexed: PostgreSQL takes no more than a MiB.
_MOST_BYTES = 1_000_000

_MARKS = frozenset({"Mn", "Mc", "Co"})
# Characters that are shown as nothing although Unicode takes them for letters or marks: joiners,
# fillers of Hangul, vowels that Khmer does not write, and what says how a symbol looks.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
# A dotless i and the dot above one: what is the other case of which depends on the language.
_DOTLESS, _DOT = "ı", "\u0307"


def words_of(typed: str) -> list[str]:
    """Return the words that were typed, in one case; none where there is only punctuation."""
    words = (word for word in plain(typed).split() if any(map(str.isalnum, word)))
    return list(dict.fromkeys(word[:MOST_LETTERS] for word in words))[:MOST_WORDS]


def has_words(transcript: str | None, words: Sequence[str]) -> bool:
    """Return whether each of `words` is the beginning of one of a transcript's words."""
    whole = plain(transcript or "")
    return all(begins(word, whole) for word in words)


def begins(word: str, whole: str) -> bool:
    """Return whether a word is the beginning of a word of a text, both made plain."""
    return f" {word}" in whole


def indexed_words(transcript: str | None) -> str | None:
    """Return what a database indexes of a transcript: each of its words once, and spaces."""
    if transcript is None:
        return None
    words = " ".join(sorted({word[:MOST_LETTERS] for word in plain(transcript).split()}))
    if len(words) * 4 <= _MOST_BYTES or len(encoded := words.encode()) <= _MOST_BYTES:
        return words
    return encoded[:_MOST_BYTES].decode(errors="ignore").rpartition(" ")[0]


@lru_cache(maxsize=4096)
def in_word(char: str) -> bool:
    """Return whether a character is part of a word: a letter, a digit, or a mark upon one."""
    return char.isalnum() or unicodedata.category(char) in _MARKS


@lru_cache(maxsize=4096)
def is_unseen(char: str) -> bool:
    """Return whether a character is shown as nothing, and does not end a word."""
    return char in _UNSEEN or unicodedata.category(char) == "Cf"


class _Apart(dict[int, str]):
    """Each character, with spaces in the place of those that Unicode would write with one.

    `3½` is not `31/2`, and an accent that was typed for an apostrophe is none on a letter.
    """

    def __missing__(self, code: int) -> str:
        char = chr(code)
        how = unicodedata.decomposition(char)
        if how.startswith("<fraction>"):
            self[code] = f" {unicodedata.normalize('NFKC', char)} "
        else:
            self[code] = " " if how.startswith("<compat> 0020") else char
        return self[code]


class _Plain(dict[int, str]):
    """Each character in the one case in which words are compared; a space between words."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if is_unseen(char):
            self[code] = ""
        elif char == _DOTLESS:
            self[code] = "i"
        else:
            self[code] = char.casefold() if in_word(char) else " "
        return self[code]


_APART, _PLAIN = _Apart(), _Plain()


def plain(text: str) -> str:
    """Return a text as its words, in the one form in which they are compared; a space before each.

    There may be several spaces in a row.
    """
    if text.isascii():
        return f" {text.translate(_PLAIN)}"
    spelled = unicodedata.normalize("NFKC", text.translate(_APART))
    folded = unicodedata.normalize("NFKC", spelled.translate(_PLAIN))
    return f" {folded.replace(f'i{_DOT}', 'i')}"


def names_like(name: str, names: Iterable[str]) -> list[str]:
    """Return those of `names` that are a whole name, in any case and spelling of its letters."""
    folded = _folded(name)
    return [one for one in names if _folded(one) == folded]


def _folded(name: str) -> str:
    seen = "".join(char for char in unicodedata.normalize("NFKC", name) if not is_unseen(char))
    folded = unicodedata.normalize("NFKC", seen.replace(_DOTLESS, "i").casefold())
    return " ".join(folded.replace(f"i{_DOT}", "i").split())
