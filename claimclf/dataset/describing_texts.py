"""Figures of texts by where they come from: lengths, languages, words."""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from claimclf.dataset.languages import SMALL_WORDS, languages_of
from claimclf.schema import CLAIM, CLAIM_STATUS, TEXT_LENGTH, TRANSCRIPT

#: Column that says where a text comes from.
SOURCE = "source"
#: So many sources have a row of their own; the rest share one.
MOST_SOURCES = 12
OTHERS = "all other sources"
_LANGUAGES, _WORDS, _LETTERS = 3, 6, 4
_WORD = re.compile(r"[^\W\d_]+")
_ASIDE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|&\w+;")


def by_source(rows: pd.DataFrame) -> pd.DataFrame:
    """Describe texts by their source, the largest source first.

    Parameters
    ----------
    rows : DataFrame
        `source` (a name), `video_transcription_text`, `claim_status` (missing where there is
        no label) and `text_length` of each text.

    Returns
    -------
    DataFrame, shape (n_sources, 7)
        `source`, `texts`, `claims` (their share among labelled texts; NaN without any),
        `characters` and `words` (medians), `languages` and `frequent` (in words).
    """
    named = _with_few_sources(rows)
    order = named[SOURCE].value_counts()
    described = [_described(name, named[named[SOURCE] == name]) for name in order.index]
    columns = [SOURCE, "texts", "claims", "characters", "words", "languages", "frequent"]
    return pd.DataFrame(described, columns=columns)


def _with_few_sources(rows: pd.DataFrame) -> pd.DataFrame:
    sizes = rows[SOURCE].value_counts()
    if len(sizes) <= MOST_SOURCES:
        return rows
    large = sizes.index[: MOST_SOURCES - 1]
    return rows.assign(**{SOURCE: rows[SOURCE].where(rows[SOURCE].isin(large), OTHERS)})


def _described(name: str, rows: pd.DataFrame) -> tuple[str, int, float, float, float, str, str]:
    texts, labels = rows[TRANSCRIPT], rows[CLAIM_STATUS].dropna()
    return (
        name,
        len(rows),
        float((labels == CLAIM).mean()),
        float(rows[TEXT_LENGTH].median()),
        float(texts.map(lambda text: len(text.split())).median()),
        languages_in_words(languages_of(texts), len(texts)),
        ", ".join(frequent_words(texts)),
    )


def languages_in_words(counts: Counter[str], total: int) -> str:
    """Write the most frequent languages with their shares, and the share of all others."""
    first = counts.most_common(_LANGUAGES)
    parts = [f"{language} {_share(n, total)}" for language, n in first]
    rest = total - sum(n for _, n in first)
    return ", ".join([*parts, *([f"others {_share(rest, total)}"] if rest else [])])


def _share(n: int, total: int) -> str:
    return f"{n / total:.0%}" if n >= total / 100 else "under 1%"


def frequent_words(texts: pd.Series) -> list[str]:
    """Return the words that most texts have, but for those that carry grammar alone.

    A word counts once a text. Links, names and tags are none.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        words = set(_WORD.findall(_ASIDE.sub(" ", text).lower()))
        counts.update(word for word in words if len(word) >= _LETTERS and word not in SMALL_WORDS)
    return [word for word, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_WORDS]]
