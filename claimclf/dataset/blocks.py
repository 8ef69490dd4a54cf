"""An input of any size in blocks of whole rows, none of them held longer than needed."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from claimclf.dataset.formats import told_by_records
from claimclf.dataset.readers.base import BLOCK_BYTES, Block, Blocks, Layout, Opening
from claimclf.dataset.readers.delimited import open_delimited
from claimclf.dataset.readers.info_files import open_archive, open_folder
from claimclf.dataset.readers.json_documents import DocumentLines, where_records_are
from claimclf.dataset.readers.json_lines import open_lines
from claimclf.dataset.readers.parquet import open_parquet
from claimclf.dataset.readers.shapes import decoded, record_of
from claimclf.dataset.sources import (
    Format,
    HashedStream,
    TextSource,
    check_limit,
    explained,
    format_of,
    format_of_start,
    opened,
    read_packed,
)
from claimclf.errors import NotATableError
from claimclf.schema import SHELL_LIMITS, Limits

__all__ = ["BLOCK_BYTES", "Block", "Blocks", "Layout", "open_blocks"]

#: So much is read to tell CSV from JSON.
_START_BYTES = 2**16
#: A first line may be so long.
_LINE_BYTES = 4 * 2**20
_UNPACKED_AT_ONCE = 2**20


@contextmanager
def open_blocks(
    source: Path | bytes,
    name: str | None = None,
    *,
    limits: Limits = SHELL_LIMITS,
    encoding: str | None = None,
    size: int = BLOCK_BYTES,
    hashed: bool = True,
    sheet: str | None = None,
    contents: bool = True,
) -> Iterator[Blocks]:
    """Open a table in blocks, whatever its format: what it is, its content tells.

    CSV, NDJSON and JSON, plain or packed with gzip; Parquet; an Excel workbook; a folder or
    ZIP archive of yt-dlp's `.info.json` files.

    Parameters
    ----------
    source : Path or bytes
        A file or folder, or a file's content.
    name : str, optional
        What to call the input in messages; by default the file's name.
    limits : Limits
        The size, rows and columns beyond which the input is refused.
    encoding : str, optional
        Encoding of text that is not UTF-8.
    size : int
        About how many bytes a block has; more where a record is longer.
    hashed : bool
        Whether the hash of all bytes is wanted.
    sheet : str, optional
        Which sheet of a workbook; by default the one that looks like videos.
    contents : bool
        Whether blocks carry their content even where their place in the file would do.

    Raises
    ------
    InputError
        The input cannot be opened, is not a table, has no header, is over a limit, or has two
        columns of one name. What is wrong further on comes up while going through the blocks.
    """
    if name is None:
        name = source.name if isinstance(source, Path) else "the input"
    opening = Opening(source, name, limits, encoding, size, sheet, contents)
    with ExitStack() as stack:
        with explained(name):
            if isinstance(source, Path) and source.is_dir():
                blocks = open_folder(source, opening)
            else:
                blocks = _blocks(opening, stack, hashed=hashed)
        yield blocks


def _blocks(opening: Opening, stack: ExitStack, *, hashed: bool) -> Blocks:
    file = stack.enter_context(opened(opening.source))
    form = format_of(file, opening.name)
    if form is Format.GZIP:
        inner = _inner_format(opening)
        if inner in (Format.PARQUET, Format.ZIP):  # these are not read from start to end
            path = _unpacked(opening, stack)
            return _blocks(replace(opening, source=path), stack, hashed=hashed)
    stream = HashedStream(file, hashed=hashed)
    check_limit(opening.name, "bytes", stream.size, opening.limits.size)
    if form is Format.PARQUET:
        return open_parquet(stream, opening)
    if form is Format.ZIP:
        return _open_zip(stream, opening, stack)
    return _open_text(stream, opening, zipped=form is Format.GZIP)


def _inner_format(opening: Opening) -> Format | None:
    try:
        with opened(opening.source) as file, gzip.GzipFile(fileobj=file) as unpacked:
            return format_of_start(unpacked.read(16), opening.name)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return None  # said by who reads on


def _unpacked(opening: Opening, stack: ExitStack) -> Path:
    """Unpack into a file that goes when the input is closed."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    path, size = folder / "unpacked", 0
    with (
        opened(opening.source) as file,
        gzip.GzipFile(fileobj=file) as packed,
        path.open("wb") as unpacked,
    ):
        while piece := read_packed(packed, _UNPACKED_AT_ONCE, opening.name):
            size += len(piece)
            check_limit(opening.name, "bytes", size, opening.limits.size)
            unpacked.write(piece)
    return path


