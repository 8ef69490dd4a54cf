"""The words of many texts as numbers, without a Python object for each word.

What scikit-learn's `CountVectorizer` finds by walking through one text after another, found
for thousands of texts at once. Words are known in ASCII alone: a letter of any other alphabet
makes a word that is none of them, whichever it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

#: Texts read at one time: few enough for their characters to stay in the cache.
CHUNK_TEXTS = 2_500
#: Words that a lexicon can hold: its table has the square of their number of places.
MAX_WORDS = 1_000

# A character of a word is itself, in small letters; others part words, as `\W` does, and the
# gaps among them are those of `str.split`.
_GAP, _SIGN = ord(" "), ord("!")


def _meant(code: int) -> int:
    if re.match(r"\w", chr(code), re.ASCII):
        return ord(chr(code).lower())
    return _GAP if chr(code).isspace() else _SIGN


#: Stands for any letter, digit or mark outside ASCII that can be in a word.
_OTHER_LETTER = "\x7f"
_MEANT = bytes(map(_meant, range(127))).ljust(256, _OTHER_LETTER.encode())
# A word is compared in pieces of as many characters as fit into one number.
_PIECE = 8
_FIRST = np.array([(1 << 8 * n) - 1 for n in range(_PIECE + 1)], dtype=np.uint64)


@dataclass(frozen=True)
class Words:
    """Where the words of some texts are.

    Parameters
    ----------
    codes : ndarray of uint8
        The characters of all texts, small; none of a word is as low as those between words.
    starts, lengths : ndarray of int, shape (n_words,)
        Of each word: a run of letters, digits and underscores.
    text : ndarray of int, shape (n_words,)
        Number of the text that each word is in.
    ends : ndarray of int, shape (n_texts,)
        Where each text ends: at a gap.
    """

    codes: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    text: np.ndarray
    ends: np.ndarray


def plain(
    texts: Sequence[str], small: Callable[[str], str] = str.lower
) -> tuple[list[str], list[int]]:
    """Write texts in ASCII, in small letters where they are not in it; say which have others.

    Parameters
    ----------
    texts : sequence of str
        As people wrote them.
    small : callable
        Makes letters small as words are compared: `str.casefold` makes "first" of a text that
        begins with the one character "\ufb01", `str.lower` does not.

    Returns
    -------
    texts : list of str
        With the same words in the same places; one letter stands for all outside ASCII.
    other : list of int
        The numbers of the texts that have such letters.
    """
    odd = [number for number, text in enumerate(texts) if _is_odd(text)]
    written, other = list(texts), []
    for number, text in zip(odd, _in_ascii([small(texts[number]) for number in odd]), strict=True):
        written[number] = text
        if _OTHER_LETTER in text:
            other.append(number)
    return written, other


def _is_odd(text: str) -> bool:
    return not text.isascii() or _OTHER_LETTER in text


def _in_ascii(texts: Sequence[str]) -> list[str]:
    """Write each character as one in ASCII that means the same to words and gaps."""
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    joined = _means().take(codes).tobytes().decode("ascii")
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64).tolist()
    return [joined[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@lru_cache(maxsize=1)
def _means() -> np.ndarray:
    """Return for each code of Unicode the character in ASCII that means the same."""
    means = np.full(sys.maxunicode + 1, ord("'"), dtype=np.uint8)
    means[: ord(_OTHER_LETTER)] = np.arange(ord(_OTHER_LETTER))
    others = "".join(map(chr, range(128, sys.maxunicode + 1)))
    for pattern, meant in ((r"\w+", _OTHER_LETTER), (r"\s+", " ")):
        for found in re.finditer(pattern, others):
            means[128 + found.start() : 128 + found.end()] = ord(meant)
    return means


def words(texts: Sequence[str], shortest: int = 1) -> Words:
    """Find the words of texts.

    Parameters
    ----------
    texts : sequence of str
        In ASCII, as `plain` writes them.
    shortest : int
        Characters from which on a word counts.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    small = "\n".join(texts).encode("ascii").translate(_MEANT)
    # A gap before and after all, so that each word has both edges; and a piece can be read
    # from the start of the last word.
    codes = np.frombuffer(b" " + small + b" " * _PIECE, dtype=np.uint8)
    within = codes > _SIGN
    edges = np.flatnonzero(within[1:] != within[:-1]) + 1
    sizes = np.diff(edges)[::2]
    long_enough = np.flatnonzero(sizes >= shortest)
    starts, sizes = edges[::2].take(long_enough), sizes.take(long_enough)
    ends = np.cumsum(lengths + 1)
    until = np.searchsorted(starts, ends)
    text = np.repeat(np.arange(len(texts)), np.diff(until, prepend=0))
    return Words(codes, starts, sizes, text, ends)


