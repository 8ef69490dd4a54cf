"""Where the course's dataset is, for benchmarks."""

from __future__ import annotations

from pathlib import Path

from claimclf.configuration import find_dataset
from claimclf.paths import ROOT


def find_course_dataset() -> Path | None:
    """Return the course's CSV file, or None where this machine does not have it."""
    beside = ROOT.parent / "shared" / "data" / "tiktok_dataset.csv"
    return find_dataset() or (beside if beside.is_file() else None)
