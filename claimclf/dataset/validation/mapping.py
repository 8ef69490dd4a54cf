"""How a table is read: which of its columns is which, and what its own pattern says of its cells.

Found from the names of the columns and from the first rows alone, so that a file of any size is
understood at once, and each part of it in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from claimclf.dataset.formats import (
    Exporter,
    exporter_named,
    field_name,
    told_by_columns,
)
from claimclf.dataset.readers.base import Table
from claimclf.dataset.reading import FIRST_ROWS
from claimclf.dataset.validation.cells import text_of
from claimclf.dataset.validation.columns import is_scored, match_columns
from claimclf.dataset.validation.ids import sampled_doubles, upload_times
from claimclf.dataset.validation.units import PLAIN, Days, Units, days_in, decimals_of
from claimclf.schema import (
    CAPTION,
    FIRST_REPORTED,
    LAST_REPORTED,
    POSTED_AT,
    REPORT_COUNT,
    REPORT_REASONS,
    REPORTED,
    REPORTERS,
    TEXT_SOURCE,
    TRANSCRIPT,
    VIDEO_ID,
    VIDEO_URL,
    Column,
    Contract,
    Kind,
    Words,
)

#: Names under which words stand that were said, but are no transcript.
_SOURCES = {
    "voice_to_text": Words.VOICE_TO_TEXT,
    "subtitles": Words.SUBTITLES,
    "subtitle": Words.SUBTITLES,
    "captions": Words.SUBTITLES,
}
_LEAST_SHARE, _LEAST_ID, _LEAST_TEXT = 0.9, 5, 25
_MOST_OF = 0.5
_FOLD = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class TableMapping:
    """How a table is read.

    Parameters
    ----------
    columns : dict of str to tuple of str
        Column of the contract -> the input's own columns, the one that is preferred first.
    words : tuple of (Words, str)
        Where words come from, and the input's own column, the one that is preferred first.
    exporter : str
        The known program whose export it is; empty for none.
    units : Units
        What the file's own pattern says of its cells.
    unless : dict
        Column -> own column -> values with which the column means nothing.
    link : str
        The video's address, with own columns in braces; empty for none.
    are_doubles : bool
        Whether the first ids have all been through a double.
    are_trusted : bool
        Whether a person has said that the ids are right.
    proposed : tuple of str
        Columns that were proposed because of their contents, not found by name.
    dates : bool
        Whether the ids are those of TikTok, which tell when a video was uploaded.
    has_reports : bool
        Whether a report log is joined to the table.
    source_column : str
        The input's own column that says where each row's words come from; empty for none.
    """

    columns: dict[str, tuple[str, ...]]
    words: tuple[tuple[Words, str], ...] = ()
    exporter: str = ""
    units: Units = PLAIN
    unless: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    link: str = ""
    are_doubles: bool = False
    are_trusted: bool = False
    proposed: tuple[str, ...] = ()
    dates: bool = False
    has_reports: bool = False
    source_column: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """Columns that stand in no column of the input under their own name."""
        own = dict(self.first)
        if self.words:
            own[TRANSCRIPT] = self.words[0][1] if len(self.words) == 1 else ""
        if self.link:
            own.setdefault(VIDEO_URL, "")
        if self.dates:
            own.setdefault(POSTED_AT, "")
        if self.says_source:
            own[TEXT_SOURCE] = ""
        if self.has_reports:
            own |= dict.fromkeys((FIRST_REPORTED, LAST_REPORTED, REPORT_REASONS, REPORTERS), "")
        return tuple(
            name
            for name in (*REPORTED.names, TEXT_SOURCE, REPORT_REASONS, REPORTERS)
            if own.get(name, name) != name and name not in (VIDEO_ID, REPORT_COUNT)
        )

    @property
    def first(self) -> dict[str, str]:
        """Column of the contract -> the input's own column that is preferred."""
        return {name: own[0] for name, own in self.columns.items() if own}

    @property
    def as_choice(self) -> dict[str, str]:
        """What a person would choose to have the table read like this; a caption is no speech."""
        spoken = [own for source, own in self.words if source is not Words.CAPTION]
        return self.first | ({TRANSCRIPT: spoken[0]} if spoken else {})

    @property
    def says_source(self) -> bool:
        """Whether rows may have their words from different places."""
        several = any(source is not Words.TRANSCRIPT for source, _ in self.words)
        return several or bool(self.source_column)


