"""Thrift's compact form, in which a Parquet file says of itself what it holds.

Only what is asked for is read; the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

_STOP, _TRUE, _FALSE = 0, 1, 2
BYTE, SHORT, INT, LONG, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(3, 13)
_DEEPEST = 16


class Compact:
    """Reads on in some content.

    Every method raises `OSError` where the content is damaged and `IndexError` where it ends.

    Parameters
    ----------
    content : bytes
        One structure, and what may stand behind it.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.place = 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield number and kind of a structure's fields; the caller reads or passes over each."""
        field = 0
        while (byte := self._byte()) != _STOP:
            step, kind = byte >> 4, byte & 0x0F
            field = field + step if step else self.whole()
            yield field, kind

    def items(self, kind: int) -> int:
        """Begin a list; return how many items of that kind follow."""
        length, found = self._list()
        if found != kind and length:
            raise OSError("a list holds something else than it should")
        return length

    def pass_over(self, kind: int, depth: int = 1) -> None:
        """Go on behind a value."""
        if depth > _DEEPEST:
            raise OSError("what the file says of itself is too deep")
        if kind in (_TRUE, _FALSE):
            return
        if kind == BYTE:
            self._skip(1)
        elif kind in (SHORT, INT, LONG):
            self._number()
        elif kind == DOUBLE:
            self._skip(8)
        elif kind == BINARY:
            self._skip(self._number())
        elif kind in (LIST, SET):
            self._pass_over_list(depth)
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.pass_over(inner, depth + 1)
        else:
            raise OSError("the file says something of itself that none does")

    def _pass_over_list(self, depth: int) -> None:
        length, kind = self._list()
        for _ in range(length):
            if kind in (_TRUE, _FALSE):
                self._skip(1)
            else:
                self.pass_over(kind, depth + 1)

    def _list(self) -> tuple[int, int]:
        byte = self._byte()
        length, kind = byte >> 4, byte & 0x0F
        return (self._number() if length == 0x0F else length), kind

    def whole(self) -> int:
        """Read a whole number."""
        number = self._number()
        return (number >> 1) ^ -(number & 1)

    def _number(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7
            if shift > 63:
                raise OSError("a number has no end")

    def _byte(self) -> int:
        self._skip(1)
        return self._content[self.place - 1]

    def _skip(self, n_bytes: int) -> None:
        self.place += n_bytes
        if self.place > len(self._content):
            raise IndexError("behind what was read")
