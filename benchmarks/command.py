"""The whole command `claimclf score`, as a user waits for it: python -m benchmarks.command.

Ours is the process from the shell, imports included. The reference is the course notebook's own
steps on the same file in the same run, imports and model not counted, which write the predicted
claims alone where ours writes every row with every column: both are against us. No two texts are
alike, nor the statements that they make. `benchmarks.score` and `benchmarks.scale` measure the
steps inside one process, which is what a notebook would see.
"""

from __future__ import annotations

import argparse
import random
import statistics
import string
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.processes import Spent, claimclf, run
from benchmarks.report import Result
from claimclf.dataset.demo import demo_videos
from claimclf.schema import TRANSCRIPT, VIDEO_ID

ROWS, TURNS, OTHER_ROWS, FEW, FEW_TURNS = 1_000_000, 5, 200_000, 60, 9
#: Model -> the whole command's time beside the notebook's steps.
LIMITS = {"course-random-forest": 0.22, "content-random-forest": 0.22, "speech-linear": 1.0}
MEMORY_RATIO, OTHERS_RATIO, FEW_RATIO, SAME_RATIO = 1.0, 1.15, 0.4, 1.05
#: Models of which an older build has the like.
_OF_BOTH = ("course-random-forest", "content-random-forest")
_AT_ONCE = 50_000
_WORDS_OF_A_TEXT = 15
#: Letters of other scripts, beside as many words of the same lengths in ASCII.
SCRIPTS = {
    "Latin with accents": string.ascii_lowercase + "éèüöäßñçåøêâ",
    "Hindi": "कखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Japanese": "あいうえおかきくけこさしすせそ日本語人大小中国会社学校",
}


def _write(file: Path, rows: int) -> None:
    """Write videos with all columns of the course, no two with the same text or statement."""
    some = demo_videos(_AT_ONCE)
    for start in range(0, rows, _AT_ONCE):
        part = some.head(min(_AT_ONCE, rows - start)).copy()
        numbers = pd.Series(range(start, start + len(part)))
        part[VIDEO_ID] = (7_300_000_000_000_000_001 + 7 * numbers).astype(str)
        part[TRANSCRIPT] = part[TRANSCRIPT] + " near place " + numbers.map(_name)
        part.to_csv(file, mode="w" if start == 0 else "a", header=start == 0, index=False)


def _name(number: int) -> str:
    """Return a word of its own for each number."""
    letters = []
    while number or not letters:
        number, place = divmod(number, 26)
        letters.append(string.ascii_lowercase[place])
    return "".join(letters) * 2


def _score(source: Path, folder: Path, *options: str) -> Spent:
    return claimclf("score", source, "--output", folder / "ranked.csv", *options)


def _notebook(source: Path, folder: Path) -> tuple[float, float]:
    """Return the seconds of the notebook's steps and the megabytes of its process."""
    said = folder / "said.txt"
    command = f'"$0" -m benchmarks.notebook "$1" "$2" > "{said}"'
    spent = run("sh", "-c", command, sys.executable, source, folder / "claims.csv")
    return float(said.read_text()), spent.megabytes


def _beside_the_notebook(rows: int, turns: int, folder: Path) -> Iterator[Result]:
    source = folder / "videos.csv"
    _write(source, rows)
    ratios: dict[str, list[float]] = {name: [] for name in LIMITS}
    most: dict[str, float] = dict.fromkeys(LIMITS, 0.0)
    memory = 0.0
    for _ in range(turns):  # in turn: what else the machine does falls on all
        seconds, megabytes = _notebook(source, folder)
        memory = max(memory, megabytes)
        for name in LIMITS:
            spent = _score(source, folder, "--model", name)
            ratios[name].append(spent.seconds / seconds)
            most[name] = max(most[name], spent.megabytes)
    for name, limit in LIMITS.items():
        what, of_name = f"whole command, {rows:,} videos, {name}", ratios[name]
        ends = min(of_name), max(of_name)
        reference = "the notebook's steps"
        yield Result(what, statistics.median(of_name), "times", reference, limit, ends)
        what = f"memory of all processes, {rows:,} videos, {name}"
        yield Result(what, most[name] / memory, "times", "the notebook's process", MEMORY_RATIO)


