"""JSON documents: an array of objects, or the array inside an answer, as one object a line.

A document may be longer than memory: objects are found in its bytes, by the depth of braces
and brackets outside of texts, and handed on one after another. Line breaks between values are
replaced by spaces; within texts JSON has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from claimclf.dataset.formats import exporters, told_by_records
from claimclf.dataset.readers.shapes import decoded
from claimclf.dataset.sources import TextSource
from claimclf.errors import NotATableError, OverLimitError

#: A document whose objects begin later than this is not understood.
_HEAD_BYTES = 4 * 2**20
_CHUNK = 4 * 2**20
_DEEPEST = 4
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
#: Byte -> what it does to the depth, outside of texts.
_STEP = np.zeros(256, np.int8)
_STEP[list(b"{[")], _STEP[list(b"}]")] = 1, -1
#: No video has more to say of it, and it would be in memory as a whole.
_LONGEST = 32 * 2**20
_BLANKS = b" \t\r\n,\x00\xef\xbb\xbf"


class DocumentLines:
    """Gives the objects of JSON documents, one a line.

    Parameters
    ----------
    text : TextSource
        The documents.
    held : bytes
        What has been read of them already.
    final : bool
        Whether that is all.
    name : str
        What to call the input in messages.
    """

    start: int | None = None

    def __init__(self, text: TextSource, held: bytes, final: bool, name: str) -> None:
        self._text, self._held, self._final, self._name = text, held, final, name
        self._objects = self._found()

    @property
    def left(self) -> int:
        """Bytes of the input that have not been read."""
        return self._text.left

    def read(self, size: int) -> bytes:
        """Return about `size` bytes of lines, none at the end only."""
        parts: list[bytes] = []
        length = 0
        for part in self._objects:
            parts.append(part)
            length += len(part)
            if length >= size:
                break
        return b"".join(parts)

    def _more(self) -> None:
        if len(self._held) > _LONGEST:
            raise OverLimitError(
                f"{self._name} has an object that is too long.",
                f"Found: more than {_LONGEST:,} bytes without an end.",
                "Give an object for each video, one a line or in an array.",
            )
        piece = self._text.read(_CHUNK)
        self._held, self._final = self._held + piece, not piece

    def _found(self) -> Iterator[bytes]:
        """Yield lines, document after document."""
        while True:
            self._skip_blanks()
            if not self._held:
                return
            documents = self._whole_documents()
            for document in documents:
                yield from self._of_whole(document)
            if documents:
                continue
            begin, depth = self._beginning()
            self._held = self._held[begin:]
            yield from self._elements(depth)
            if depth:
                self._close(depth)

    def _skip_blanks(self) -> None:
        self._held = self._held.lstrip(_BLANKS)
        while not self._held and not self._final:
            self._more()
            self._held = self._held.lstrip(_BLANKS)

    def _whole_documents(self) -> list[bytes]:
        """Take the documents whose end is held; a program may write one for each video."""
        self._fill()
        ends, _ = _cut(self._held)
        documents, begin = [], 0
        for end in ends:
            documents.append(self._held[begin:end].lstrip(_BLANKS))
            begin = end
        self._held = self._held[begin:]
        return documents

    def _of_whole(self, document: bytes) -> Iterator[bytes]:
        """Yield the objects of a document, or the document where it is one itself."""
        begin, depth = self._place(document)
        if not depth:
            yield _line(document)
            return
        within = document[begin:]
        ends, _ = _cut(within)
        begin = 0
        for end in ends:
            yield _line(within[begin:end])
            begin = end

    def _fill(self) -> None:
        while not self._final and len(self._held) < _HEAD_BYTES:
            self._more()

    def _beginning(self) -> tuple[int, int]:
        """Return where the objects of the next document begin, and how deep in it they are."""
        self._fill()
        return self._place(self._held)

    def _place(self, document: bytes) -> tuple[int, int]:
        place = (0, 0) if _holds_no_list(document) else where_records_are(document)
        if place is None:
            raise NotATableError(
                f"{self._name} is not a table.",
                "Found: JSON without an array of objects.",
                "Give an object for each video, one a line or in an array.",
            )
        return place

    def _elements(self, depth: int) -> Iterator[bytes]:
        """Yield the objects up to the end of their array, or one object that is a document."""
        while True:
            ends, closed = _cut(self._held)
            begin = 0
            if not depth:
                ends, closed = ends[:1], -1
            for end in ends:
                yield _line(self._held[begin:end])
                begin = end
            self._held = self._held[begin:]
            if closed >= 0:
                self._held = self._held[closed - begin :]
                return
            if not depth and len(ends):
                return
            if self._final:
                self._must_be_over(depth)
                return
            self._more()

    def _must_be_over(self, depth: int) -> None:
        if depth or self._held.strip():
            raise NotATableError(
                f"{self._name} is not a whole JSON document.",
                "Found: its end is missing.",
                "Export it again.",
            )

    def _close(self, depth: int) -> None:
        """Pass by what stands in the document behind its objects."""
        while True:
            end = _end_of_depth(self._held, depth)
            if end is not None:
                self._held = self._held[end:]
                return
            if self._final:
                self._must_be_over(depth)
                return
            self._more()


def _line(element: bytes) -> bytes:
    return element.lstrip(b", \t\r\n").replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"


def _holds_no_list(document: bytes) -> bool:
    """Return whether a document is one object, in which there is nothing to look for."""
    if b"[" in document:
        return False
    try:
        return isinstance(decoded(document), dict)
    except ValueError:
        return False


def where_records_are(head: bytes) -> tuple[int, int] | None:
    """Find the objects of a JSON document.

    Parameters
    ----------
    head : bytes
        The start of a document, or all of it.

    Returns
    -------
    (int, int) or None
        Where the first one begins, or what is behind the bracket of their array, and in how
        many brackets and braces it stands; 0 of them where the document itself is one.
    """
    if head.startswith(b"["):
        return 1, 1
    whole = _document(head)
    if whole is not None and told_by_records([whole]) is not None:
        return 0, 0
    arrays = list(_arrays(head))
    known = {path for exporter in exporters() for path in exporter.records}
    best = next((array for array in arrays if array[0] in known), None)
    if best is None and arrays and whole is not None:
        best = max(arrays, key=lambda array: _length(whole, array[0]))
    best = best or (arrays[0] if arrays else None)
    if best is None:
        return (0, 0) if whole is not None else None
    return best[1], best[2]


def _document(head: bytes) -> dict[str, Any] | None:
    ends = np.array([], dtype=int)
    for size in (2**16, 2**19, len(head)):  # most are short
        if not len(ends):
            ends, _ = _cut(head[:size])
    try:
        value = decoded(head[: ends[0]]) if len(ends) else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _length(document: Any, path: str) -> int:
    for key in path.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return len(document) if isinstance(document, list) else 0


def _arrays(head: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield path, place and depth of the arrays of objects that stand in no other array."""
    above: list[tuple[bytes, bytes]] = []
    key = previous = b""
    opened: tuple[int, str] | None = None
    for token in _TOKEN.finditer(head):
        text = token[0]
        if opened is not None:
            if text in (b"{", b"]"):  # an empty answer is an answer, too
                yield opened[1], opened[0], len(above)
            opened = None
        if text in (b"{", b"["):
            is_path = all(kind == b"{" for kind, _ in above)
            if text == b"[" and is_path and len(above) <= _DEEPEST:
                names = [name for _, name in above[1:]] + [key]
                opened = (token.end(), ".".join(n.strip(b'"').decode() for n in names))
            above.append((text, key))
        elif text in (b"}", b"]"):
            if above:
                above.pop()
            if not above:
                return
        elif text == b":":
            key = previous
        previous = text


def _depths(text: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of braces and brackets outside of texts, and the depth behind each."""
    plain = text
    if b"\\" in text:  # what is escaped is no quote; lengths stay as they are
        plain = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    codes = np.frombuffer(plain, np.uint8)
    quotes = np.flatnonzero(codes == ord('"'))
    steps = _STEP[codes]
    places = np.flatnonzero(steps)
    places = places[np.searchsorted(quotes, places) % 2 == 0]
    return places, np.cumsum(steps[places], dtype=np.int64)


def _cut(text: bytes) -> tuple[np.ndarray, int]:
    """Return where objects end, and where their array does; -1 where it goes on."""
    places, depths = _depths(text)
    closed = np.flatnonzero(depths < 0)
    last = closed[0] if len(closed) else len(places)
    ends = places[:last][depths[:last] == 0] + 1
    return ends, int(places[closed[0]]) + 1 if len(closed) else -1


def _end_of_depth(text: bytes, depth: int) -> int | None:
    """Return where a document ends whose array has just been closed."""
    if depth == 1:
        return 0
    places, depths = _depths(text)
    over = np.flatnonzero(depths <= -(depth - 1))
    return int(places[over[0]]) + 1 if len(over) else None
