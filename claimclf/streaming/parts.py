"""A block of the input, validated and scored, in files of its own.

A part's files lie in a working folder that all workers reach. Their name holds a hash of all
that they depend on, so that scoring which was interrupted finds what is done already; the
description is written last, and a part without one does not count.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from claimclf.dataset.blocks import Block, Blocks
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import parse, read_table
from claimclf.dataset.report_log import join_reports
from claimclf.dataset.sources import modified
from claimclf.dataset.statements import word_keys
from claimclf.dataset.validation.mapping import TableMapping
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.errors import InputError
from claimclf.members import check_members
from claimclf.modeling.learners.algorithms import XGBOOST
from claimclf.modeling.scoring.score import score
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import (
    AUTHOR_ID,
    OUTPUT,
    REASON,
    REPORT_COUNT,
    REPORT_REASONS,
    REPORTED,
    REPORTERS,
    SURPLUS,
    TEXT_SOURCE,
    TRANSCRIPT,
    VIDEO_ID,
    VIEWS,
)
from claimclf.streaming.engines import Distance

_logger = logging.getLogger(__name__)

#: Raise it when the same block would make another part: what an older program has left is
#: then scored anew, rather than taken for what this one would have made.
FORMAT = 2
#: Format -> what the names of its parts hold in its place; the first was named by a release.
_NAMED = {1: "0.1.0"}
#: The tables that each part has.
_TABLES = ("videos", "sample", "rejected", "problems", "notes")
#: The input's own columns stand in a part's files under this and their place.
OWN = "own "
#: What videos are ranked and identified by.
_RANKED = (*OUTPUT[1:], VIEWS, AUTHOR_ID, REASON)
#: Videos of a part by which the ranges are chosen.
_SAMPLE = 128

AnyBlock: TypeAlias = "Block | StoredBlock"


@dataclass(frozen=True)
class Job:
    """What is to be done with every block.

    Parameters
    ----------
    folder : Path
        The working folder.
    models : Path
        The model store.
    model_name, model_version : str
        What predicts.
    mapping : TableMapping
        How the input is read.
    is_typed : bool
        Whether all typed columns of the videos are kept, rather than the input's own cells and
        what they are ranked by.
    reports : str
        The name of a file in the folder with the reports by video, which is that of its content;
        empty for none.
    """

    folder: Path
    models: Path
    model_name: str
    model_version: str
    mapping: TableMapping
    is_typed: bool = False
    reports: str = ""

    @property
    def added(self) -> tuple[str, ...]:
        """Typed columns besides those of the contract."""
        return (TEXT_SOURCE, REPORT_REASONS, REPORTERS)

    def part_name(self, block: Block) -> str:
        """Name a block's part after everything that its content depends on."""
        model = (self.model_name, self.model_version)
        how = (self.is_typed, self.mapping, self.reports)
        depends = repr((_NAMED.get(FORMAT, FORMAT), block.digest, *model, *how))
        return f"{block.number:06d}-{hashlib.sha256(depends.encode()).hexdigest()[:32]}"


@dataclass(frozen=True)
class StoredBlock:
    """A block whose content is in a file that all workers reach.

    Parameters
    ----------
    block : Block
        All but the content.
    path : Path
        The file.
    start, size : int
        Where the content is in it, and how many bytes it has.
    modified : int
        When the file was changed last before it was read here, in ns.
    """

    block: Block
    path: Path
    start: int
    size: int
    modified: int

    def loaded(self) -> Block:
        """Return the whole block.

        Raises
        ------
        InputError
            The file is not the one any more in which the block was found.
        """
        with self.path.open("rb") as file:
            if modified(file) != self.modified:
                raise InputError(
                    f"{self.block.layout.name} was changed while it was read.",
                    "",
                    "Wait until the file is complete, then give the same command again.",
                )
            file.seek(self.start)
            return replace(self.block, content=file.read(self.size))


def handed(blocks: Blocks, source: Path, folder: Path, distance: Distance) -> Iterator[AnyBlock]:
    """Yield blocks in the form in which their content reaches workers.

    Parameters
    ----------
    blocks : Blocks
        Of an opened input.
    source : Path
        The input, which workers of other processes can open.
    folder : Path
        Takes the blocks whose content is not in the input as such: those of a packed one.
    distance : Distance
        Where workers are.
    """
    for block in blocks:
        is_here = block.left is None
        if distance is Distance.IN_PROCESS and is_here:
            yield block
        elif block.start is not None and blocks.modified is not None:
            yield _without(block, source.absolute(), block.start, blocks.modified)
        elif distance is Distance.REMOTE:
            path = folder / f"block-{block.number:06d}"
            path.write_bytes(block.content)
            yield _without(block, path, 0, path.stat().st_mtime_ns)
        else:
            yield block


def _without(block: Block, path: Path, start: int, modified: int) -> StoredBlock:
    return StoredBlock(replace(block, content=b"", left=None), path, start, block.size, modified)


