"""What takes all blocks: repeated ids, videos of one statement, authors' totals.

Everything here goes by hashes of 64 bits a value, read from the parts' files as often as it
takes: what stays in memory is four bytes a video, and what belongs to one stretch of hashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

import numpy as np

from claimclf.dataset.hashing import numbered
from claimclf.dataset.slips import linked
from claimclf.dataset.statements import EXACT, N_KEYS, TAIL_WORDS
from claimclf.streaming.engines import Engine
from claimclf.streaming.parts import Part

#: Rows looked at together.
STRETCH = 1_000_000
#: Place of a video's author and of its reports among a part's keys.
AUTHOR, REPORTS = N_KEYS, N_KEYS + 1

#: Arrays that are kept with each part: rows whose id stood before, places of the videos that
#: stay, and what their statements and authors amount to.
REPEATED, KEPT, STATEMENTS, AUTHORS = "repeated", "kept", "statements", "authors"

#: What a video's group amounts to, and whether the video is its first; `id` is 0 for a
#: statement without words.
TOTALS = np.dtype(
    [("id", np.uint64), ("videos", np.int64), ("reports", np.int64), ("is_first", bool)]
)


def find_repeated(parts: Sequence[Part], stretch: int = STRETCH) -> Iterator[np.ndarray]:
    """Keep with each part its rows whose id stood in an earlier row, and its videos that stay.

    Ids are told apart by 128 bits: no video is taken for another because it looks like it.

    Yields
    ------
    ndarray of int, shape (n, 3)
        Place of the part, row and group of all rows whose id stands in several, group by group.
    """
    again_in: list[list[np.ndarray]] = [[np.empty(0, dtype=np.int64)] for _ in parts]
    n_stretches = _n_stretches(sum(part.n_rows for part in parts), stretch)
    repeated = []
    for number in range(n_stretches):
        groups, again = _repeated_within(parts, number, n_stretches)
        for place in np.unique(groups[again, 0]):
            again_in[place].append(groups[again & (groups[:, 0] == place), 1])
        if len(groups):
            repeated.append(groups)
    for part, rows_of_part in zip(parts, again_in, strict=True):
        rows = np.sort(np.concatenate(rows_of_part))
        part.keep(REPEATED, rows)
        part.keep(KEPT, np.flatnonzero(~np.isin(part.array("rows"), rows)))
    yield from repeated


def _repeated_within(
    parts: Sequence[Part], number: int, n_stretches: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows whose id stands in several, as `find_repeated` does, and which are later ones."""
    ids, place, row = _ids_within(parts, number, n_stretches)
    nothing = np.empty((0, 3), dtype=np.int64), np.empty(0, dtype=bool)
    if not (np.diff(np.sort(ids[:, 0])) == 0).any():
        return nothing
    order = np.lexsort((ids[:, 1], ids[:, 0]))  # stable: the first row stays the first
    is_first = np.append(True, (np.diff(ids[order, :2], axis=0) != 0).any(axis=1))
    group = np.cumsum(is_first) - 1
    in_several = np.bincount(group)[group] > 1
    order, again = order[in_several], ~is_first[in_several]
    rows = np.column_stack([place[order], row[order], group[in_several]]).astype(np.int64)
    return rows, again


