"""Files of any size scored and ranked, by several workers."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from claimclf.dataset.blocks import BLOCK_BYTES, Blocks, open_blocks
from claimclf.dataset.reading import Table, first_rows, read_table
from claimclf.dataset.report_log import ReportLog, count_reports
from claimclf.dataset.validation.ids import NO_IDS, IdCounts
from claimclf.dataset.validation.mapping import TableMapping, understand
from claimclf.dataset.writing import require_place
from claimclf.errors import (
    ClaimclfError,
    ConflictError,
    EngineError,
    InvalidRequestError,
    NotConfiguredError,
)
from claimclf.files import NotOursError, others_may_move, own_folder
from claimclf.modeling.scoring.ranking import check_authors
from claimclf.modeling.store.model import Model
from claimclf.paths import cache_folder
from claimclf.queue.settings.bounds import is_storable, shown
from claimclf.schema import AUTHOR_ID, REPORTED, Ranking
from claimclf.services.inspecting import Facts, remarks_of, require_read
from claimclf.streaming.engines import Distance, Engine, local_engine
from claimclf.streaming.groups import STRETCH, sum_groups
from claimclf.streaming.merging import merge_repeated
from claimclf.streaming.output import write_ranked, write_rejected
from claimclf.streaming.parts import Job, Part, handed, prepare, score_block, write_frame
from claimclf.streaming.ranges import RANGE, Arrangement, RankedVideos, arrange_all

_logger = logging.getLogger(__name__)
#: Gets the kind of work, how much is done, and of how much.
Progress = Callable[[str, int, int], object]
#: Returns an engine, as a context.
EngineFactory = Callable[[], AbstractContextManager[Engine]]

_MEGABYTE = 10**6
#: So much is kept of the videos in a range of ranks, which is in memory several times, at each
#: worker.
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
        Encoding of text that is not UTF-8.
    ranking : Ranking
        What puts one video before another.
    trust_ids : bool
        Whether a person says that the ids are right.
    sheet : str or None
        Which sheet of a workbook.
    reports : Path or None
        A report log about the videos.
    """

    path: Path
    model: Model
    models: Path
    chosen: Mapping[str, str]
    encoding: str | None = None
    ranking: Ranking = Ranking.REPORTS
    trust_ids: bool = False
    sheet: str | None = None
    reports: Path | None = None


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
    n_merged : int
        Accepted rows that repeat a video and are part of it.
    n_notes : int
        What could not be used of accepted rows.
    sources : dict of str to int
        Where words come from -> rows; the empty name is for those without any.
    remarks : tuple of str
        What to know of how the file was read, each a sentence.
    """

    model_name: str
    sha256: str
    n_rows: int
    n_accepted: int
    n_unscorable: int
    n_rejected: int
    n_merged: int = 0
    n_notes: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def n_videos(self) -> int:
        """Number of videos."""
        return self.n_accepted - self.n_merged


def score_file(
    source: Source,
    output: Path,
    rejects: Path | None = None,
    *,
    raw: bool = False,
    for_excel: bool = False,
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
    for_excel : bool
        Begin a CSV with a byte-order mark, by which Excel knows its encoding.
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
        _opened(source, sizes, hashed=False) as blocks,
        _engine(blocks, engines) as engine,
    ):
        arrangement = _arranged(source, blocks, folder, engine, sizes, on_progress)
        if rejects is not None:
            write_rejected(rejects, arrangement.parts, engine, raw=raw, bom=for_excel)
        report = partial(on_progress, "videos written")
        write_ranked(
            output, arrangement, folder, engine, raw=raw, bom=for_excel, on_progress=report
        )
        return _accounted(source, blocks, arrangement)


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
        _opened(source, sizes) as blocks,
    ):
        with _engine(blocks, engines) as engine:
            arrangement = _arranged(
                source, blocks, folder, engine, sizes, on_progress, is_typed=True
            )
        accounted = _accounted(source, blocks, arrangement)
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
    first, mapping = understood(source)
    require_read(mapping, first, source.model, source.models)
    check_authors(source.ranking, AUTHOR_ID in mapping.columns)
    manifest = source.model.manifest
    models = source.models.absolute()  # workers may be in another folder
    log = None if source.reports is None else count_reports(read_table(source.reports))
    reports = "" if log is None else _kept(log, folder)
    job = Job(folder, models, manifest.name, manifest.version, mapping, is_typed, reports)
    if engine.distance is not Distance.REMOTE:
        prepare(job, source.model)
    parts = []
    items = handed(blocks, source.path, folder, engine.distance)
    for part in engine.map(partial(score_block, job=job), items):
        parts.append(part)
        on_progress("MB scored", blocks.done // _MEGABYTE, blocks.size // _MEGABYTE)
    _refuse_doubles(parts, mapping, blocks.name)
    merge_repeated(engine, parts, job, sizes.stretch)
    sum_groups(engine, parts, sizes.stretch)
    size = _range_size(sizes.range, parts)
    return arrange_all(engine, parts, source.ranking, size)


def _range_size(most: int, parts: Sequence[Part]) -> int:
    """Return how many videos a range may have: a few megabytes, however long transcripts are.

    What is kept of them counts: of some exports it is a tenth of what was read.
    """
    n_bytes = sum(part.n_bytes for part in parts)
    n_videos = sum(part.n_accepted for part in parts)
    return max(min(most, _RANGE_BYTES * n_videos // max(n_bytes, 1)), 1)


def _opened(source: Source, sizes: Sizes, *, hashed: bool = True) -> AbstractContextManager[Blocks]:
    return open_blocks(
        source.path,
        encoding=source.encoding,
        size=sizes.block,
        hashed=hashed,
        sheet=source.sheet,
        contents=False,
    )


def understood(source: Source) -> tuple[Table, TableMapping]:
    """Understand a file by its first rows.

    Returns
    -------
    first : Table
        Its first rows.
    mapping : TableMapping
        How it is read.

    Raises
    ------
    InputError
        The file cannot be used.
    """
    first = first_rows(source.path, encoding=source.encoding, sheet=source.sheet)
    mapping = understand(first, REPORTED, source.chosen, trust_ids=source.trust_ids)
    return first, replace(mapping, has_reports=source.reports is not None)


def _kept(log: ReportLog, folder: Path) -> str:
    """Put a report log into the working folder, where workers read it."""
    name = f"reports-{log.sha256[:32]}.arrow"
    write_frame(log.videos.reset_index(), str(folder / name))
    return name


def _refuse_doubles(parts: Sequence[Part], mapping: TableMapping, name: str) -> None:
    counts = sum((IdCounts(*part.id_counts) for part in parts), NO_IDS)
    if not mapping.are_trusted:
        counts.refuse_doubles(name)


def _accounted(source: Source, blocks: Blocks, arrangement: Arrangement) -> Accounted:
    parts, (first, mapping) = arrangement.parts, understood(source)
    n_rows = sum(part.n_rows for part in parts)
    n_accepted = sum(part.n_accepted for part in parts)
    n_merged = n_accepted - len(arrangement)
    name = source.model.name
    _logger.info("Scored %d rows with %s, %d rejected", n_rows, name, n_rows - n_accepted)
    sources: Counter[str] = Counter()
    for part in parts:
        sources.update(part.sources)
    facts = Facts(
        n_rows, n_accepted, n_merged, sources, sum(part.n_dated for part in parts), source.ranking
    )
    return Accounted(
        source.model.name,
        blocks.sha256,
        n_rows,
        n_accepted,
        arrangement.n_unscorable,
        n_rows - n_accepted,
        n_merged,
        sum(part.n_notes for part in parts) + n_merged,
        dict(sources),
        tuple(remarks_of(mapping, first, facts)),
    )


@contextmanager
def working_folder(file: Path) -> Iterator[Path]:
    """Yield a folder beside a file, with what an interrupted run left there.

    It is removed when the work is done, and when the input turns out to be unusable. Where others
    could put a folder of theirs in its place it lies among this user's own files instead.

    Raises
    ------
    InvalidRequestError
        The file's name is none that a working folder can be named after.
    ConflictError
        Another run writes to the same output.
    EngineError
        The disk is full or gone.
    """
    for part in file.parts:
        if not is_storable(part):
            raise InvalidRequestError(
                f"{shown(part)} is no name that can be worked with.",
                "Found: bytes in it that are no text in UTF-8.",
                "Give the file or the folder another name.",
            )
    if file.exists() and not file.is_file():  # a device or a pipe has nothing beside it
        with tempfile.TemporaryDirectory() as elsewhere:
            yield Path(elsewhere)
        return
    folder = _working_place(file)
    try:
        _make(folder, file)
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
            f"Found: {error.strerror or error} (working folder {folder}, for {file}).",
            "See to it, then give the same command again: it goes on where it stopped.",
        ) from error
    except (EngineError, NotConfiguredError):
        raise
    except ClaimclfError:
        shutil.rmtree(folder)
        raise
    shutil.rmtree(folder)


def _working_place(file: Path) -> Path:
    """Return where a file's working folder is: the same each time that a command is given."""
    beside = file.absolute().with_name(f".{file.name}.scoring")
    try:
        if not others_may_move(beside.parent):
            return beside
    except OSError:  # said where the folder is made
        return beside
    place = str(beside.parent.resolve() / file.name)
    return cache_folder() / "scoring" / hashlib.sha256(os.fsencode(place)).hexdigest()[:32]


def _make(folder: Path, file: Path) -> None:
    if folder.parent != file.absolute().parent:
        _make_among_our_own(folder.parent, file)
        _logger.warning(
            "Others may rename what lies beside %s: until all is done, parts are kept in %s",
            file,
            folder,
        )
    own_folder(folder)


def _make_among_our_own(scoring: Path, file: Path) -> None:
    cache = scoring.parent
    try:
        if not cache.is_absolute():
            raise NotOursError("this user has no home")
        cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if others_may_move(cache.parent):
            raise NotOursError("others may rename what is in it")
        own_folder(cache)
        own_folder(scoring)
    except OSError as error:
        raise NotConfiguredError(
            f"There is no place for the parts of {file} while it is worked on.",
            f"Found: others may rename what lies beside it, and {cache.parent} cannot take them "
            f"({error.strerror or error}).",
            "Set XDG_CACHE_HOME to a folder that nobody else may write to, or work in such a one.",
        ) from error
