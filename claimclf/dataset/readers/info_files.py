"""A folder or archive of yt-dlp's `.info.json` files, with the subtitles beside them.

Each file becomes one line of JSON, with the text of its subtitles in a field of its own. Only
names tie subtitles to a video: `ID.LANGUAGE.vtt`, or `TITLE [ID].LANGUAGE.vtt`.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from claimclf.dataset.readers.base import Blocks, Opening
from claimclf.dataset.readers.json_lines import open_lines
from claimclf.dataset.readers.shapes import record_of
from claimclf.dataset.sources import check_limit
from claimclf.errors import NotATableError

_INFO = ".info.json"
_SUBTITLES = (".vtt", ".srt", ".json")
#: Where a file's subtitles stand in its line.
SUBTITLE_TEXT = "subtitle_text"
_BRACKETED = re.compile(r"\[([^\[\]]+)\]$")


@dataclass(frozen=True)
class _File:
    name: str
    size: int
    read: Callable[[], bytes]


class FileLines:
    """Gives the files of a folder or archive as lines of JSON; counts and hashes them.

    Parameters
    ----------
    files : list of _File
        In order of their names.
    """

    start: int | None = None
    modified: int | None = None

    def __init__(self, files: list[_File]) -> None:
        self.size = sum(file.size for file in files)
        self.done = 0
        self._hash = hashlib.sha256()
        self._lines = self._made(files)

    @property
    def left(self) -> int:
        """Bytes of the files that have not been read."""
        return self.size - self.done

    @property
    def sha256(self) -> str:
        """Hash of the files' names and bytes, as far as they have been read."""
        return self._hash.hexdigest()

    def read(self, size: int) -> bytes:
        """Return about `size` bytes of lines, none at the end only."""
        parts: list[bytes] = []
        for line in self._lines:
            parts.append(line)
            size -= len(line)
            if size <= 0:
                return b"".join(parts)
        self.done = self.size
        return b"".join(parts)

    def _content(self, file: _File) -> bytes:
        content = file.read()
        self.done += file.size
        self._hash.update(file.name.encode() + b"\0" + content)
        return content

    def _made(self, files: list[_File]) -> Iterator[bytes]:
        infos = [file for file in files if file.name.endswith(_INFO)]
        beside = _subtitles(files)
        for info in infos:
            stem = info.name.removesuffix(_INFO)
            content = self._content(info)
            info_record, _ = record_of(content)
            if info_record is None:
                yield content.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"
                continue
            keys = (PurePosixPath(stem).name, str(info_record.get("id")))
            own = [file for key in dict.fromkeys(keys) for file in beside.pop(key, [])]
            yield self._line(info_record, own)
        for stem, left in beside.items():  # of videos that nothing else is known of
            ids = _BRACKETED.search(stem)
            # As the program would write it, so that it is known as its own.
            record: dict[str, Any] = dict.fromkeys(("_type", "extractor", "webpage_url"))
            yield self._line({"id": ids[1] if ids else stem, **record, "formats": []}, left)

    def _line(self, record: dict[str, Any], subtitles: list[_File]) -> bytes:
        chosen = min(subtitles, key=lambda file: _preference(file.name, record), default=None)
        for file in subtitles:
            text = self._content(file)
            if file is chosen:
                record[SUBTITLE_TEXT] = text.decode("utf-8-sig", "replace")
        for heavy in ("formats", "thumbnails", "requested_formats", "http_headers", "heatmap"):
            if heavy in record:
                record[heavy] = []
        return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _subtitles(files: list[_File]) -> dict[str, list[_File]]:
    """Return subtitles by the video's part of their name."""
    beside: dict[str, list[_File]] = {}
    for file in files:
        path = PurePosixPath(file.name)
        if path.suffix in _SUBTITLES and not file.name.endswith(_INFO):
            stem = path.name.removesuffix(path.suffix)
            video, point, language = stem.rpartition(".")
            beside.setdefault(video if point and _is_language(language) else stem, []).append(file)
    return beside


def _is_language(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{2,4}([-_][A-Za-z0-9]{2,8})*", text) is not None


def _preference(name: str, record: dict[str, Any]) -> tuple[bool, bool, bool, str]:
    """Order languages: the video's own, what is marked as such, English, then by name."""
    language = PurePosixPath(name).stem.rpartition(".")[2].casefold()
    own = str(record.get("language") or "").casefold()
    return (
        not (own and language.startswith(own[:2])),
        not language.endswith("orig"),
        not language.startswith("en"),
        name,
    )


def open_folder(folder: Path, opening: Opening) -> Blocks:
    """Open a folder of `.info.json` files, those in folders below it included.

    Raises
    ------
    InputError
        There are none.
    """
    files = [
        _File(path.relative_to(folder).as_posix(), path.stat().st_size, path.read_bytes)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _SUBTITLES
    ]
    return _open(files, opening, "a folder")


def open_archive(archive: zipfile.ZipFile, opening: Opening) -> Blocks:
    """Open a ZIP archive of `.info.json` files.

    Raises
    ------
    InputError
        There are none, or they unpack to more than is allowed.
    """
    files = [
        _File(entry.filename, entry.file_size, partial(_unpacked, archive, entry, opening.name))
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename)
        if PurePosixPath(entry.filename).suffix in _SUBTITLES and not _is_hidden(entry.filename)
    ]
    return _open(files, opening, "a ZIP archive")


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """Return a file of an archive.

    Raises
    ------
    NotATableError
        It is damaged, has a password or is packed in a way that is not known.
    """
    try:
        return archive.read(entry)
    except Exception as error:  # whatever damaged bytes make of those who unpack them
        raise NotATableError(
            f"{name} is not a readable ZIP archive.",
            f"Found: {entry.filename} cannot be unpacked.",
            "Save it again, without a password.",
        ) from error


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _open(files: list[_File], opening: Opening, what: str) -> Blocks:
    has_info = any(file.name.endswith(_INFO) for file in files)
    readable = [file for file in files if file.name.endswith((_INFO, ".vtt", ".srt")) or has_info]
    if not readable:
        raise NotATableError(
            f"{opening.name} is not a table that can be read.",
            f"Found: {what} without .info.json files of yt-dlp.",
            "Give one file, or a folder or ZIP archive of yt-dlp's .info.json and .vtt files.",
        )
    lines = FileLines(readable)
    check_limit(opening.name, "bytes", lines.size, opening.limits.size)
    return open_lines(lines, b"", False, lines, opening)