def _ids_within(
    parts: Sequence[Part], number: int, n_stretches: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ids and lines within one stretch of fingerprints, with their parts and rows."""
    ids, places, rows = [], [], []
    for place, part in enumerate(parts):
        own = part.ids()
        row = _within(own[:, 0], number, n_stretches)
        row = row[own[row, 0] != 0]  # of rows that are not accepted
        ids.append(own[row])
        places.append(np.full(len(row), place, dtype=np.int32))
        rows.append(row)
    return np.concatenate(ids), np.concatenate(places), np.concatenate(rows)


def _n_stretches(n: int, stretch: int) -> int:
    return max(1, -(-n // stretch))


def _within(values: np.ndarray, number: int, n_stretches: int) -> np.ndarray:
    """Return the positions of the values in one of so many equal stretches of all 64 bits."""
    if n_stretches == 1:
        return np.arange(len(values))
    high = (values.view(np.uint64) >> np.uint64(32)) * np.uint64(n_stretches)
    return np.flatnonzero((high >> np.uint64(32)) == number)


class Groups:
    """Videos linked with each other, directly or through others.

    Parameters
    ----------
    root : ndarray of int32, shape (n,)
        An earlier video of each one's group, or itself; it is changed.
    """

    def __init__(self, root: np.ndarray) -> None:
        self.root = root

    def __len__(self) -> int:
        """Return the number of videos."""
        return len(self.root)

    def link(self, one: np.ndarray, other: np.ndarray) -> None:
        """Put pairs of videos together, shapes (n_pairs,) of int."""
        one, other = self.roots(one), self.roots(other)
        apart = one != other
        if not apart.any():
            return
        from scipy.sparse import coo_array  # which a small file seldom needs
        from scipy.sparse.csgraph import connected_components

        nodes, places = np.unique(np.concatenate([one[apart], other[apart]]), return_inverse=True)
        half = len(places) // 2
        links = (places[:half], places[half:])
        graph = coo_array((np.ones(half, dtype=bool), links), shape=(len(nodes),) * 2)
        _, group = connected_components(graph, directed=False)
        # Nodes ascend: each group takes the first of its own.
        number, first = numbered(group)
        self.root[nodes] = nodes[first[number]]

    def follow(self, videos: np.ndarray, first: np.ndarray) -> None:
        """Put videos that are in no group yet behind the first ones of theirs."""
        self.root[videos] = first

    def roots(self, videos: np.ndarray) -> np.ndarray:
        """Return the first video of each one's group, shape (n_videos,) of int."""
        root: np.ndarray = self.root[videos]
        while not np.array_equal(higher := self.root[root], root):
            root = higher
        return root


def sum_groups(engine: Engine, parts: Sequence[Part], stretch: int = STRETCH) -> None:
    """Store with each part the totals of the statements and authors of its videos.

    `dataset.statements.statements` defines which videos share a statement.

    Parameters
    ----------
    engine : Engine
        Who looks for equal keys.
    parts : sequence of Part
        Their repeated rows are found.
    stretch : int
        Videos looked at together.
    """
    n = sum(len(part.unrepeated()) for part in parts)
    n_stretches = _n_stretches(n, stretch)
    # Statements first, then authors: only one kind of group is in memory at a time.
    for name, column in ((STATEMENTS, EXACT), (AUTHORS, AUTHOR)):
        groups = Groups(np.arange(n, dtype=np.int32))
        with_same = partial(_links_of_same, parts, column, n_stretches)
        for videos, first in engine.map(with_same, range(n_stretches)):
            groups.follow(videos, first)
        np.save(_roots_file(parts, name), groups.root)
        if name == STATEMENTS:
            places = product(range(TAIL_WORDS), range(n_stretches))
            for one, other in engine.map(partial(_links_of_slips, parts, n_stretches), places):
                groups.link(one, other)
            np.save(_roots_file(parts, name), groups.root)
        del groups
    for _ in engine.map(partial(_keep_totals, parts, stretch), (STATEMENTS, AUTHORS)):
        pass


def _roots_file(parts: Sequence[Part], name: str) -> str:
    return f"{parts[0].path}.{name}-roots.npy"


def _links_of_same(
    parts: Sequence[Part], column: int, n_stretches: int, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Link videos to the first one with their key, in one column and stretch of keys."""
    keys, videos = [], []
    for part, first in _starts(parts):
        own = part.keys()[part.unrepeated(), column]
        here = _within(own, number, n_stretches)
        here = here[own[here] != 0]
        keys.append(own[here])
        videos.append((first + here).astype(np.int32))
    video = np.concatenate(videos)
    key, first_of_key = numbered(np.concatenate(keys))
    leader = video[first_of_key[key]]
    follows = video != leader
    return video[follows], leader[follows]


def _links_of_slips(
    parts: Sequence[Part], n_stretches: int, stretch: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Link videos of one statement whose words are not the same, in one column and stretch."""
    column, number = stretch
    roots = np.load(_roots_file(parts, STATEMENTS), mmap_mode="r")
    keys, words, videos = [], [], []
    for part, first in _starts(parts):
        rows = part.unrepeated()
        # Of those with the same words one stands for all.
        leads = np.flatnonzero(
            roots[first : first + len(rows)] == np.arange(first, first + len(rows))
        )
        own = part.keys()[rows[leads], column]
        here = _within(own, number, n_stretches)
        here = here[own[here] != 0]
        keys.append(own[here])
        words.append(part.keys()[rows[leads[here]], TAIL_WORDS + column])
        videos.append((first + leads[here]).astype(np.int32))
    video = np.concatenate(videos)
    one, other = linked(np.concatenate(keys), np.concatenate(words))
    return video[one], video[other]


def _starts(parts: Sequence[Part]) -> Iterator[tuple[Part, int]]:
    """Yield each part with the number of its first video."""
    first = 0
    for part in parts:
        yield part, first
        first += len(part.unrepeated())


def _keep_totals(parts: Sequence[Part], stretch: int, name: str) -> None:
    groups = Groups(np.load(_roots_file(parts, name)))
    for part in parts:
        part.keep(name, np.zeros(len(part.unrepeated()), dtype=TOTALS))
    for start in range(0, len(groups), stretch):
        size = min(stretch, len(groups) - start)
        totals = _totals_within(parts, groups, start, size)
        for part, first in _starts(parts):
            roots = groups.roots(np.arange(first, first + len(part.unrepeated()), dtype=np.int32))
            here = np.flatnonzero((roots >= start) & (roots < start + size))
            own = part.array(name, "r+")
            own[here] = totals[roots[here] - start]
            own["is_first"][here] = roots[here] == first + here


def _totals_within(parts: Sequence[Part], groups: Groups, start: int, size: int) -> np.ndarray:
    """Sum up the groups whose first video is one of `size` from `start` on."""
    smallest = np.full(size, np.iinfo(np.uint64).max)
    n_videos, reports = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    for part, first in _starts(parts):
        unrepeated = part.unrepeated()
        place = groups.roots(np.arange(first, first + len(unrepeated), dtype=np.int32)) - start
        here = np.flatnonzero((place >= 0) & (place < size))
        keys, place = part.keys()[unrepeated[here]], place[here]
        np.minimum.at(smallest, place, keys[:, EXACT].view(np.uint64))
        np.add.at(n_videos, place, 1)
        np.add.at(reports, place, keys[:, REPORTS])
    totals = np.zeros(size, dtype=TOTALS)
    totals["id"], totals["videos"], totals["reports"] = smallest, n_videos, reports
    return totals
