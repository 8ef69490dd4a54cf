"""An input's bytes: hashed while they are read, unpacked, and decoded, a piece at a time."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from charset_normalizer import from_bytes

from claimclf.errors import (
    ClaimclfError,
    InputError,
    InvalidRequestError,
    NotATableError,
    OverLimitError,
    WrongEncodingError,
)
from claimclf.files import NotAFileError, opened_file
from claimclf.schema import Limits

_SNIFF_BYTES = 65_536
_SAMPLE_BYTES = 16 * _SNIFF_BYTES
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
#: What to give instead.
READABLE = "Give a CSV (UTF-8), NDJSON, JSON, Excel (.xlsx) or Parquet file."
#: First bytes of files that are often given by mistake.
_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls)",
    b"SQLite format 3": "an SQLite database",
}


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Say in words why the input cannot be read."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        is_pipe = isinstance(error, NotAFileError)
        advice = "Save what it gives to a file, and name that." if is_pipe else "Check the path."
        raise InputError(f"{name} cannot be opened.", f"Found: {reason}.", advice) from error


def check_limit(name: str, unit: str, number: int, limit: int | None) -> None:
    """Refuse an input with more bytes, rows or columns than allowed."""
    if limit is not None and number > limit:
        advice = "Split it, or use the command line: claimclf score has no limit on size and rows."
        raise OverLimitError(
            f"{name} has too many {unit}.",
            f"Found: {number:,}; the limit is {limit:,}.",
            "Remove columns that are not needed." if unit == "columns" else advice,
        )


def read_packed(stream: HashedStream | gzip.GzipFile, size: int, name: str) -> bytes:
    """Read on in an input that may be packed with gzip.

    Raises
    ------
    NotATableError
        It is damaged or cut.
    """
    try:
        return stream.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotATableError(
            f"{name} is not a readable gzip file.",
            "Found: damaged or cut data.",
            "Compress it again.",
        ) from error


class ByteStream(Protocol):
    """Counts an input's bytes while they are read, and hashes them where that is wanted."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    @property
    def done(self) -> int:
        """Bytes read so far."""

    @property
    def modified(self) -> int | None:
        """When the input's file was changed last, in ns; None where there is no file."""

    @property
    def sha256(self) -> str:
        """Hash of what has been read so far; empty where it is not wanted."""


class HashedStream:
    """A seekable binary stream that hashes and counts what is read from it, from start to end.

    Parameters
    ----------
    stream : binary file
        What is read.
    hashed : bool
        Whether to compute the hash; otherwise bytes are counted only.

    Attributes
    ----------
    size : int
        Bytes in all.
    done : int
        Bytes read so far.
    modified : int or None
        When the file was changed last, in ns; None where there is no file.
    """

    def __init__(self, stream: BinaryIO, *, hashed: bool = True) -> None:
        self.modified = None if isinstance(stream, io.BytesIO) else modified(stream)
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        self.done = 0
        self._stream, self._hash = stream, hashlib.sha256() if hashed else None

    def read(self, size: int = -1) -> bytes:
        """Read at most `size` bytes, or all that is left."""
        content = self._stream.read(size)
        if self._hash:
            self._hash.update(content)
        self.done += len(content)
        return content

    @property
    def sha256(self) -> str:
        """Hash of what has been read so far; empty unless asked for."""
        return self._hash.hexdigest() if self._hash else ""


def opened(source: Path | bytes) -> BinaryIO:
    """Open a file or its content."""
    return opened_file(source) if isinstance(source, Path) else io.BytesIO(source)


def modified(file: BinaryIO) -> int:
    """Return when a file was changed last, in ns."""
    return os.fstat(file.fileno()).st_mtime_ns


class Format(StrEnum):
    """The format of an input, by its first bytes."""

    TEXT = "text"
    GZIP = "gzip"
    PARQUET = "parquet"
    ZIP = "zip"


def format_of(stream: BinaryIO, name: str) -> Format:
    """Tell the formats apart, and refuse what is none of them.

    Raises
    ------
    NotATableError
        The first bytes are those of something else.
    """
    start = stream.read(16)
    stream.seek(0)
    return format_of_start(start, name)


def format_of_start(start: bytes, name: str) -> Format:
    """Tell the formats apart by an input's first bytes.

    Raises
    ------
    NotATableError
        They are those of something else.
    """
    for signature, what in _SIGNATURES.items():
        if start.startswith(signature):
            raise NotATableError(
                f"{name} is not a table that can be read.",
                f"Found: {what}.",
                READABLE,
            )
    if start.startswith(_PARQUET):
        return Format.PARQUET
    if start.startswith(_ZIP):
        return Format.ZIP
    return Format.GZIP if start.startswith(_GZIP) else Format.TEXT