def _beside_the_other_build(
    rows: int, turns: int, folder: Path, before: Path | None
) -> Iterator[Result]:
    """Score a large CSV by both builds, with a model that both have and no columns but its own."""
    if before is None:
        return
    source = folder / "videos.csv"
    _write(source, rows)
    for name in _OF_BOTH:
        score = ("score", source, "--output", folder / "ranked.csv", "--model", name)
        ratios, ours, theirs = [], 0.0, 0.0
        for _ in range(turns):
            own, other = claimclf(*score), run(before / ".venv" / "bin" / "claimclf", *score)
            ratios.append(own.seconds / other.seconds)
            ours, theirs = max(ours, own.megabytes), max(theirs, other.megabytes)
        what, ends = f"{rows:,} videos, {name}", (min(ratios), max(ratios))
        of_both = statistics.median(ratios)
        yield Result(f"whole command, {what}", of_both, "times", str(before), SAME_RATIO, ends)
        yield Result(f"memory of all processes, {what}", ours / theirs, "times", str(before))


def _texts(letters: str, rows: int) -> list[str]:
    source = random.Random(0)  # noqa: S311
    words = ["".join(source.choices(letters, k=source.randint(2, 9))) for _ in range(20_000)]
    return [" ".join(source.choices(words, k=_WORDS_OF_A_TEXT)) for _ in range(rows)]


def _beside_ascii(rows: int, turns: int, folder: Path) -> Iterator[Result]:
    files = {}
    for name, letters in {"ASCII": string.ascii_lowercase, **SCRIPTS}.items():
        files[name] = folder / f"{name}.csv"
        ids = [str(7_300_000_000_000_000_001 + 7 * number) for number in range(rows)]
        pd.DataFrame({VIDEO_ID: ids, TRANSCRIPT: _texts(letters, rows)}).to_csv(
            files[name], index=False
        )
    seconds: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(turns):
        for name, file in files.items():
            seconds[name].append(_score(file, folder).seconds)
    for name in SCRIPTS:
        ratio = statistics.median(seconds[name]) / statistics.median(seconds["ASCII"])
        what = f"whole command, {rows:,} texts, {name}"
        yield Result(what, ratio, "times", "as many words in ASCII", OTHERS_RATIO)


def _few(folder: Path, turns: int, before: Path | None) -> Iterator[Result]:
    """Score a small file, beside another build where one is named: nearly all of it is imports."""
    source = folder / "few.csv"
    demo_videos(FEW).to_csv(source, index=False)
    ours, others = [], []
    for _ in range(turns):
        score = ("score", source, "--output", folder / "ranked.csv")
        ours.append(claimclf(*score, is_short=True).seconds)
        if before is not None:
            spent = run(before / ".venv" / "bin" / "claimclf", *score, is_short=True)
            others.append(spent.seconds)
    yield Result(f"whole command, {FEW} videos", statistics.median(ours), "s")
    if others:
        ratio = statistics.median(ours) / statistics.median(others)
        what = f"whole command, {FEW} videos, beside the other build"
        yield Result(what, ratio, "times", str(before), FEW_RATIO)


def results(
    rows: int = ROWS,
    turns: int = TURNS,
    other_rows: int = OTHER_ROWS,
    before: Path | None = None,
) -> list[Result]:
    """Measure the whole command on a large file, on other scripts and on a small file.

    Parameters
    ----------
    rows, turns : int
        Videos of the large file, and how often each model scores it.
    other_rows : int
        Texts of each script.
    before : Path or None
        A checkout of another build, installed, for the small file and a large CSV.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [
            *_few(folder, FEW_TURNS, before),
            *_beside_ascii(other_rows, turns, folder),
            *_beside_the_other_build(rows, turns, folder, before),
            *_beside_the_notebook(rows, turns, folder),
        ]


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--other-rows", type=int, default=OTHER_ROWS)
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="checkout of another build")
    chosen = parser.parse_args(arguments)
    figures = results(chosen.rows, chosen.turns, chosen.other_rows, chosen.before)
    print(*figures, sep="\n")
    return 0 if all(figure.is_kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
