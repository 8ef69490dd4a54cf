"""Files of any size scored and ranked, by several workers."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from claimclf.dataset.blocks import BLOCK_BYTES, Blocks, open_blocks
from claimclf.dataset.validation.columns import require_columns
from claimclf.dataset.writing import require_place
from claimclf.errors import ClaimclfError, ConflictError, EngineError, NotConfiguredError
from claimclf.files import own_folder
from claimclf.modeling.scoring.ranking import check_authors
from claimclf.modeling.store.model import Model
from claimclf.schema import AUTHOR_ID, REPORTED, Ranking
from claimclf.streaming.engines import Distance, Engine, local_engine
from claimclf.streaming.groups import STRETCH, find_repeated, sum_groups
from claimclf.streaming.output import write_ranked, write_rejected
from claimclf.streaming.parts import Job, handed, prepare, score_block
from claimclf.streaming.ranges import RANGE, Arrangement, RankedVideos, arrange_all

_logger = logging.getLogger(__name__)
#: Gets the kind of work, how much is done, and of how much.
Progress = Callable[[str, int, int], object]
#: Returns an engine, as a context.
EngineFactory = Callable[[], AbstractContextManager[Engine]]

_MEGABYTE = 10**6
#: A range of ranks is in memory several times, at each worker.
_RANGE_BYTES = 16 * 2**20
#: So few bytes are scored sooner than other processes start.
_LITTLE = 4 * 2**20


@dataclass(frozen=True)
class Source:
    """A file of reported videos, and what scores it.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    model : Model
        What predicts.
    models : Path
        The store from which workers load it.
    chosen : mapping of str to str
        Column of the contract -> the file's column, where names do not match.
    encoding : str or None
        Encoding of a CSV that is not UTF-8.
    ranking : Ranking
        What puts one video before another.
    """

    path: Path
    model: Model
    models: Path
    chosen: Mapping[str, str]
    encoding: str | None = None
    ranking: Ranking = Ranking.REPORTS


@dataclass(frozen=True)
class Sizes:
    """How much is processed at one time; results do not depend on it.

    Parameters
    ----------
    block : int
        Bytes of the input that a worker scores.
    stretch : int
        Videos whose statements are compared.
    range : int
        Videos of neighbouring ranks.
    """

    block: int = BLOCK_BYTES
    stretch: int = STRETCH
    range: int = RANGE


@dataclass(frozen=True)
class Accounted:
    """What became of a file's rows.

    Parameters
    ----------
    model_name : str
        What predicted.
    sha256 : str
        Hash of the file's bytes; empty unless asked for.
    n_rows, n_accepted, n_unscorable, n_rejected : int
        Rows; accepted + rejected = all rows.
    """

    model_name: str
    sha256: str
    n_rows: int
    n_accepted: int
    n_unscorable: int
    n_rejected: int


def score_file(
    source: Source,
    output: Path,
    rejects: Path | None = None,
    *,
    raw: bool = False,
    engines: EngineFactory | None = None,
    sizes: Sizes = Sizes(),
    on_progress: Progress = lambda what, done, total: None,
) -> Accounted:
    """Score a file of any size and write its videos in rank order, as `triage` would.

    What was scored is kept in a folder beside the output until all is written: after an
    interruption the same call goes on where it stopped.

    Parameters
    ----------
    output, rejects : Path
        Where ranked videos go and, unless None, rejected rows: CSV, or Parquet by the name.
    raw : bool
        Keep cells of a CSV that a spreadsheet would run as a formula.
    engines : callable, optional
        Returns an engine; by default one of a process for each core, for a large file.
    sizes : Sizes
        How much is processed at one time.
    on_progress : callable
        Called with the kind of work, how much is done, and of how much.

    Raises
    ------
    InputError
        The file cannot be used.
    InvalidRequestError, UnavailableError
        The output has no place, or cannot be written now.
    EngineError
        The work was interrupted; finished parts are kept.
    """
    for place in filter(None, (output, rejects)):
        require_place(place)
    with (
        working_folder(output) as folder,
        open_blocks(
            source.path, encoding=source.encoding, size=sizes.block, hashed=False
        ) as blocks,
        _engine(blocks, engines) as engine,
    ):
        arrangement = _arranged(source, blocks, folder, engine, sizes, on_progress)
        if rejects is not None:
            write_rejected(rejects, arrangement.parts, engine, raw=raw)
        report = partial(on_progress, "videos written")
        write_ranked(output, arrangement, folder, engine, raw=raw, on_progress=report)
        return _accounted(source.model.name, blocks.sha256, arrangement)


@contextmanager
def ranked_file(
    source: Source,
    *,
    engines: EngineFactory | None = None,
    sizes: Sizes = Sizes(),
    on_progress: Progress = lambda what, done, total: None,
) -> Iterator[tuple[Accounted, RankedVideos]]:
    """Score a file of any size and yield its videos in rank order, with typed columns.

    What was scored is kept in a folder beside the file until the block ends: after an
    interruption the same call goes on where it stopped.

    Parameters
    ----------
    engines, sizes, on_progress
        As for `score_file`.

    Raises
    ------
    InputError, EngineError
        As for `score_file`.
    """
    with (
        working_folder(source.path) as folder,
        open_blocks(source.path, encoding=source.encoding, size=sizes.block) as blocks,
    ):
        with _engine(blocks, engines) as engine:
            arrangement = _arranged(
                source, blocks, folder, engine, sizes, on_progress, is_typed=True
            )
        accounted = _accounted(source.model.name, blocks.sha256, arrangement)
        # New workers gather: those that scored would keep their models, and memory that they freed.
        with _engine(blocks, engines) as engine:
            yield accounted, RankedVideos(arrangement, engine)


def _engine(blocks: Blocks, engines: EngineFactory | None) -> AbstractContextManager[Engine]:
    if engines is not None:
        return engines()
    return local_engine(1 if blocks.size <= _LITTLE else None)


def _arranged(
    source: Source,
    blocks: Blocks,
    folder: Path,
    engine: Engine,
    sizes: Sizes,
    on_progress: Progress,
    *,
    is_typed: bool = False,
) -> Arrangement:
    """Go all the way to videos in rank order, in files."""
    columns = require_columns(blocks.columns, REPORTED, source.chosen)
    check_authors(source.ranking, AUTHOR_ID in columns)
    manifest = source.model.manifest
    models = source.models.absolute()  # workers may be in another folder
    job = Job(folder, models, manifest.name, manifest.version, source.chosen, is_typed)
    if engine.distance is not Distance.REMOTE:
        prepare(job, source.model)
    parts = []
    items = handed(blocks, source.path, folder, engine.distance)
    for part in engine.map(partial(score_block, job=job), items):
        parts.append(part)
        on_progress("MB scored", blocks.done // _MEGABYTE, blocks.size // _MEGABYTE)
    find_repeated(parts, sizes.stretch)
    sum_groups(engine, parts, sizes.stretch)
    size = _range_size(sizes.range, blocks.size, sum(part.n_rows for part in parts))
    return arrange_all(engine, parts, source.ranking, size)


def _range_size(most: int, n_bytes: int, n_rows: int) -> int:
    """Return how many videos a range may have: a few megabytes, however long transcripts are."""
    return max(min(most, _RANGE_BYTES * n_rows // max(n_bytes, 1)), 1)


def _accounted(model_name: str, sha256: str, arrangement: Arrangement) -> Accounted:
    n_rows = sum(part.n_rows for part in arrangement.parts)
    n_accepted = sum(arrangement.sizes)
    unscorable = arrangement.n_unscorable
    _logger.info("Scored %d rows with %s, %d rejected", n_rows, model_name, n_rows - n_accepted)
    return Accounted(model_name, sha256, n_rows, n_accepted, unscorable, n_rows - n_accepted)


@contextmanager
def working_folder(file: Path) -> Iterator[Path]:
    """Yield a folder beside a file, with what an interrupted run left there.

    It is removed when the work is done, and when the input turns out to be unusable.

    Raises
    ------
    ConflictError
        Another run writes to the same output.
    EngineError
        The disk is full or gone.
    """
    if file.exists() and not file.is_file():  # a device or a pipe has nothing beside it
        with tempfile.TemporaryDirectory() as elsewhere:
            yield Path(elsewhere)
        return
    folder = file.absolute().with_name(f".{file.name}.scoring")
    try:
        own_folder(folder)
        with FileLock(folder / "lock", timeout=0):
            yield folder
    except Timeout as error:
        raise ConflictError(
            f"Another run is at {file}.",
            f"Found: the working folder {folder} in use.",
            "Wait until it has ended.",
        ) from error
    except OSError as error:
        raise EngineError(
            "Scoring was stopped.",
            f"Found: {error.strerror or error} (working folder {folder}).",
            "See to it, then give the same command again: it goes on where it stopped.",
        ) from error
    except (EngineError, NotConfiguredError):
        raise
    except ClaimclfError:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)