def understand(
    table: Table,
    contract: Contract,
    chosen: Mapping[str, str] | None = None,
    *,
    trust_ids: bool = False,
) -> TableMapping:
    """Find out how a table is read.

    Parameters
    ----------
    table : Table
        All of it, or at least its first `FIRST_ROWS` rows.
    contract : Contract
        What is looked for.
    chosen : mapping of str to str, optional
        Column of the contract -> the input's own column, as a person chose; empty for a column
        that the table does not have, whatever names and contents say.
    trust_ids : bool
        Whether a person says that the ids are right.
    """
    names, choice = table.columns, dict(chosen or {})
    if not contract.lenient:
        matched = match_columns(names, contract, choice)
        return TableMapping({name: (own,) for name, own in matched.items()})
    sample = table.frame.head(FIRST_ROWS)
    exporter = None
    if not is_scored(names):  # whose typed columns hold what was read from the others
        exporter = exporter_named(table.layout.exporter) or told_by_columns(names, _texts(sample))
    mapping = _by_exporter(names, exporter) if exporter else TableMapping({})
    mapping = _by_names(mapping, names, contract, choice)
    mapping = _without_denied(_by_contents(mapping, sample), choice)
    mapping = _by_source(mapping, sample, choice)
    return _with_pattern(mapping, sample, contract, table, trust_ids=trust_ids)


def _texts(sample: pd.DataFrame) -> dict[str, list[str]]:
    return {str(name): sample[name].head(20).astype("str").tolist() for name in sample.columns}


def _by_exporter(names: Sequence[str], exporter: Exporter) -> TableMapping:
    """Take what is known of a program's export."""
    own = {field_name(name): name for name in names}

    def there(fields: Iterable[str]) -> tuple[str, ...]:
        return tuple(own[key] for key in fields if key in own)

    columns = {column: there(fields) for column, fields in exporter.columns.items()}
    words = [(source, name) for source, fields in exporter.words.items() for name in there(fields)]
    link = exporter.link
    for key in re.findall(r"{([^}]*)}", link):
        link = link.replace(f"{{{key}}}", f"{{{own[key]}}}") if key in own else ""
    return TableMapping(
        {column: own_columns for column, own_columns in columns.items() if own_columns},
        tuple(words),
        exporter.name,
        unless={
            column: {own[key]: values for key, values in given.items() if key in own}
            for column, given in exporter.unless.items()
        },
        link=link,
    )


def _by_names(
    mapping: TableMapping, names: Sequence[str], contract: Contract, chosen: Mapping[str, str]
) -> TableMapping:
    """Add what names tell, and what a person chose before all else."""
    taken = {own for columns in mapping.columns.values() for own in columns}
    taken |= {own for _, own in mapping.words}
    chosen = {name: own for name, own in chosen.items() if own in names}
    free = [name for name in names if name not in taken or name in chosen.values()]
    matched = match_columns(free, contract, chosen)
    matched |= {
        name: own
        for name, own in _loosely(free, contract).items()
        if name not in matched and own not in matched.values()
    }
    columns = dict(mapping.columns)
    for name, own in matched.items():
        if name in chosen or name not in columns:
            columns[name] = (own,)
    words = _words(mapping.words, columns, free, chosen)
    columns.pop(TRANSCRIPT, None)
    return replace(mapping, columns=columns, words=words)


def _loosely(names: Sequence[str], contract: Contract) -> dict[str, str]:
    """Match names that differ in signs only, such as `Views (total)` or `video-id`."""
    known = {folded(a): c.name for c in contract.columns for a in (c.name, *c.aliases)}
    matched: dict[str, str] = {}
    for own in names:
        short = re.sub(r"\([^()]*\)", " ", own)
        column = known.get(folded(own)) or known.get(folded(short))
        if column is not None and folded(own):
            matched.setdefault(column, own)
    return matched


def folded(name: str) -> str:
    """Return a column's name without case and signs, to compare it with others."""
    return _FOLD.sub(" ", name.casefold().replace("_", " ")).strip()


def _words(
    known: Sequence[tuple[Words, str]],
    columns: Mapping[str, tuple[str, ...]],
    free: Sequence[str],
    chosen: Mapping[str, str],
) -> tuple[tuple[Words, str], ...]:
    """Put the columns with words in order: what was chosen, what was said, captions."""
    words = list(known)
    spoken = columns.get(TRANSCRIPT, ())
    words += [(_SOURCES.get(_key(own), Words.TRANSCRIPT), own) for own in spoken]
    for own in free:
        source = _SOURCES.get(_key(own))
        if source is not None and own not in (columns.get(CAPTION) or ()):
            words.append((source, own))
    words += [(Words.CAPTION, own) for own in columns.get(CAPTION, ())]
    order = list(Words)
    ordered = sorted(dict.fromkeys(words), key=lambda pair: order.index(pair[0]))
    first = [pair for pair in ordered if TRANSCRIPT in chosen and pair[1] == chosen[TRANSCRIPT]]
    return tuple(dict.fromkeys((*first, *ordered)))


def _key(name: str) -> str:
    return folded(name).replace(" ", "_")


