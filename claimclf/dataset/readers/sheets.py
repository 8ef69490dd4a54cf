"""A workbook's sheets, a row at a time, and the texts that their cells share.

openpyxl says what a workbook consists of and what its cells' formats mean. Rows are read here: it
makes a tree of each, however wide, before anybody can count what is in it. A few kB of a packed
workbook unpack to millions of cells, so everything is counted while it arrives.
"""

from __future__ import annotations

import datetime
import re
import sys
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import IO, Any, BinaryIO, NoReturn
from xml.parsers import expat

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.xml.constants import ARC_STYLE, SHARED_STRINGS, SHEET_MAIN_NS

from claimclf.dataset.readers.base import Opening
from claimclf.dataset.sources import check_limit
from claimclf.errors import OverLimitError

#: Excel's own limits: no sheet that it opens has more rows or columns, no cell more characters.
MOST_ROWS, MOST_COLUMNS, LONGEST = 2**20, 2**14, 32_767
#: Characters that are in memory as a whole, whatever the limits: of a row, and of shared texts.
MOST_IN_ROW, MOST_SHARED = 2**25, 2**30
#: Characters of the longest format that Excel takes, and sheets that anybody has.
LONGEST_FORMAT, MOST_SHEETS = 255, 2_000
#: Bytes and tags of a part of which a tree is made: what there is in the workbook.
MOST_IN_PART, MOST_TAGS = 2**22, 2**16
#: Styles of cells: Excel has 65,490 of them.
MOST_STYLES = 2**18
#: Bytes of a shared text's place among the others.
_POINTER = 8
#: Unpacked at once; no tag is longer than so many bytes, no sheet has so many names or is so deep.
_PIECE, _LONGEST_TAG, _MOST_NAMES, _DEEPEST = 2**16, 2**20, 2_000, 100
#: How control characters are written: so many characters stand for one.
_ESCAPED = re.compile("_x[0-9A-Fa-f]{4}_")
_ESCAPE = 7

#: A row's number, from 1, and its values by the place of their column, from 0.
Row = tuple[int, Mapping[int, Any]]


@dataclass(frozen=True)
class Book:
    """A workbook, none of whose rows has been read.

    Parameters
    ----------
    titles : tuple of str
        Its sheets.
    rows : function
        Gives the rows of a sheet, by its place, or no more than so many of them. Numbers rise;
        rows that are not in the file are left out.
    """

    titles: tuple[str, ...]
    rows: Callable[[int, int | None], Iterator[Row]]


def open_book(content: BinaryIO, opening: Opening) -> Book:
    """Open a workbook.

    Raises
    ------
    OverLimitError
        What would be in memory as a whole is larger than Excel allows or than the limits.
    Exception
        Anything that damaged content makes of who reads it.
    """
    reader = ExcelReader(content, read_only=True, data_only=True, keep_links=False)
    archive = reader.archive = _Parts(content, opening.name)
    reader.read_manifest()
    reader.read_workbook()
    parts = set(reader.valid_files)
    found = list(islice(reader.parser.find_sheets(), MOST_SHEETS + 1))
    sheets = [
        (str(sheet.name), str(relation.target))
        for sheet, relation in found
        if relation.target in parts and "chartsheet" not in relation.Type
    ]
    _check_sheets(opening.name, len(found), [part for _, part in sheets])
    formats = _Formats()
    if ARC_STYLE in reader.valid_files:
        with archive.open(ARC_STYLE) as stream:
            formats = _Styles(stream, opening).read()
    shared: list[str] = []
    part = reader.package.find(SHARED_STRINGS)
    if part is not None:
        with archive.open(part.PartName[1:]) as stream:
            shared = _Texts(stream, opening).read()

    def rows(place: int, most: int | None) -> Iterator[Row]:
        with archive.open(sheets[place][1]) as stream:
            sheet = _Rows(stream, opening, reader.wb.epoch, formats, shared)
            yield from sheet.read(most)

    return Book(tuple(title for title, _ in sheets), rows)


def _n_tags(content: bytes) -> int:
    """Count a part's tags and attributes, of which a tree is made; none declares anything."""
    parser, n_tags = expat.ParserCreate(), 0

    def count(_: str, attributes: dict[str, str]) -> None:
        nonlocal n_tags
        n_tags += 1 + len(attributes)

    parser.StartElementHandler = count
    parser.StartDoctypeDeclHandler = _refuse_declaration
    parser.Parse(content, True)
    return n_tags


