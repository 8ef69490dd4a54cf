"""Two Dask workers beside one, on the cores of this machine.

Clusters are up already and have loaded the model: starting one takes seconds, whatever its size.
``--rows`` takes another size than a million.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Result
from benchmarks.scale import DASK, ROWS, file_of, result_of, steps_command
from benchmarks.videos import write_videos
from claimclf.paths import ROOT

REPEATS, SPEED_UP = 5, 1.7


def results(rows: int = ROWS, repeats: int = REPEATS) -> list[Result]:
    """Score a file with one worker and with two, taking turns.

    Parameters
    ----------
    rows : int
        Videos of the file.
    repeats : int
        How often.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_videos(file_of(folder, rows), rows)
        pairs = [[_seconds(n, folder, rows) for n in (1, 2)] for _ in range(repeats)]
    speed_ups = [one / two for one, two in pairs]
    what = f"throughput of two Dask workers, {rows:,} videos"
    return [result_of(what, speed_ups, "one Dask worker", SPEED_UP, more_is_better=True)]


def _seconds(n_workers: int, folder: Path, rows: int) -> float:
    """Time the steps; nobody looks at memory meanwhile, which would take some of two cores."""
    command, seconds_file = steps_command(f"{DASK}{n_workers}", folder, rows)
    subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    return float(seconds_file.read_text("ascii"))


def main() -> int:
    """Print the figure; return 1 where the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    chosen = parser.parse_args()
    figures = results(chosen.rows, chosen.repeats)
    print(*figures, sep="\n")
    return 0 if all(result.is_kept for result in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
