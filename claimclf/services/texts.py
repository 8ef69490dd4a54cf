"""Texts to look at, whatever they come from: labelled ones, an upload, the queue's open cases.

Where there is no label, the model's prediction stands in its place; `Texts.is_predicted` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from claimclf.configuration import speech_folder
from claimclf.dataset.cleaning import has_demo
from claimclf.dataset.describing_texts import SOURCE
from claimclf.dataset.findings import Finding, Level
from claimclf.dataset.labelled_texts import kind_of
from claimclf.dataset.reading import Table, read_table
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.modeling.monitoring.unlike_training import USUAL_SHARE
from claimclf.people import Capability, Person
from claimclf.queue.queries import open_texts as queries
from claimclf.queue.storage.database import Database
from claimclf.schema import (
    CLAIM_STATUS,
    LABELS,
    LANE,
    OUT_OF_DOMAIN,
    PREDICTION,
    REASON,
    TEXT_LENGTH,
    TEXT_SOURCE,
    TRANSCRIPT,
    UNLIKE_TRAINING,
    UPLOAD_LIMITS,
    Lane,
    Words,
)
from claimclf.services.permissions import needs

if TYPE_CHECKING:
    from claimclf.modeling.scoring.ranking import Ranked

#: Where words come from, for people.
_SOURCES = {
    Words.TRANSCRIPT: "what is said",
    Words.VOICE_TO_TEXT: "voice to text",
    Words.SUBTITLES: "subtitles",
    Words.CAPTION: "the caption",
}
#: From this share on it is said that texts repeat one another.
_REPEATED = 0.01
_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".gz")


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts that are looked at.

    Parameters
    ----------
    name : str
        What people call them.
    counts : dict of str to int
        What there is, in words -> how many.
    rows : DataFrame
        Those with words: `video_transcription_text`, `claim_status` (label or prediction; missing
        where there is neither), `source` and `text_length`.
    findings : list of Finding
        What to know of them.
    is_predicted : bool
        Whether a model says what is a claim.
    has_demo : bool
        Whether any are of made-up videos.
    one_in : int
        One of so many was read.
    """

    name: str
    counts: dict[str, int]
    rows: pd.DataFrame
    findings: list[Finding]
    is_predicted: bool
    has_demo: bool = False
    one_in: int = 1


def read_labelled(source: Path | Table, chosen: Mapping[str, str] | None = None) -> Validated:
    """Read a file or table as labelled texts: a label and a text, whatever else there is.

    Parameters
    ----------
    chosen : mapping of str to str, optional
        Column of the contract -> the input's column, where names do not match.

    Raises
    ------
    InputError
        It cannot be read, has no label or has no text.
    """
    table = source if isinstance(source, Table) else read_table(source, limits=UPLOAD_LIMITS)
    return validate(table, OUT_OF_DOMAIN, chosen)


def labelled_texts(sources: Sequence[Validated]) -> Texts:
    """Look at labelled texts, such as sentences that people said.

    Parameters
    ----------
    sources : sequence of Validated
        At least one, as `read_labelled` returns them.
    """
    rows = _measured(pd.concat([_of_source(one) for one in sources], ignore_index=True))
    n_by_label = rows[CLAIM_STATUS].value_counts()
    counts = {
        "rows": sum(len(one.table) for one in sources),
        "sources": len(sources),
        **{f"{label}s": int(n_by_label.get(label, 0)) for label in reversed(LABELS)},
        "repeated": int(rows[TRANSCRIPT].duplicated().sum()),
        "rejected": sum(one.n_rejected for one in sources),
    }
    names = ", ".join(one.table.name for one in sources)
    return Texts(names, counts, rows, list(_repeated(rows)), is_predicted=False)


def _of_source(validated: Validated) -> pd.DataFrame:
    rows = validated.accepted[[TRANSCRIPT, CLAIM_STATUS]].dropna()
    kind = kind_of(rows[TRANSCRIPT].tolist())
    return rows.assign(**{SOURCE: f"{validated.table.name} ({kind})"})


def labelled_files() -> list[Path]:
    """List the files of labelled texts that are set up on this machine."""
    folder = speech_folder()
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [file for file in files if file.is_file() and file.suffix.lower() in _ENDINGS]


