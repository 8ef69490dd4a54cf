"""A file scored in parts gives what the whole table gives, to the last byte."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import pickle
import select
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from distributed import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from claimclf.dataset.blocks import open_blocks
from claimclf.dataset.reading import read_table
from claimclf.dataset.validation.mapping import understand
from claimclf.dataset.writing import write_table
from claimclf.errors import (
    ClaimclfError,
    ConflictError,
    EngineError,
    InputError,
    MissingColumnError,
    WrongEncodingError,
)
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.paths import MODELS
from claimclf.schema import REPORTED, Ranking
from claimclf.services.streaming import (
    Accounted,
    Sizes,
    Source,
    score_file,
    working_folder,
)
from claimclf.services.triage import triage
from claimclf.streaming.engines import dask_client, dask_engine, dask_parallel, local_engine
from claimclf.streaming.parts import Job
from tests.builders import as_csv, reported_csv, reported_rows
from tests.modeling.learners.test_search import forest_search, rows
from tests.modeling.store.test_store import ended_by

#: So little at one time that a few rows make many parts, stretches and ranges.
SMALL = Sizes(block=400, stretch=3, range=2)


@cache
def model(name: str = "content-random-forest") -> Model:
    return ModelStore(MODELS).load(name)


def scored(source: Path, output: Path, **how: Any) -> Accounted:
    """Score a file in parts; rejected rows go beside the output."""
    ranking = how.pop("ranking", Ranking.REPORTS)
    chosen = Source(source, model(), MODELS, {}, ranking=ranking)
    return score_file(chosen, output, beside(output), **{"sizes": SMALL} | how)


def scored_whole(source: Path, output: Path, ranking: Ranking, *, raw: bool) -> None:
    ranked = triage(read_table(source), model(), ranking=ranking)
    write_table(ranked.output(), output, raw=raw)
    write_table(ranked.scored.validated.report, beside(output), raw=raw)


def beside(output: Path) -> Path:
    return output.with_stem(f"{output.stem}-rejected")


cells = {
    "video_id": st.sampled_from(["a", "a", "b", "c", " c", "", "d\0", "x" * 201])
    | st.text(max_size=3),
    "video_transcription_text": st.sampled_from(
        [
            "someone read online that the tower is nine thousand years old today",
            "a friend heard on the radio that the tower is nine hundred years old today",
            "our view is that the tower is nine hundred miles old today",
            'what, a "quoted"\nline',
            "=cmd()",
            "",
        ]
    ),
    "video_view_count": st.sampled_from(["5", "7", "", "many"]),
    "report_count": st.sampled_from(["3", "3", "8", "", "-1"]),
    "author_id": st.sampled_from(["ann", "bob", ""]),
    "reason": st.sampled_from(["mine", "cr\r", ""]),
}


@st.composite
def files(draw: st.DrawFn) -> bytes:
    n = draw(st.integers(1, 12))
    drawn = {name: draw(st.lists(cell, min_size=n, max_size=n)) for name, cell in cells.items()}
    drawn["video_id"] = [text.encode("utf-8", "ignore").decode() for text in drawn["video_id"]]
    content = as_csv(reported_rows(n, **drawn)).encode()
    return content + draw(st.sampled_from([b"", b"\n", b"too,few\n", b"z," + b"1," * 20 + b"\n"]))


@settings(
    deadline=None, max_examples=15, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(files(), st.sampled_from(list(Ranking)), st.integers(150, 1500), st.booleans())
def test_parts_give_what_the_whole_table_gives(
    content: bytes, ranking: Ranking, block: int, raw: bool
) -> None:
    with TemporaryDirectory() as folder:
        source, parts, whole = (Path(folder, name) for name in ("in.csv", "parts.csv", "whole.csv"))
        source.write_bytes(content)
        sizes = Sizes(block=block, stretch=SMALL.stretch, range=SMALL.range)
        of_parts = scored(source, parts, ranking=ranking, raw=raw, sizes=sizes)
        scored_whole(source, whole, ranking, raw=raw)
        assert parts.read_bytes() == whole.read_bytes()
        assert beside(parts).read_bytes() == beside(whole).read_bytes()
        assert of_parts.n_accepted + of_parts.n_rejected == of_parts.n_rows
        assert len(list(Path(folder).iterdir())) == 5  # nothing is left over


def test_words_typed_wrongly_are_linked_from_part_to_part(tmp_path: Path) -> None:
    said = "someone read online that the tower is nine {} years old today"
    # Each is a slip of one before or after it, and all of them are one statement.
    words = ["thousand", "hundred", "thuosand", "thousand", "thousnd", "miles", "thouusand"]
    source, parts, whole = (tmp_path / f"{name}.csv" for name in ("in", "parts", "whole"))
    texts = [said.format(word) for word in words]
    source.write_bytes(as_csv(reported_rows(7, video_transcription_text=texts)).encode())
    scored(source, parts, ranking=Ranking.STATEMENT)
    scored_whole(source, whole, Ranking.STATEMENT, raw=False)
    assert parts.read_bytes() == whole.read_bytes()
    counts = pd.read_csv(parts)["statement_videos"].tolist()
    assert sorted(counts) == [1, 1, 5, 5, 5, 5, 5]


def test_parquet_gives_the_same_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(reported_rows(9)).astype({"report_count": "int64"})
    frame["note"] = [None, 1, 2, *[None] * 6]
    frame["half"] = [None, "text", *[None] * 7]
    source, parts, whole = (tmp_path / f"{name}.parquet" for name in ("in", "parts", "whole"))
    frame.to_parquet(source, row_group_size=2)
    scored(source, parts)
    scored_whole(source, whole, Ranking.REPORTS, raw=True)
    pd.testing.assert_frame_equal(pd.read_parquet(parts), pd.read_parquet(whole))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of many blocks."""
    source = tmp_path_factory.mktemp("many") / "in.csv"
    source.write_bytes(reported_csv(300))
    return source


