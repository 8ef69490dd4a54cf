"""Words that are the same but for one slip of the pen, told without a dictionary.

A slip is one letter left out, added, doubled or replaced, or two that changed places, in a word
of at least five letters, and after its first one; in a word of four letters, one added or letters
in another order. Numbers, negations and words like them are never taken for a slip of one another.
All
words are numbers of 64 bits here: 60 of them hold up to twelve letters.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from claimclf.dataset.hashing import mixed, numbered

#: Letters of a word in which a slip is looked for.
FEWEST, MOST = 4, 12
# Bits of a letter, and a word's number where no slip is looked for: its hash behind this bit.
_BITS = np.uint64(5)
_EXACT = np.uint64(1) << np.uint64(63)
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


def packed(
    codes: np.ndarray,
    places: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    hashes: np.ndarray,
) -> np.ndarray:
    """Return the letters of words as numbers, and the hash of those that may have no slip.

    Parameters
    ----------
    codes, places : ndarray of int
        Characters in lower case, and the place of each in its word, from 0.
    starts, ends : ndarray of int, shape (n,)
        Where each word begins and ends.
    hashes : ndarray of uint64, shape (n,)
        Of each word.

    Returns
    -------
    ndarray of uint64, shape (n,)
        Below 2**60 where a slip may be.
    """
    letters = _table()[np.minimum(codes, _LAST_LETTER + 1)]
    up_to = _summed(letters << (np.minimum(places, MOST).astype(np.uint64) * _BITS))
    words = up_to[ends] - up_to[starts]
    others = _summed(letters == 0)
    length = ends - starts
    may_slip = (length >= FEWEST) & (length <= MOST) & (others[ends] == others[starts])
    meant = _meant()
    may_slip &= meant[np.searchsorted(meant[:-1], words)] != words
    return np.where(may_slip, words, hashes | _EXACT)


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
    same, first = numbered(mixed(keys + mixed(words)))
    repeated = np.flatnonzero(first[same] != np.arange(len(same)))
    ones, others = [repeated], [first[same[repeated]]]
    few = first[_have_company(keys[first], words[first])]
    variants = variants_of(words[few])
    places, columns = np.nonzero(variants)
    shared, leader = numbered(mixed(keys[few[places]] + mixed(variants[places, columns])))
    to = leader[shared]
    apart = np.flatnonzero(places != places[to])
    ones.append(few[places[apart]])
    others.append(few[places[to[apart]]])
    return np.concatenate(ones), np.concatenate(others)


def variants_of(words: np.ndarray) -> np.ndarray:
    """Return what words may share where one is a slip of the other.

    Parameters
    ----------
    words : ndarray of uint64, shape (n,)
        As `packed` returns them.

    Returns
    -------
    ndarray of uint64, shape (n, 12)
        The word, and without each of its letters but the first; one of four letters with them
        in order instead. 0 for none.
    """
    length = _length(words)
    variants = np.zeros((len(words), MOST), dtype=np.uint64)
    may_slip = words < _EXACT
    variants[may_slip, 0] = words[may_slip]
    is_long = may_slip & (length > FEWEST)
    for place in range(1, MOST):
        has = is_long & (place < length)
        bits = np.uint64(place) * _BITS
        before = words[has] & ((np.uint64(1) << bits) - np.uint64(1))
        variants[has, place] = before | (words[has] >> (bits + _BITS) << bits)
    is_short = may_slip & (length == FEWEST)
    variants[is_short, 1] = _in_order(words[is_short]) | _SORTED
    return variants


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


def _have_company(keys: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Return the places of words that may have a slip and share their key with another such."""
    may_slip = np.flatnonzero(words < _EXACT)
    number, first = numbered(keys[may_slip])
    company: np.ndarray = may_slip[np.bincount(number, minlength=len(first))[number] > 1]
    return company


def _in_order(words: np.ndarray) -> np.ndarray:
    """Return words of four letters with all but the first in alphabetical order."""
    mask = np.uint64(31)
    letters = np.stack([(words >> (np.uint64(place) * _BITS)) & mask for place in range(FEWEST)])
    letters[1:] = np.sort(letters[1:], axis=0)
    places = np.arange(FEWEST, dtype=np.uint64)[:, None] * _BITS
    together: np.ndarray = (letters << places).sum(axis=0, dtype=np.uint64)
    return together


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


def _summed(values: np.ndarray) -> np.ndarray:
    """Return the sum of the values before each place, and of all; it may go round."""
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, dtype=np.uint64, out=sums[1:])
    return sums


@cache
def _meant() -> np.ndarray:
    """Return those words in the order of their numbers."""
    return np.array(sorted(map(_pack, _MEANT)), dtype=np.uint64)


def _pack(word: str) -> int:
    return sum((ord(char) - ord("a") + 1) << (5 * place) for place, char in enumerate(word))
