"""Reported videos for benchmarks: as many as wanted, no two transcripts alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from claimclf.dataset.demo import demo_videos
from claimclf.schema import AUTHOR_ID, REPORT_COUNT, TRANSCRIPT, VIDEO_ID

_AT_ONCE = 50_000


def write_videos(path: Path, n: int, seed: int = 0) -> None:
    """Write a CSV of n reported videos, a stretch at a time.

    Every transcript is its own, as in real speech; five videos or so share a statement, three
    an author, and a few people have very many reports.
    """
    some = demo_videos(_AT_ONCE, seed)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, n, _AT_ONCE):
            videos = _distinct(some.head(n - start), start, n, seed)
            videos.to_csv(file, index=False, header=start == 0, lineterminator="\n")


def _distinct(videos: pd.DataFrame, start: int, n: int, seed: int) -> pd.DataFrame:
    number = np.arange(start, start + len(videos))
    random = np.random.default_rng([seed, start])
    # Ids are in no order; five videos share a place, and each has another hour.
    ids = number * 7_368_787 % 1_000_000_007
    transcripts = (
        videos[TRANSCRIPT]
        + " near place number "
        + pd.Series(random.integers(0, max(n // 5, 1), len(videos)).astype(str), dtype="str")
        + " after "
        + pd.Series(number.astype(str), dtype="str")
    )
    return videos.assign(
        **{
            VIDEO_ID: [f"video-{one:010d}" for one in ids],
            TRANSCRIPT: transcripts,
            AUTHOR_ID: [f"author-{one}" for one in random.integers(0, max(n // 3, 1), len(videos))],
            REPORT_COUNT: np.minimum(random.pareto(1.2, len(videos)) * 3 + 1, 250_000).astype(int),
        }
    )