def upload_texts(ranked: Ranked) -> Texts:
    """Look at an upload as the model in use predicts it."""
    validated, videos = ranked.scored.validated, ranked.videos
    source = videos.get(TEXT_SOURCE)
    counts = {
        "rows": len(validated.table),
        "accepted": validated.n_accepted,
        "rejected": validated.n_rejected,
        **{str(lane): int((videos[LANE] == lane).sum()) for lane in Lane},
    }
    named = videos.assign(**{SOURCE: _words_from(videos, source)})
    return _predicted(validated.table.name, counts, named)


@needs(Capability.LOOK)
def open_texts(database: Database, _person: Person) -> Texts:
    """Look at the queue's open cases: at some of them, evenly spread, where there are many."""
    read = queries.open_texts(database)
    videos = pd.DataFrame(read.rows, columns=list(queries.COLUMNS)).astype("str")
    uploads, words = videos[queries.FILE_NAME], _words_from(videos, videos[TEXT_SOURCE])
    counts = {
        "open cases": sum(read.by_lane.values()),
        "uploads": uploads.nunique(),
        "without text": int(videos[TRANSCRIPT].isna().sum()) * read.one_in,
        **{str(lane): n for lane, n in read.by_lane.items()},
    }
    named = videos.assign(**{SOURCE: uploads + ": " + words})
    return replace(_predicted("the shared queue", counts, named), one_in=read.one_in)


def _predicted(name: str, counts: dict[str, int], videos: pd.DataFrame) -> Texts:
    # An upload's is an empty word where the queue has none.
    known = videos[PREDICTION].where(videos[PREDICTION].isin(LABELS))
    videos = videos.assign(**{PREDICTION: known})
    rows = videos[[TRANSCRIPT, PREDICTION, SOURCE]].set_axis(
        [TRANSCRIPT, CLAIM_STATUS, SOURCE], axis=1
    )
    measured = _measured(rows.dropna(subset=[TRANSCRIPT]))
    reasons = videos.loc[videos[TRANSCRIPT].notna(), REASON]
    found = [*_of_predictions(videos), *_new_to_the_model(reasons), *_repeated(measured)]
    return Texts(name, counts, measured, found, is_predicted=True, has_demo=has_demo(videos))


def _words_from(videos: pd.DataFrame, source: pd.Series | None) -> pd.Series:
    """Say for each video where its words come from; a text without a source is what is said."""
    said = pd.Series(_SOURCES[Words.TRANSCRIPT], index=videos.index, dtype="str")
    return said if source is None else source.map(_SOURCES).astype("str").fillna(said)


def _measured(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(**{TEXT_LENGTH: rows[TRANSCRIPT].str.len()}).reset_index(drop=True)


def _repeated(rows: pd.DataFrame) -> Iterator[Finding]:
    share = float(rows[TRANSCRIPT].duplicated().mean()) if len(rows) else 0.0
    if share > _REPEATED:
        yield Finding(
            "repeated",
            f"{share:.1%} of the texts repeat another one, word by word",
            share,
            "What is counted here counts them each time. Keep equal texts together when you "
            "teach or measure a model.",
            Level.WATCH,
        )


def _of_predictions(videos: pd.DataFrame) -> Iterator[Finding]:
    n = int(videos[PREDICTION].isna().sum())
    if n:
        share = n / len(videos)
        yield Finding(
            "not_scorable",
            f"{share:.1%} could not be scored",
            share,
            "No class could be predicted, most often for want of words; they wait for a person "
            "in the lane uncertain.",
            Level.WATCH,
        )


def _new_to_the_model(reasons: pd.Series) -> Iterator[Finding]:
    share = float((reasons == UNLIKE_TRAINING).mean()) if len(reasons) else 0.0
    if share > USUAL_SHARE:
        yield Finding(
            "not_learnt",
            f"{share:.0%} of the texts are unlike anything that the model learnt from",
            share,
            "Another language or subject, say: the languages by source stand below. The model "
            "leaves such texts to a person; it helps to teach it some of them.",
            Level.WARNING,
        )
