"""What options stand for: a file to score, those who work on it, the queue and who is asking."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from claimclf.errors import InvalidRequestError
from claimclf.schema import REPORTED, Ranking

if TYPE_CHECKING:
    from claimclf.dataset.labelled_texts import LabelledTexts
    from claimclf.people import Person
    from claimclf.queue.storage.database import Database
    from claimclf.services.mappings import Choice
    from claimclf.services.streaming import EngineFactory, Source


def open_source(
    path: Path,
    model: str | None,
    models: Path,
    choice: Choice,
    encoding: str | None,
    ranking: Ranking = Ranking.REPORTS,
    reports: Path | None = None,
) -> Source:
    """Return a file to score with a stored model, the champion unless one is named."""
    from claimclf.services.loading import load_model
    from claimclf.services.streaming import Source

    return Source(
        path,
        load_model(models, model),
        models,
        choice.columns,
        encoding,
        ranking,
        choice.trust_ids,
        choice.sheet,
        reports,
    )


def open_choice(
    source: Path,
    columns: tuple[str, ...],
    mapping: Path | None,
    encoding: str | None,
    sheet: str | None = None,
    *,
    trust_ids: bool = False,
) -> Choice:
    """Put together what a person says of a file's columns.

    Raises
    ------
    InputError
        If a pair of `columns` (`NAME=YOURS`) or the mapping names a column that is not there.
    """
    from claimclf.services.mappings import Choice, fitting, read_choice

    stored = Choice() if mapping is None else read_choice(mapping)
    chosen = dict(pair.partition("=")[::2] for pair in columns)
    sheet = sheet or stored.sheet
    if chosen or stored.columns:
        own_columns = _own_columns(source, encoding, sheet)
        _check_columns(chosen, own_columns)
        chosen = fitting(stored, own_columns) | chosen
    return Choice(chosen, stored.name, trust_ids or stored.trust_ids, sheet)


def _own_columns(source: Path, encoding: str | None, sheet: str | None) -> list[str]:
    from claimclf.dataset.blocks import open_blocks

    with open_blocks(source, encoding=encoding, sheet=sheet, hashed=False) as blocks:
        return blocks.columns


def _check_columns(chosen: dict[str, str], own_columns: list[str]) -> None:
    for name, own in chosen.items():
        if name not in REPORTED.names or (own and own not in own_columns):
            raise InvalidRequestError(
                f"--column {name}={own} names an unknown column.",
                f"Found: {', '.join(own_columns[:20])}.",
                f"Write NAME=YOURS, NAME being one of: {', '.join(REPORTED.names)}.",
            )


def read_speech(values: tuple[str, ...], encoding: str | None) -> list[LabelledTexts]:
    """Return the labelled texts of `--speech FILE` or `--speech FILE=WEIGHT`.

    Raises
    ------
    InputError
        A file cannot be read or has no label or no text; or its weight is no number.
    """
    from claimclf.dataset.reading import read_table
    from claimclf.services.stress import read_texts

    texts = []
    for value in values:
        path, weight = _weighted(value)
        texts.append(read_texts(read_table(path, encoding=encoding), weight))
    return texts


def _weighted(value: str) -> tuple[Path, float]:
    path, equals, weight = value.rpartition("=")
    if not equals or Path(value).exists():
        return Path(value), 1.0
    try:
        return Path(path), float(weight)
    except ValueError as error:
        raise InvalidRequestError(
            f"--speech {value} has no usable weight.",
            f"Found: {weight or 'nothing'} after '='.",
            "Write FILE or FILE=WEIGHT, such as debates.csv=2.",
        ) from error


def engine_factory(engine: str, scheduler: str | None, workers: int | None) -> EngineFactory | None:
    """Return who lends workers; None leaves it to the service."""
    from claimclf.streaming.engines import dask_engine, local_engine

    if engine == "dask":
        return partial(dask_engine, scheduler, workers)
    _check_local(scheduler)
    return None if workers is None else partial(local_engine, workers)


def parallel_fits(
    engine: str, scheduler: str | None, workers: int | None
) -> AbstractContextManager[None]:
    """Say who fits, as `engine_factory` does."""
    from claimclf.streaming.engines import dask_parallel, local_parallel

    if engine == "dask":
        return dask_parallel(scheduler, workers)
    _check_local(scheduler)
    return local_parallel(workers)


def _check_local(scheduler: str | None) -> None:
    if scheduler is not None:
        raise InvalidRequestError(
            "--scheduler goes with --engine dask.", "Found: --engine local.", "Add --engine dask."
        )


def open_queue(url: str | None) -> tuple[Database, Person]:
    """Return the queue's database and who is at the shell: the owner of this machine's files."""
    from claimclf.people import local_user
    from claimclf.queue.storage.database import Database

    return Database(url), local_user()
