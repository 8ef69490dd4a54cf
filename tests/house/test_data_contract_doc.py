"""docs/data-contract.md and claimclf.schema say the same; neither changes alone."""

from __future__ import annotations

import re

import pytest

from claimclf import errors
from claimclf.dataset.records import DELIMITERS
from claimclf.dataset.validation.problems import MESSAGES
from claimclf.paths import ROOT
from claimclf.schema import (
    LABELLED,
    MISSING_WORDS,
    REPORTED,
    SHELL_LIMITS,
    UPLOAD_LIMITS,
    Column,
    Contract,
    Kind,
)

TEXT = (ROOT / "docs" / "data-contract.md").read_text("utf-8")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}

Row = dict[str, str]


def section(title: str) -> str:
    _, _, rest = TEXT.partition(f"\n## {title}\n")
    assert rest, f"no section '{title}'"
    return rest.partition("\n## ")[0]


def table(title: str) -> list[Row]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    header, _, *rows = cells
    return [dict(zip(header, row, strict=True)) for row in rows]


def quoted(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]*)`", cell))


def number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f}"


def in_words(column: Column) -> Row:
    if column.minimum is None and column.maximum is None:
        extent = "any"
    elif column.kind in (Kind.COUNT, Kind.NUMBER):
        extent = f"{number(column.minimum)} to {number(column.maximum)}"
    else:
        extent = f"at most {number(column.maximum)} characters"
    without = "rejected" if column.required else "kept"
    return {
        "column": f"`{column.name}`",
        "kind": str(column.kind),
        "unit": column.unit or "none",
        "range": extent,
        "allowed values": ", ".join(f"`{value}`" for value in column.allowed) or "any",
        "also known as": ", ".join(f"`{alias}`" for alias in column.aliases) or "none",
        "in the table": "needed" if column.needed else "optional",
        "a row without it": without + (", and so is a repeated one" if column.unique else ""),
        "meaning": column.description,
    }


@pytest.mark.parametrize(
    ("title", "contract"), [("Labelled dataset", LABELLED), ("Reported videos", REPORTED)]
)
def test_every_column_is_documented_as_it_is_checked(title: str, contract: Contract) -> None:
    assert table(title) == [in_words(column) for column in contract.columns]


def test_the_labelled_dataset_has_the_twelve_columns_of_the_course() -> None:
    assert len(table("Labelled dataset")) == 12


def test_every_reason_code_is_documented_with_its_message() -> None:
    rows = table("Reasons to reject a row")
    assert {quoted(row["code"])[0]: row["message"] for row in rows} == MESSAGES
    assert all(row["when"] for row in rows)


def test_every_table_level_error_is_documented() -> None:
    documented = {quoted(row["error"])[0] for row in table("Reasons to refuse a table")}
    assert documented == {error.__name__ for error in errors.InputError.__subclasses__()}


def test_the_limits_are_documented() -> None:
    expected = [
        {"limit": name, "on a page": number(page), "on the shell": number(shell)}
        for name, page, shell in [
            ("bytes", UPLOAD_LIMITS.size, SHELL_LIMITS.size),
            ("rows", UPLOAD_LIMITS.rows, SHELL_LIMITS.rows),
            ("columns", UPLOAD_LIMITS.columns, SHELL_LIMITS.columns),
        ]
    ]
    assert table("Limits") == expected


def test_the_words_for_a_missing_value_are_documented() -> None:
    listed = section("Cells").partition("one of these words")[2].partition("\n- ")[0]
    assert sorted(quoted(listed)) == sorted(MISSING_WORDS - {""})


def test_every_kind_is_explained() -> None:
    explained = section("Cells").partition("- Kinds:")[2].partition("\n- ")[0]
    assert {str(kind) for kind in Kind} <= set(quoted(explained))


def test_the_delimiters_are_documented() -> None:
    files = {row["what"]: row["accepted"] for row in table("Files")}
    listed = files["delimiter"].partition(";")[0].split(", ")
    assert listed == [DELIMITER_NAMES[delimiter] for delimiter in DELIMITERS]
    assert files["encoding"].startswith("UTF-8")
