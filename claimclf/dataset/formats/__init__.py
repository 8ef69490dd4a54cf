"""Exports of known programs, told by their structure: one file of facts for each.

A `.toml` file in this folder says how a program's export is told and which of its fields is
which column. A new one is read without any change to code:

::

    title, unit       "a Zeeschuimer export of TikTok", and what its rows are called
    [told_by]         shape ("records" of JSON, a "table", or "any" of both), fields that are
                      `present`, at `least` so many of `some`, values that are `equal`
    [columns]         column of the contract -> fields, the one that is preferred first
    [words]           where words come from -> fields
    [unless]          column -> field -> values with which the column means nothing
    link              the video's address, with fields in braces
    records           where the videos are in an answer of an interface
    usual             columns and words whose absence is worth a word

A field is a path of keys with points between them; a star stands for every key or place. In
tables `a/b` is the same name as `a.b`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from claimclf.schema import Words

#: So many of the looked-at records must have a field that tells a program.
_SHARE_PRESENT = 0.5


@dataclass(frozen=True)
class Exporter:
    """What is known of one program's export.

    Parameters
    ----------
    name : str
        Its file's name.
    title, unit : str
        What it is, with its article, and what its rows are called.
    shape : str
        "records", "table" or "any".
    present, some : tuple of str
        Fields that tell it; of `some` at least `least`.
    least : int
        How many of `some`.
    equal : mapping of str to tuple of str
        Field -> its values, of which one must be there, in any case.
    columns : mapping of str to tuple of str
        Column of the contract -> fields, the one that is preferred first.
    words : mapping of Words to tuple of str
        Where words come from -> fields.
    unless : mapping of str to mapping
        Column -> field -> values with which the column means nothing.
    link : str
        The video's address, with fields in braces; empty for none.
    records : tuple of str
        Where the videos are in an answer.
    usual : tuple of str
        Columns and words whose absence is worth a word.
    is_tiktok : bool
        Whether ids are TikTok's, which tell when a video was uploaded.
    """

    name: str
    title: str
    unit: str
    shape: str
    present: tuple[str, ...]
    some: tuple[str, ...]
    least: int
    equal: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, tuple[str, ...]]
    words: Mapping[Words, tuple[str, ...]]
    unless: Mapping[str, Mapping[str, tuple[str, ...]]]
    link: str
    records: tuple[str, ...]
    usual: tuple[str, ...]
    is_tiktok: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that are read, each once."""
        marks = (*self.present[:1], *self.equal) if not self.columns else tuple(self.equal)
        columns = [field for group in (self.columns, self.words) for of in group.values()
                 for field in of]  # fmt: skip
        conditions = [field for given in self.unless.values() for field in given]
        return tuple(dict.fromkeys((*columns, *conditions, *_in_braces(self.link), *marks)))

    @property
    def rank(self) -> int:
        """How much is asked of a file before it is taken for this export."""
        return len(self.present) + self.least + 2 * len(self.equal)


@cache
def exporters() -> tuple[Exporter, ...]:
    """Return the known exports, those of which most is asked first."""
    folder = files(__package__)
    read = [
        _exporter(entry.name.removesuffix(".toml"), tomllib.loads(entry.read_text("utf-8")))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(read, key=lambda exporter: -exporter.rank))


def exporter_named(name: str) -> Exporter | None:
    """Return an export by its file's name; None where there is none."""
    return next((exporter for exporter in exporters() if exporter.name == name), None)


def _exporter(name: str, facts: Mapping[str, Any]) -> Exporter:
    marks = facts.get("told_by", {})
    return Exporter(
        name=name,
        title=facts["title"],
        unit=facts["unit"],
        shape=marks.get("shape", "any"),
        present=tuple(marks.get("present", ())),
        some=tuple(marks.get("some", ())),
        least=int(marks.get("least", 0)),
        equal={field: tuple(map(str.casefold, of)) for field, of in marks.get("equal", {}).items()},
        columns={column: _several(of) for column, of in facts.get("columns", {}).items()},
        words={Words(source): _several(of) for source, of in facts.get("words", {}).items()},
        unless={
            column: {field: _several(values) for field, values in given.items()}
            for column, given in facts.get("unless", {}).items()
        },
        link=facts.get("link", ""),
        records=tuple(facts.get("records", ())),
        usual=tuple(facts.get("usual", ())),
        is_tiktok=bool(facts.get("is_tiktok", True)),
    )


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _in_braces(template: str) -> list[str]:
    return [part.partition("}")[0] for part in template.split("{")[1:]]


def told_by_columns(columns: Iterable[str], first: Mapping[str, Iterable[str]]) -> Exporter | None:
    """Say which program wrote a table.

    Parameters
    ----------
    columns : iterable of str
        The table's own column names.
    first : mapping of str to iterable of str
        Column -> some of its cells.
    """
    names = {field_name(column): column for column in columns}

    def values(field: str) -> set[str]:
        return {cell.strip().casefold() for cell in first.get(names.get(field, ""), ())}

    fitting = (e for e in exporters() if e.shape != "records")
    return next((e for e in fitting if _fits(e, set(names), values)), None)


def told_by_records(records: Sequence[Any]) -> Exporter | None:
    """Say which program wrote JSON objects.

    Parameters
    ----------
    records : sequence
        Some of the values of a file, as a JSON parser gives them.
    """
    objects = [record for record in records if isinstance(record, dict)]
    if not objects:
        return None

    def values(field: str) -> set[str]:
        return {str(value).casefold() for o in objects for value in walked(o, path_of(field))}

    def shown(exporter: Exporter) -> set[str]:
        fields = (*exporter.present, *exporter.some)
        return {
            field
            for field in fields
            if sum(_has(o, path_of(field)) for o in objects) >= _SHARE_PRESENT * len(objects)
        }

    fitting = (e for e in exporters() if e.shape != "table")
    return next((e for e in fitting if _fits(e, shown(e), values)), None)


def _fits(exporter: Exporter, there: set[str], values: Any) -> bool:
    return (
        there.issuperset(exporter.present)
        and sum(field in there for field in exporter.some) >= exporter.least
        and all(values(field) & set(of) for field, of in exporter.equal.items())
    )


def field_name(column: str) -> str:
    """Return a table's column name as a field: exports part keys by points or by slashes."""
    return column.strip().replace("/", ".")


@cache
def path_of(field: str) -> tuple[str, ...]:
    """Return a field's keys."""
    return tuple(field.split("."))


def walked(value: Any, path: Sequence[str]) -> list[Any]:
    """Return what stands at a path of a JSON value; several things only behind a star."""
    for place, key in enumerate(path):
        if key == "*":
            parts = value.values() if isinstance(value, dict) else value
            parts = parts if isinstance(value, dict | list) else ()
            return [held for part in parts for held in walked(part, path[place + 1 :])]
        if isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return []
    return [value]


def _has(record: Any, path: Sequence[str]) -> bool:
    return bool(walked(record, path))
