"""Words that are the same but for one slip of the pen, told without a dictionary.

A slip is one letter left out, added, doubled or replaced, or two that changed places, in a word
of at least five letters, and after its first one; in a word of four letters, one added or letters
in another order. Numbers, negations and words like them are never taken for a slip of one another.
All
words are numbers of 64 bits here: 60 of them hold up to twelve letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np

from claimclf.dataset.hashing import mixed, numbered, repeated

#: Letters of a word in which a slip is looked for.
FEWEST, MOST = 4, 12
# Bits of a letter, and a word's number where no slip is looked for: its hash behind this bit.
_BITS = np.uint64(5)
_EXACT = np.uint64(1) << np.uint64(63)
# A character that is no letter of these scripts; so many of them fit above the letters.
_OTHER = np.uint64(1) << np.uint64(60)
# After the Latin letters of ASCII: others, up to the last of Arabic, but for its digits and signs.
_FIRST_OTHER, _LAST_LETTER, _DIGITS = 0xDF, 0x6D3, (0x660, 0x66D)
# Marks the letters of a short word in their alphabetical order.
_SORTED = np.uint64(1) << np.uint64(61)
# Of two words with different meanings that look like slips of one another, the rarer one: it is
# compared as it is. "never" and "nerve", "three" and "there", "fifty" and "fifth"; and negations
# that are written in one. Those of three letters and less are compared as they are anyway.
_MEANT = (
    *("cant", "dont", "wont", "isnt", "arent", "wasnt", "werent", "doesnt", "didnt", "hasnt"),
    *("hadnt", "havent", "wouldnt", "couldnt", "shouldnt", "mustnt", "neednt", "cannon"),
    *("nerve", "there", "thirsty", "noting", "ounce", "lest", "leash", "fist", "sever", "doze"),
    *("bullion", "forth", "fourth", "filth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("tenth", "seventy"),
)


def letter_parts(codes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return what characters add to the letters of their words.

    Parameters
    ----------
    codes, places : ndarray of int, shape (n,)
        Characters in lower case, and the place of each in its word, from 0.

    Returns
    -------
    ndarray of uint64, shape (n,)
    """
    letters = _table()[np.minimum(codes, _LAST_LETTER + 1)]
    at_place = letters << (np.minimum(places, MOST).astype(np.uint64) * _BITS)
    return np.where((letters > 0) & (places < MOST), at_place, _OTHER)


def packed(letters: np.ndarray, lengths: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Return the letters of words as numbers, and the hash of those that may have no slip.

    Parameters
    ----------
    letters : ndarray of uint64, shape (n,)
        The sum of each word's `letter_parts`.
    lengths : ndarray of int, shape (n,)
        Characters of each word.
    hashes : ndarray of uint64, shape (n,)
        Of each word.

    Returns
    -------
    ndarray of uint64, shape (n,)
        Below 2**60 where a slip may be.
    """
    may_slip = (lengths >= FEWEST) & (lengths <= MOST) & (letters < _OTHER)
    meant = _meant()
    may_slip &= meant[np.searchsorted(meant[:-1], letters)] != letters
    return np.where(may_slip, letters, hashes | _EXACT)


def linked(keys: np.ndarray, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Link places that have the same key, and the same word but for a slip.

    Parameters
    ----------
    keys : ndarray of 64-bit integers, shape (n,)
        Of what surrounds the word.
    words : ndarray of 64-bit integers, shape (n,)
        As `packed` returns them.

    Returns
    -------
    one, other : ndarray of int, shape (n_links,)
        Places in `keys`, no more links than needed to join each group.
    """
    keys, words = keys.view(np.uint64), words.view(np.uint64)
    few = np.flatnonzero(repeated(keys))
    around = keys[few]
    # Piece by piece: a word has up to twelve variants, and there may be a million words.
    pieces = [
        (place.astype(np.int32), mixed(around[place] + mixed(variants)))
        for place, variants in _variants_of(words[few])
    ]
    place, shared = (np.concatenate(each) for each in zip(*pieces, strict=True))
    del pieces
    several = np.flatnonzero(repeated(shared))
    place = few[place[several]]
    number, first = numbered(shared[several])
    leader = place[first[number]]
    apart = place != leader
    return place[apart], leader[apart]


def _variants_of(words: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what words share where one is a slip of the other, behind the places of its words.

    That is the word, and it without each of its letters but the first; where it has four, with
    them in order instead.
    """
    yield np.arange(len(words)), words
    length = _length(words)
    may_slip = words < _EXACT
    is_short = np.flatnonzero(may_slip & (length == FEWEST))
    yield is_short, _in_order(words[is_short])
    is_long = np.flatnonzero(may_slip & (length > FEWEST))
    for letter in range(1, MOST):
        is_long = is_long[length[is_long] > letter]
        bits, long = np.uint64(letter) * _BITS, words[is_long]
        before = long & ((np.uint64(1) << bits) - np.uint64(1))
        yield is_long, before | (long >> (bits + _BITS) << bits)


def letter_sets(words: np.ndarray) -> np.ndarray:
    """Return a hash of each word's first letter and the set of its letters.

    It is the same for words that differ in the order of their letters, or by a doubled one. A
    word in which no slip is looked for stays as it is.

    Parameters
    ----------
    words : ndarray of 64-bit integers, of any shape
        As `packed` returns them.

    Returns
    -------
    ndarray of uint64, of the same shape
    """
    words = words.view(np.uint64)
    mask = np.uint64(31)
    letters = np.zeros_like(words)
    for place in range(MOST):
        letter = (words >> (np.uint64(place) * _BITS)) & mask
        letters |= np.where(letter > 0, np.uint64(1) << letter, np.uint64(0))
    return np.where(words < _EXACT, mixed(letters + mixed(words & mask)), words)


def _in_order(words: np.ndarray) -> np.ndarray:
    """Return words of four letters with all but the first in alphabetical order, and marked."""
    mask = np.uint64(31)
    letters = np.stack([(words >> (np.uint64(place) * _BITS)) & mask for place in range(FEWEST)])
    letters[1:] = np.sort(letters[1:], axis=0)
    places = np.arange(FEWEST, dtype=np.uint64)[:, None] * _BITS
    together: np.ndarray = (letters << places).sum(axis=0, dtype=np.uint64)
    return together | _SORTED


def _length(words: np.ndarray) -> np.ndarray:
    """Return the number of letters; arbitrary for a hash."""
    length = np.zeros(len(words), dtype=np.int64)
    for place in range(MOST):
        length += (words >> (np.uint64(place) * _BITS)) > 0
    return length


@cache
def _table() -> np.ndarray:
    """Return the number of each letter from 1 to 31, and 0 for what is no letter of these scripts.

    They are Latin, Greek, Cyrillic, Hebrew and Arabic. Two letters that share a number are taken
    for each other, which is one slip more.
    """
    codes = np.arange(_LAST_LETTER + 2)
    latin = codes - ord("a")
    is_latin = (latin >= 0) & (latin < 26)
    is_other = (codes >= _FIRST_OTHER) & (codes <= _LAST_LETTER)
    is_other &= (codes < _DIGITS[0]) | (codes > _DIGITS[1])
    numbers = np.where(is_latin, latin + 1, np.where(is_other, 1 + codes % 31, 0))
    return numbers.astype(np.uint64)


@cache
def _meant() -> np.ndarray:
    """Return those words in the order of their numbers."""
    return np.array(sorted(map(_pack, _MEANT)), dtype=np.uint64)


def _pack(word: str) -> int:
    return sum((ord(char) - ord("a") + 1) << (5 * place) for place, char in enumerate(word))