def _refuse_declaration(*_: object) -> NoReturn:
    raise ValueError("no program declares entities in a workbook")


def _check_sheets(name: str, n_sheets: int, parts: Sequence[str]) -> None:
    """Refuse a workbook whose sheets would be read more often than they are there."""
    if len(set(parts)) < len(parts):
        raise ValueError("two sheets are one")
    if n_sheets > MOST_SHEETS:
        raise OverLimitError(
            f"{name} has too many sheets.",
            f"Found: more than {MOST_SHEETS:,}, which are never read.",
            "Save the sheet as CSV.",
        )


@dataclass(frozen=True)
class _Formats:
    """Which of a workbook's styles show numbers as a time, and which as a span of time."""

    times: frozenset[int] = frozenset()
    spans: frozenset[int] = frozenset()


class _Parts(zipfile.ZipFile):
    """The parts of a workbook of which openpyxl makes trees."""

    def __init__(self, content: BinaryIO, name: str) -> None:
        super().__init__(content)
        self._name = name

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """Read a part, unless its tree would be larger than that of any workbook."""
        entry = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if entry.file_size > MOST_IN_PART:
            self._refuse(f"{entry.file_size:,} bytes", MOST_IN_PART)
        content = super().read(entry, pwd)
        if (tags := _n_tags(content)) > MOST_TAGS:
            self._refuse(f"{tags:,} tags", MOST_TAGS)
        return content

    def _refuse(self, found: str, most: int) -> NoReturn:
        raise OverLimitError(
            f"{self._name} has too much beside its rows.",
            f"Found: {found} in one part; more than {most:,} are never read.",
            "Save the sheet as CSV.",
        )


class _Part(ABC):
    """Goes through the XML of a part and keeps nothing of it but what is asked for.

    Parameters
    ----------
    stream : binary file
        The part.
    opening : Opening
        How the workbook is opened.
    """

    #: The names of the tags that count.
    names: tuple[str, ...] = ()

    def __init__(self, stream: IO[bytes], opening: Opening) -> None:
        self._stream, self._name, self._size = stream, opening.name, opening.limits.size
        self._text: list[str] = []
        self._length = self._depth = 0
        self._takes = self._ended = False
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_declaration
        parser.StartElementHandler = self._first
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _pieces(self) -> Iterator[None]:
        """Go on by a piece, as long as what is wanted has not ended."""
        done = 0
        while not self._ended and (content := self._stream.read(_PIECE)):
            self._parser.Parse(content)
            done += len(content)
            if done - max(self._parser.CurrentByteIndex, 0) > _LONGEST_TAG:
                raise ValueError("a tag has no end")
            if len(self._parser.intern) > _MOST_NAMES:
                raise ValueError("tags have more names than there are")
            yield
        if not self._ended:
            self._parser.Parse(b"", True)
        while self._stream.read(_PIECE):  # its checksum is that of all of it
            pass

    def _first(self, tag: str, attributes: dict[str, str]) -> None:
        """Learn from the first tag what stands before the names of all others."""
        space = next((n for n, space in attributes.items() if space == SHEET_MAIN_NS), "xmlns")
        prefix = space.removeprefix("xmlns").removeprefix(":")
        self._know(*(f"{prefix}:{name}" if prefix else name for name in self.names))
        self._parser.StartElementHandler = self._start
        self._start(tag, attributes)

    @abstractmethod
    def _know(self, *tags: str) -> None:
        """Take the names of the tags, as this part writes them."""

    @abstractmethod
    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        """Deal with the beginning of a tag."""

    @abstractmethod
    def _end(self, tag: str) -> None:
        """Deal with the end of a tag."""

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("tags stand within each other without end")

    def _characters(self, text: str) -> None:
        if self._takes:
            self._text.append(text)
            self._length += len(text)
            if self._length > _ESCAPE * LONGEST:  # as it arrives: it may be of any length
                self._refuse_text()

    def _taken(self) -> str:
        """Return the text that has been taken, and begin another."""
        text = "".join(self._text)
        self._text.clear()
        self._length = 0
        if len(text) > LONGEST:
            escaped = len(_ESCAPED.findall(text))
            if len(text) - (_ESCAPE - 1) * escaped > LONGEST:
                self._refuse_text()
        return text

    def _refuse_text(self) -> NoReturn:
        raise OverLimitError(
            f"{self._name} has a cell with too much text.",
            f"Found: more than {LONGEST:,} characters{self._place()}; Excel opens no longer ones.",
            "Save the sheet as CSV.",
        )

    def _place(self) -> str:
        return ""


