"""Files of any size: time and memory beside the notebook's steps, and growth.

All transcripts are distinct. Each run is a process of its own; runs that are compared take
turns. What is timed are the steps, from reading to writing: everyone has imported what it
needs and loaded the model before, on a small file. Where a result says so it is the whole
command. ``--rows`` takes another size than a million, ``--most`` the largest one whose
growth is looked at.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from benchmarks.processes import Spent, claimclf, run
from benchmarks.report import TIMES, Result
from benchmarks.score import notebook_steps
from benchmarks.videos import write_videos
from claimclf.configuration import models_folder
from claimclf.dataset.blocks import BLOCK_BYTES
from claimclf.modeling.store.model import Model
from claimclf.services.loading import load_model
from claimclf.services.streaming import Sizes, Source, score_file
from claimclf.streaming.engines import dask_client, dask_engine

ROWS, MOST, REPEATS = 1_000_000, 10_000_000, 3
COURSE, CONTENT = "course-random-forest", "content-random-forest"
#: Share of the notebook's time, by model.
TIME_LIMITS = {COURSE: 1 / 4, CONTENT: 1 / 3}
MEMORY_GROWTH, MEMORY_LIMIT = 1.2, 1_500.0
DASK = "dask-"
_NOTEBOOK = "the notebook's steps"
#: Videos on which everything is imported before the clock runs, and in how many blocks, so that
#: each worker gets some.
_LITTLE, _WARM_BLOCKS = 200, 10


def results(rows: int = ROWS, most: int = MOST, repeats: int = REPEATS) -> list[Result]:
    """Measure everything.

    Parameters
    ----------
    rows, most : int
        Videos of the runs that are compared, and of the largest one.
    repeats : int
        How often each comparison is made.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = _sizes(rows, most)
        for size in sizes:
            write_videos(file_of(folder, size), size)
        return [
            *_beside_the_notebook(folder, rows, repeats),
            *_growth(folder, sizes),
            *_stored(folder, sizes),
        ]


