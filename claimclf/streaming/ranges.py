"""The parts' videos in rank order, a range of ranks at a time.

A sample of all parts decides where ranges begin. Each part is then written again, in order and
cut there; a range is gathered from its pieces in all parts and sorted. No more than
a range is in memory at one time, however many videos there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from claimclf.dataset.formatting import is_text
from claimclf.dataset.statements import N_KEYS, keys_to_store, statement_ids
from claimclf.dataset.writing import holds_cr
from claimclf.modeling.scoring.ranking import in_order, sort_keys
from claimclf.schema import (
    AUTHOR_ID,
    AUTHOR_REPORTS,
    PROBABILITY,
    RANK,
    STATEMENT_ID,
    STATEMENT_REPORTS,
    STATEMENT_VIDEOS,
    Ranking,
)
from claimclf.streaming.engines import Engine
from claimclf.streaming.groups import AUTHORS, STATEMENTS
from claimclf.streaming.parts import OWN, Part, as_frame

#: About how many videos a range has.
RANGE = 50_000


@dataclass(frozen=True)
class Cuts:
    """Where ranges begin.

    Parameters
    ----------
    ranking : Ranking
        The policy that orders the videos.
    keys : DataFrame, shape (n_ranges - 1, n_keys)
        The sort keys of the first video of each range but the first, in order.
    """

    ranking: Ranking
    keys: pd.DataFrame

    @property
    def n_ranges(self) -> int:
        """Number of ranges; some may be empty."""
        return len(self.keys) + 1


@dataclass(frozen=True)
class Arrangement:
    """All videos in rank order, in files.

    Parameters
    ----------
    parts : list of Part
        In the order of the input.
    ranking : Ranking
        The policy.
    sizes : list of int
        Videos of each range.
    n_unscorable : int
        Videos that cannot be scored.
    has_cr : bool
        Whether some cell of a video holds a CR.
    """

    parts: list[Part]
    ranking: Ranking
    sizes: list[int]
    n_unscorable: int
    has_cr: bool

    def __len__(self) -> int:
        """Return the number of videos."""
        return sum(self.sizes)

    def firsts(self) -> list[int]:
        """Return the rank of each range's first video."""
        return [int(rank) for rank in np.cumsum([1, *self.sizes[:-1]])]


@dataclass(frozen=True)
class RankedVideos:
    """All videos in rank order, of which a few stretches are in memory at a time.

    Parameters
    ----------
    arrangement : Arrangement
        The videos, with typed columns.
    engine : Engine
        Who gathers them.
    """

    arrangement: Arrangement
    engine: Engine

    def __len__(self) -> int:
        """Return the number of videos."""
        return len(self.arrangement)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Yield the videos in rank order, a range at a time."""
        yield from self.engine.map(
            partial(_gather_at, self.arrangement.parts, self.arrangement.ranking),
            list(enumerate(self.arrangement.firsts())),
        )

    def statement_keys(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield ids of statements and their first videos' keys, in the order of the input."""
        for part in self.arrangement.parts:
            statements = part.array(STATEMENTS)
            first = np.flatnonzero(statements["is_first"] & (statements["id"] != 0))
            yield (
                statement_ids(statements["id"][first]),
                keys_to_store(part.keys()[part.unrepeated()[first], :N_KEYS]),
            )


def _gather_at(parts: Sequence[Part], ranking: Ranking, place: tuple[int, int]) -> pd.DataFrame:
    return gather(parts, ranking, *place)


def arrange_all(
    engine: Engine, parts: list[Part], ranking: Ranking, size: int = RANGE
) -> Arrangement:
    """Put the videos of all parts in rank order.

    Parameters
    ----------
    engine : Engine
        Who does it.
    parts : list of Part
        Grouped.
    ranking : Ranking
        The policy.
    size : int
        About how many videos a range has.
    """
    cuts = choose_cuts(parts, ranking, size)
    arranged = list(engine.map(partial(arrange, cuts=cuts), parts))
    return Arrangement(
        parts,
        ranking,
        [sum(sizes) for sizes in zip(*(part.sizes for part in arranged), strict=True)],
        sum(part.n_unscorable for part in arranged),
        any(part.has_cr for part in arranged),
    )