class _Styles(_Part):
    """How cells are formatted, of which only times count."""

    names = ("numFmt", "cellXfs", "xf")

    def read(self) -> _Formats:
        """Return which styles are times."""
        self._codes: dict[int, str] = {}
        self._used: list[int] = []
        self._is_of_cells = False
        for _ in self._pieces():
            if len(self._used) + len(self._codes) > MOST_STYLES:
                raise OverLimitError(
                    f"{self._name} has too many formats.",
                    f"Found: more than {MOST_STYLES:,}; Excel opens no more.",
                    "Save the sheet as CSV.",
                )
        code_of = {**BUILTIN_FORMATS, **self._codes}
        # One format may be that of any number of styles, and telling what it is takes its time.
        is_time = cache(lambda code: bool(is_date_format(code)))
        is_span = cache(lambda code: bool(is_timedelta_format(code)))
        codes = [code_of.get(number) for number in self._used]
        return _Formats(
            frozenset(place for place, code in enumerate(codes) if is_time(code)),
            frozenset(place for place, code in enumerate(codes) if is_span(code)),
        )

    def _know(self, *tags: str) -> None:
        self._format, self._of_cells, self._style = tags

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._deeper()
        if tag == self._format:
            code = attributes["formatCode"]
            if len(code) > LONGEST_FORMAT:
                raise ValueError("a format is longer than Excel has any")
            self._codes[int(attributes["numFmtId"])] = code
        elif tag == self._of_cells:
            self._is_of_cells = True
        elif tag == self._style and self._is_of_cells:
            self._used.append(int(attributes.get("numFmtId", 0)))

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == self._of_cells:
            self._is_of_cells = False


class _Texts(_Part):
    """The texts that cells share."""

    names = ("si", "t", "rPh")

    def read(self) -> list[str]:
        """Return all of them."""
        self._texts: list[str] = []
        self._held = 0
        self._is_phonetic = False
        for _ in self._pieces():
            check_limit(self._name, "bytes", self._held, self._size)
            if self._held > MOST_SHARED:
                raise OverLimitError(
                    f"{self._name} has too many bytes of text.",
                    f"Found: more than {MOST_SHARED:,} of texts that cells share, which are in "
                    "memory as a whole.",
                    "Save the sheet as CSV.",
                )
        return self._texts

    def _know(self, *tags: str) -> None:
        self._one, self._t, self._phonetic = tags

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._deeper()
        if tag == self._t:
            self._takes = not self._is_phonetic  # how a text is spoken is none of its words
        elif tag == self._phonetic:
            self._is_phonetic = True

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == self._t:
            self._takes = False
        elif tag == self._phonetic:
            self._is_phonetic = False
        elif tag == self._one:
            text = self._taken().replace("x005F_", "")  # as openpyxl does
            self._texts.append(text)
            self._held += sys.getsizeof(text) + _POINTER


