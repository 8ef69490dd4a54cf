"""Which language a text is in, by its script and by the small words that every sentence needs.

That is enough to say of thousands of texts what languages they are in. It is no verdict on one
of them: a text of a few words, or of a language that is not listed here, is *unknown*. Scripts
in which several languages are written stand for all of these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

#: What cannot be told.
UNKNOWN = "unknown"

# Words that carry grammar, the most frequent ones of each language.
_SMALL_WORDS = {
    "English": (
        "the of and to in is that it was for you on are with as this have be at or we they not "
        "had by from but what all were when there can an your which their said if will how about "
        "them so would my has been just do more our it's i'm don't that's we're because who a i he "
        "she his her me one no these those than up out get go going think know want don't"
    ),
    "Spanish": (
        "de la que el en y los del se las por un para con no una su al lo como más pero sus le ya "
        "o este sí porque esta entre cuando muy sin sobre también me hasta hay donde han quien "
        "está es son nos yo eso esto ha"
    ),
    "Portuguese": (
        "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao "
        "ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso "
        "ela entre você são"
    ),
    "French": (
        "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il "
        "sont la avec son cette ont mais comme nous vous ils elle être aux leur si je c'est tout "
        "d'un qu'il j'ai on y"
    ),
    "German": (
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es "
        "an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so "
        "zum war haben nur oder aber vor zur bis mehr durch man ich wir"
    ),
    "Italian": (
        "di e il la che in a per un è del non con sono una le da si i della come anche ha nel alla "
        "dei ma gli al più questo lo delle o se ci io mi cosa perché tutti quando molto essere "
        "ho c'è"
    ),
    "Dutch": (
        "de het een en van ik te dat die in is niet zijn op aan met als voor er maar om hem dan "
        "zou of wat mijn men dit zo door over ze zich bij ook tot je mij uit der daar naar heb hoe "
        "heeft hebben deze nog wij worden kan"
    ),
    "Polish": (
        "i w nie na się z do to że jest o jak ale po co tak za od przez dla są było ich jego które "
        "ma być czy tym już tylko może oraz bardzo jestem mnie"
    ),
    "Turkish": (
        "ve bir bu da de için çok ne ile olarak daha gibi var kadar ama en ben o olan sonra her "
        "ki mi değil şey yok biz bana onu diye"
    ),
    "Indonesian or Malay": (
        "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada "
        "mereka kita bisa sudah atau oleh kami aku dia adalah kalau lebih telah seperti sebagai"
    ),
    "Vietnamese": (
        "và là của có không được cho một trong người những với các tôi này đã để như khi từ cũng "
        "ra nhiều rất bạn thì mà lại vì"
    ),
    "Swedish": (
        "och i att det som en på är av för med den till inte om har de ett men var jag så vi kan "
        "från när eller ska också han där nu vad mycket mig"
    ),
}
_LANGUAGES_OF: dict[str, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in set(_words.split()):
        _LANGUAGES_OF.setdefault(_word, []).append(_language)
#: Every small word of any language: what texts are about is in the others.
SMALL_WORDS = frozenset(_LANGUAGES_OF)

# Script -> its letters. Latin ones are told by their words; Japanese has Chinese ones as well.
_SCRIPTS = {
    "Latin": "A-Za-zÀ-ɏḀ-ỿ",
    "Cyrillic script (Russian and others)": "Ѐ-ԯ",
    "Arabic script (Arabic and others)": "؀-ۿݐ-ݿ",
    "Devanagari (Hindi and others)": "ऀ-ॿ",
    "Greek": "Ͱ-Ͽ",
    "Hebrew": "֐-׿",
    "Bengali": "ঀ-৿",
    "Tamil": "஀-௿",
    "Thai": "฀-๿",
    "Korean": "가-힯ᄀ-ᇿ",
    "Japanese": "぀-ヿ",
    "Chinese": "一-鿿㐀-䶿",
}
_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_ASIDE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+")
#: So many letters of a text are looked at.
_LOOKED_AT = 2_000
# Of a text's words so many must be small ones of a language, two different ones at the least, and
# it needs a lead over the next.
_LEAST_SHARE, _LEAST_WORDS = 0.15, 2
#: From this share of its letters on, a text with Chinese ones is Japanese.
_KANA = 0.1


def language_of(text: str) -> str:
    """Return the language of a text, or `UNKNOWN`.

    Parameters
    ----------
    text : str
        What was said or written; links, names and tags do not count.
    """
    start = _ASIDE.sub(" ", text[:_LOOKED_AT])
    if start.isascii():
        return _by_words(start)
    letters = {script: len(found.findall(start)) for script, found in _LETTERS.items()}
    total = sum(letters.values())
    if not total:
        return UNKNOWN
    if letters["Japanese"] + letters["Chinese"] > total / 2 and letters["Japanese"] > _KANA * total:
        return "Japanese"
    script = max(letters, key=letters.__getitem__)
    return _by_words(start) if script == "Latin" else script


def languages_of(texts: Iterable[str]) -> Counter[str]:
    """Count texts by their language."""
    return Counter(map(language_of, texts))


def _by_words(text: str) -> str:
    """Tell a text in Latin letters by its small words."""
    words = _WORD.findall(text.replace("’", "'").lower())
    counts = Counter(language for word in words for language in _LANGUAGES_OF.get(word, ()))
    (first, n), (_, next_n) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    different = sum(first in _LANGUAGES_OF.get(word, ()) for word in set(words))
    is_told = different >= _LEAST_WORDS and n >= _LEAST_SHARE * len(words) and n > next_n
    return first if is_told else UNKNOWN
