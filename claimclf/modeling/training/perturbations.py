"""Ways to alter labelled videos that leave their label true: the conditions of a stress suite.

A model that has learnt what a claim is answers the same under each of them. What an
alteration draws at random it draws from the video's id alone, so that a video is altered in
the same way in any row order, part of the data or process. Missing values stay missing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from string import ascii_lowercase
from typing import TypeVar

import numpy as np
import pandas as pd

from claimclf.schema import (
    CLAIM,
    CLAIM_STATUS,
    ENGAGEMENT,
    OPINION,
    TEXT_LENGTH,
    TRANSCRIPT,
    VIDEO_ID,
)

_T = TypeVar("_T")
#: What stands between white space and has a letter, from there on; group 1 is its first letters.
_WORDS = re.compile(r"([^\W\d_]+)\S*")
_PUNCTUATION = re.compile(r"[^\w\s]")


@dataclass(frozen=True)
class Perturbation:
    """One way to alter videos.

    Parameters
    ----------
    name : str
        How files and code call it; never changes.
    title : str
        What it does, in words.
    apply : callable
        Takes complete labelled rows with `text_length`, shape (n, n_columns), and returns
        them altered in a new frame: same shape, index and order. Only the five engagement
        counts or the transcript and its length differ.
    """

    name: str
    title: str
    apply: Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class _Language:
    """What videos say in another language.

    Parameters
    ----------
    framings : dict of str to tuple of str
        Label -> what comes before a statement.
    statements : tuple of str
        What may follow any framing, of either label.
    """

    framings: dict[str, tuple[str, ...]]
    statements: tuple[str, ...]


# The lists below run parallel, so a video says the same in each language. German statements
# end in their verb, as "dass" asks; French ones begin with a consonant, as "que" asks.
_SPANISH = _Language(
    {
        CLAIM: (
            "alguien leyó en internet que",
            "un amigo oyó en la radio que",
            "una compañera de trabajo descubrió en una página web que",
            "me enteré por las noticias de que",
            "leí en un foro que",
            "alguien vio en las redes sociales que",
        ),
        OPINION: (
            "mi opinión es que",
            "estamos convencidos de que",
            "mi familia cree que",
            "mis amigos tienen la impresión de que",
            "yo apostaría a que",
            "nuestra hipótesis es que",
        ),
    },
    (
        "el faro más antiguo de la costa se construyó en cuarenta días",
        "las colmenas dan más miel en los años lluviosos",
        "el lago más profundo del país nunca se congela",
        "las golondrinas duermen mientras vuelan",
        "la biblioteca más grande de la ciudad guarda un mapa secreto",
        "el roble del pueblo pesa más que doce elefantes",
        "las tortugas centenarias reconocen a sus cuidadores",
        "el primer tranvía de la ciudad iba tirado por bueyes",
    ),
)
_GERMAN = _Language(
    {
        CLAIM: (
            "jemand hat im Internet gelesen, dass",
            "ein Freund hat im Radio gehört, dass",
            "eine Kollegin hat auf einer Webseite entdeckt, dass",
            "ich habe aus den Nachrichten erfahren, dass",
            "ich habe in einem Forum gelesen, dass",
            "jemand hat in den sozialen Medien gesehen, dass",
        ),
        OPINION: (
            "meine Meinung ist, dass",
            "wir sind davon überzeugt, dass",
            "meine Familie glaubt, dass",
            "meine Freunde haben den Eindruck, dass",
            "ich würde darauf wetten, dass",
            "unsere Vermutung ist, dass",
        ),
    },
    (
        "der älteste Leuchtturm der Küste in vierzig Tagen gebaut wurde",
        "Bienenstöcke in regnerischen Jahren mehr Honig liefern",
        "der tiefste See des Landes niemals zufriert",
        "Schwalben im Flug schlafen",
        "die größte Bibliothek der Stadt eine geheime Karte aufbewahrt",
        "die Eiche im Dorf mehr als zwölf Elefanten wiegt",
        "hundertjährige Schildkröten ihre Pfleger wiedererkennen",
        "die erste Straßenbahn der Stadt von Ochsen gezogen wurde",
    ),
)
_FRENCH = _Language(
    {
        CLAIM: (
            "quelqu'un a lu sur internet que",
            "un ami a entendu à la radio que",
            "une collègue a découvert sur un site web que",
            "j'ai appris aux informations que",
            "j'ai lu sur un forum que",
            "quelqu'un a vu sur les réseaux sociaux que",
        ),
        OPINION: (
            "mon avis est que",
            "nous sommes convaincus que",
            "ma famille croit que",
            "mes amis ont l'impression que",
            "moi, je parierais que",
            "notre hypothèse est que",
        ),
    },
    (
        "le plus vieux phare de la côte a été construit en quarante jours",
        "les ruches donnent plus de miel les années pluvieuses",
        "le lac le plus profond du pays ne gèle jamais",
        "les hirondelles dorment en volant",
        "la plus grande bibliothèque de la ville conserve une carte secrète",
        "le chêne du village pèse plus lourd que douze éléphants",
        "les tortues centenaires reconnaissent leurs soigneurs",
        "le premier tramway de la ville était tiré par des bœufs",
    ),
)


def _engagement(rows: pd.DataFrame, numerator: int, denominator: int) -> pd.DataFrame:
    """Multiply the five counts by a fraction and round down.

    Counts stay whole, since nobody views a video 0.3 times: an altered video must be one
    that could be reported, with no number that gives it away. The fraction is of whole
    numbers, which float64 multiplies and floor-divides exactly below 2^53; it has no 0.01.
    """
    counts = rows[list(ENGAGEMENT)] * numerator // denominator
    return rows.assign(**{column: counts[column] for column in ENGAGEMENT})


def _with_transcripts(rows: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """Put texts, one a row, in place of the transcripts that are there."""
    before = rows[TRANSCRIPT]
    after = pd.Series(texts, index=rows.index, dtype=before.dtype).where(before.notna())
    columns: dict[str, pd.Series] = {TRANSCRIPT: after, TEXT_LENGTH: after.str.len()}
    return rows.assign(**columns)


def _reworded(rows: pd.DataFrame, change: Callable[[str], str]) -> pd.DataFrame:
    """Change each transcript by itself."""
    return _with_transcripts(rows, [change(text) for text in rows[TRANSCRIPT].fillna("")])


def _misspelt(rows: pd.DataFrame, percent: int) -> pd.DataFrame:
    """Put a typo in some words of each transcript."""
    videos = zip(rows[VIDEO_ID], rows[TRANSCRIPT].fillna(""), strict=True)
    return _with_transcripts(rows, [_with_typos(text, name, percent) for name, text in videos])


def _translated(rows: pd.DataFrame, language: _Language) -> pd.DataFrame:
    """Replace each transcript by a framing of the row's label and a statement.

    Raises
    ------
    KeyError
        A row has no label.
    """
    videos = zip(rows[VIDEO_ID], rows[CLAIM_STATUS], strict=True)
    return _with_transcripts(rows, [_sentence(language, name, label) for name, label in videos])


def _sentence(language: _Language, video_id: str, label: str) -> str:
    framing, statement = _draws(video_id, 2)
    return f"{_pick(language.framings[label], framing)} {_pick(language.statements, statement)}"


def _draws(video_id: str, n: int) -> list[float]:
    """Return n numbers in [0, 1) that only the id decides, in every release of every library.

    A longer list begins with the shorter one.
    """
    digest = hashlib.shake_128(video_id.encode()).digest(4 * n)
    draws: list[float] = (np.frombuffer(digest, dtype="<u4") / 2**32).tolist()
    return draws


def _pick(choices: Sequence[_T], draw: float) -> _T:
    return choices[int(draw * len(choices))]


def _with_typos(text: str, video_id: str, percent: int) -> str:
    """Put one typo each in `percent` of the words; white space stays as it is.

    A word is what stands between white space and has a letter; the typo is in the first of
    its letters that stand together. A broken number of words is rounded up or down by
    chance, in the long run to the percentage: of 15 words, 10 % are one or two. The words of
    a lower percentage are among those of a higher one, and misspelt alike.
    """
    spans = [word.span(1) for word in _WORDS.finditer(text)]
    n = len(spans)
    rounding, *draws = _draws(video_id, 1 + 4 * n)
    n_typos = (percent * n + int(100 * rounding)) // 100
    chosen = sorted(range(n), key=draws.__getitem__)[:n_typos]
    for word in sorted(chosen, reverse=True):  # from the end, so that the spans stay right
        start, end = spans[word]
        kind, place, letter = draws[n + 3 * word : n + 3 * word + 3]
        text = text[:start] + _typo(text[start:end], kind, place, letter) + text[end:]
    return text


def _typo(letters: str, kind: float, place: float, letter: float) -> str:
    """Return one or more letters with a typo; each draw is in [0, 1), the result differs."""
    # Two equal letters swapped would be no typo, and a lone letter left out no word.
    unequal = [at for at, (one, next_one) in enumerate(pairwise(letters)) if one != next_one]
    kinds = ("swap",) * bool(unequal) + ("omit",) * (len(letters) > 1) + ("double", "replace")
    typo = _pick(kinds, kind)
    at = _pick(unequal if typo == "swap" else range(len(letters)), place)
    before, hit, after = letters[:at], letters[at], letters[at + 1 :]
    if typo == "swap":
        return before + after[0] + hit + after[1:]
    if typo == "omit":
        return before + after
    return before + (hit * 2 if typo == "double" else _other(hit, letter)) + after


def _other(letter: str, draw: float) -> str:
    """Return another letter from a to z, a capital for a capital."""
    other = _pick(ascii_lowercase.replace(letter.lower(), ""), draw)
    return other.upper() if letter.isupper() else other


def _without_punctuation(text: str) -> str:
    return _PUNCTUATION.sub("", text)


def _first_words(text: str, n: int) -> str:
    return " ".join(text.split()[:n])


def _emptied(_text: str) -> str:
    return ""


def _scaling(factor: str, numerator: int, denominator: int = 1) -> Perturbation:
    apply = partial(_engagement, numerator=numerator, denominator=denominator)
    return Perturbation(f"engagement-{factor}", f"engagement × {factor}", apply)


def _typos(percent: int) -> Perturbation:
    title = f"typo in {percent} % of the words"
    return Perturbation(f"typos-{percent}", title, partial(_misspelt, percent=percent))


def _wording(name: str, title: str, change: Callable[[str], str]) -> Perturbation:
    return Perturbation(name, title, partial(_reworded, change=change))


def _language(name: str, language: _Language) -> Perturbation:
    return Perturbation(name.lower(), f"in {name}", partial(_translated, language=language))


#: The conditions in the order of reports; the first one alters nothing, to compare with.
PERTURBATIONS: tuple[Perturbation, ...] = (
    Perturbation("unchanged", "as it is", pd.DataFrame.copy),
    _scaling("0", 0),
    _scaling("0.01", 1, 100),
    _scaling("0.1", 1, 10),
    _scaling("10", 10),
    _scaling("100", 100),
    _typos(10),
    _typos(30),
    _wording("all-caps", "all in capitals", str.upper),
    _wording("no-punctuation", "no punctuation", _without_punctuation),
    _wording("empty", "empty transcript", _emptied),
    _wording("first-two-words", "first two words only", partial(_first_words, n=2)),
    _wording("one-word", "first word only", partial(_first_words, n=1)),
    _language("Spanish", _SPANISH),
    _language("German", _GERMAN),
    _language("French", _FRENCH),
)