def first_words(words: Words, n: int) -> tuple[Words, np.ndarray]:
    """Keep the words in what `str.split` finds first.

    Parameters
    ----------
    words : Words
        Of some texts.
    n : int
        How many parts between gaps to keep of each text.

    Returns
    -------
    words : Words
        Those in the first `n` parts.
    more : ndarray of bool, shape (n_texts,)
        Whether a text has more than `n` parts.
    """
    between = words.codes == _GAP
    parts = np.flatnonzero(between[:-1] & ~between[1:]) + 1
    until = np.searchsorted(parts, words.ends)
    before = np.concatenate([[0], until[:-1]])
    more = until - before > n
    # The last part is of no text, but there where there is none.
    limit = np.where(more, np.append(parts, 0).take(before + n, mode="clip"), words.ends)
    within = np.flatnonzero(words.starts < limit.take(words.text))
    first = replace(
        words,
        starts=words.starts.take(within),
        lengths=words.lengths.take(within),
        text=words.text.take(within),
    )
    return first, more


class Lexicon:
    """Numbers for a few words, by exact comparison.

    Parameters
    ----------
    numbers : dict of str to int
        Word, in small letters and ASCII -> number, from 1 on; no more than `MAX_WORDS`.
    """

    def __init__(self, numbers: dict[str, int]) -> None:
        longest = max(map(len, numbers), default=0)
        self._longest = _PIECE * max(1, -(-longest // _PIECE))
        padded = b"".join(word.encode("ascii").ljust(self._longest, b"\0") for word in numbers)
        pieces = np.frombuffer(padded, dtype="<u8").reshape(len(numbers), self._longest // _PIECE).T
        # Place 0 is for no word: nothing equals its empty pieces.
        self._pieces = np.pad(pieces, ((0, 0), (1, 0))).astype(np.uint64)
        self._numbers = np.array([0, *numbers.values()], dtype=np.int64)
        self._bits = np.uint64(2 * max(4, len(numbers).bit_length()))
        self._factors, self._table = self._hashed()

    def _hashed(self) -> tuple[np.ndarray, np.ndarray]:
        """Find factors that give each word a place of its own in a table."""
        rng = np.random.default_rng(0)
        places = np.arange(len(self._numbers), dtype=np.int16)
        while True:
            factors = rng.integers(2**64, size=len(self._pieces), dtype=np.uint64) | np.uint64(1)
            slots = self._slots(factors, self._pieces[:, 1:])
            if len(np.unique(slots)) == len(slots):
                table = np.zeros(1 << int(self._bits), dtype=np.int16)
                table[slots] = places[1:]
                return factors, table

    def _slots(self, factors: np.ndarray, pieces: np.ndarray) -> np.ndarray:
        mixed = pieces[0] * factors[0]
        for piece, factor in zip(pieces[1:], factors[1:], strict=True):
            mixed = mixed + piece * factor
        slots: np.ndarray = (mixed >> (np.uint64(64) - self._bits)).view(np.int64)
        return slots

    def numbers(self, words: Words) -> np.ndarray:
        """Return the number of each word, shape (n_words,) of int; 0 for one that has none."""
        pieces = self._read(words)
        place = self._table.take(self._slots(self._factors, pieces))
        same = words.lengths <= self._longest
        for known, piece in zip(self._pieces, pieces, strict=True):
            same &= known.take(place) == piece
        numbers: np.ndarray = self._numbers.take(place) * same
        return numbers

    def _read(self, words: Words) -> np.ndarray:
        """Return the words' characters, 8 to a number, 0 beyond their end."""
        pieces = np.zeros((len(self._pieces), len(words.starts)), dtype=np.uint64)
        # A piece may start at any character.
        at = np.ndarray(len(words.codes) - _PIECE + 1, "<u8", words.codes, strides=(1,))
        pieces[0] = at[words.starts] & _FIRST.take(words.lengths, mode="clip")
        for i in range(1, len(pieces)):
            longer = np.flatnonzero(words.lengths > i * _PIECE)
            left = words.lengths[longer] - i * _PIECE
            piece = at[words.starts[longer] + i * _PIECE]
            pieces[i, longer] = piece & _FIRST.take(left, mode="clip")
        return pieces