@dataclass(frozen=True)
class Part:
    """A block that is scored.

    Parameters
    ----------
    number : int
        Its block's.
    path : str
        Its files are this and an ending.
    n_rows, n_accepted, n_notes : int
        Rows of the block, those that are accepted, and notes on these.
    own : list of str
        The input's own columns.
    columns : dict of str to str
        Column of the contract -> the input's own column.
    has_surplus : bool
        Whether some row has more fields than the header.
    shown : list of str
        Columns that are written as they were read, too.
    id_counts : list of int
        What the ids say of their column, as `IdCounts`.
    n_dated : int
        Videos whose posting time was taken from the id.
    sources : dict of str to int
        Where words come from -> videos; the empty name is for those without any.
    """

    number: int
    path: str
    n_rows: int
    n_accepted: int
    own: list[str]
    columns: dict[str, str]
    has_surplus: bool
    n_notes: int
    shown: list[str]
    id_counts: list[int]
    n_dated: int
    sources: dict[str, int]

    @property
    def n_rejected(self) -> int:
        """Rows that are not accepted."""
        return self.n_rows - self.n_accepted

    @property
    def n_bytes(self) -> int:
        """Size of what is kept of the videos."""
        return Path(f"{self.path}.videos.arrow").stat().st_size

    def ids(self) -> np.ndarray:
        """Return two fingerprints of each row's id and its line.

        Returns
        -------
        ndarray of uint64, shape (n_rows, 3), by column
            Fingerprints are 0 where the row is not accepted.
        """
        return self.array("ids")

    def keys(self) -> np.ndarray:
        """Return each video's statement keys, its author's fingerprint and its reports.

        Returns
        -------
        ndarray of int64, shape (n_accepted, 9), by column
            0 for what is missing.
        """
        return self.array("keys")

    def unrepeated(self) -> np.ndarray:
        """Return the places of the videos whose id stood in no earlier row."""
        return self.array("kept")

    def array(self, ending: str, mode: Literal["r", "r+"] = "r") -> np.ndarray:
        """Return an array among the part's files; it is read as far as it is looked at.

        Parameters
        ----------
        ending : str
            Its name.
        mode : {"r", "r+"}
            To be read, or changed as well.
        """
        values: np.ndarray = np.load(f"{self.path}.{ending}.npy", mmap_mode=mode)
        return values

    def check(self, number: int) -> None:
        """Refuse a part that is another block's, or that has no whole files.

        Raises
        ------
        OSError, EOFError, ValueError
            It says what is wrong.
        """
        found = {ending: len(self.array(ending)) for ending in ("ids", "keys", "rows")}
        said = {"ids": self.n_rows, "keys": self.n_accepted, "rows": self.n_accepted}
        if (self.number, found) != (number, said):
            raise ValueError(f"{found} of part {self.number}")
        for ending in _TABLES:
            with pa.OSFile(f"{self.path}.{ending}.arrow", "rb") as file, pa.ipc.open_file(file):
                pass  # a whole one has its account at the end

    def keep(self, ending: str, values: np.ndarray) -> None:
        """Put an array among the part's files."""
        np.save(f"{self.path}.{ending}.npy", values)

    def table(self, ending: str) -> pd.DataFrame:
        """Return a table among the part's files.

        There are `videos` (accepted: predictions and, as the job says, typed or own columns),
        `sample` (some of them, with their `place` there), `rejected` (`row`, surplus and the
        input's own columns), `problems` and `notes` (as `Validated` has them).
        """
        return read_frame(f"{self.path}.{ending}.arrow")

    def put(self, ending: str, frame: pd.DataFrame) -> None:
        """Put a table among the part's files."""
        write_frame(frame, f"{self.path}.{ending}.arrow")

    def merged(self, ending: str) -> pd.DataFrame:
        """Return `videos` or `sample`, with what later rows of the same ids add to them."""
        frame = self.table(ending)
        if not Path(f"{self.path}.merged.arrow").is_file():
            return frame
        merged = self.table("merged").set_index("place")
        places = frame["place"] if "place" in frame else frame.index.to_series()
        is_changed = places.isin(merged.index)
        if not is_changed.any():
            return frame
        new = merged.loc[places[is_changed]]
        names = [name for name in merged.columns if name in frame]
        changed = frame[is_changed].assign(**{name: new[name].array for name in names})
        return pd.concat([frame[~is_changed], changed]).sort_index()


def score_block(block: AnyBlock, job: Job) -> Part:
    """Validate and score a block, or find that this was done before.

    Raises
    ------
    InputError
        The block cannot be read, or a needed column is not there.
    """
    if isinstance(block, StoredBlock):
        block = block.loaded()
    path = str(job.folder / job.part_name(block))
    done = Path(f"{path}.json")
    before = _scored_before(done, path, block.number)
    if before is not None:
        _logger.debug("Block %d was scored before", block.number)
        return before
    validated = with_reports(
        validate(parse(block), REPORTED, unique=False, mapping=job.mapping), job
    )
    scored = score(validated, model_of(job))
    videos = validated.accepted.join(scored.predictions)
    part = _written(block.number, path, validated, videos, is_typed=job.is_typed)
    unfinished = Path(f"{path}.json.new")
    unfinished.write_text(json.dumps(asdict(part)), "utf-8")
    unfinished.replace(done)
    _logger.debug("Block %d scored: %d rows", block.number, part.n_rows)
    return part


