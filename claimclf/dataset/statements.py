"""What a transcript asserts, without its framing."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from claimclf.dataset.hashing import mixed, numbered
from claimclf.dataset.slips import letter_parts, letter_sets, linked, packed

#: In the course's dataset the framing comes first and the statement last; this many words at
#: the end distinguish statements.
ENDING_WORDS = 6

#: Two videos share a statement if this many last words agree, but for a slip in one of them.
TAIL_WORDS = 7
#: What stands for a video's words: for each place a key of the other words, and the word there;
#: and, at place `EXACT`, one key of all, from which a statement has its id.
EXACT = 2 * TAIL_WORDS
N_KEYS = EXACT + 1

# Characters at the end that mostly hold that many words; and how many times as many to look
# at where they do not. Most of a long transcript is never looked at.
_CUT, _CUT_GROWTH = 56, 8
# Rows at one time: few enough for their characters, as numbers, to stay in the cache.
_CHUNK_ROWS = 2_500

# What a character counts as, looked up when it first occurs: itself (in lower case), or one of
# these, all below the first character of a word. A line break is the end of a text.
_PLAIN = np.zeros(sys.maxunicode + 1, dtype=np.uint32)
_UNSEEN, _DROPPED, _END, _GAP = 0, 1, ord("\n"), ord(" ")
_PLAIN[_END] = _END
# Dropped, so that the word around them stays one however it was typed: apostrophes, marks that
# do not make one character with their letter (as vowel points), joiners, marks of direction.
# But a zero-width space is there to part words.
_APOSTROPHES = frozenset("'’‘ʼ")
_APART = frozenset({"Mn", "Cf"})
_ZERO_WIDTH_SPACE = "\u200b"

# Characters (ASCII to the scripts of India), and places in a word, whose parts are looked up.
_N_CODES, _N_PLACES = 0xE00, 24

_PLACES = np.arange(1, TAIL_WORDS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
# In the place of a word where a key stands for all of them.
_ALL_WORDS = np.uint64(1) << np.uint64(63)
# Words before a statement rather than in it. As the first of the seven each stands for all, and
# so does any word before one of them ("the news that").
_FRAMING = (
    *("that", "said", "says", "saying", "claimed", "claims", "claiming", "claim", "learned"),
    *("learnt", "read", "heard", "discovered", "revealed", "told", "mentioned", "reported"),
    *("posted", "shared", "stated", "explained", "found", "me", "us", "them", "someone"),
)
# In the place of such a word.
_FRAME = _ALL_WORDS | np.uint64(1)


@dataclass(frozen=True)
class Statements:
    """Which videos assert the same.

    Parameters
    ----------
    ids : Series of str, shape (n,)
        16 hexadecimal digits for each video, with the transcripts' index; missing where there
        are no words. An id depends on the set of texts in its group alone: not on other
        groups, on the order of rows or on how often a text occurs. A new text in the group
        may change it.
    group : ndarray of int, shape (n,)
        Number of each video's group, from 0 in order of appearance. A video without words is
        a group of its own.
    """

    ids: pd.Series
    group: np.ndarray


def endings(transcripts: pd.Series, words: int = ENDING_WORDS) -> pd.Series:
    """Return the last words of each transcript, lower case, as a stand-in for its statement.

    Parameters
    ----------
    transcripts : Series of str
        Without missing values.
    words : int
        How many words to keep.
    """
    return transcripts.str.casefold().str.split().str[-words:].str.join(" ")


def statements(transcripts: pd.Series) -> Statements:
    """Group the videos that assert the same statement.

    Two transcripts share a statement if their last 7 words agree but for a slip of the pen in
    at most one of them (see `claimclf.dataset.slips`), and so do those linked through others.
    Another word, number or negation makes another statement. Fewer than 7 words share a
    statement with the very same words only. Case, punctuation, vowel points and invisible
    characters do not count; a word of a script without spaces is all between two punctuation
    marks.

    Parameters
    ----------
    transcripts : Series of str, shape (n,)
        Any text; may have missing values.

    Returns
    -------
    Statements
        Of n videos, in the order of `transcripts`.
    """
    keys = word_keys(transcripts)
    worded = np.asarray(keys.any(axis=1))
    keys = keys[worded]
    # Equal tails are one node of the graph.
    tails = keys[:, EXACT].view(np.uint64)
    node, first = numbered(tails)
    n_groups, group_of_node = _linked(keys[first])

    # Numbers beyond the groups' for the videos without words, one each.
    group = np.arange(n_groups, n_groups + len(worded))
    group[worded] = group_of_node[node]
    ids = np.empty(len(worded), dtype=object)  # None, so far
    ids[worded] = _names(tails[first], group_of_node, n_groups)[group[worded]]
    return Statements(
        ids=pd.Series(ids, index=transcripts.index, dtype="str"), group=numbered(group)[0]
    )


def statement_keys(transcripts: pd.Series) -> np.ndarray:
    """Return what to look statements up by: videos with a key in common share a statement.

    Key j stands for the last 7 words with any order of the letters in the j-th of them, and
    any of these doubled; the last key for the very words. With fewer than 7 words all keys
    stand for these very words. A key depends on the words alone, so it can be stored and
    compared with those of later uploads; other words have the same one by an accident of 1 in
    2**64. Not all videos that share a statement have a key in common.

    Parameters
    ----------
    transcripts : Series of str, shape (n,)
        Any text; may have missing values.

    Returns
    -------
    ndarray of int64, shape (n, 8)
        Signed, as databases store integers. All 0 for a transcript that is missing or has no
        words: look nothing up by it.
    """
    return keys_to_store(word_keys(transcripts))


def keys_to_store(keys: np.ndarray) -> np.ndarray:
    """Return what `statement_keys` returns, from what `word_keys` did."""
    around = keys[:, :TAIL_WORDS].view(np.uint64)
    words = keys[:, TAIL_WORDS:EXACT].view(np.uint64)
    # Those of fewer words and of none stay as they are.
    are_all = (words == _ALL_WORDS) | (around == 0)
    slips = np.where(are_all, around, mixed(around + letter_sets(words)))
    return np.column_stack([slips.view(np.int64), keys[:, EXACT]])


def word_keys(transcripts: pd.Series) -> np.ndarray:
    """Return what videos are grouped by: keys of words, and the words that these leave out.

    Key j stands for the last 7 words without the j-th of them, and is followed, 7 columns on,
    by this word: two videos with the same key share a statement if the words are the same but
    for a slip (`claimclf.dataset.slips.linked`). The last column stands for all words; it
    is the same for the very same words only. With fewer than 7 words all keys are the same and
    stand for all of them.

    Parameters
    ----------
    transcripts : Series of str, shape (n,)
        Any text; may have missing values.

    Returns
    -------
    ndarray of int64, shape (n, 15)
        All 0 for a transcript that is missing or has no words: compare nothing with it.
    """
    keys = np.zeros((len(transcripts), N_KEYS), dtype=np.uint64)
    for start in range(0, len(transcripts), _CHUNK_ROWS):
        chunk = transcripts.iloc[start : start + _CHUNK_ROWS].tolist()
        texts = [text if isinstance(text, str) else "" for text in chunk]
        keys[start : start + len(texts)] = _keys(_tails(texts, _CUT))
    return keys.view(np.int64)


def pairwise(groups: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Compare two groupings by the pairs of videos that they put together.

    Parameters
    ----------
    groups, truth : ndarray, shape (n,)
        Each video's group, by any name; without missing values. Compared by position.

    Returns
    -------
    precision, recall : float
        Share of the pairs of `groups` that are true, and of the true pairs that are in `groups`,
        each from 0 to 1; 1.0 where there is no pair to be wrong about.

    Raises
    ------
    ValueError
        The two differ in length.
    """
    both_groups = pd.DataFrame({"groups": np.asarray(groups), "truth": np.asarray(truth)})
    n_both = _pairs(both_groups, ["groups", "truth"])
    n_groups, n_truth = _pairs(both_groups, ["groups"]), _pairs(both_groups, ["truth"])
    return n_both / n_groups if n_groups else 1.0, n_both / n_truth if n_truth else 1.0


