"""Damaged inputs of every format, made by a seed, and what the readers promise of each.

`python -m tests.dataset.fuzzing --n 100000 --seed 1` tries many; the suite tries a few.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import multiprocessing
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path, PurePosixPath
from random import Random
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.reading import joined, parse, read_table
from claimclf.dataset.validation.validate import validate
from claimclf.errors import ClaimclfError
from claimclf.schema import LABELLED, REPORTED, VIDEO_ID, Limits
from tests.builders import as_csv, labelled_csv, reported_rows

#: Inputs are smaller than this however they unpack, so that none takes long.
LIMITS = Limits(size=2**20, rows=2_000)
_MOST_BYTES = 2**17
_CHUNK = 250
#: Cells that programs and people have been seen to write, or might.
HOSTILE = [
    *("", " ", "0", "-1", "1e308", "1e999", "-0", "NaN", "inf", "9" * 400, "1.234.567", "1,234"),
    *("12.3M", "1_000", "0x1f", "٣٤٥", "½", "²", "１２３", "true", "None", "null", "N/A"),
    *("[]", "{}"),
    *("2024-02-30", "0000-00-00", "9999-12-31T23:59:60Z", "1e18", "-9223372036854775809"),
    "31/12/99",
    *("PT1M30S", "99:99:99", "1:2:3:4", "=1+1", "@x", "\x00", "\ufeff", "\u202e"),
    *("\ud7ff", "\U0010ffff"),
    *("'", '"', '""', "\\", "\n", "\r", "\r\n", "\t", "a" * 5_000, "1.23E+18", "7.31E+18"),
    "video-1",
    "WEBVTT\n\n00:00.000 --> 99:99:99.999\nword",
    "1\n00:00:00,000 --> 00:00:01,000\nword\n\n2\n",
    *("WEBVTT", "00:00:01.000 --> 00:00:00.000", "<c><00:00:00.000><v ", "&#x110000;"),
    "NOTE\n-->\n",
    *("https://www.tiktok.com/@a/video/7", "https://youtu.be/", "http://[", "//", "x" * 300),
]  # fmt: skip
_STRUCTURE = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\x00",
    b"\xff",
    b"\\",
    b"\\ud800",
]
_VTT = (
    "WEBVTT\n\n00:00.000 --> 00:02.000\nsomeone said that\n\n00:02.000 --> 00:04.000\nit is true\n"
)
_SRT = (
    "1\n00:00:00,000 --> 00:00:02,000\nsomeone said that\n\n2\n00:00:02,000 --> 00:00:04,000\nis\n"
)


@dataclass(frozen=True)
class Input:
    """One input: bytes under a name, or files of a folder."""

    kind: str
    name: str
    content: bytes | dict[str, bytes]


# Small inputs that are as they should be ------------------------------------------------------


def _records(chance: Random) -> list[dict[str, Any]]:
    """Return videos as JSON has them, with some cells of another kind."""
    columns = reported_rows(chance.randrange(1, 5))
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    records: list[dict[str, Any]] = [
        {name: int(cell) if cell.isdecimal() else cell for name, cell in row.items()}
        for row in rows
    ]
    if chance.random() < 0.3:
        for record in records:
            record["subtitles"] = chance.choice([_VTT, _SRT])
    return records


def _infos(chance: Random) -> dict[str, bytes]:
    """Return what yt-dlp leaves in a folder."""
    files: dict[str, bytes] = {}
    for number in range(chance.randrange(1, 4)):
        info = {
            "id": f"73000000000000000{number}",
            "extractor": "TikTok",
            "extractor_key": "TikTok",
            "webpage_url": f"https://www.tiktok.com/@someone/video/73000000000000000{number}",
            "description": "a caption",
            "duration": 30,
            "view_count": 100,
            "timestamp": 1_700_000_000,
            "uploader": "someone",
            "_type": "video",
        }
        files[f"{info['id']}.info.json"] = json.dumps(info).encode()
        ending, text = chance.choice([("vtt", _VTT), ("srt", _SRT)])
        files[f"{info['id']}.eng-US.{ending}"] = text.encode()
    return files


def _value(chance: Random, depth: int = 0) -> Any:
    """Return any value that JSON knows, nested now and then."""
    plain: list[Any] = [None, True, False, 0, -1, 2**63, 2**64, 10**400, 0.5, 1e308, float("nan")]
    pick = chance.random()
    if pick < 0.5:
        return chance.choice(HOSTILE)
    if pick < 0.8 or depth > 2:
        return chance.choice(plain)
    if pick < 0.9:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(3))]
    return {chance.choice(HOSTILE): _value(chance, depth + 1) for _ in range(chance.randrange(3))}


def _spoilt(records: list[dict[str, Any]], chance: Random) -> list[Any]:
    """Change records in their structure: cells, names, what is there at all."""
    rows: list[Any] = [dict(record) for record in records]
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(rows))
        row = rows[place]
        pick = chance.random()
        if pick < 0.1 or not isinstance(row, dict) or not row:
            rows[place] = _value(chance)
        elif pick < 0.6:
            row[chance.choice(list(row))] = _value(chance)
        elif pick < 0.75:
            row[chance.choice(HOSTILE)] = row.pop(chance.choice(list(row)))
        elif pick < 0.85:
            row.pop(chance.choice(list(row)))
        else:
            rows.insert(place, json.loads(json.dumps(row)))
    return rows


def _json(value: Any, chance: Random) -> bytes:
    """Write JSON in any of the ways that programs do."""
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    return text.encode("utf-8", "surrogatepass")


def _csv(chance: Random) -> bytes:
    if chance.random() < 0.2:
        return labelled_csv(3)
    columns = reported_rows(chance.randrange(1, 5))
    if chance.random() < 0.2:
        columns["subtitles"] = [_VTT] * len(columns["video_id"])
    for _ in range(chance.randrange(4)):
        cells = columns[chance.choice(list(columns))]
        cells[chance.randrange(len(cells))] = chance.choice(HOSTILE)
    if chance.random() < 0.2:
        columns[chance.choice(HOSTILE)] = columns.pop(chance.choice(list(columns)))
    if chance.random() < 0.1:
        columns.pop(chance.choice(list(columns)))
    text = as_csv(columns, chance.choice(",;\t|"), chance.choice(["\n", "\r\n", "\r"]))
    encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
    return text.encode(encoding, "replace")


def _ndjson(chance: Random) -> bytes:
    rows = _spoilt(_records(chance), chance)
    return chance.choice([b"\n", b"\r\n"]).join(_json(row, chance) for row in rows)


def _document(chance: Random) -> bytes:
    rows: Any = _spoilt(_records(chance), chance)
    pick = chance.random()
    if pick < 0.3:
        rows = {chance.choice(["data", "videos", "items", ""]): rows, "next": _value(chance)}
    elif pick < 0.4:
        rows = {"data": {"videos": rows}}
    elif pick < 0.5:
        rows = [rows]
    return _json(rows, chance)


@cache
def _book() -> bytes:
    """Return a workbook; each input differs from it by what is inside."""
    columns = reported_rows(3)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(columns))
    for cells in zip(*columns.values(), strict=True):
        sheet.append([int(cell) if cell.isdecimal() else cell for cell in cells])
    sheet.append([datetime(2024, 1, 1), True, 1.5, None, "=1/0"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _packed(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _inside(files: dict[str, bytes], chance: Random) -> dict[str, bytes]:
    """Damage what is packed rather than the package."""
    files = dict(files)
    for _ in range(chance.randrange(1, 3)):
        name = chance.choice(list(files))
        pick = chance.random()
        if pick < 0.75:
            files[name] = damaged(files[name], chance)
        elif pick < 0.85 and len(files) > 1:
            files.pop(name)
        else:
            files[chance.choice(["a.info.json", "b.vtt", "b.info.json/c", name + "x"])] = files[
                name
            ]
    return files


def _workbook(chance: Random) -> bytes:
    if chance.random() < 0.3:
        return _book()
    with zipfile.ZipFile(io.BytesIO(_book())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return _packed(_inside(files, chance))


def _archive(chance: Random) -> bytes:
    files = _infos(chance)
    return _packed(_inside(files, chance) if chance.random() < 0.7 else files)


def _parquet(chance: Random) -> bytes:
    """Write a table whose columns have any type, gaps and nesting."""
    columns = reported_rows(3)
    table = {name: pa.array(cells) for name, cells in columns.items()}
    others: list[Callable[[], pa.Array]] = [
        lambda: pa.array([1.5, None, float("nan")]),
        lambda: pa.array([2**63 - 1, None, -1]),
        lambda: pa.array([True, None, False]),
        lambda: pa.array([None] * 3),
        lambda: pa.array([b"\xff\xfe", None, b""]),
        lambda: pa.array([[1, 2], None, []]),
        lambda: pa.array([{"a": 1}, None, {"a": None}]),
        lambda: pa.array([0, 2**50, -(2**50)], pa.timestamp(chance.choice(["s", "ms", "us"]))),
        lambda: pa.array([0, 10**9, None], pa.timestamp("ns", tz="Europe/Berlin")),
        lambda: pa.array([0, 1, None], pa.date32()),
        lambda: pa.array([0, 1, 2], pa.time64("us")),
        lambda: pa.array([0, 1, 2], pa.duration("s")),
        lambda: pa.array([1, 2, None]).cast(pa.decimal128(38, 2)),
        lambda: pa.array(["a", "b", None]).dictionary_encode(),
        lambda: pa.array([chance.choice(HOSTILE) for _ in range(3)]),
    ]
    for _ in range(chance.randrange(4)):
        table[chance.choice([*columns, chance.choice(HOSTILE)])] = chance.choice(others)()
    stream = io.BytesIO()
    pq.write_table(pa.table(table), stream, compression=chance.choice(["none", "snappy", "zstd"]))
    return stream.getvalue()


# Damage to bytes ------------------------------------------------------------------------------


def damaged(content: bytes, chance: Random) -> bytes:
    """Change a few bytes: one, a stretch, one that means something, or what is there twice."""
    data = bytearray(content)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(at + chance.randrange(1, 40), len(data))
        pick = chance.random()
        if pick < 0.3 and at < len(data):
            data[at] = chance.randrange(256)
        elif pick < 0.45:
            del data[at:end]
        elif pick < 0.6:
            data[at:at] = data[at:end] * chance.randrange(1, 20)
        elif pick < 0.8:
            data[at:at] = chance.choice(_STRUCTURE) * chance.choice([1, 1, 1, 2, 300])
        elif pick < 0.9:
            data[at:end] = chance.choice(HOSTILE).encode("utf-8", "surrogatepass")
        else:
            del data[at:]
    return bytes(data[:_MOST_BYTES])


_WHOLE: dict[str, Callable[[Random], bytes]] = {
    "csv": _csv,
    "ndjson": _ndjson,
    "json": _document,
    "xlsx": _workbook,
    "zip": _archive,
    "parquet": _parquet,
}
#: How many of a hundred inputs are of each kind: what takes long to read is rarer.
SHARES = {
    "csv": 30,
    "ndjson": 22,
    "json": 20,
    "xlsx": 3,
    "zip": 8,
    "parquet": 8,
    "gz": 7,
    "folder": 2,
}


def made(seed: int, number: int) -> Input:
    """Return an input of a seed: always the same one."""
    chance = Random(f"{seed}/{number}")  # noqa: S311
    (kind,) = chance.choices(list(SHARES), list(SHARES.values()))
    if kind == "folder":
        return Input(kind, "videos", _inside(_infos(chance), chance))
    inner = chance.choice(["csv", "ndjson", "json", "parquet"]) if kind == "gz" else kind
    content = _WHOLE[inner](chance)
    if chance.random() < 0.5:
        content = damaged(content, chance)
    if kind == "gz":
        content = gzip.compress(content, 1, mtime=0)
        if chance.random() < 0.4:
            content = damaged(content, chance)
    return Input(kind, f"videos.{inner}", content)


# What is promised -----------------------------------------------------------------------------


def tried(given: Input, chance: Random, *, checked: bool = True) -> str:
    """Read an input, and check what was read unless that is left out; return its outcome's kind.

    Raises
    ------
    Exception
        Whatever comes of it but an account of all rows or an error in words.
    """
    with tempfile.TemporaryDirectory() as folder:
        source: Path | bytes
        if isinstance(given.content, dict):
            source = Path(folder)
            for name, content in given.content.items():
                file = source / PurePosixPath(name).name
                file.write_bytes(content)
        else:
            source = given.content
        try:
            return _accounted(source, given.name, chance, checked=checked)
        except ClaimclfError as error:
            return "refused" if error.problem else "refused without words"


def _accounted(source: Path | bytes, name: str, chance: Random, *, checked: bool) -> str:
    """Return the outcome for an input that can be read, once its rows add up."""
    table = read_table(source, name, limits=LIMITS)
    if chance.random() < 0.2:  # in pieces it is the same
        with open_blocks(source, name, limits=LIMITS, size=64) as blocks:
            pieces = joined([parse(block) for block in blocks], blocks.name, blocks.sha256)
        assert len(pieces) == len(table), "other rows in pieces"
        assert pieces.lines.tolist() == table.lines.tolist(), "other lines in pieces"
    if not checked:
        return "read"
    contract = LABELLED if chance.random() < 0.15 else REPORTED
    validated = validate(table, contract)
    rejected = validated.rejected
    assert validated.n_accepted + len(rejected) == len(table), "rows that are not accounted for"
    if VIDEO_ID in validated.accepted:
        assert validated.accepted[VIDEO_ID].is_unique, "one id in two videos"
    assert len(validated.report) >= len(rejected), "a report without its rejected rows"
    rejected.to_csv(io.StringIO())
    validated.accepted.to_csv(io.StringIO())
    return "accepted" if len(validated.accepted) else "all rows rejected"


def stretch(
    seed: int, start: int, n: int, *, checked: bool = True
) -> tuple[Counter[str], list[str]]:
    """Try some inputs; return how many had which outcome, and what went wrong with which."""
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    with warnings.catch_warnings(action="ignore"):
        for number in range(start, start + n):
            given = made(seed, number)
            try:
                outcome = tried(given, Random(f"{seed}/{number}/how"), checked=checked)  # noqa: S311
            except Exception:  # which is what is looked for
                outcome = "wrong"
                wrong.append(
                    f"{given.kind}, seed {seed}, number {number}\n{traceback.format_exc()}"
                )
            outcomes[f"{given.kind}: {outcome}"] += 1
    return outcomes, wrong


def _stretches(seed: int, n: int, seconds: float) -> Iterator[tuple[Counter[str], list[str]]]:
    """Try inputs in processes of their own, which a library may take down."""
    end = time.monotonic() + seconds
    context = multiprocessing.get_context("spawn")
    starts = range(0, n, _CHUNK)
    with ProcessPoolExecutor(mp_context=context) as pool:
        pending = [pool.submit(stretch, seed, at, min(_CHUNK, n - at)) for at in starts]
        for at, future in zip(starts, pending, strict=True):
            try:
                yield future.result()
                if time.monotonic() > end:
                    pool.shutdown(wait=False, cancel_futures=True)
                    return
            except BrokenProcessPool:
                where = f"from number {at} on"
                yield Counter({"process: died": 1}), [f"a process died, seed {seed}, {where}"]
                return


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description="Give the readers damaged inputs.")
    parser.add_argument("--n", type=int, default=10_000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="other inputs for each")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="stop then, however many are left"
    )
    arguments = parser.parse_args()
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for counted, more in _stretches(arguments.seed, arguments.n, 60 * arguments.minutes):
        outcomes += counted
        wrong += more
    print(f"{outcomes.total():9,}  inputs of seed {arguments.seed}")
    for name, n in sorted(outcomes.items()):
        print(f"{n:9,}  {name}")
    for text in wrong:
        print(text)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
