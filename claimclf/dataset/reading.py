"""Bytes in, a table of text out: nothing is interpreted and nothing is dropped here."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from charset_normalizer import from_bytes

from claimclf.errors import (
    ClaimclfError,
    DuplicateColumnError,
    EmptyTableError,
    InputError,
    NotATableError,
    OverLimitError,
    WrongEncodingError,
)
from claimclf.schema import LABELLED, REPORTED, SHELL_LIMITS, Limits, recognise

DELIMITERS = (",", ";", "\t")
_CHUNK_ROWS = 50_000
#: A header line beyond this is no header; a small gzip file may unpack to an endless line.
_HEADER_CHARACTERS = 4_000_000
_Stream = io.BytesIO | io.BufferedReader
_SNIFF_BYTES = 65_536
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
#: First bytes of files that are often given by mistake.
_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"SQLite format 3": "an SQLite database",
}


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    frame : DataFrame, shape (n_rows, n_columns)
        The input's own columns under their own names; cells of a CSV are text as written.
    lines : ndarray of int, shape (n_rows,)
        The line of the file on which each row starts; for Parquet the row's number.
    field_counts : ndarray of int, shape (n_rows,)
        How many fields each row had; other than `n_columns` for a malformed row.
    surplus : dict of int to str
        Row position -> fields beyond the header, as one CSV line.
    sha256 : str
        Hash of the input's bytes.
    """

    name: str
    frame: pd.DataFrame
    lines: np.ndarray
    field_counts: np.ndarray
    surplus: dict[int, str]
    sha256: str

    @property
    def columns(self) -> list[str]:
        """The input's own column names."""
        return [str(name) for name in self.frame.columns]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)


def read_table(
    source: Path | bytes,
    name: str | None = None,
    *,
    limits: Limits = SHELL_LIMITS,
    encoding: str | None = None,
) -> Table:
    """Read a CSV (comma, semicolon or tab; plain or gzip) or a Parquet file.

    Parameters
    ----------
    source : Path or bytes
        A file, or its content.
    name : str, optional
        What to call the input in messages; by default the file's name.
    limits : Limits
        The size, rows and columns beyond which the input is refused.
    encoding : str, optional
        Encoding of a CSV that is not UTF-8.

    Raises
    ------
    InputError
        The input is not a table, is empty, is over a limit, has two columns of one name,
        or is not in the encoding.
    """
    if name is None:
        name = source.name if isinstance(source, Path) else "the input"
    try:
        with _opened(source) as stream:
            return _read_stream(stream, name, limits, encoding)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise InputError(f"{name} cannot be opened.", f"Found: {reason}.", "Check the path.") from (
            error
        )


def _opened(source: Path | bytes) -> _Stream:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def _read_stream(stream: _Stream, name: str, limits: Limits, encoding: str | None) -> Table:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    _check_limit(name, "bytes", stream.seek(0, io.SEEK_END), limits.size)
    stream.seek(0)
    start = stream.read(16)
    stream.seek(0)
    for signature, what in _SIGNATURES.items():
        if start.startswith(signature):
            raise NotATableError(
                f"{name} is not a CSV or Parquet table.",
                f"Found: {what}.",
                "Export the table as CSV (UTF-8) and give that file.",
            )
    if start.startswith(_PARQUET):
        return _read_parquet(stream, name, limits, digest)
    if start.startswith(_GZIP):
        stream = _decompressed(stream, name, limits)
    return _read_csv(stream, name, limits, encoding, digest)


def _check_limit(name: str, unit: str, found: int, limit: int | None) -> None:
    if limit is not None and found > limit:
        advice = "Split it, or use the command line: claimclf score has no limit on size and rows."
        raise OverLimitError(
            f"{name} has too many {unit}.",
            f"Found: {found:,}; the limit is {limit:,}.",
            "Remove columns that are not needed." if unit == "columns" else advice,
        )


