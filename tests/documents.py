"""Tables of the manual, to be compared with the code."""

from __future__ import annotations

from itertools import groupby

from tests.conftest import ROOT


def tables(name: str) -> list[list[dict[str, str]]]:
    """Return the tables of a page of the manual: a dict of heading to cell for each row."""
    lines = (ROOT / "docs" / name).read_text("utf-8").splitlines()
    blocks = [list(block) for is_table, block in groupby(lines, _is_row) if is_table]
    return [[dict(zip(_cells(rows[0]), _cells(row), strict=True)) for row in rows[2:]]
            for rows in blocks]  # fmt: skip


def _is_row(line: str) -> bool:
    return line.startswith("|")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