def _scored_before(done: Path, path: str, number: int) -> Part | None:
    """Return a part whose files are there, whole; None where its block is to be scored (anew).

    Its files are those in this folder, whatever it says itself: the folder may have been moved,
    and where it stood before somebody else may have put other files.
    """
    try:
        values = json.loads(done.read_text("utf-8"))
        if not isinstance(values, dict):
            raise ValueError("no object")
        check_members(Part, values)
        part = Part(**{**values, "path": path})
        part.check(number)
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError) as error:  # a power cut may have left half of a file
        _logger.warning("Block %d is scored anew: its part cannot be read (%s)", number, error)
        return None
    return part


def with_reports(validated: Validated, job: Job) -> Validated:
    """Join the report log that the job names, if it does."""
    if not job.reports:
        return validated
    reports = _reports(str(job.folder / job.reports))
    return replace(validated, accepted=join_reports(validated.accepted, reports))


@lru_cache(maxsize=1)
def _reports(path: str) -> pd.DataFrame:
    return read_frame(path).set_index(VIDEO_ID)


_MODELS: dict[tuple[str, str], Model] = {}


def prepare(job: Job, model: Model) -> None:
    """Have model and packages at hand in this process and in those forked from it.

    But not XGBoost's model, whose threads do not live through a fork.
    """
    if model.manifest.algorithm == XGBOOST:
        return
    _MODELS[job.model_name, job.model_version] = model
    one = demo_videos(1).to_csv(index=False).encode()
    score(validate(read_table(one), REPORTED, unique=False), model)  # imports what it needs


def model_of(job: Job) -> Model:
    """Return what predicts, at hand from the second time on."""
    key = (job.model_name, job.model_version)
    if key not in _MODELS:
        _MODELS.clear()
        _MODELS[key] = ModelStore(job.models).load(job.model_name)
    return _MODELS[key]


def _written(
    number: int, path: str, validated: Validated, videos: pd.DataFrame, *, is_typed: bool
) -> Part:
    table = validated.table
    part = Part(
        number,
        path,
        len(table),
        len(videos),
        table.columns,
        validated.columns,
        bool(table.surplus),
        validated.n_notes,
        list(validated.mapping.shown) if validated.mapping else [],
        list(astuple(validated.id_counts)),
        validated.n_dated,
        validated.sources,
    )
    ids = videos[VIDEO_ID].reindex(table.frame.index)
    part.keep("ids", _ids(ids, table.lines))
    part.keep("keys", keys_of(videos))
    part.keep("rows", videos.index.to_numpy())
    own = table.frame.set_axis([f"{OWN}{place}" for place in range(len(part.own))], axis=1)
    columns = dict.fromkeys((*_RANKED, *part.shown))
    ranked = videos[[name for name in columns if name in videos]]
    places = np.sort(np.random.default_rng(number).permutation(len(videos))[:_SAMPLE])
    surplus = pd.Series(table.surplus, dtype="str")
    beside = own.assign(row=own.index, **{SURPLUS: surplus})
    for ending, frame in {
        "videos": videos if is_typed else ranked.join(own),
        "sample": ranked.iloc[places].assign(place=places),
        "rejected": beside.loc[own.index.difference(videos.index)],
        "problems": validated.problems,
        "notes": validated.notes,
    }.items():
        write_frame(frame, f"{path}.{ending}.arrow")
    return part


def _ids(ids: pd.Series, lines: np.ndarray) -> np.ndarray:
    texts = ids.to_numpy(dtype=object)
    hashed = [_fingerprints(texts, salt) for salt in ("one way of two", "the other of two")]
    return np.asfortranarray(np.column_stack([*hashed, lines.astype(np.uint64)]))


def keys_of(videos: pd.DataFrame) -> np.ndarray:
    """Return what `Part.keys` does."""
    authors = np.zeros(len(videos), dtype=np.uint64)
    if AUTHOR_ID in videos:
        authors = _fingerprints(videos[AUTHOR_ID].to_numpy(dtype=object), "who posted the video")
    reports = videos[REPORT_COUNT].fillna(0).to_numpy(dtype=np.int64)
    columns = [word_keys(videos[TRANSCRIPT]), authors.view(np.int64), reports]
    return np.asfortranarray(np.column_stack(columns))


def _fingerprints(texts: np.ndarray, salt: str) -> np.ndarray:
    """Hash texts to 64 bits, the same everywhere; 0 for what is missing."""
    missing = pd.isna(texts)
    hashed = pd.util.hash_array(texts, hash_key=f"{salt:16.16}", categorize=False)
    return np.where(missing, np.uint64(0), np.maximum(hashed, np.uint64(1)))


def write_frame(frame: pd.DataFrame, path: str) -> None:
    """Write a table for this program's own use, without its index."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def read_frame(path: str) -> pd.DataFrame:
    """Read what `write_frame` wrote."""
    with pa.OSFile(path, "rb") as file, pa.ipc.open_file(file) as reader:
        return as_frame(reader.read_all())


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Return the same cells as `write_frame` was given, whole numbers beside missing ones whole."""
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    return frame
