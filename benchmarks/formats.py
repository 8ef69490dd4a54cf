"""Files as programs write them, beside the same videos as CSV: python -m benchmarks.formats.

The whole command `claimclf score` is run in turn on a CSV and on one JSON object a line in the
shape of Zeeschuimer's TikTok export: some 4 kB a line, of which a tenth is read. Then how long it
takes to find out what a file of 200 MB is and how it is read. Memory is that of all processes
together.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.processes import Spent, claimclf
from benchmarks.report import Result
from claimclf.dataset.demo import demo_videos
from claimclf.dataset.reading import first_rows
from claimclf.dataset.validation.mapping import understand
from claimclf.dataset.writing import to_csv_bytes
from claimclf.schema import (
    AUTHOR_ID,
    CAPTION,
    COMMENTS,
    DURATION,
    LIKES,
    POSTED_AT,
    REPORTED,
    SAVES,
    SHARES,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIEWS,
)

ROWS, TURNS, RECOGNISED_BYTES = 1_000_000, 3, 200 * 10**6
#: Times of NDJSON beside CSV; memory beside CSV, and beside that of half of the rows.
RATIO, MEMORY_RATIO, GROWTH, RECOGNISED_SECONDS = 2.0, 1.1, 1.1, 0.5
_AT_ONCE = 20_000
_FIRST_SECOND, _SECONDS = 1_600_000_000, 120_000_000
_HOST = "https://media.example.org/object/"
_COUNTS = {
    "playCount": VIEWS,
    "diggCount": LIKES,
    "shareCount": SHARES,
    "commentCount": COMMENTS,
    "collectCount": SAVES,
}


def videos(n: int, seed: int = 0) -> Iterator[list[dict[str, Any]]]:
    """Yield n videos of the contract's columns, a stretch at a time, no two texts alike."""
    some = demo_videos(_AT_ONCE, seed)
    texts = some[TRANSCRIPT].tolist()
    random = np.random.default_rng(seed)
    for start in range(0, n, _AT_ONCE):
        stretch = range(start, min(start + _AT_ONCE, n))
        counts = random.integers(0, 9_999, (len(stretch), len(_COUNTS)))
        posted = random.integers(_FIRST_SECOND, _FIRST_SECOND + _SECONDS, len(stretch))
        yield [
            {
                # The upper 32 bits of an id are the second of the upload.
                VIDEO_ID: str((int(second) << 32) + number),
                DURATION: number % 90 + 5,
                **dict(zip(_COUNTS.values(), map(int, row), strict=True)),
                AUTHOR_ID: f"author.{number // 3}",
                VERIFIED_STATUS: "not verified",
                POSTED_AT: int(second),
                CAPTION: f"{texts[number - start]} near place {number}",
            }
            for number, second, row in zip(stretch, posted, counts, strict=True)
        ]


def zeeschuimer_line(video: dict[str, Any]) -> dict[str, Any]:
    """Return a video as Zeeschuimer keeps what TikTok's web page was sent."""
    key, at = video[VIDEO_ID], video[POSTED_AT]
    counts = {name: video[column] for name, column in _COUNTS.items()}
    picture = f"{_HOST}{key}_{at}?x-expires={at + 172_800}&x-signature={'s' * 60}"
    sizes = ("cover", "originCover", "dynamicCover", "playAddr", "downloadAddr", "reflowCover")
    avatars = ("avatarThumb", "avatarMedium", "avatarLarger")
    tag = {"awemeId": "", "start": 4, "end": 9, "type": 1, "hashtagId": "28719708", "secUid": ""}
    settings = ("ftc", "relation", "openFavorite", "commentSetting", "duetSetting", "secret")
    data = {
        "id": key,
        "desc": video[CAPTION],
        "createTime": at,
        "video": {
            "id": key,
            "height": 1024,
            "width": 576,
            "duration": video[DURATION],
            **dict.fromkeys(sizes, picture),
            "subtitleInfos": [
                {"LanguageCodeName": code, "Url": picture, "Format": "webvtt", "Size": 3_532}
                for code in ("eng-US", "deu-DE")
            ],
        },
        "author": {
            "id": key[::-1],
            "uniqueId": video[AUTHOR_ID],
            "nickname": "An author",
            "signature": "What I do, and when\n" * 3,
            "verified": False,
            "secUid": "M" * 76,
            **dict.fromkeys(avatars, picture),
            **dict.fromkeys(settings, 0),
        },
        "music": {"id": key, "title": "original sound", **dict.fromkeys(avatars, picture)},
        "challenges": [{"id": "28719708", "title": word, "desc": ""} for word in ("sea", "facts")],
        "stats": counts,
        "statsV2": {name: str(count) for name, count in counts.items()},
        "textExtra": [tag, tag],
        "authorStats": {"followerCount": 18_400, "heartCount": 460_200, "videoCount": 535},
        **dict.fromkeys(("digged", "collected", "isAd", "privateItem", "forFriend"), False),
    }
    return {
        "nav_index": "2:3:0",
        "item_id": key,
        "timestamp_collected": at * 1_000,
        "source_platform": "tiktok.com",
        "source_platform_url": "https://www.tiktok.com/search/video?q=facts",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "data": data,
    }