def _by_contents(mapping: TableMapping, sample: pd.DataFrame) -> TableMapping:
    """Propose an id, a link and words from what columns hold, where names do not tell."""
    taken = {own for columns in mapping.columns.values() for own in columns}
    taken |= {own for _, own in mapping.words}
    free = {
        str(name): text_of(sample[name]).series() for name in sample.columns if name not in taken
    }
    columns, words, proposed = dict(mapping.columns), mapping.words, []
    if VIDEO_ID not in columns:
        best = max(free, key=lambda name: _like_an_id(free[name]), default=None)
        if best is not None and _like_an_id(free[best]) > 0:
            columns[VIDEO_ID] = (best,)
            proposed.append(VIDEO_ID)
            free.pop(best)
    if VIDEO_URL not in columns:
        links = [name for name, cells in free.items() if _share(cells, r"https?://\S+$") > 0.5]
        if links:
            columns[VIDEO_URL] = (links[0],)
            proposed.append(VIDEO_URL)
            free.pop(links[0])
    if not words:
        best = max(free, key=lambda name: _like_text(free[name]), default=None)
        if best is not None and _like_text(free[best]) >= _LEAST_TEXT:
            words = ((Words.TRANSCRIPT, best),)
            proposed.append(TRANSCRIPT)
    return replace(mapping, columns=columns, words=words, proposed=tuple(proposed))


def _by_source(
    mapping: TableMapping, sample: pd.DataFrame, chosen: Mapping[str, str]
) -> TableMapping:
    """Believe a column of ours that says where the words in the column of transcripts come from.

    Scored tables and exports of the queue have it: read again, a caption is still no speech.
    """
    spoken = (Words.TRANSCRIPT, TRANSCRIPT)
    if TEXT_SOURCE not in sample or TRANSCRIPT in chosen or spoken not in mapping.words:
        return mapping
    said = set(text_of(sample[TEXT_SOURCE]).series()) - {""}
    if not said or not said <= set(Words):
        return mapping
    return replace(mapping, words=(spoken,), source_column=TEXT_SOURCE)


def _without_denied(mapping: TableMapping, chosen: Mapping[str, str]) -> TableMapping:
    """Leave out the columns of which a person says that the table does not have them."""
    denied = {name for name, own in chosen.items() if not own}
    sources = {TRANSCRIPT: set(Words) - {Words.CAPTION}, CAPTION: {Words.CAPTION}}
    silent = {source for name in denied for source in sources.get(name, ())}
    return replace(
        mapping,
        columns={name: own for name, own in mapping.columns.items() if name not in denied},
        words=tuple((source, own) for source, own in mapping.words if source not in silent),
        proposed=tuple(name for name in mapping.proposed if name not in denied),
    )


def _share(cells: pd.Series, pattern: str) -> float:
    held = cells[cells != ""]
    return float(held.str.match(pattern).mean()) if len(held) else 0.0


def _like_an_id(cells: pd.Series) -> float:
    """Return how much a column looks like one of ids: unique, long, without spaces."""
    held = cells[cells != ""]
    if len(held) < _LEAST_SHARE * len(cells) or not len(held):
        return 0.0
    if held.nunique() < _LEAST_SHARE * len(held) or _share(held, r"[\w-]+$") < 1:
        return 0.0
    length = float(held.str.len().median())
    return length if length >= _LEAST_ID and held.str.contains(r"\d").mean() > 0.5 else 0.0


def _like_text(cells: pd.Series) -> float:
    """Return how many characters the cells of a column of sentences have."""
    held = cells[cells != ""]
    if not len(held) or _share(held, r"\S+\s+\S+\s+\S") < 0.5:
        return 0.0
    return float(held.str.len().mean())


def _with_pattern(
    mapping: TableMapping,
    sample: pd.DataFrame,
    contract: Contract,
    table: Table,
    *,
    trust_ids: bool,
) -> TableMapping:
    """Add what the first rows say of numbers, dates and ids."""
    layout = table.layout

    def cells(*kinds: Kind) -> dict[str, list[str]]:
        return {
            name: [cell for own in columns for cell in _written(sample[own])]
            for name, columns in mapping.columns.items()
            if contract[name].kind in kinds
        }

    numbers = [cell for held in cells(Kind.COUNT, Kind.NUMBER).values() for cell in held]
    days = {name: days_in(held) for name, held in cells(Kind.TIME).items()}
    units = Units(
        decimals_of(numbers, layout.delimiter),
        tuple((name, order) for name, order in days.items() if order is not Days.UNKNOWN),
        serial_days=layout.reader == "workbook",
    )
    own = mapping.columns.get(VIDEO_ID, ())
    doubles = any(sampled_doubles(text_of(sample[name]).series()) for name in own)
    return replace(
        mapping,
        units=units,
        are_doubles=doubles,
        are_trusted=trust_ids,
        dates=_dates(mapping, sample),
    )


def _dates(mapping: TableMapping, sample: pd.DataFrame) -> bool:
    exporter = exporter_named(mapping.exporter)
    if VIDEO_ID not in mapping.columns or (exporter is not None and not exporter.is_tiktok):
        return False
    ids = text_of(sample[mapping.first[VIDEO_ID]]).series()
    return float(upload_times(ids)[0].notna().mean()) > _MOST_OF if len(ids) else False


def _written(cells: pd.Series) -> list[str]:
    return cells.dropna().tolist() if cells.dtype == "str" else []


def columns_of(mapping: TableMapping, contract: Contract) -> list[Column]:
    """Return the contract's columns that a table has, in the contract's order."""
    return [contract[name] for name in contract.names if name in mapping.columns]