class _Rows(_Part):
    """A sheet's rows."""

    names = ("row", "c", "v", "t", "rPh", "sheetData")

    def __init__(
        self,
        stream: IO[bytes],
        opening: Opening,
        epoch: datetime.datetime,
        formats: _Formats,
        shared: Sequence[str],
    ) -> None:
        super().__init__(stream, opening)
        self._epoch, self._formats, self._shared = epoch, formats, shared
        self._most = MOST_IN_ROW if self._size is None else min(MOST_IN_ROW, self._size)
        self._done: list[Row] = []
        self._number = self._last = self._n_rows = 0
        self._held = self._n_cells = self._column = self._cell_depth = 0
        self._row: dict[int, Any] | None = None
        self._cell: dict[str, str] | None = None
        self._is_phonetic = False

    def read(self, most: int | None) -> Iterator[Row]:
        """Yield the rows whose number is higher than that of the row before.

        Parameters
        ----------
        most : int or None
            Rows that are looked at, whatever their numbers; None for all.
        """
        for _ in self._pieces():
            done, self._done = self._done, []
            yield from done
            if most is not None and self._n_rows > most:
                return

    def _know(self, *tags: str) -> None:
        self._row_tag, self._cell_tag, self._v, self._t, self._phonetic, self._all = tags
        self._wanted = self._v

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if tag == self._cell_tag and self._row is not None:
            self._begin_cell(attributes)
        elif tag == self._wanted:
            self._takes = self._cell is not None and not self._is_phonetic and self._is_own()
        elif tag == self._row_tag:
            self._begin_row(attributes.get("r"))
        elif tag == self._phonetic:
            self._is_phonetic = True
        if self._depth > _DEEPEST:
            raise ValueError("tags stand within each other without end")

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if tag == self._wanted:
            self._takes = False
        elif tag == self._cell_tag:
            if self._cell is not None and self._row is not None:
                self._end_cell(self._cell, self._row)
            self._cell = None
        elif tag == self._row_tag:
            self._end_row()
        elif tag == self._phonetic:
            self._is_phonetic = False
        elif tag == self._all:
            self._ended = True

    def _begin_row(self, number: str | None) -> None:
        if self._row is not None:
            raise ValueError("a row stands within another")
        self._number = self._number + 1 if number is None else _whole(number)
        self._n_rows += 1  # of one number there may be any
        if max(self._number, self._n_rows) > MOST_ROWS:
            raise OverLimitError(
                f"{self._name} has too many rows in a sheet.",
                f"Found: more than {MOST_ROWS:,}; Excel opens no more.",
                "Save the sheet as CSV.",
            )
        self._row, self._held, self._n_cells, self._column = {}, 0, 0, 0

    def _end_row(self) -> None:
        if self._row is not None and self._number > self._last:
            self._done.append((self._number, self._row))
            self._last = self._number
        self._row = None

    def _is_own(self) -> bool:
        """Say whether what begins is the cell's own value, not one of something within it."""
        return self._wanted == self._t or self._depth == self._cell_depth + 1

    def _begin_cell(self, cell: dict[str, str]) -> None:
        self._cell, self._cell_depth = cell, self._depth
        self._wanted = self._t if cell.get("t") == "inlineStr" else self._v
        place = cell.get("r")
        self._n_cells += 1
        self._column += 1
        if place:
            self._column = column_index_from_string(place.rstrip("0123456789"))
        if max(self._n_cells, self._column) > MOST_COLUMNS:
            self._refuse_row()

    def _end_cell(self, cell: dict[str, str], row: dict[int, Any]) -> None:
        text = self._taken()
        self._held += len(text)
        if self._held > self._most:
            check_limit(self._name, "bytes", self._held, self._size)
            self._refuse_long_row()
        if text:
            row[self._column - 1] = self._value(cell.get("t", "n"), text, int(cell.get("s", 0)))

    def _value(self, kind: str, text: str, style: int) -> Any:
        """Return what a cell's text means, as openpyxl does."""
        if kind == "s":
            return self._shared[int(text)]
        if kind == "n":
            is_float = "." in text or "E" in text or "e" in text
            number = float(text) if is_float else int(text)
            return self._time(number, style) if style in self._formats.times else number
        if kind == "b":
            return bool(int(text))
        return from_ISO8601(text) if kind == "d" else text

    def _time(self, number: float, style: int) -> Any:
        is_span = style in self._formats.spans
        try:
            return from_excel(number, self._epoch, timedelta=is_span)
        except (OverflowError, ValueError):
            return "#VALUE!"

    def _place(self) -> str:
        return f" in cell {get_column_letter(self._column)}{self._number}"

    def _refuse_row(self) -> NoReturn:
        raise OverLimitError(
            f"{self._name} has too many cells in a row.",
            f"Found: more than {MOST_COLUMNS:,} in row {self._number:,}; Excel opens no more.",
            "Save the sheet as CSV, with the columns that are needed.",
        )

    def _refuse_long_row(self) -> NoReturn:
        raise OverLimitError(
            f"{self._name} has too much text in a row.",
            f"Found: more than {self._most:,} characters in row {self._number:,}.",
            "Save the sheet as CSV, with the columns that are needed.",
        )


def _whole(text: str) -> int:
    number = float(text)  # some programs write 5 as 5.0
    if not number.is_integer():
        raise ValueError("a row has no whole number")
    return int(number)


def n_bytes(text: str) -> int:
    """Return how many bytes a text has where it is written."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