def _decompressed(stream: _Stream, name: str, limits: Limits) -> _Stream:
    """Unpack gzip, never beyond the size limit: a small file may unpack to a huge one."""
    unpacked = gzip.GzipFile(fileobj=stream)
    if limits.size is None:
        return io.BufferedReader(unpacked)
    try:
        content = unpacked.read(limits.size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _broken_gzip(name) from error
    _check_limit(name, "bytes", len(content), limits.size)
    return io.BytesIO(content)


def _broken_gzip(name: str) -> NotATableError:
    return NotATableError(
        f"{name} is not a readable gzip file.", "Found: damaged or cut data.", "Compress it again."
    )


def _read_parquet(stream: _Stream, name: str, limits: Limits, digest: str) -> Table:
    try:
        parquet = pq.ParquetFile(stream)
        _check_limit(name, "rows", parquet.metadata.num_rows, limits.rows)
        _check_header(name, parquet.schema_arrow.names, limits)
        # Without pandas' own notes an index stays a column; whole numbers beside missing ones
        # stay whole: as floats, long ids would lose their last digits.
        frame = parquet.read().to_pandas(ignore_metadata=True, integer_object_nulls=True)
    except (pa.ArrowException, OSError) as error:  # damaged pages are an OSError
        raise NotATableError(
            f"{name} is not a readable Parquet file.",
            "Found: damaged or cut data.",
            "Export it again.",
        ) from error
    if frame.empty:
        raise _no_rows(name)
    frame = frame.reset_index(drop=True)
    rows = len(frame)
    counts = np.full(rows, frame.shape[1])
    return Table(name, frame, np.arange(1, rows + 1), counts, {}, digest)


def _read_csv(
    stream: _Stream, name: str, limits: Limits, encoding: str | None, digest: str
) -> Table:
    try:
        text = io.TextIOWrapper(stream, encoding=encoding or "utf-8-sig", newline="")
    except (LookupError, ValueError) as error:
        raise InputError(
            f"The encoding '{encoding}' is unknown.", "", "Use a name such as cp1252 or utf-16."
        ) from error
    csv.field_size_limit(2**31 - 1)  # the contract limits cells, with a line number
    try:
        return _parse_csv(text, name, limits, digest)
    except UnicodeError as error:
        raise _not_decodable(stream, name, encoding) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _broken_gzip(name) from error
    finally:
        text.detach()  # the stream is closed by whoever opened it


def _not_decodable(stream: _Stream, name: str, encoding: str | None) -> ClaimclfError:
    if encoding is not None:
        return InputError(
            f"{name} is not {encoding} text.", "", "Leave the encoding out to have it detected."
        )
    stream.seek(0)
    sample = stream.read(_SNIFF_BYTES * 16)
    utf_16 = sample.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\x00" in sample[:_SNIFF_BYTES] and not utf_16:
        return NotATableError(
            f"{name} is not a CSV or Parquet table.",
            "Found: binary data.",
            "Export the table as CSV (UTF-8) and give that file.",
        )
    return WrongEncodingError(name, "utf-16" if utf_16 else _likely_encoding(sample))


def _likely_encoding(sample: bytes) -> str | None:
    """Name the encoding, from the surroundings of the first bytes that are not ASCII."""
    first = next((i for i, byte in enumerate(sample) if byte > 127), 0)
    window = sample[max(0, first - 200) : first + _SNIFF_BYTES]
    # Western European text is by far the most frequent case, and short samples of it are
    # taken for one of its many neighbours; where it fits, it is the offer.
    best = from_bytes(window, cp_isolation=["cp1252"]).best() or from_bytes(window).best()
    return best.encoding if best else None


def _parse_csv(text: io.TextIOWrapper, name: str, limits: Limits, digest: str) -> Table:
    first, blank = _header_line(text, name)
    delimiter = _delimiter(first)
    reader = csv.reader(chain([first], text), delimiter=delimiter, strict=True)
    try:
        header = next(reader)
        _check_header(name, header, limits)
        return _collect(_records(reader, blank), header, name, limits, digest, delimiter)
    except csv.Error as error:
        raise NotATableError(
            f"{name} cannot be read as CSV near line {reader.line_num:,}.",
            f"Found: {error}.",
            "Look for a quotation mark that is not closed, or double the quotes inside a cell.",
        ) from error


def _header_line(text: io.TextIOWrapper, name: str) -> tuple[str, int]:
    """Return the first line that holds something, and how many blank ones stand before it."""
    blank = 0
    while line := text.readline(_HEADER_CHARACTERS):
        if len(line) == _HEADER_CHARACTERS:
            raise NotATableError(
                f"{name} has no header that can be read.",
                f"Found: a first line of {_HEADER_CHARACTERS:,} characters or more.",
                "Give a CSV whose first line names the columns.",
            )
        if line.strip("\ufeff \t\r\n"):
            return line, blank
        blank += 1
    raise EmptyTableError(
        f"{name} is empty.", "Found: no header line.", "Give a CSV with a header and rows."
    )


def _delimiter(header: str) -> str:
    """Choose the delimiter under which most columns are known, then most columns stand."""

    def score(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        known = sum(bool(recognise(n, LABELLED) or recognise(n, REPORTED)) for n in names[:1000])
        return known, len(names)

    return max(DELIMITERS, key=score)


def _check_header(name: str, header: Sequence[str], limits: Limits) -> None:
    _check_limit(name, "columns", len(header), limits.columns)
    seen: dict[str, int] = {}
    for position, column in enumerate(header, start=1):
        if column in seen:
            title = f"'{column}'" if column else "without a name"
            raise DuplicateColumnError(
                f"Two columns of {name} have the same name.",
                f"Found: column {title} at positions {seen[column]} and {position}.",
                "Rename or remove one of them.",
            )
        seen[column] = position


def _records(reader: Iterator[list[str]], blank: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line it starts on; blank lines are not rows."""
    before = reader.line_num  # type: ignore[attr-defined]
    for fields in reader:
        if fields:
            yield before + blank + 1, fields
        before = reader.line_num  # type: ignore[attr-defined]


def _collect(
    records: Iterable[tuple[int, list[str]]],
    header: list[str],
    name: str,
    limits: Limits,
    digest: str,
    delimiter: str,
) -> Table:
    width, total = len(header), 0
    frames: list[pd.DataFrame] = []
    lines: list[int] = []
    counts: list[int] = []
    surplus: dict[int, str] = {}
    records = iter(records)
    while chunk := list(islice(records, _CHUNK_ROWS)):
        for position, (line, fields) in enumerate(chunk, start=total):
            lines.append(line)
            counts.append(len(fields))
            if len(fields) > width:
                surplus[position] = delimiter.join(fields[width:])
        rows = [_fitted(fields, width) for _, fields in chunk]
        frames.append(pd.DataFrame(rows, columns=header, dtype="str"))
        total += len(chunk)
        _check_limit(name, "rows", total, limits.rows)
    if not frames:
        raise _no_rows(name)
    frame = pd.concat(frames, ignore_index=True)
    return Table(name, frame, np.array(lines), np.array(counts), surplus, digest)


def _fitted(fields: list[str], width: int) -> list[str]:
    """Cut or fill a row to the header's width; validation rejects it by its field count."""
    if len(fields) == width:
        return fields
    return fields[:width] + [""] * (width - len(fields))


def _no_rows(name: str) -> EmptyTableError:
    return EmptyTableError(
        f"{name} has no rows.", "Found: a header only.", "Add one row per video."
    )
