"""What a file is and how it is read: said before anything is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from claimclf.dataset.formats import Exporter, exporter_named
from claimclf.dataset.reading import Table, read_table
from claimclf.dataset.report_log import count_reports
from claimclf.dataset.validation.columns import require_found
from claimclf.dataset.validation.mapping import TableMapping, understand
from claimclf.dataset.validation.validate import validate
from claimclf.errors import InputError, MissingColumnError
from claimclf.modeling.learners.columns import COLUMNS
from claimclf.modeling.scoring.ranking import Ranked
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import (
    REPORT_COUNT,
    REPORTED,
    SHELL_LIMITS,
    TRANSCRIPT,
    UPLOAD_LIMITS,
    Limits,
    Ranking,
    Words,
)

_PREVIEW_ROWS = 5
_REPORT_LOG = "report_log"
_SHOWN = ["line", "column", "code", "message"]
_SAID = {
    "": "no words",
    Words.TRANSCRIPT: "a transcript",
    Words.VOICE_TO_TEXT: "voice_to_text",
    Words.SUBTITLES: "subtitles",
    Words.CAPTION: "the caption only",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a file when all of it was read.

    Parameters
    ----------
    n_rows, n_accepted, n_merged : int
        Rows, those that are accepted, and those of these that repeat a video.
    sources : mapping of str to int
        Where words come from -> rows; the empty name is for those without any.
    n_dated : int
        Rows whose posting time was taken from the id.
    ranking : Ranking
        What puts one video before another.
    """

    n_rows: int
    n_accepted: int
    n_merged: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    n_dated: int = 0
    ranking: Ranking = Ranking.REPORTS