def write_both(table: Path, lines: Path, n: int) -> None:
    """Write the same n videos as CSV and as Zeeschuimer's lines."""
    with table.open("wb") as csv, lines.open("w", encoding="utf-8") as ndjson:
        for number, stretch in enumerate(videos(n)):
            content = _frame(stretch)
            csv.write(content if number == 0 else content.split(b"\n", 1)[1])
            for video in stretch:
                json.dump(zeeschuimer_line(video), ndjson, ensure_ascii=False)
                ndjson.write("\n")


def _frame(stretch: list[dict[str, Any]]) -> bytes:
    return to_csv_bytes(pd.DataFrame(stretch))


def _score(source: Path, folder: Path) -> Spent:
    return claimclf("score", source, "--output", folder / "ranked.csv")


def _turns(table: Path, lines: Path, folder: Path, turns: int) -> tuple[list[Spent], list[Spent]]:
    """Score both, in turn: what else the machine does falls on both."""
    csv, ndjson = [], []
    for _ in range(turns):
        csv.append(_score(table, folder))
        ndjson.append(_score(lines, folder))
    return csv, ndjson


def _recognised(file: Path) -> float:
    """Return how long it takes to tell what a file is and how it is read, imports aside."""
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        understand(first_rows(file), REPORTED)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def _most(spent: list[Spent]) -> float:
    return max(one.megabytes for one in spent)


def results(rows: int = ROWS, turns: int = TURNS) -> list[Result]:
    """Score both kinds of file at two sizes, and recognise large ones.

    Parameters
    ----------
    rows, turns : int
        Videos of the larger size, and how often each is scored; the smaller is half of it: a file
        that workers are done with after a few blocks does not show what a long one takes.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, lines = folder / "videos.csv", folder / "zeeschuimer.ndjson"
        write_both(table, lines, max(rows // 2, 1))
        _, few = _turns(table, lines, folder, 1)
        write_both(table, lines, rows)
        csv, ndjson = _turns(table, lines, folder, turns)
        ratios = [b.seconds / a.seconds for a, b in zip(csv, ndjson, strict=True)]
        longest = [_recognised(_cut(path, RECOGNISED_BYTES)) for path in (table, lines)]
    size = f"{rows:,} videos"
    ends = (min(ratios), max(ratios))
    ratio = statistics.median(ratios)
    csv_memory, memory = _most(csv), _most(ndjson)
    beside = "the same videos as CSV"
    half = "half of the videos"
    return [
        Result(f"NDJSON of {size}", ratio, reference=beside, limit=RATIO, spread=ends),
        Result(f"memory, NDJSON of {size}", memory / csv_memory, "times", beside, MEMORY_RATIO),
        Result("memory, growth of NDJSON", memory / _most(few), "times", half, GROWTH),
        Result("recognise 200 MB of CSV", longest[0], "s", limit=RECOGNISED_SECONDS),
        Result("recognise 200 MB of NDJSON", longest[1], "s", limit=RECOGNISED_SECONDS),
    ]


def _cut(file: Path, size: int) -> Path:
    """Return a file with the first lines of another, of about a size."""
    part = file.with_name(f"part-{file.name}")
    with file.open("rb") as source, part.open("wb") as target:
        written = 0
        for line in source:
            written += target.write(line)
            if written >= size:
                break
    return part


def main(arguments: list[str] | None = None) -> int:
    """Print the figures; return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--turns", type=int, default=TURNS)
    chosen = parser.parse_args(arguments)
    figures = results(chosen.rows, chosen.turns)
    print(*figures, sep="\n")
    return 0 if all(figure.is_kept for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
