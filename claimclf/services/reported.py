"""Videos as reports tell of them, in the columns of an upload."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from claimclf.schema import (
    CAPTION,
    FIRST_REPORTED,
    LAST_REPORTED,
    REPORTED,
    ROW_NUMBER,
    TEXT_SOURCE,
    TRANSCRIPT,
    Kind,
    Words,
)

_COUNTED_HERE = (FIRST_REPORTED, LAST_REPORTED)


def frame_of(videos: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return videos with typed columns, as `validate` returns accepted rows.

    A caption stands where nothing is known of what is said, and says so.
    """
    columns: dict[str, pd.Series] = {}
    for column in REPORTED.columns:
        if column.name == ROW_NUMBER:
            continue
        cells = [video.get(column.name) for video in videos]
        if column.name in _COUNTED_HERE:
            columns[column.name] = pd.to_datetime(pd.Series(cells), unit="us", utc=True)
        elif column.kind is Kind.TIME:
            columns[column.name] = pd.to_datetime(pd.Series(map(_moment, cells)), utc=True)
        elif column.kind in (Kind.COUNT, Kind.NUMBER):
            columns[column.name] = pd.Series(cells, dtype="float64")
        else:
            columns[column.name] = pd.Series(cells, dtype="str")
    frame = pd.DataFrame(columns)
    source = pd.Series(str(Words.TRANSCRIPT), index=frame.index, dtype="str")
    words, caption = frame[TRANSCRIPT], frame[CAPTION]
    source = source.mask(words.isna(), str(Words.CAPTION))
    frame[TRANSCRIPT] = words.fillna(caption)
    frame[TEXT_SOURCE] = source.mask(frame[TRANSCRIPT].isna())
    return frame


def _moment(written: str | None) -> datetime | None:
    """Read a time as the contract does, whose forms pandas does not all know."""
    return None if written is None else datetime.fromisoformat(written).astimezone(UTC)