def _open_zip(stream: HashedStream, opening: Opening, stack: ExitStack) -> Blocks:
    from claimclf.dataset.readers.workbook import is_workbook, open_workbook

    content = stack.enter_context(opened(opening.source))
    try:
        archive = stack.enter_context(zipfile.ZipFile(content))
    except Exception as error:  # whatever damaged bytes make of who reads the list of files
        raise NotATableError(
            f"{opening.name} is not a readable ZIP archive or Excel workbook.",
            "Found: damaged or cut data.",
            "Save it again.",
        ) from error
    if is_workbook(archive):
        return open_workbook(stream, content, opening)
    return open_archive(archive, opening)


def _open_text(stream: HashedStream, opening: Opening, *, zipped: bool) -> Blocks:
    name = opening.name
    text = TextSource(stream, name, opening.limits, opening.encoding, zipped=zipped)
    held, final = _read_on(b"", text, min(opening.size, _START_BYTES))
    while not final and not held.strip(b"\xef\xbb\xbf \t\r\n"):
        held, final = _read_on(held, text, len(held) + _START_BYTES)
    start = held.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not _is_json(start, final):
        while start[:1] in (b"[", b"{") and not final and len(held) < _LINE_BYTES:
            held, final = _read_on(held, text, len(held) + _START_BYTES)
            start = held.lstrip(b"\xef\xbb\xbf \t\r\n")
        if final:
            _refuse_other_json(start, name)
        return open_delimited(text, held, final, stream, opening)
    while not final and b"\n" not in start and len(held) < _LINE_BYTES:
        held, final = _read_on(held, text, len(held) + _START_BYTES)
        start = held.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _is_lines(start):
        before = len(held) - len(start)
        lines = _PlainLines(text) if before == 0 else _Decoded(text)
        return open_lines(lines, start, final, stream, opening)
    return open_lines(DocumentLines(text, held, final, name), b"", False, stream, opening)


def _read_on(held: bytes, text: TextSource, size: int) -> tuple[bytes, bool]:
    piece = text.read(max(1, size - len(held)))
    return held + piece, not piece


def _is_json(start: bytes, final: bool) -> bool:
    """Say whether text is JSON: no header of a CSV begins like an object or an array of them."""
    if start.startswith(b"["):
        behind = start[1:].lstrip()
        return behind.startswith((b"{", b"]", b"[{"))
    return start.startswith(b"{") and start[1:].lstrip()[:1] in (b'"', b"}", b"")


def _refuse_other_json(text: bytes, name: str) -> None:
    """Refuse JSON that holds no objects: as a CSV its only line would be a header.

    A header of a CSV may begin with a bracket; a brace alone is JSON, or was meant to be.
    """
    if text[:1] not in (b"[", b"{"):
        return
    try:
        decoded(text)
        found = "JSON without objects"
    except (ValueError, RecursionError):
        if text[:1] == b"[" or b"\n" in text.strip():
            return
        found = "one line that begins like JSON, and is none"
    raise NotATableError(
        f"{name} is not a table.",
        f"Found: {found}.",
        "Give an object for each video, one a line or in an array, with names and texts in double "
        "quotation marks.",
    )


def _is_lines(start: bytes) -> bool:
    """Say whether the first line is an object of its own, and no answer that holds many."""
    line = start.partition(b"\n")[0]
    record, _ = record_of(line)
    if record is None:
        return False
    if told_by_records([record]) is not None:
        return True
    return where_records_are(line) == (0, 0)


class _Decoded:
    """Lines that had to be decoded or unpacked, or that begin behind blank ones."""

    start: int | None = None

    def __init__(self, text: TextSource) -> None:
        self._text = text

    @property
    def left(self) -> int:
        return self._text.left

    def read(self, size: int) -> bytes:
        return self._text.read(size)


class _PlainLines(_Decoded):
    """Lines as they stand in the input: who reads JSON checks the encoding himself."""

    def __init__(self, text: TextSource) -> None:
        super().__init__(text)
        self.start = text.start

    def read(self, size: int) -> bytes:
        return self._text.raw(size) if self._text.is_plain else self._text.read(size)
