"""A log of reports, one row each, counted by video and joined to a table of videos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from claimclf.dataset.readers.base import Table
from claimclf.dataset.validation.cells import read_column, text_of
from claimclf.dataset.validation.mapping import folded
from claimclf.errors import InputError
from claimclf.schema import (
    FIRST_REPORTED,
    LAST_REPORTED,
    REPORT_COUNT,
    REPORT_REASONS,
    REPORTED,
    REPORTERS,
    VIDEO_ID,
)

#: What a log's columns are called, in the order in which names are looked for.
_NAMES = {
    "report": ("report id", "reportid", "ticket id", "id"),
    "video": ("video id", "videoid", "video", "item id", "content id"),
    "time": ("reported at", "report time", "time", "timestamp", "created at", "date"),
    "reason": ("reason", "report reason", "category", "type"),
    "reporter": (
        "reporter id",
        "reporter",
        "reported by",
        "user id",
        "reporter country",
        "country",
    ),
}
JOINED = (FIRST_REPORTED, LAST_REPORTED, REPORT_REASONS, REPORTERS)


@dataclass(frozen=True)
class ReportLog:
    """Reports, counted by video.

    Parameters
    ----------
    name, sha256 : str
        The file, and the hash of its bytes.
    videos : DataFrame, shape (n_videos, 5)
        By video id: the number of different reports, the first and the last time, and reasons
        and reporters with their numbers, the most frequent first.
    n_rows, n_reports : int
        Rows of the log, and different reports in it.
    n_without_id : int
        Rows that name no video.
    """

    name: str
    sha256: str
    videos: pd.DataFrame
    n_rows: int
    n_reports: int
    n_without_id: int

    @property
    def sentence(self) -> str:
        """What the log is, in one sentence."""
        counts = {"row": self.n_rows, "report": self.n_reports, "video": len(self.videos)}
        rows, reports, videos = (f"{n:,} {of}{'s' * (n != 1)}" for of, n in counts.items())
        return f"This is a report log, {rows}: {reports} about {videos}."


def count_reports(table: Table) -> ReportLog:
    """Count a log's reports by video; a report that was delivered twice counts once.

    Raises
    ------
    InputError
        No column names the video.
    """
    own = _columns(table)
    if "video" not in own:
        raise InputError(
            f"{table.name} is no report log.",
            f"Found: {', '.join(table.columns[:20])}.",
            "Give one row for each report, with a column 'video_id'.",
        )
    ids = text_of(table.frame[own["video"]]).series()
    rows = pd.DataFrame({VIDEO_ID: ids.mask(ids == "")})
    rows["report"] = range(len(rows))
    if "report" in own:
        numbers = text_of(table.frame[own["report"]]).series()
        # Rows without a number of their own are reports of their own.
        numbered = -1 - pd.factorize(numbers)[0]
        rows["report"] = np.where(numbers != "", numbered, rows["report"])
    rows["time"] = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us, UTC]")
    if "time" in own:
        rows["time"], _ = read_column(table.frame[own["time"]], REPORTED[FIRST_REPORTED])
    for name in ("reason", "reporter"):
        rows[name] = text_of(table.frame[own[name]]).series() if name in own else ""
    held = rows[rows[VIDEO_ID].notna()].drop_duplicates([VIDEO_ID, "report"])
    groups = held.groupby(VIDEO_ID, sort=False)
    videos = pd.DataFrame(
        {
            REPORT_COUNT: groups.size().astype("float64"),
            FIRST_REPORTED: groups["time"].min(),
            LAST_REPORTED: groups["time"].max(),
            REPORT_REASONS: _counted(held, "reason"),
            REPORTERS: _counted(held, "reporter"),
        }
    )
    n_without = int(rows[VIDEO_ID].isna().sum())
    return ReportLog(table.name, table.sha256, videos, len(table), len(held), n_without)


def _columns(table: Table) -> dict[str, str]:
    names = {folded(name): name for name in reversed(table.columns)}
    columns: dict[str, str] = {}
    for meaning, known in _NAMES.items():
        own = next((names[name] for name in known if name in names), None)
        if own is not None and own not in columns.values():
            columns[meaning] = own
    return columns


def _counted(rows: pd.DataFrame, name: str) -> pd.Series:
    """Write each video's values with their numbers: `spam (3), other (1)`."""
    given = rows[rows[name] != ""]
    counts = given.groupby([VIDEO_ID, name], sort=False).size().reset_index(name="n")
    counts = counts.sort_values(["n", name], ascending=[False, True], kind="stable")
    written = counts[name] + " (" + counts["n"].astype("str") + ")"
    joined = written.groupby(counts[VIDEO_ID], sort=False).agg(", ".join)
    return joined.reindex(rows[VIDEO_ID].unique()).astype("str")


def join_reports(videos: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """Give videos the number, times, reasons and reporters of their reports.

    Parameters
    ----------
    videos : DataFrame, shape (n, n_columns)
        Accepted videos; those that the log does not know have no report.
    reports : DataFrame
        As `ReportLog.videos`.
    """
    joined = reports.reindex(videos[VIDEO_ID]).set_axis(videos.index)
    return videos.assign(
        **{
            REPORT_COUNT: joined[REPORT_COUNT].fillna(0.0),
            **{name: joined[name] for name in JOINED},
        }
    )
