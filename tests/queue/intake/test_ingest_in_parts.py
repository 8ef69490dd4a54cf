"""A file that is scored and stored in parts makes the queue that the whole table makes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from claimclf.dataset.reading import read_table
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import MODELS
from claimclf.people import Person, Role
from claimclf.queue.intake.ingest import Upload, ingest
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import batches, cases, statement_keys, tallies
from claimclf.services.queue import store_file, store_ranked
from claimclf.services.streaming import EngineFactory, Sizes, Source, ranked_file
from claimclf.services.triage import triage
from claimclf.streaming.engines import dask_client, dask_engine, local_engine
from tests.builders import reported_csv
from tests.queue.conftest import NewUrl

MANY = Sizes(block=5_000, stretch=100, range=20)
CLERK = Person("ana", Role.ADMIN)


@pytest.fixture(scope="module")
def factories() -> Iterator[dict[str, EngineFactory]]:
    with dask_client(n_workers=1) as client:
        yield {
            "here": partial(local_engine, 1),
            "on Dask": partial(dask_engine, client.scheduler.address),
        }


@pytest.fixture(scope="module")
def model() -> Model:
    return ModelStore(MODELS).load("content-random-forest")


@pytest.fixture
def source(tmp_path: Path, model: Model) -> Source:
    file = tmp_path / "in.csv"
    rows = {
        "video_transcription_text": [
            f"someone read online that a hedgehog of {n // 3} can swim many miles today"
            for n in range(60)
        ],
        "author_id": [f"author-{n % 7}" for n in range(60)],
        "video_id": [f"video-{n % 50}" for n in range(60)],
        "first_reported_at": ["2025-01-31", "2025-01-31T12:00:00.123456Z", ""] * 20,
    }
    file.write_bytes(reported_csv(60, **rows))
    return Source(file, model, MODELS, {})


def stored(database: Database) -> list[Any]:
    """Everything that an upload leaves in the queue, but for the time and who was there."""
    left_out = {"at", "state_at", "waits_since", "uploaded_by", "model_version"}
    tables = (cases, batches, statement_keys, tallies)
    # A tally's number is one like any other, which PostgreSQL never gives twice.
    queries = [
        select(*(c for c in table.c if c.name not in left_out and c is not tallies.c.id))
        for table in tables
    ]
    return [
        database.read(lambda connection, query=query: sorted(map(repr, connection.execute(query))))
        for query in queries
    ]


@pytest.mark.parametrize("place", ["here", "on Dask"])
def test_a_file_stored_in_parts_makes_the_same_queue(
    new_url: NewUrl, source: Source, model: Model, factories: dict[str, EngineFactory], place: str
) -> None:
    whole = Database(new_url())
    store_ranked(whole, CLERK, triage(read_table(source.path), model), model)
    expected = stored(whole)
    whole.close()
    parts = Database(new_url())
    with ranked_file(source, sizes=MANY, engines=factories[place]) as (ranked, videos):
        counts = (ranked.n_rejected, ranked.n_merged)
        upload = Upload(source.path.name, ranked.sha256, model.name, "1", *counts)
        ingest(parts, CLERK, videos, upload)
    assert (ranked.n_rejected, ranked.n_merged) == (0, 10)
    assert stored(parts) == expected
    parts.close()


def test_a_file_that_was_stored_whole_is_known_again(
    new_url: NewUrl, source: Source, model: Model
) -> None:
    database = Database(new_url())
    store_ranked(database, CLERK, triage(read_table(source.path), model), model)
    assert store_file(database, CLERK, source).is_repeated
    database.close()
