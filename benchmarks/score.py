"""Scoring a file, against the course notebook's own steps on the same file.

The reference reads with pandas, encodes with `get_dummies`, counts n-grams, predicts, sorts
and writes: what the notebook's cells do one after the other, without any check.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.report import Result
from claimclf.configuration import models_folder
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import read_table
from claimclf.dataset.writing import write_table
from claimclf.modeling.store.model import Model
from claimclf.schema import BAN_STATUS, DURATION, ENGAGEMENT, TRANSCRIPT, VERIFIED_STATUS
from claimclf.services.loading import load_model
from claimclf.services.triage import triage

ROWS, REPEATS = 50_000, 7


def notebook_steps(source: Path, target: Path, model: Model) -> None:
    """Score as the notebook's cells would."""
    videos = pd.read_csv(source)
    ngrams = model.pipeline["features"].named_transformers_["ngrams"]
    dummies = pd.get_dummies(videos[[VERIFIED_STATUS, BAN_STATUS]], drop_first=True)
    numbers = videos[[DURATION, *ENGAGEMENT]].assign(text_length=videos[TRANSCRIPT].str.len())
    counts = ngrams.transform(videos[TRANSCRIPT]).toarray()
    matrix = np.hstack([numbers, dummies, counts])
    videos["claim_probability"] = model.pipeline["model"].predict_proba(matrix)[:, 1]
    keys = ["report_count", "claim_probability"]
    videos.sort_values(keys, ascending=False).to_csv(target, index=False)


def our_steps(source: Path, target: Path, model: Model) -> None:
    """Score as `claimclf score` does."""
    write_table(triage(read_table(source), model).output(), target)


def seconds(run: Callable[[Path, Path, Model], None], *arguments: object) -> float:
    """Return the wall time of a run."""
    start = time.perf_counter()
    run(*arguments)  # type: ignore[arg-type]
    return time.perf_counter() - start


def results(rows: int = ROWS, repeats: int = REPEATS) -> list[Result]:
    """Score the same file both ways, in turn.

    The first turn is not counted: it imports what the others have at hand.

    Parameters
    ----------
    rows, repeats : int
        Videos, and how often.
    """
    model = load_model(models_folder(), "course-random-forest")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "videos.csv"), Path(folder, "ranked.csv")
        demo_videos(rows).to_csv(source, index=False)
        ratios = [
            seconds(our_steps, source, target, model)
            / seconds(notebook_steps, source, target, model)
            for _ in range(1 + repeats)
        ][1:]
    value, ends = statistics.median(ratios), (min(ratios), max(ratios))
    return [Result(f"score {rows:,} videos", value, reference="the notebook's steps", spread=ends)]


if __name__ == "__main__":
    print(*results(), sep="\n")
