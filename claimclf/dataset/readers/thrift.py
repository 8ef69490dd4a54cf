"""Thrift's compact form, in which a Parquet file says of itself what it holds.

Only what is asked for is read; the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

_STOP, _TRUE, _FALSE = 0, 1, 2
BYTE, SHORT, INT, LONG, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(3, 13)
_DEEPEST = 16
#: Bits of a number, by its kind: Arrow drops those beyond, and would read another number.
_BITS = {BYTE: 8, SHORT: 16, INT: 32, LONG: 64}
_LAST_FIELD = 2**15 - 1


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
        """Yield number and kind of a structure's fields; the caller reads or passes over each.

        Each comes once and in order, as every program writes them: of a field that comes again,
        Arrow takes the last.
        """
        last = 0
        while (byte := self._byte()) != _STOP:
            step, kind = byte >> 4, byte & 0x0F
            field = last + step if step else self.whole(SHORT)
            if not last < field <= _LAST_FIELD:
                raise OSError("a field comes twice, or has a number that none has")
            last = field
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
            self._number(LONG)
        elif kind == DOUBLE:
            self._skip(8)
        elif kind == BINARY:
            self._skip(self._number(INT))
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
        return (self._number(INT) if length == 0x0F else length), kind

    def whole(self, kind: int) -> int:
        """Read a whole number of that kind."""
        number = self._number(kind)
        return (number >> 1) ^ -(number & 1)

    def _number(self, kind: int) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise OSError("a number has no end")
        if number >> _BITS[kind]:
            raise OSError("a number is larger than its kind")
        return number

    def _byte(self) -> int:
        self._skip(1)
        return self._content[self.place - 1]

    def _skip(self, n_bytes: int) -> None:
        self.place += n_bytes
        if self.place > len(self._content):
            raise IndexError("behind what was read")
