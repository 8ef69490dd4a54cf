"""What the course notebook's cells do with a file, as a process: python -m benchmarks.notebook.

It prints the seconds of its steps alone: imports and the reading of the model are not counted,
since in a notebook both are there. It writes what the notebook writes: the predicted claims.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from claimclf.paths import ROOT
from claimclf.schema import BAN_STATUS, DURATION, ENGAGEMENT, TRANSCRIPT, VERIFIED_STATUS
from claimclf.services.loading import load_model

MODEL = "course-random-forest"


def steps(source: Path, target: Path) -> float:
    """Read, drop, encode, predict, rank and write; return the seconds that it took."""
    pipeline = load_model(ROOT / "models", MODEL).pipeline
    ngrams, forest = pipeline["features"].named_transformers_["ngrams"], pipeline["model"]
    start = time.perf_counter()
    videos = pd.read_csv(source).dropna().reset_index(drop=True)
    dummies = pd.get_dummies(videos[[VERIFIED_STATUS, BAN_STATUS]], drop_first=True)
    numbers = videos[[DURATION, *ENGAGEMENT]].assign(text_length=videos[TRANSCRIPT].str.len())
    counts = ngrams.transform(videos[TRANSCRIPT]).toarray()
    matrix = np.hstack([numbers, dummies, counts]).astype(np.float64)
    videos["claim_probability"] = forest.predict_proba(matrix)[:, 1]
    claims = videos[videos["claim_probability"] > 0.5]
    ranked = claims.sort_values(["report_count", "claim_probability"], ascending=False)
    ranked.to_csv(target, index=False)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(steps(Path(sys.argv[1]), Path(sys.argv[2])))