@dataclass(frozen=True)
class Inspection:
    """What a file is, how it is read, and what came of its rows.

    Parameters
    ----------
    sentence : str
        What it is, in one sentence.
    mapping : TableMapping
        How it is read.
    preview : DataFrame, shape (at most 5, n_columns)
        The first videos, as they are read.
    columns : list of (str, str)
        Column of the contract, and the input's own columns that it is read from.
    left_out : list of str
        The input's own columns that nothing is read from.
    remarks : list of str
        What a person should know, each a sentence.
    facts : Facts
        Its rows, counted.
    notes, problems : DataFrame
        What could not be used of accepted rows, and why others are rejected: `line`, `column`,
        `code` and `message`, the first of them.
    n_notes, n_rejected : int
        How many notes and rejected rows there are in all.
    """

    sentence: str
    mapping: TableMapping
    preview: pd.DataFrame
    columns: list[tuple[str, str]]
    left_out: list[str]
    remarks: list[str]
    facts: Facts
    notes: pd.DataFrame
    problems: pd.DataFrame
    n_notes: int
    n_rejected: int

    def as_record(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return {
            "sentence": self.sentence,
            "rows": self.facts.n_rows,
            "accepted": self.facts.n_accepted,
            "videos": self.facts.n_accepted - self.facts.n_merged,
            "rejected": self.n_rejected,
            "notes": self.n_notes,
            "columns": dict(self.columns),
            "left_out": self.left_out,
            "remarks": self.remarks,
            "words": dict(self.facts.sources),
            "noted": self.notes[_SHOWN].to_dict("records"),
            "why_rejected": self.problems[_SHOWN].to_dict("records"),
        }


def inspect_table(
    table: Table,
    chosen: Mapping[str, str] | None = None,
    *,
    trust_ids: bool = False,
    ranking: Ranking = Ranking.REPORTS,
) -> Inspection:
    """Say what a table is and how it is read.

    Parameters
    ----------
    table : Table
        What `read_table` returned.
    chosen : mapping of str to str, optional
        Column of the contract -> the table's own column, as a person chose.
    trust_ids : bool
        Whether a person says that the ids are right.
    ranking : Ranking
        What puts one video before another.

    Raises
    ------
    InputError
        There is no id, or none that can be trusted.
    """
    mapping = understand(table, REPORTED, chosen, trust_ids=trust_ids)
    validated = validate(table, REPORTED, mapping=mapping)
    facts = Facts(
        len(table),
        validated.n_accepted,
        validated.n_merged,
        validated.sources,
        validated.n_dated,
        ranking,
    )
    return Inspection(
        sentence_of(mapping, table, facts),
        mapping,
        validated.accepted.head(_PREVIEW_ROWS),
        columns_read(mapping),
        _left_out(mapping, table),
        remarks_of(mapping, table, facts),
        facts,
        validated.notes,
        validated.problems,
        validated.n_notes,
        validated.n_rejected,
    )


def inspect_file(
    path: Path,
    chosen: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    trust_ids: bool = False,
) -> Inspection:
    """Say what a file is and how it is read; see `inspect_table`.

    All of it is in memory at a time. A file may be as large as one likes, but may not unpack to
    more than a page takes: a small file could hold what no memory does.

    Parameters
    ----------
    path : Path
        The file, or a folder of yt-dlp's files.
    encoding : str, optional
        Encoding of text that is not UTF-8.
    sheet : str, optional
        Which sheet of a workbook.

    Raises
    ------
    InputError
        The file cannot be used.
    """
    size = path.stat().st_size if path.is_file() else 0
    limits = Limits(size=max(size, UPLOAD_LIMITS.size or 0)) if size else SHELL_LIMITS
    table = read_table(path, encoding=encoding, sheet=sheet, limits=limits)
    return inspect_table(table, chosen, trust_ids=trust_ids)


@dataclass(frozen=True)
class Account:
    """What a file is, in one sentence, and what to know of how it was read."""

    sentence: str
    remarks: list[str]


def account_of(ranked: Ranked) -> Account:
    """Say of ranked videos what they were read from, and how."""
    validated = ranked.scored.validated
    mapping = validated.mapping or TableMapping({})
    facts = Facts(
        len(validated.table),
        validated.n_accepted,
        validated.n_merged,
        validated.sources,
        validated.n_dated,
        ranked.ranking,
    )
    sentence = sentence_of(mapping, validated.table, facts)
    return Account(sentence, remarks_of(mapping, validated.table, facts))


def sentence_of(mapping: TableMapping, table: Table, facts: Facts) -> str:
    """Say in one sentence what a table is."""
    if mapping.exporter == _REPORT_LOG:
        return count_reports(table).sentence
    exporter = exporter_named(mapping.exporter)
    n_videos = facts.n_accepted - facts.n_merged
    videos = f"{n_videos:,} {'video' if n_videos == 1 else 'videos'}"
    if exporter is not None:
        unit = exporter.unit if facts.n_rows != 1 else exporter.unit.removesuffix("s")
        return f"This is {exporter.title}, {facts.n_rows:,} {unit}, {videos}."
    what = {
        "workbook": "an Excel workbook",
        "parquet": "a Parquet table",
        "json_lines": "a file of JSON objects",
    }.get(table.layout.reader, "a table")
    if table.layout.is_ours:
        what = "a table that claimclf wrote"
    rows = f"{facts.n_rows:,} {'row' if facts.n_rows == 1 else 'rows'}"
    return f"This is {what}, {rows}, {videos}."


def columns_read(mapping: TableMapping) -> list[tuple[str, str]]:
    """Return what is read from which of the input's own columns, the preferred one first."""
    read = [
        (name, ", ".join(mapping.columns[name]))
        for name in REPORTED.names
        if name in mapping.columns
    ]
    words = ", ".join(f"{own} ({source})" for source, own in mapping.words)
    return [*read, (TRANSCRIPT, words)] if words else read


def _left_out(mapping: TableMapping, table: Table) -> list[str]:
    read = {own for columns in mapping.columns.values() for own in columns}
    read |= {own for _, own in mapping.words}
    return [name for name in table.columns if name not in read]


def remarks_of(mapping: TableMapping, table: Table, facts: Facts) -> list[str]:
    """Say what a person should know of how a table is read.

    Parameters
    ----------
    mapping : TableMapping
        How it is read.
    table : Table
        All of it, or its first rows.
    facts : Facts
        All its rows, counted.
    """
    remarks = [*table.layout.remarks]
    if mapping.exporter == _REPORT_LOG:
        return remarks
    exporter = exporter_named(mapping.exporter)
    if exporter is not None:
        remarks += _not_understood(exporter, mapping, table)
    if mapping.proposed:
        names = ", ".join(mapping.proposed)
        remarks.append(f"Proposed from what the columns hold, not from their names: {names}.")
    if REPORT_COUNT not in mapping.columns and not mapping.has_reports:
        remarks.append(_without_reports(facts.ranking))
    if facts.n_merged:
        rows = "1 row repeats" if facts.n_merged == 1 else f"{facts.n_merged:,} rows repeat"
        remarks.append(f"{rows} a video that stands before: one video, with the largest counts.")
    if set(facts.sources) - {str(Words.TRANSCRIPT)}:
        parts = [
            f"{_have(facts.sources[source])} {_SAID[source]}"
            for source in (*map(str, Words), "")
            if facts.sources.get(source)
        ]
        remarks.append(f"Words: {', '.join(parts)}. A caption is not what is said in the video.")
    if facts.n_dated:
        rows = "1 row" if facts.n_dated == 1 else f"{facts.n_dated:,} rows"
        remarks.append(f"The posting time of {rows} is taken from the video's id.")
    if mapping.are_trusted:
        remarks.append("The ids are taken as they are: a person has said that they are right.")
    return remarks


def _have(n: int) -> str:
    return "1 has" if n == 1 else f"{n:,} have"


def _not_understood(exporter: Exporter, mapping: TableMapping, table: Table) -> list[str]:
    """Name what an export of this kind usually holds, and this one does not show."""
    held = {name for name in table.columns if (table.frame[name].fillna("") != "").any()}
    there = {name for name, own in mapping.columns.items() if held & set(own)}
    there |= {str(source) for source, own in mapping.words if own in held}
    missing = [name for name in exporter.usual if name not in there]
    if not missing:
        return []
    fields = [
        f"{name} ({', '.join(exporter.columns.get(name, ()) or _word_fields(exporter, name))})"
        for name in missing
    ]
    return [f"Not found where this kind of export has them: {'; '.join(fields)}."]


def _word_fields(exporter: Exporter, name: str) -> tuple[str, ...]:
    return next((of for source, of in exporter.words.items() if str(source) == name), ())


def _without_reports(ranking: Ranking) -> str:
    if ranking is Ranking.REPORTS:
        return "No report counts are given: videos are ranked by claim probability, then by views."
    return "No report counts are given: the ranking goes on without them."


def require_read(mapping: TableMapping, table: Table, model: Model, models: Path) -> None:
    """Insist on the columns that a model reads, and name models that do without.

    Parameters
    ----------
    mapping : TableMapping
        How a table is read.
    table : Table
        The table, or its first rows.
    model : Model
        What is to predict.
    models : Path
        The store, where others are.

    Raises
    ------
    MissingColumnError
        A column that the model reads is not there.
    """
    if mapping.exporter == _REPORT_LOG:
        raise InputError(
            f"{table.name} is a report log: it says nothing about the videos.",
            f"Found: {', '.join(table.columns[:20])}.",
            "Give the table of the videos, and this file beside it (--reports on the shell).",
        )
    require_found(list(mapping.columns), table.columns, REPORTED)
    there = {*mapping.columns, *([TRANSCRIPT] if mapping.words else [])}
    missing = _lacks(model.manifest.feature_set, there)
    if not missing:
        return
    others = [
        manifest.name
        for manifest in ModelStore(models).manifests()
        if not _lacks(manifest.feature_set, there)
    ]
    names = ", ".join(missing)
    hint = f"The model {model.name} reads {names}."
    if others:
        hint += f" Choose a model that does without: {', '.join(others)}."
    else:
        hint += " Rename a column, or choose it under *Match columns* (--column on the shell)."
    raise MissingColumnError(missing, table.columns, hint)


def _lacks(feature_set: str, there: set[str]) -> list[str]:
    return [name for name in COLUMNS[feature_set] if name not in there]
