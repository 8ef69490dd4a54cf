"""The twenty videos that the reference exports tell of, as their README names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.conftest import SHARED


@dataclass(frozen=True)
class Video:
    """Exact values; `None` for what is missing."""

    id: str
    posted: str
    seconds: float | None
    views: int
    likes: int
    shares: int | None
    comments: int | None
    saves: int
    reports: int


_README = SHARED / "formats" / "README.md"
#: One video's row: its name, id, posting time and eight numbers, then what is special.
_ROW = re.compile(r"\| (\w+) \| (\d{19}) \| ([\d: -]{19}) \|((?: [\d,–]+ \|){7}) (.*) \|$", re.M)
_SECOND_TIME = re.compile(r"second time ([\d,]+(?: / [\d,]+){4})")


def _number(cell: str) -> int | None:
    cell = cell.strip().replace(",", "")
    return int(cell) if cell.isdigit() else None


def _videos() -> Iterator[tuple[str, Video]]:
    if not _README.is_file():  # then no test of them runs either
        return
    for name, video, posted, numbers, special in _ROW.findall(_README.read_text("utf-8")):
        values: Any = [_number(cell) for cell in numbers.split("|")[:-1]]
        again = _SECOND_TIME.search(special)
        if again:  # of two rows of one video the largest counts stand
            values[1:6] = [_number(cell) for cell in again.group(1).split("/")]
        yield name, Video(video, posted, values[0] or None, *values[1:])


#: Name -> video. A photo post has no length.
VIDEOS = dict(_videos())
NO_SPEECH = {"fleamarket", "silent"}


def rounded(value: float | None) -> float | None:
    """Round a count as TikTok's web pages do."""
    if value is None or value < 10_000:
        return value
    step = 100_000 if value >= 1_000_000 else 100
    return value // step * step
