"""Rows of one id in different parts become one video, as they do within a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from claimclf.dataset.readers.base import Layout, Table
from claimclf.dataset.validation.merging import merge
from claimclf.dataset.validation.validate import validate
from claimclf.modeling.scoring.score import predicted
from claimclf.schema import LINE, REPORTED
from claimclf.streaming.engines import Engine
from claimclf.streaming.groups import KEPT, find_repeated
from claimclf.streaming.parts import OWN, Job, Part, as_frame, keys_of, model_of, with_reports

#: Rows whose ids are met again that are looked at together.
ROWS = 100_000
#: Where a part keeps what became of its repeated videos.
MERGED, NOTES = "merged", "merge-notes"


@dataclass(frozen=True)
class _Changed:
    """What later rows add to videos of one part, and notes on later rows of it."""

    place: int
    videos: pd.DataFrame
    notes: pd.DataFrame


def merge_repeated(engine: Engine, parts: Sequence[Part], job: Job, stretch: int) -> None:
    """Make one video of the rows of one id, and keep with each part what changed.

    Parameters
    ----------
    engine : Engine
        Who reads and scores the videos anew.
    parts : sequence of Part
        In the order of the input.
    job : Job
        What was done with every block.
    stretch : int
        Rows whose ids are compared at a time.
    """
    pieces = _pieces(find_repeated(parts, stretch))
    changed: dict[int, list[_Changed]] = {}
    for changes in engine.map(partial(_merge_rows, parts=list(parts), job=job), pieces):
        for change in changes:
            changed.setdefault(change.place, []).append(change)
    for place, several in changed.items():
        _put(parts[place], several)


def _pieces(groups: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Cut rows of groups into pieces that hold whole groups."""
    for rows in groups:
        starts = np.flatnonzero(np.append(True, np.diff(rows[:, 2]) != 0))
        begin = 0
        for start in [*starts[1:].tolist(), len(rows)]:
            if start - begin >= ROWS or start == len(rows):
                yield rows[begin:start]
                begin = start


def _merge_rows(rows: np.ndarray, parts: list[Part], job: Job) -> list[_Changed]:
    """Merge the videos of some rows, given by part, row and group, shape (n, 3)."""
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    places, own_rows = rows[order, 0], rows[order, 1]
    typed, lines = _typed(places, own_rows, parts, job)
    merged = merge(typed, lines, REPORTED)
    videos = merged.videos.join(predicted(model_of(job), merged.videos))
    notes = merged.notes.copy()
    at = notes["row"].to_numpy(dtype=int)
    notes.insert(1, LINE, lines[at])
    notes["row"] = own_rows[at]
    firsts = videos.index.to_numpy(dtype=int)
    return [
        _Changed(
            int(place),
            videos[places[firsts] == place].assign(row=own_rows[firsts][places[firsts] == place]),
            notes[places[at] == place],
        )
        for place in np.unique(places)
    ]


def _typed(
    places: np.ndarray, rows: np.ndarray, parts: list[Part], job: Job
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the typed cells of accepted rows, and their lines."""
    frames, lines = [], []
    for place in np.unique(places):
        part, own = parts[place], rows[places == place]
        frames.append(_taken(part, np.searchsorted(part.array("rows"), own)))
        lines.append(part.ids()[own, 2].astype(int))
    frame, numbers = pd.concat(frames, ignore_index=True), np.concatenate(lines)
    if job.is_typed:
        return frame[[name for name in frame if name in (*REPORTED.names, *job.added)]], numbers
    cells = [name for name in frame.columns if str(name).startswith(OWN)]
    names = parts[0].own
    own_frame = frame[cells].set_axis(names, axis=1)
    counts = np.full(len(frame), len(names))
    layout = Layout("", tuple(names))
    table = Table("", own_frame, numbers, counts, {}, "", layout)
    validated = validate(table, REPORTED, unique=False, mapping=job.mapping)
    return with_reports(validated, job).accepted, numbers


def _taken(part: Part, positions: np.ndarray) -> pd.DataFrame:
    """Read some videos of a part, and no others."""
    with (
        pa.memory_map(f"{part.path}.videos.arrow") as file,
        pa.ipc.open_file(file) as reader,
    ):
        return as_frame(reader.read_all().take(pa.array(positions)))


def _put(part: Part, several: list[_Changed]) -> None:
    videos = pd.concat([one.videos for one in several], ignore_index=True)
    places = np.searchsorted(part.array("rows"), videos["row"].to_numpy(dtype=int))
    part.put(MERGED, videos.drop(columns="row").assign(place=places))
    keys = part.array("keys", "r+")
    keys[places] = keys_of(videos)
    part.put(NOTES, pd.concat([one.notes for one in several], ignore_index=True))


def n_repeated(part: Part) -> int:
    """Return how many of a part's rows repeat a video."""
    return part.n_accepted - len(part.array(KEPT))