def _pairs(groups: pd.DataFrame, by: list[str]) -> int:
    sizes = groups.groupby(by, sort=False).size().to_numpy()
    return int((sizes * (sizes - 1) // 2).sum())


# Words


@dataclass(frozen=True)
class _Tails:
    """The last 7 words of each of n texts, the last word last; arbitrary where there is none.

    Parameters
    ----------
    hashes, letters : ndarray of uint64, shape (n, 7)
        Each word's hash, and its letters as `packed` returns them.
    n_words : ndarray of int, shape (n,)
        From 0 to 7; more until all texts were looked at.
    """

    hashes: np.ndarray
    letters: np.ndarray
    n_words: np.ndarray

    def put(self, rows: list[int], others: _Tails) -> None:
        """Put others in the place of some."""
        self.hashes[rows], self.letters[rows] = others.hashes, others.letters
        self.n_words[rows] = others.n_words


def _tails(texts: Sequence[str], cut: int) -> _Tails:
    """Return the last 7 words of each text.

    Parameters
    ----------
    texts : sequence of str, of length n
    cut : int
        Look at this many last characters first, and at more where they are not enough.
    """
    tails = _last_words([text[-cut:] for text in texts])
    # The first of these words may be cut in two: it takes one more to know the last 7.
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    scarce = np.flatnonzero((tails.n_words <= TAIL_WORDS) & (lengths > cut)).tolist()
    if scarce:
        tails.put(scarce, _tails([texts[row] for row in scarce], _CUT_GROWTH * cut))
    return _Tails(tails.hashes, tails.letters, np.minimum(tails.n_words, TAIL_WORDS))


def _last_words(texts: Sequence[str]) -> _Tails:
    """Return the last 7 words of each text, and count all its words.

    All texts together are one array of numbers: no word becomes a Python object.
    """
    codes = _plain_codes("\n".join([text.replace("\n", " ") for text in texts]) + "\n")
    starts, ends = _edges(codes)
    words_so_far = np.searchsorted(starts, np.flatnonzero(codes == _END))
    hashes, letters = _words(codes, starts, ends)
    # Where a text has fewer words, those of other texts are taken, and one more makes sure
    # that there are any. They do not matter, as the number of words says which to read.
    last = words_so_far[:, None] + np.arange(-TAIL_WORDS, 0)
    hashes, letters = (
        np.append(each, np.uint64(0)).take(last, mode="clip") for each in (hashes, letters)
    )
    return _Tails(hashes, letters, np.diff(words_so_far, prepend=0))


def _edges(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where words begin and end."""
    edges = np.flatnonzero(np.diff(codes > _GAP, prepend=False))
    return edges[::2], edges[1::2]


def _words(
    codes: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each word's hash, and its letters as `packed` does."""
    places = _places(codes, starts)
    if codes.max() < _N_CODES and places.max() < _N_PLACES:
        place = places * _N_CODES + codes
        parts = [of_each.take(place) for of_each in _known_parts()]
    else:
        parts = [_hash_parts(codes, places), letter_parts(codes, places)]
    hashes, letters = (_between(each, starts, ends) for each in parts)
    return hashes, packed(letters, ends - starts, hashes)


def _places(codes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the place of each character in its word, from 0."""
    start = np.zeros(len(codes), dtype=np.int64)
    start[starts] = starts
    places: np.ndarray = np.arange(len(codes)) - np.maximum.accumulate(start)
    return places


def _between(parts: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the sums of what stands between the edges; they may go round."""
    up_to = np.zeros(len(parts) + 1, dtype=np.uint64)
    np.cumsum(parts, out=up_to[1:])
    sums: np.ndarray = up_to[ends] - up_to[starts]
    return sums


def _hash_parts(codes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return what characters add to the hash of their words, the same on every machine."""
    return mixed(((places + 1).astype(np.uint64) << np.uint64(32)) + codes.astype(np.uint64))


@cache
def _known_parts() -> tuple[np.ndarray, np.ndarray]:
    """Return both parts of the characters that are the most frequent, by place and code."""
    places, codes = np.divmod(np.arange(_N_PLACES * _N_CODES), _N_CODES)
    return _hash_parts(codes, places), letter_parts(codes, places)


def _plain_codes(text: str) -> np.ndarray:
    """Return the text's characters as numbers: of words, gaps or ends, in one spelling."""
    folded = unicodedata.normalize("NFC", text).casefold()
    codes = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    plain: np.ndarray = _PLAIN[codes]
    if not plain.all():
        unseen = np.unique(codes[plain == _UNSEEN])
        _PLAIN[unseen] = [_plain(chr(code)) for code in unseen]
        plain = _PLAIN[codes]
    remaining: np.ndarray = plain[plain != _DROPPED]
    return remaining


def _plain(char: str) -> int:
    # One spelling for full-width and styled letters; longer ones stay what they are.
    spelled = unicodedata.normalize("NFKC", char).casefold()
    char = spelled if len(spelled) == 1 else char
    category = unicodedata.category(char)
    if char in _APOSTROPHES or (category in _APART and char != _ZERO_WIDTH_SPACE):
        return _DROPPED
    # Mc: vowels of Indic scripts that take up room.
    return ord(char) if char.isalnum() or char == "_" or category == "Mc" else _GAP


# Keys


def _keys(tails: _Tails) -> np.ndarray:
    used = np.arange(TAIL_WORDS, 0, -1) <= tails.n_words[:, None]
    placed = np.where(used, mixed(tails.hashes + _PLACES), np.uint64(0))
    together = placed.sum(axis=1, keepdims=True)
    keys = np.empty((len(placed), N_KEYS), dtype=np.uint64)
    # The place is mixed in, so that one key never stands for words around different gaps.
    keys[:, :TAIL_WORDS] = mixed(together - placed + _PLACES)
    keys[:, TAIL_WORDS:EXACT] = tails.letters
    frames = np.isin(tails.hashes[:, :2], _framing()).any(axis=1)
    keys[frames, TAIL_WORDS] = _FRAME
    short = tails.n_words < TAIL_WORDS
    # The number is mixed in, so that few words are not taken for many with one left out.
    number = tails.n_words[short, None].astype(np.uint64)
    keys[short, :TAIL_WORDS] = mixed(together[short] + mixed(number))
    # No word is left out of these.
    keys[short, TAIL_WORDS:EXACT] = _ALL_WORDS
    keys[:, EXACT] = keys[:, :TAIL_WORDS].sum(axis=1)
    keys[tails.n_words == 0] = 0
    return keys


@cache
def _framing() -> np.ndarray:
    codes = _plain_codes(" ".join(_FRAMING) + "\n")
    return _words(codes, *_edges(codes))[0]


# Groups


def _linked(keys: np.ndarray) -> tuple[int, np.ndarray]:
    """Return how many groups rows with a key in common make, and the group of each row."""
    n = len(keys)
    ends = np.concatenate(
        [linked(keys[:, place], keys[:, TAIL_WORDS + place]) for place in range(TAIL_WORDS)],
        axis=1,
    )
    from scipy.sparse import coo_array  # takes a second to import
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(ends.shape[1], dtype=bool), tuple(ends)), shape=(n, n))
    n_groups, group = connected_components(graph, directed=False)
    return int(n_groups), group


def _names(tails: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Name each group after the smallest of its tails' hashes."""
    smallest = np.full(n_groups, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(smallest, group, tails)
    return statement_ids(smallest)


def statement_ids(numbers: np.ndarray) -> np.ndarray:
    """Write statements' numbers as ids.

    Parameters
    ----------
    numbers : ndarray of uint64, shape (n,)
        0 where there is no statement.

    Returns
    -------
    ndarray of object, shape (n,)
        16 hexadecimal digits each; None where there is no statement.
    """
    digits = numbers.astype(">u8").tobytes().hex()
    ids = [digits[start : start + 16] for start in range(0, len(digits), 16)]
    array = np.array(ids, dtype=object)
    array[numbers == 0] = None
    return array