def choose_cuts(parts: Sequence[Part], ranking: Ranking, size: int) -> Cuts:
    """Choose ranges of about `size` videos each."""
    keys = sort_keys(pd.concat([_sample(part) for part in parts], ignore_index=True), ranking)
    n_ranges = max(1, round(sum(len(part.unrepeated()) for part in parts) / size))
    steps = np.unique(np.linspace(0, len(keys), n_ranges + 1)[1:-1].astype(int))
    return Cuts(ranking, keys.iloc[in_order(keys)[steps]].reset_index(drop=True))


def _sample(part: Part) -> pd.DataFrame:
    unrepeated, sample = part.unrepeated(), part.merged("sample")
    sample = sample[np.isin(sample["place"], unrepeated)]
    return _with_totals(part, sample, np.searchsorted(unrepeated, sample["place"]))


def _with_totals(part: Part, videos: pd.DataFrame, places: np.ndarray) -> pd.DataFrame:
    """Add what `modeling.ranking.totals` adds; `places` are those among the unrepeated videos."""
    statements = part.array(STATEMENTS)[places]
    added = {
        STATEMENT_ID: pd.array(statement_ids(statements["id"]), dtype="str"),
        STATEMENT_VIDEOS: statements["videos"],
        STATEMENT_REPORTS: statements["reports"],
    }
    if AUTHOR_ID in videos:
        added[AUTHOR_REPORTS] = part.array(AUTHORS)["reports"][places]
    return videos.assign(**added)


@dataclass(frozen=True)
class Arranged:
    """A part whose videos were put in order.

    Parameters
    ----------
    sizes : list of int, of length n_ranges
        How many videos each range gets from it.
    n_unscorable : int
        How many of them cannot be scored.
    has_cr : bool
        Whether some cell of them holds a CR.
    """

    sizes: list[int]
    n_unscorable: int
    has_cr: bool


def arrange(part: Part, cuts: Cuts) -> Arranged:
    """Write a part's videos again, in order and cut into ranges."""
    unrepeated = part.unrepeated()
    videos = part.merged("videos").iloc[unrepeated].reset_index(drop=True)
    videos = _with_totals(part, videos, np.arange(len(unrepeated)))
    keys = sort_keys(videos, cuts.ranking)
    # A cut is a video's own keys: among equals it comes first, and begins the range.
    order = in_order(pd.concat([cuts.keys, keys], ignore_index=True))
    is_cut = order < len(cuts.keys)
    sizes = np.bincount(np.cumsum(is_cut)[~is_cut], minlength=cuts.n_ranges)
    ordered = videos.iloc[order[~is_cut] - len(cuts.keys)]
    _write_ranges(part, pa.Table.from_pandas(ordered, preserve_index=False), sizes)
    unscorable = videos[PROBABILITY].isna().sum()
    own = [
        name for name, kind in videos.dtypes.items() if str(name).startswith(OWN) and is_text(kind)
    ]
    return Arranged(sizes.tolist(), int(unscorable), holds_cr(videos[own]))


def _write_ranges(part: Part, table: pa.Table, sizes: np.ndarray) -> None:
    """Write each range as a separate batch, which can be read alone."""
    batches = table.combine_chunks().to_batches()
    whole = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
    with (
        pa.OSFile(f"{part.path}.ranges.arrow", "wb") as file,
        pa.ipc.new_file(file, table.schema) as writer,
    ):
        for end, size in zip(np.cumsum(sizes), sizes, strict=True):
            writer.write_batch(whole.slice(end - size, size))


def gather(parts: Sequence[Part], ranking: Ranking, number: int, first_rank: int) -> pd.DataFrame:
    """Return the videos of a range, ranked, as `arrange` left them in all parts.

    Parameters
    ----------
    parts : sequence of Part
        Arranged; at least one.
    ranking : Ranking
        The policy.
    number : int
        The range's.
    first_rank : int
        Rank of its first video.

    Returns
    -------
    DataFrame, shape (n, n_columns)
        As `Ranked.videos`, with the input's own columns.
    """
    tables = [_read_range(part, number) for part in parts]
    videos = as_frame(pa.concat_tables(tables, promote_options="permissive"))
    videos = videos.iloc[in_order(sort_keys(videos, ranking))].reset_index(drop=True)
    videos.insert(0, RANK, np.arange(first_rank, first_rank + len(videos)))
    return videos


def _read_range(part: Part, number: int) -> pa.Table:
    with (
        pa.OSFile(f"{part.path}.ranges.arrow", "rb") as file,
        pa.ipc.open_file(file) as reader,
    ):
        return pa.Table.from_batches([reader.get_batch(number)])
