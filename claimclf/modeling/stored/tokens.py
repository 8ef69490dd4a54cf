"""What a text consists of for the models of real speech: tokens, their spelling, their shape.

Speech is written down with and without capitals, punctuation and apostrophes; posts carry
links and names. So case does not count, links, names and entities are left out, the signs
``? % $ !`` are the only punctuation that is kept, and contractions without an apostrophe get
it back.

A token's *spelling* is the token itself, but a number counts as one of its size. Its *shape*
says what kind of word it is: itself for the few hundred words that carry grammar rather than
a topic, a sort of number, or how it ends. Shapes are what texts on other topics share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

#: Stands between texts in a stream of tokens, and for the start and the end of a text.
BREAK = "\x00"
#: Tokens at the start of a text in which the course's framings are.
OPENING_TOKENS = 6

_ASIDE = re.compile(r"(?:https?://|www\.)[^\s\x00]+|@\w+|&\w+;")
_ASIDE_MARKS = ("://", "www.", "@", "&")
_AFTER_LETTERS = r"|\x00|\d[\d.,]*\d|\d|[?%$!]"
_LETTER = r"[^\W\d_]"


def _pattern(letter: str) -> re.Pattern[str]:
    return re.compile(f"{letter}+(?:'{letter}+)*{_AFTER_LETTERS}")


_TOKEN = _pattern(_LETTER)
# The same on small letters in ASCII, and sooner.
_PLAIN_TOKEN = _pattern("[a-z]")
_LAST_OF_PLANE = "\uffff"
_YEAR = re.compile(r"(1[5-9]|20)\d\d")
_SIGNS = frozenset("?%$!")
_MOST_DIGITS = 4


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_CONTRACTIONS = {
    written.replace("'", ""): written
    for written in _listed(
        "i'm i've don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't "
        "shouldn't haven't hasn't hadn't you're they're they've you've we've that's what's "
        "there's he's she's who's"
    )
}
_NUMERALS = frozenset(
    _listed(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty "
        "ninety hundred thousand million billion trillion dozen half percent"
    )
)
# Articles, pronouns, auxiliaries, prepositions, conjunctions, hedges, verbs of thinking and
# saying, comparison and time.
_GRAMMAR = frozenset(
    _listed(
        """
        a an the this that these those some any no none every each all both few many much more
        most less least several other another such same own i me my mine we us our ours you your
        yours he him his she her hers it its they them their theirs who whom whose what which
        when where why how myself ourselves yourself himself herself itself themselves am is are
        was were be been being do does did done have has had having will would shall should can
        could may might must ought let let's not never n't nor neither either and or but if
        because so than then though although while whereas unless until since before after of in
        on at by for with about against between among into through during above below to from up
        down out over under again off per as like via without within toward towards here there
        now today yesterday tomorrow always often sometimes ever just only also too very really
        quite even still yet already maybe perhaps probably likely think thought believe feel
        guess hope want wish know say said says saying tell told ask asked mean see look make
        made get got go going gone went come came take took give gave need needs put keep kept
        show shows shown found find according study report research data first last next new old
        good bad better best worse worst great big high low year years day days month months
        week weeks time times people person please thanks thank okay ok well yes yeah oh hey lol
        i'm i've i'd i'll we're we've we'd we'll you're you've you'd you'll he's she's it's
        that's there's they're they've they'll don't doesn't didn't isn't aren't wasn't weren't
        won't wouldn't can't cannot couldn't shouldn't haven't hasn't hadn't what's who's here's
        """
    )
)
# The first that fits counts.
_ENDINGS = _listed("ing ed ly tion ity ment ness est er al ive ous ic ies es s")
_STEM = 2


@lru_cache(maxsize=1)
def _plane_token() -> re.Pattern[str]:
    """Return the pattern on characters of the basic plane: a list of its letters is read sooner.

    What a letter is, Python is asked for each character, by `_LETTER` on the general pattern.
    """
    runs_of_letters = re.finditer(f"{_LETTER}+", "".join(map(chr, range(ord(_LAST_OF_PLANE) + 1))))
    ends = ((found.start(), found.end() - 1) for found in runs_of_letters)
    return _pattern("[" + "".join(f"\\u{start:04x}-\\u{end:04x}" for start, end in ends) + "]")


def _fitting(small: str) -> re.Pattern[str]:
    if small.isascii():
        return _PLAIN_TOKEN
    # Beyond the plane a character takes two places of two bytes.
    is_of_plane = len(small.encode("utf-16-le", "surrogatepass")) == 2 * len(small)
    return _plane_token() if is_of_plane else _TOKEN


def stream(texts: Sequence[str]) -> list[str]:
    """Return the tokens of texts one after another, a `BREAK` before each text and at the end.

    Parameters
    ----------
    texts : sequence of str
        Any text.
    """
    joined = BREAK.join(texts)
    if joined.count(BREAK) >= max(len(texts), 1):
        joined = BREAK.join(text.replace(BREAK, " ") for text in texts)
    small = joined.replace("’", "'").lower()
    if any(mark in small for mark in _ASIDE_MARKS):
        small = _ASIDE.sub(" ", small)
    return [BREAK, *_fitting(small).findall(small), BREAK]


def tokens(text: str) -> list[str]:
    """Return the tokens of one text, in order."""
    return stream([text])[1:-1]


def placed_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, stop and token of each token, in characters of the text as it was given."""
    plain = text.replace(BREAK, " ").replace("’", "'")
    folded = [character.lower() for character in plain]
    origin = [place for place, letters in enumerate(folded) for _ in letters]
    # Case can depend on what stands beside a letter, but never changes how many there are.
    small = plain.lower()
    if any(mark in small for mark in _ASIDE_MARKS):
        small = _ASIDE.sub(lambda aside: " " * len(aside[0]), small)
    for match in _TOKEN.finditer(small):
        yield origin[match.start()], origin[match.end() - 1] + 1, match[0]


@lru_cache(maxsize=1 << 16)
def spelling(token: str) -> str:
    """Return a token as the vocabulary has it: numbers by size, contractions as they should be."""
    if not token[0].isdigit():
        return _CONTRACTIONS.get(token, token)
    if _YEAR.fullmatch(token):
        return "0y"
    if "." in token:
        return "0d"
    return f"0{min(len(token.replace(',', '')), _MOST_DIGITS)}"


@lru_cache(maxsize=1 << 16)
def shape(token: str) -> str:
    """Return what kind of word a token is, whatever it is about."""
    token = _CONTRACTIONS.get(token, token)
    if token[0].isdigit():
        return "YEAR" if _YEAR.fullmatch(token) else "NUMBER"
    if token in _NUMERALS:
        return "NUMERAL"
    if token in _GRAMMAR or token in _SIGNS:
        return token
    for ending in _ENDINGS:
        if token.endswith(ending) and len(token) > len(ending) + _STEM:
            return f"-{ending}"
    return "WORD"


def pieces(spelled: str) -> list[str]:
    """Return the runs of three and four characters of a spelling, its edges as spaces."""
    padded = f" {spelled} "
    return [
        padded[start : start + size] for size in (3, 4) for start in range(len(padded) - size + 1)
    ]


def runs(parts: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """Return sequences of neighbours, joined by blanks, that hold more than a `BREAK`.

    Parameters
    ----------
    parts : sequence of str
        Of one text, with a `BREAK` at each end.
    sizes : sequence of int
        How many neighbours.
    """
    return [
        " ".join(parts[start : start + size])
        for size in sizes
        for start in range(len(parts) - size + 1)
        if size > 1 or parts[start] != BREAK
    ]
