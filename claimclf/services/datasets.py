"""Open a labelled dataset and describe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from claimclf.configuration import find_dataset
from claimclf.dataset.cleaning import Cleaned, clean, is_synthetic
from claimclf.dataset.demo import DEMO_NAME, demo_videos
from claimclf.dataset.describing import Description, describe
from claimclf.dataset.findings import Finding, findings
from claimclf.dataset.reading import Table, read_table
from claimclf.dataset.validation.validate import validate
from claimclf.dataset.validation.validated import Validated
from claimclf.schema import LABELLED, SHELL_LIMITS, Limits

DEMO_ROWS, DEMO_SEED = 5_000, 0


@dataclass(frozen=True)
class Dataset:
    """A labelled dataset, read, validated, cleaned and described.

    Parameters
    ----------
    name : str
        What people call it.
    sha256 : str
        Hash of its bytes.
    validated : Validated
        Accepted and rejected rows.
    cleaned : Cleaned
        Complete rows.
    description : Description
        Its figures.
    findings : list of Finding
        What to know of it.
    """

    name: str
    sha256: str
    validated: Validated
    cleaned: Cleaned
    description: Description
    findings: list[Finding]

    @cached_property
    def synthetic(self) -> bool:
        """Whether its videos are made up."""
        return is_synthetic(self.validated.accepted)


def open_dataset(
    source: Path | bytes,
    name: str | None = None,
    *,
    limits: Limits = SHELL_LIMITS,
    chosen: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> Dataset:
    """Read a labelled dataset from a file or from uploaded bytes.

    Parameters
    ----------
    source, name, limits, encoding
        As for `read_table`.
    chosen : mapping of str to str, optional
        Column of the contract -> the input's column.

    Raises
    ------
    InputError
        The input cannot be used.
    """
    return open_table(read_table(source, name, limits=limits, encoding=encoding), chosen)


def open_default_dataset() -> Dataset:
    """Open the dataset that is set up on this machine, or else synthetic demo data."""
    path = find_dataset()
    return open_dataset(path) if path else open_demo_dataset()


def open_demo_dataset() -> Dataset:
    """Make up a labelled dataset; it is marked as synthetic everywhere."""
    content = demo_videos(DEMO_ROWS, DEMO_SEED, labelled=True).to_csv(index=False).encode()
    return open_dataset(content, DEMO_NAME)


def open_table(table: Table, chosen: Mapping[str, str] | None = None) -> Dataset:
    """Take a table that was read as a labelled dataset.

    Raises
    ------
    MissingColumnError
        A needed column is not there.
    """
    validated = validate(table, LABELLED, chosen)
    cleaned = clean(validated)
    description = describe(validated, cleaned)
    return Dataset(
        table.name, table.sha256, validated, cleaned, description, findings(description, cleaned)
    )
