"""A person's choice of columns, in a file, and found again for tables with the same columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from claimclf.dataset.readers.base import Table
from claimclf.dataset.sources import explained, opened
from claimclf.dataset.validation.mapping import TableMapping, understand
from claimclf.errors import InputError
from claimclf.files import own_folder, replacing
from claimclf.schema import REPORTED

_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "columns": (dict,),
    "trust_ids": (bool,),
    "sheet": (str, type(None)),
}


@dataclass(frozen=True)
class Choice:
    """Which of a table's columns is which, as a person said.

    Parameters
    ----------
    columns : dict of str to str
        Column of the contract -> the table's own column; empty for one that it does not have.
    name : str
        What the person calls it.
    trust_ids : bool
        Whether the ids are right although they look like doubles.
    sheet : str or None
        Which sheet of a workbook.
    """

    columns: dict[str, str] = field(default_factory=dict)
    name: str = ""
    trust_ids: bool = False
    sheet: str | None = None


def write_choice(choice: Choice) -> bytes:
    """Return a choice as a file for the shell (`--mapping FILE`) and for others."""
    return json.dumps(asdict(choice), indent=2, ensure_ascii=False).encode() + b"\n"


def read_choice(source: Path | bytes) -> Choice:
    """Read what `write_choice` wrote.

    Raises
    ------
    InputError
        It is no such file, or names a column that is none of the contract's.
    """
    name = source.name if isinstance(source, Path) else "the mapping"
    try:
        with explained(name), opened(source) as file:
            facts = json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise _not_a_mapping(name, "no JSON") from error
    return _checked(facts, name)


def _checked(facts: Any, name: str) -> Choice:
    if not isinstance(facts, dict) or not isinstance(facts.get("columns"), dict):
        raise _not_a_mapping(name, "no columns")
    for key, value in facts.items():
        if key not in _KINDS or not isinstance(value, _KINDS[key]):
            raise _not_a_mapping(name, f"'{key}'")
    for column, own in facts["columns"].items():
        if column not in REPORTED.names or not isinstance(own, str):
            raise _not_a_mapping(name, f"the column '{column}'")
    return Choice(**facts)


def _not_a_mapping(name: str, found: str) -> InputError:
    return InputError(
        f"{name} is no mapping of columns.",
        f"Found: {found}.",
        'Write {"columns": {NAME: YOURS}}, NAME being one of: ' + ", ".join(REPORTED.names) + ".",
    )


def fitting(choice: Choice, columns: Sequence[str]) -> dict[str, str]:
    """Return the chosen columns, all of which a table must have.

    Raises
    ------
    InputError
        The table lacks one of them.
    """
    missing = _missing(choice, columns)
    if missing:
        raise InputError(
            f"The mapping '{choice.name or 'given'}' does not fit this table.",
            f"Found: no column {', '.join(repr(own) for own in missing)}.",
            "Choose the columns anew, or give the table that it was made for.",
        )
    return dict(choice.columns)


def fits(choice: Choice, columns: Sequence[str]) -> bool:
    """Say whether a table has all chosen columns."""
    return not _missing(choice, columns)


def _missing(choice: Choice, columns: Sequence[str]) -> list[str]:
    return [own for own in choice.columns.values() if own and own not in columns]


class Remembered:
    """Choices on disk, each found again by the names of a table's columns.

    Parameters
    ----------
    folder : Path
        Where they are kept; made when the first one is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, columns: Sequence[str], choice: Choice) -> None:
        """Remember a choice for tables with these columns.

        Raises
        ------
        InputError
            The folder cannot be written.
        """
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            own_folder(self._folder)
            with replacing(self._path(columns), private=True) as file:
                file.write(write_choice(choice))
        except OSError as error:
            raise InputError(
                "The mapping cannot be kept.", f"Found: {error.strerror}.", "Check the disk."
            ) from error

    def find(self, columns: Sequence[str]) -> Choice | None:
        """Return what was chosen for tables with these columns, or None."""
        path = self._path(columns)
        try:
            return read_choice(path) if path.is_file() else None
        except InputError:  # written by another version, or by hand
            return None

    def all(self) -> list[Choice]:
        """Return the choices that have a name, by name."""
        paths = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        choices = [choice for path in paths if (choice := self._read(path)) and choice.name]
        return sorted(choices, key=lambda choice: choice.name.casefold())

    def _read(self, path: Path) -> Choice | None:
        try:
            return read_choice(path)
        except InputError:
            return None

    def _path(self, columns: Sequence[str]) -> Path:
        return self._folder / f"{columns_key(columns)}.json"


def columns_key(columns: Sequence[str]) -> str:
    """Return what stands for the names of a table's columns, in any order."""
    return hashlib.sha256("\0".join(sorted(columns)).encode()).hexdigest()[:32]


def reading(table: Table, mapping: TableMapping | None) -> str:
    """Return what a person said of how a table is read: columns, encoding, sheet, ids.

    Returns
    -------
    str
        The same for the same reading, on the page and in the shell; empty where it is read as it
        would be without a word.
    """
    if mapping is None:
        return table.layout.said
    plain = understand(table, REPORTED)
    columns = {name: list(own) for name, own in sorted(mapping.columns.items())}
    words = [[str(kind), own] for kind, own in mapping.words]
    said = {
        "opened": table.layout.said,
        "trust_ids": mapping.are_trusted,
        "columns": columns if _of(mapping) != _of(plain) else {},
        "words": words if _of(mapping) != _of(plain) else [],
    }
    return json.dumps(said, sort_keys=True) if any(said.values()) else ""


def _of(mapping: TableMapping) -> tuple[object, object]:
    return mapping.columns, mapping.words
