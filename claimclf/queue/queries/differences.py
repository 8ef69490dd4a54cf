"""Which words of a text are not those of another one beside it."""

from __future__ import annotations

from difflib import SequenceMatcher

from claimclf.queue.storage.words import in_word, is_unseen, plain

#: Words at the end that are compared: a statement comes last, and few people read more.
MOST_COMPARED = 60

#: A word, in one case, with where it begins and ends.
Word = tuple[str, int, int]


def last_words(text: str) -> list[Word]:
    """Return the last `MOST_COMPARED` words of a text."""
    words: list[Word] = []
    end = len(text)
    while end > 0 and len(words) < MOST_COMPARED:
        if not _goes_on(text[end - 1]):
            end -= 1
            continue
        start = end - 1
        while start > 0 and _goes_on(text[start - 1]):
            start -= 1
        if word := plain(text[start:end]).strip():
            words.append((word, start, end))
        end = start
    return words[::-1]


def _goes_on(char: str) -> bool:
    return in_word(char) or is_unseen(char)


def differing(text: str, reference: str) -> list[tuple[int, int]]:
    """Return where words of a text stand that the reference has not, or has elsewhere.

    Of both only the last `MOST_COMPARED` words are looked at.

    Returns
    -------
    list of (int, int)
        Beginning and end of each stretch of the text, in characters, from left to right.
    """
    own, other = last_words(text), last_words(reference)
    compared = SequenceMatcher(
        None, [word for word, _, _ in other], [word for word, _, _ in own], autojunk=False
    )
    return [
        (own[first][1], own[end - 1][2])
        for kind, _, _, first, end in compared.get_opcodes()
        if kind in ("replace", "insert")
    ]