@pytest.fixture(scope="module")
def expected(many: Path) -> bytes:
    output = many.with_name("expected.csv")
    scored_whole(many, output, Ranking.REPORTS, raw=False)
    return output.read_bytes()


FEW = Sizes(block=20_000, stretch=1_000, range=200)
CP1252 = {"western.csv": "cp1252"}
MANY = Sizes(block=5_000, stretch=100, range=100)


def test_processes_give_the_same(many: Path, expected: bytes, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    scored(many, output, sizes=MANY, engines=partial(local_engine, 2))
    assert output.read_bytes() == expected


@pytest.fixture(scope="module")
def cluster() -> Iterator[Client]:
    """A Dask cluster of two workers, which a nanny starts anew when they are killed."""
    with dask_client(n_workers=2) as client:
        yield client


@pytest.mark.parametrize("place", ["beside", "far"])
def test_workers_get_what_stands_otherwise_in_the_file(
    cluster: Client, many: Path, tmp_path: Path, place: str
) -> None:
    factories = {
        "beside": partial(local_engine, 2),
        "far": partial(dask_engine, cluster.scheduler.address),
    }
    text = many.read_bytes().replace(b"read online", "read in a café".encode())
    contents = {
        "marked.csv": b"\xef\xbb\xbf" + text,
        "packed.csv.gz": gzip.compress(text),
        "western.csv": text.decode().encode("cp1252"),
    }
    outputs = []
    for name, content in {"plain.csv": text, **contents}.items():
        (tmp_path / name).write_bytes(content)
    cells = pd.read_csv(tmp_path / "plain.csv", dtype="str", keep_default_na=False)
    cells.to_parquet(tmp_path / "table.parquet", row_group_size=40)
    for name in ("plain.csv", "table.parquet", *contents):
        source = Source(tmp_path / name, model(), MODELS, {}, CP1252.get(name))
        outputs.append(tmp_path / f"{name}.out")
        score_file(source, outputs[-1], sizes=FEW, engines=factories[place])
    whole = tmp_path / "whole.csv"
    scored_whole(tmp_path / "plain.csv", whole, Ranking.REPORTS, raw=False)
    assert {output.read_bytes() for output in outputs} == {whole.read_bytes()}


def test_a_file_that_changes_while_it_is_read_is_refused(many: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(many.read_bytes())
    with pytest.raises(InputError, match="was changed while it was read"):
        scored(
            source,
            tmp_path / "out.csv",
            sizes=MANY,
            engines=partial(local_engine, 2),
            on_progress=lambda *told: os.utime(source, (1, 1)),
        )
    assert list(tmp_path.iterdir()) == [source]


def test_dask_gives_the_same_though_a_worker_is_killed_half_way(
    cluster: Client, many: Path, expected: bytes, tmp_path: Path
) -> None:
    output, calls = tmp_path / "out.csv", []
    with open_blocks(many, size=MANY.block) as blocks:
        half = len(list(blocks)) // 2

    def kill_one(what: str, done: int, total: int) -> None:
        calls.append(what)
        if calls.count("MB scored") == half == len(calls):
            os.kill(next(iter(cluster.run(os.getpid).values())), signal.SIGKILL)

    engines = partial(dask_engine, cluster.scheduler.address)
    scored(many, output, sizes=MANY, engines=engines, on_progress=kill_one)
    assert calls.count("MB scored") > half > 2
    assert output.read_bytes() == expected


def test_a_search_on_dask_finds_the_same(cluster: Client) -> None:
    here = forest_search().fit(*rows())
    with dask_parallel(cluster.scheduler.address):
        there = forest_search().fit(*rows())
    for name in (key for key in here.cv_results_ if "time" not in key):
        assert np.array_equal(here.cv_results_[name], there.cv_results_[name]), name


def test_a_killed_worker_of_this_machine_is_told_and_the_same_call_goes_on(
    many: Path, expected: bytes, tmp_path: Path
) -> None:
    output = tmp_path / "out.csv"

    def kill_one(what: str, done: int, total: int) -> None:
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(EngineError, match="A worker was ended"):
        scored(many, output, sizes=MANY, engines=partial(local_engine, 2), on_progress=kill_one)
    assert not output.exists()
    scored(many, output, sizes=MANY)
    assert output.read_bytes() == expected


@pytest.mark.parametrize("moment", [4, 9])
def test_killed_scoring_goes_on_where_it_stopped(
    many: Path, expected: bytes, tmp_path: Path, moment: int
) -> None:
    output = tmp_path / "out.csv"

    def kill(what: str, done: int, total: int) -> None:
        calls.append(what)
        if len(calls) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    calls: list[str] = []
    assert ended_by(lambda: scored(many, output, sizes=MANY, on_progress=kill)) == signal.SIGKILL
    assert not output.exists()
    done = parts_beside(output)
    assert len(done) >= min(moment, 7)

    seen: list[dict[Path, int]] = []
    scored(many, output, sizes=MANY, on_progress=lambda *_: seen.append(parts_beside(output)))
    assert output.read_bytes() == expected
    assert done.items() <= seen[-1].items()  # not written anew
    assert not parts_beside(output)


def test_workers_end_with_the_process_that_was_killed() -> None:
    ended, open_in_workers = os.pipe()

    def be_killed() -> None:
        with local_engine(2) as engine:
            list(engine.map(abs, range(4)))
            os.kill(os.getpid(), signal.SIGKILL)

    assert ended_by(be_killed) == signal.SIGKILL
    os.close(open_in_workers)
    readable, _, _ = select.select([ended], [], [], 30)
    assert readable  # which it is once nobody has the other end
    assert os.read(ended, 1) == b""
    os.close(ended)


def parts_beside(output: Path) -> dict[Path, int]:
    """When each finished part of an output's working folder was written."""
    folder = output.with_name(f".{output.name}.scoring")
    return {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}


def test_another_model_or_another_choice_of_columns_finds_nothing_done(tmp_path: Path) -> None:
    read = understand(read_table(reported_csv(3, id="")), REPORTED)
    job = Job(tmp_path, MODELS, "a", "1", read)
    with open_blocks(reported_csv(3)) as blocks:
        (block,) = blocks
    others = [
        replace(job, model_name="b"),
        replace(job, model_version="2"),
        replace(job, mapping=replace(read, columns={**read.columns, "video_id": ("id",)})),
    ]
    names = {one.part_name(block) for one in [job, *others]}
    assert len(names) == 4
    assert replace(job, folder=tmp_path / "other").part_name(block) in names


def test_an_output_that_another_run_is_at_is_refused(many: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    with working_folder(output), pytest.raises(ConflictError, match="Another run"):
        scored(many, output)


def test_a_useless_file_leaves_nothing_behind(tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(reported_csv(30) + b'an "open" quote,"')
    with pytest.raises(InputError, match="quotation mark"):
        scored(source, output)
    assert list(tmp_path.iterdir()) == [source]


def test_a_pipe_gets_the_table_too(many: Path, expected: bytes, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        read = pool.submit(pipe.read_bytes)
        scored(many, pipe, sizes=MANY)
        assert read.result() == expected


@pytest.mark.parametrize(
    "error",
    [
        MissingColumnError(["video_id"], ["a", "b"]),
        WrongEncodingError("in.csv", "cp1252"),
        EngineError("It stopped.", "Found: nothing.", "Go on."),
    ],
)
def test_errors_come_through_to_other_processes_as_they_are(error: ClaimclfError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is type(error)
    assert (str(again), again.__dict__) == (str(error), error.__dict__)


def test_a_scheduler_that_is_not_there_is_said(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("claimclf.streaming.engines._CONNECT_SECONDS", 1)
    with pytest.raises(EngineError, match="cannot be used"):
        scored(many, tmp_path / "out.csv", engines=partial(dask_engine, "tcp://127.0.0.1:9"))
