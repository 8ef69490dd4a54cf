"""What is really said: the words of subtitles, and transcripts without what nobody spoke.

Two steps that must not be one. `words_of` reads a file of subtitles in a cell as its words; that
is what is stored and shown. `said_in` takes out of a transcript what no voice has spoken, such
as `[Music]`; that is what a model reads, and nothing else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from claimclf.dataset.texts import Text

_CLOCK = r"(?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3}"
_CUE = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}.*$", re.MULTILINE)
_TAG = re.compile(r"<[^<>]{0,80}>|\{\\[^{}]{0,40}\}")
#: From this share of repeated lines on, captions roll.
_ROLLING = 0.3
#: Blocks of WebVTT that hold no words.
_APART = ("NOTE", "STYLE", "REGION")

# What is not spoken: sounds in brackets, notes of music, changes of speaker, and times.
_SOUND = (
    r"music|musik|música|musica|musique|applause|applaus|aplausos|laugh\w*|lach\w*|risas|cheer\w*|"
    r"sing\w*|sigh\w*|gasp\w*|cough\w*|clap\w*|scream\w*|cry\w*|silence|noise|inaudible|"
    r"unintelligible|crosstalk|foreign|speaking [\w ]+|background [\w ]+|upbeat [\w ]+|"
    r"[\w ]+ (?:music|playing|noise|sounds?|laughs?|laughter|chatter|applause)|blank_audio|"
    r"संगीत|موسيقى|تصفيق"
)
_BRACKETS = re.compile(
    r"\[[^\[\]\n]{1,60}\]"  # nothing that is spoken is written in square brackets
    rf"|\((?:{_SOUND})\)|\*(?:{_SOUND})\*|♪[^♪\n]*♪|[♪♫♬]",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"(?:^|(?<=\s))(?:>{2,}|&gt;&gt;)\s*(?:[A-Z][\w .'’-]{0,30}:\s+)?|^- (?=\S)", re.MULTILINE
)
_PEOPLE = (
    r"(?:speaker|host|guest|interviewer|interviewee|narrator|moderator|reporter|announcer|man|"
    r"woman|boy|girl|child)(?:[ _#]?\w{1,2})?"
)
_NAMED = re.compile(rf"^\s*{_PEOPLE}:\s+", re.MULTILINE | re.IGNORECASE)
_TIME_LINE = re.compile(
    rf"^\s*(?:{_CLOCK}\s*-->\s*{_CLOCK}.*|\d{{1,2}}(?::\d{{2}}){{1,2}}(?:[.,]\d{{1,3}})?)(?:\s+|$)",
    re.MULTILINE,
)
_TIME_MARK = re.compile(r"[\[(]\d{1,2}(?::\d{2}){1,2}(?:[.,]\d{1,3})?[\])]")
#: One of these is in every text that holds something of the kind; the last begins notes of music.
_MARKS = b"[(>*:&-\xe2"
#: What finds, among such texts, those that may hold it: many at once, for the dear ones are few.
_LIKELY = (
    r"\[|>>|&gt;|[♪♫♬]|(?m:^\s*- )|(?m:^\s*\d{1,3}:\d{2})|(?i:[(*](?:" + _SOUND + r")[)*])|"
    r"\(\d{1,2}:\d{2}|(?im:^\s*" + _PEOPLE + r":\s)"
)


def words_of(text: str) -> str:
    """Return the words of WebVTT, SRT or creator captions; other text as it is.

    Parameters
    ----------
    text : str
        A cell or a file.
    """
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        return _creator_captions(start) or text
    if not start.startswith("WEBVTT") and not _is_srt(start):
        return text
    return " ".join(_once(_cue_texts(start)))


def _is_srt(start: str) -> bool:
    head = start[:400].replace("\r", "").split("\n")
    return any(_CUE.match(line) for line in head[:2])


def _creator_captions(text: str) -> str:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    spoken = held.get("utterances") if isinstance(held, dict) else None
    if not isinstance(spoken, list):
        return ""
    parts = [str(part.get("text", "")).strip() for part in spoken if isinstance(part, dict)]
    return " ".join(part for part in parts if part)


def _cue_texts(text: str) -> Iterator[str]:
    """Yield the lines of text of cues, without tags, numbers and settings."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    within = False
    for number, line in enumerate(lines):
        if _CUE.match(line):
            within = True
        elif not line.strip():
            # WebVTT ends a cue here; some writers leave a blank line in it, before more words.
            within = within and not _begins_anew(lines, number + 1)
        elif within and not (line.strip().isdigit() and _is_cue(lines, number + 1)):
            yield " ".join(html.unescape(_TAG.sub("", line)).split())


def _is_cue(lines: list[str], number: int) -> bool:
    return number < len(lines) and _CUE.match(lines[number]) is not None


def _begins_anew(lines: list[str], number: int) -> bool:
    """Say whether a cue or a block without words begins behind a blank line."""
    while number < len(lines) and not lines[number].strip():
        number += 1
    if number >= len(lines):
        return True
    first = lines[number].strip()
    return _is_cue(lines, number) or _is_cue(lines, number + 1) or first.startswith(_APART)


def _once(texts: Iterator[str]) -> list[str]:
    """Leave out lines that roll on: some automatic captions show each of them again."""
    lines = [text for text in texts if text]
    new = [text for number, text in enumerate(lines) if number == 0 or text != lines[number - 1]]
    rolls = len(lines) - len(new) > _ROLLING * len(lines)
    return new if rolls else lines


def words_of_all(cells: pd.Series) -> pd.Series:
    """Read cells that hold subtitles as their words; only those are looked at.

    Parameters
    ----------
    cells : Series of str
        With missing values.
    """
    text = Text.of(cells)
    starts = text.begins("W{0123456789\ufeff \n\r\t".encode()) & (text.lengths > 10)
    if not starts.any():
        return cells
    candidates = starts & (text.holds(b">{"))
    if not candidates.any():
        return cells
    some = text.some(candidates).series().map(words_of).astype("str")
    replaced = text.replaced(candidates, Text.of(some)).series().set_axis(cells.index)
    return replaced.mask(cells.isna() | (replaced == ""))


def said_in(text: str) -> str:
    """Return what a voice speaks of a transcript: no sounds, marks of speakers or times."""
    plain = _TIME_LINE.sub(" ", _TIME_MARK.sub(" ", text))
    plain = _BRACKETS.sub(" ", plain)
    plain = _NAMED.sub(" ", _SPEAKER.sub(" ", plain))
    return text if plain == text else " ".join(plain.split())


def said_in_all(transcripts: pd.Series) -> pd.Series:
    """Return what is spoken of many transcripts; most hold nothing else.

    Parameters
    ----------
    transcripts : Series of str
        With missing values, which stay.
    """
    text = Text.of(transcripts)
    marked = text.holds(_MARKS)
    if not marked.any():
        return transcripts
    likely = pc.match_substring_regex(text.some(marked).cells, _LIKELY)
    marked[marked] = likely.to_numpy(zero_copy_only=False)
    if not marked.any():
        return transcripts
    some = text.some(marked).series()
    speech = some.map(said_in).astype("str")
    if (speech == some).all():
        return transcripts
    spoken = Text(text.replaced(marked, Text(pa.array(speech, pa.large_string()))).cells)
    return spoken.series().set_axis(transcripts.index).mask(transcripts.isna())
