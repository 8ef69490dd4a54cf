"""Files and functions stay as long as one can take in at a glance."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

from claimclf.paths import ROOT

FILES = [
    ROOT / "app.py",
    *sorted((ROOT / "pages").glob("*.py")),
    *sorted((ROOT / "claimclf").rglob("*.py")),
]
#: Lines of a file: of any, of nine in ten, of every other one; and of any function.
LONGEST, MOST, MEDIAN, FUNCTION = 600, 400, 135, 60
#: A migration that was released is never touched again, whatever its length.
FROZEN = ROOT / "claimclf" / "queue" / "storage" / "migrations" / "versions"


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def assert_none_above(limit: int, lines: dict[str, int]) -> None:
    above = [f"{name}: {length} lines" for name, length in lines.items() if length > limit]
    assert not above, f"Longer than {limit} lines:\n" + "\n".join(above)


def lengths() -> dict[str, int]:
    return {named(path): len(path.read_text("utf-8").splitlines()) for path in FILES}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function and method of a file with its lines, docstring and inner ones counted."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{named(path)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def test_no_file_is_too_long() -> None:
    assert_none_above(LONGEST, lengths())


def test_files_are_short_on_the_whole() -> None:
    every = list(lengths().values())
    assert median(every) <= MEDIAN
    assert quantiles(every, n=10, method="inclusive")[-1] <= MOST


def test_no_function_is_too_long() -> None:
    measured = dict(each for path in FILES if path.parent != FROZEN for each in functions(path))
    assert_none_above(FUNCTION, measured)