def _sizes(rows: int, most: int) -> list[int]:
    return sorted({max(rows // 100, 1), max(rows // 10, 1), rows, most})


def file_of(folder: Path, rows: int) -> Path:
    """Return where the file of so many videos is."""
    return folder / f"videos-{rows}.csv"


def _beside_the_notebook(folder: Path, rows: int, repeats: int) -> Iterator[Result]:
    notebook: list[Steps] = []
    ours: dict[str, list[Steps]] = {model: [] for model in TIME_LIMITS}
    for _ in range(repeats):
        notebook.append(steps_of("notebook", folder, rows))
        for model, steps in ours.items():
            steps.append(steps_of(model, folder, rows))
    for model, limit in TIME_LIMITS.items():
        ratios = [our.steps / their.steps for our, their in zip(ours[model], notebook, strict=True)]
        yield result_of(f"steps to score {rows:,} videos, {model}", ratios, _NOTEBOOK, limit)
    for model, steps in ours.items():
        rates = [rows / one.steps for one in steps]
        yield result_of(f"videos a second, {model}", rates, unit="", more_is_better=True)
    for what in ("seconds", "megabytes"):
        ratios = [
            getattr(our.command, what) / getattr(their.command, what)
            for our, their in zip(ours[COURSE], notebook, strict=True)
        ]
        name = f"whole command's {what} for {rows:,} videos, {COURSE}"
        yield result_of(name, ratios, _NOTEBOOK)


@dataclass(frozen=True)
class Steps:
    """One run.

    Parameters
    ----------
    steps : float
        Seconds from reading to writing.
    command : Spent
        What all of it took, start and imports included.
    """

    steps: float
    command: Spent


def steps_of(who: str, folder: Path, rows: int) -> Steps:
    """Take the steps in a process of their own; see `_time_steps` for who does."""
    command, seconds_file = steps_command(who, folder, rows)
    spent = run(*command)
    return Steps(float(seconds_file.read_text("ascii")), spent)


def steps_command(who: str, folder: Path, rows: int) -> tuple[list[str], Path]:
    """Return the command that takes the steps, and the file to which it tells their seconds."""
    seconds_file = folder / "seconds"
    files = map(str, (file_of(folder, rows), folder / "ranked.csv", seconds_file))
    return [sys.executable, "-m", "benchmarks.scale", "--steps", who, *files], seconds_file


def _time_steps(who: str, source: Path, target: Path, seconds_file: Path) -> None:
    """Time the steps of who is named, and tell a file.

    Parameters
    ----------
    who : str
        The notebook, a model, or so many Dask workers: `dask-2`.
    """
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        take = _taker(who, stack)
        little = Path(folder, "little.csv")
        write_videos(little, _LITTLE)
        take(little, Path(folder, "ranked.csv"), little.stat().st_size // _WARM_BLOCKS)
        # A file that replaces another one has to reach the disk first.
        target.unlink(missing_ok=True)
        start = time.perf_counter()
        take(source, target, BLOCK_BYTES)
        seconds_file.write_text(str(time.perf_counter() - start), "ascii")


def _taker(who: str, stack: ExitStack) -> Callable[[Path, Path, int], object]:
    """Return what takes the steps from one file to another, in blocks of so many bytes.

    It is at work until the stack ends.
    """
    if who == "notebook":
        return lambda source, target, block: notebook_steps(source, target, _model(COURSE))
    engines = None
    if who.startswith(DASK):
        client = stack.enter_context(dask_client(n_workers=int(who.removeprefix(DASK))))
        engines = partial(dask_engine, client.scheduler.address)
        who = CONTENT

    def take(source: Path, target: Path, block: int) -> None:
        chosen = Source(source, _model(who), models_folder(), {})
        score_file(chosen, target, engines=engines, sizes=Sizes(block=block))

    return take


@cache
def _model(name: str) -> Model:
    return load_model(models_folder(), name)


def _growth(folder: Path, sizes: Sequence[int]) -> Iterator[Result]:
    """Score files of all sizes once, and look at how time and memory grow."""
    runs = {size: steps_of(CONTENT, folder, size) for size in sizes}
    for size, one in runs.items():
        yield Result(f"seconds to score {size:,} videos, {CONTENT}", one.steps, "s")
        yield Result(f"memory for {size:,} videos, {CONTENT}", one.command.megabytes, "MB")
    exponent = _exponent({size: one.steps for size, one in runs.items()})
    yield Result(f"exponent of time, fitted to {sizes[0]:,} to {sizes[-1]:,} videos", exponent, "")
    yield from _memory("score", {size: one.command for size, one in runs.items()}, sizes)


def _exponent(seconds: Mapping[int, float]) -> float:
    """Return the power of the number of videos with which time grows."""
    logs = [[math.log(value) for value in values] for values in (seconds, seconds.values())]
    return statistics.linear_regression(*logs).slope


def _stored(folder: Path, sizes: Sequence[int]) -> Iterator[Result]:
    """Put files of the two largest sizes into a queue each."""
    spent = {}
    for size in sizes[-2:]:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            database = f"sqlite:///{place}/queue.db"
            options = ("--model", CONTENT, "--database", database)
            spent[size] = claimclf("ingest", file_of(folder, size), *options)
        yield Result(f"seconds to ingest {size:,} videos, SQLite", spent[size].seconds, "s")
    yield from _memory("ingest", spent, sizes)


def _memory(command: str, spent: Mapping[int, Spent], sizes: Sequence[int]) -> Iterator[Result]:
    before, last = sizes[-2:]
    name = f"memory of {command} for {last:,} videos"
    growth = spent[last].megabytes / spent[before].megabytes
    yield Result(name, growth, TIMES, f"for {before:,} videos", MEMORY_GROWTH)
    yield Result(f"most {name}", spent[last].megabytes, "MB", "", MEMORY_LIMIT)


def result_of(
    name: str,
    values: Sequence[float],
    reference: str = "",
    limit: float | None = None,
    unit: str = TIMES,
    *,
    more_is_better: bool = False,
) -> Result:
    """Sum up repeats: their median, with the lowest and the highest."""
    ends = (min(values), max(values))
    median = statistics.median(values)
    return Result(name, median, unit, reference, limit, ends, more_is_better)


def main() -> int:
    """Print a line for each figure; return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--most", type=int, default=MOST)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--steps", nargs=4, metavar=("WHO", "SOURCE", "TARGET", "TOLD"))
    chosen = parser.parse_args()
    if chosen.steps:
        who, *files = chosen.steps
        _time_steps(who, *map(Path, files))
        return 0
    figures = results(chosen.rows, chosen.most, chosen.repeats)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