class TextSource:
    """The text of an input, as UTF-8 bytes and a piece at a time.

    Parameters
    ----------
    stream : HashedStream
        The input's bytes.
    name : str
        What to call the input in messages.
    limits : Limits
        The size beyond which unpacking stops: a small file may unpack to a huge one.
    encoding : str or None
        Encoding of text that is not UTF-8.
    zipped : bool
        Whether the bytes are to be unpacked.

    Raises
    ------
    InvalidRequestError
        The encoding is unknown.
    """

    def __init__(
        self,
        stream: HashedStream,
        name: str,
        limits: Limits,
        encoding: str | None,
        *,
        zipped: bool,
    ) -> None:
        self._name, self._encoding, self._limit = name, encoding, limits.size
        self._decoder = _decoder(encoding)
        self._input = stream
        self._stream: HashedStream | gzip.GzipFile = stream
        if zipped:
            self._stream = gzip.GzipFile(fileobj=cast("IO[bytes]", stream), mode="rb")
        self._unpacked = 0
        self._sample = b""
        self._is_there = encoding is None and not zipped
        self._has_begun = False

    def read(self, size: int) -> bytes:
        """Return about `size` bytes, none at the end only; a character is never cut."""
        while True:
            content = self._read(size)
            if self._has_begun and self._is_itself(content):
                return content
            try:
                text = self._decoder.decode(content, final=not content).encode()
            except UnicodeError as error:
                raise self._not_decodable() from error
            if text or not content:
                self._has_begun = True
                return text

    @property
    def left(self) -> int:
        """Bytes of the input, as it lies on disk, that have not been read."""
        return self._input.size - self._input.done

    @property
    def start(self) -> int | None:
        """Where the text that was read began in the input; None where it is not there like this."""
        if not self._is_there:
            return None
        return len(codecs.BOM_UTF8) if self._sample.startswith(codecs.BOM_UTF8) else 0

    def raw(self, size: int) -> bytes:
        """Return about `size` bytes as they are, those in between two calls of `read` first.

        For text whose reader checks the encoding itself; it must be UTF-8, in no need of
        decoding.
        """
        held: bytes = self._decoder.getstate()[0]
        self._decoder.reset()
        return held + self._read(size)

    @property
    def is_plain(self) -> bool:
        """Whether the text is UTF-8 as far as anybody said, packed or not."""
        return self._encoding is None

    def _is_itself(self, content: bytes) -> bool:
        """Say whether bytes need no decoding: most text is ASCII."""
        return self._encoding is None and content.isascii() and not self._decoder.getstate()[0]

    def _read(self, size: int) -> bytes:
        content = read_packed(self._stream, size, self._name)
        self._unpacked += len(content)
        if self._limit is not None:
            # How far beyond the limit it goes is not known: unpacking stops there.
            check_limit(self._name, "bytes", min(self._unpacked, self._limit + 1), self._limit)
        self._sample += content[: _SAMPLE_BYTES - len(self._sample)]
        return content

    def _not_decodable(self) -> ClaimclfError:
        name, encoding = self._name, self._encoding
        if encoding is not None:
            return InputError(
                f"{name} is not {encoding} text.", "", "Leave the encoding out to have it detected."
            )
        while len(self._sample) < _SAMPLE_BYTES and self._read(_SAMPLE_BYTES):
            pass
        utf_16 = self._sample.startswith((b"\xff\xfe", b"\xfe\xff"))
        if b"\x00" in self._sample[:_SNIFF_BYTES] and not utf_16:
            return NotATableError(
                f"{name} is not a table that can be read.",
                "Found: binary data.",
                READABLE,
            )
        return WrongEncodingError(name, "utf-16" if utf_16 else _likely_encoding(self._sample))


def _decoder(encoding: str | None) -> codecs.IncrementalDecoder:
    try:
        # Refuses what is no encoding of text, which looking it up alone would not.
        io.TextIOWrapper(io.BytesIO(), encoding=encoding or "utf-8-sig")
        return codecs.getincrementaldecoder(encoding or "utf-8-sig")()
    except (LookupError, ValueError) as error:
        raise InvalidRequestError(
            f"The encoding '{encoding}' is unknown.", "", "Use a name such as cp1252 or utf-16."
        ) from error


def _likely_encoding(sample: bytes) -> str | None:
    """Name the encoding, from the surroundings of the first bytes that are not ASCII."""
    first = next((i for i, byte in enumerate(sample) if byte > 127), 0)
    window = sample[max(0, first - 200) : first + _SNIFF_BYTES]
    # Western European text is by far the most frequent case, and short samples of it are
    # taken for one of its many neighbours; where it fits, it is the offer.
    best = from_bytes(window, cp_isolation=["cp1252"]).best() or from_bytes(window).best()
    return best.encoding if best else None
