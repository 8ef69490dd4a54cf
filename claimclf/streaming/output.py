"""Ranked videos and rejected rows in files, written a range or a part at a time."""

from __future__ import annotations

import os
import shutil
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from claimclf.dataset.validation.problems import in_order, rejected_rows
from claimclf.dataset.writing import csv_lines, holds_cr
from claimclf.files import written
from claimclf.modeling.scoring.ranking import output
from claimclf.schema import REPORTED, SURPLUS, Ranking
from claimclf.streaming.engines import Engine
from claimclf.streaming.merging import NOTES as MERGE_NOTES
from claimclf.streaming.parts import OWN, Part, write_frame
from claimclf.streaming.ranges import Arrangement, gather

PARQUET = ".parquet"
_MOST_AT_ONCE = 2**30


@dataclass(frozen=True)
class Form:
    """How a table is written.

    Parameters
    ----------
    is_parquet : bool
        As Parquet, rather than as CSV.
    raw : bool
        Whether a CSV keeps cells that a spreadsheet would run as a formula.
    has_cr : bool
        Whether some cell of the whole table holds a CR.
    bom : bool
        Whether a CSV begins with a byte-order mark.
    """

    is_parquet: bool
    raw: bool
    has_cr: bool
    bom: bool = False

    def write(self, frame: pd.DataFrame, path: Path, *, is_first: bool) -> Path:
        """Write a stretch of the table to a file."""
        if self.is_parquet:
            write_frame(frame, str(path))
        else:
            line_end = "\r\n" if self.has_cr else "\n"
            lines = csv_lines(frame, raw=self.raw, line_end=line_end, header=is_first)
            path.write_bytes(lines)
        return path

    def join(self, stretches: Iterable[Path], path: Path) -> None:
        """Put the table together from its stretches, which are removed: all of it, or nothing."""
        with written(path) as file:
            self._join(stretches, file)

    def _join(self, stretches: Iterable[Path], file: BinaryIO) -> None:
        if self.is_parquet:
            _join_parquet(list(stretches), file)
            return
        if self.bom:
            file.write(BOM_UTF8)
            file.flush()  # what follows may not go through this process
        for stretch in stretches:
            with stretch.open("rb") as lines:
                _append(lines, file)
            stretch.unlink()


def _append(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a file to the end of another one, within the kernel if possible."""
    try:
        while os.sendfile(target.fileno(), source.fileno(), None, _MOST_AT_ONCE):
            pass
    except (AttributeError, OSError):  # not this system, or not to this kind of file
        shutil.copyfileobj(source, target, 2**20)
        target.flush()


def _join_parquet(stretches: list[Path], file: BinaryIO) -> None:
    """Write Parquet in one schema that holds the cells of all stretches."""
    readers = [pa.ipc.open_file(pa.OSFile(str(stretch))) for stretch in stretches]
    schema = pa.unify_schemas([reader.schema for reader in readers], promote_options="permissive")
    with pq.ParquetWriter(file, schema) as writer:
        for reader in readers:
            writer.write_table(reader.read_all().cast(schema))
    for stretch in stretches:
        stretch.unlink()


@dataclass(frozen=True)
class Ranks:
    """Some neighbouring ranks, and the file that they go to.

    Parameters
    ----------
    number : int
        Of their range.
    first : int
        The first rank.
    path : Path
        The file.
    """

    number: int
    first: int
    path: Path


def write_ranked(
    path: Path,
    arrangement: Arrangement,
    folder: Path,
    engine: Engine,
    *,
    raw: bool,
    bom: bool = False,
    on_progress: Callable[[int, int], object],
) -> None:
    """Write all videos in rank order, as `Ranked.output` has them."""
    parts = arrangement.parts
    has_cr = arrangement.has_cr or any("\r" in name for name in parts[0].own)
    form = Form(path.suffix == PARQUET, raw, has_cr, bom)
    ranks = _ranks(arrangement, folder)
    stretches = engine.map(partial(_write_ranks, parts, arrangement.ranking, form), ranks)
    ends = [one.first - 1 for one in ranks[1:]] + [len(arrangement)]

    def with_progress() -> Iterator[Path]:
        for stretch, end in zip(stretches, ends, strict=True):
            yield stretch
            on_progress(end, ends[-1])

    form.join(with_progress(), path)


def _ranks(arrangement: Arrangement, folder: Path) -> list[Ranks]:
    """Name the ranges that hold videos, and the first one, which has the header."""
    places = enumerate(zip(arrangement.firsts(), arrangement.sizes, strict=True))
    return [
        Ranks(number, first, folder / f"ranks-{number:06d}")
        for number, (first, size) in places
        if size or number == 0
    ]


def _write_ranks(parts: Sequence[Part], ranking: Ranking, form: Form, ranks: Ranks) -> Path:
    videos = gather(parts, ranking, ranks.number, ranks.first)
    cells = [name for name in videos.columns if name.startswith(OWN)]
    own = videos[cells].set_axis(parts[0].own, axis=1)
    frame = output(videos.drop(columns=cells), own, parts[0].columns, parts[0].shown)
    return form.write(frame, ranks.path, is_first=ranks.number == 0)


def write_rejected(
    path: Path, parts: Sequence[Part], engine: Engine, *, raw: bool, bom: bool = False
) -> None:
    """Write rejected rows and rows with notes in the input's order, as `Validated.report`."""
    has_surplus = any(part.has_surplus for part in parts)
    gathered = partial(_gather_rejected, has_surplus=has_surplus)
    has_cr = any(list(engine.map(gathered, parts)))  # a list, so that every part is gathered
    form = Form(path.suffix == PARQUET, raw, has_cr, bom)
    form.join(engine.map(partial(_write_rejected, form=form), parts), path)


def _gather_rejected(part: Part, has_surplus: bool) -> bool:
    """Write a part's rejected rows to a file, and return whether some cell holds a CR."""
    frame = _rejected_of(part, has_surplus)
    write_frame(frame, f"{part.path}.turned-away.arrow")
    return holds_cr(frame)


def _rejected_of(part: Part, has_surplus: bool) -> pd.DataFrame:
    """Return a part's rejected rows, and its rows with notes."""
    rows = part.table("rejected").set_index("row")
    notes = part.table("notes")
    if Path(f"{part.path}.{MERGE_NOTES}.arrow").is_file():
        notes = in_order(pd.concat([notes, part.table(MERGE_NOTES)], ignore_index=True), REPORTED)
    videos = part.table("videos").set_index(part.array("rows"))
    noted = videos.loc[videos.index.isin(notes["row"])]
    cells = [f"{OWN}{place}" for place in range(len(part.own))]
    own = pd.concat([rows[cells], noted[cells]]).set_axis(part.own, axis=1)
    lines = part.ids()[:, 2].astype(int)
    surplus = rows[SURPLUS] if has_surplus else None
    return rejected_rows(part.table("problems"), lines, own, surplus, notes)


def _write_rejected(part: Part, form: Form) -> Path:
    frame = part.table("turned-away")
    return form.write(frame, Path(f"{part.path}.turned-away"), is_first=part.number == 0)
