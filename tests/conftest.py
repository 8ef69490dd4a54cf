"""Fixtures shared by all tests."""

from __future__ import annotations

import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

from claimclf.paths import ROOT

# Each worker has one core: threads that wait for each other would make both slow. Before
# anything loads OpenMP.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
import pytest
from streamlit.components.v2 import manifest_scanner

from claimclf.configuration import DATABASE, MAPPINGS, SECRETS_FILES, SPEECH
from claimclf.logs import LOGGER
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.queue.storage import database
from claimclf.services import loading
from claimclf.services.datasets import Dataset, open_dataset
from tests.engines import EngineFamily

SHARED = ROOT.parent / "shared"
#: Set to `true` where a test must not be skipped for what a machine may lack.
GATE = "TESTS_SKIP_NOTHING"
_LACKING = "not on this machine: "


def _course_dataset() -> Path | None:
    candidates = [
        Path(os.environ.get("CLAIMCLF_DATASET", ROOT / "data" / "tiktok_dataset.csv")),
        SHARED / "data" / "tiktok_dataset.csv",
    ]
    return next((path for path in candidates if path.is_file()), None)


@pytest.fixture(autouse=True, scope="session")
def _queue_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests away from the queue, secrets, mappings and texts that this machine has."""
    file = tmp_path_factory.mktemp("queue") / "queue.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(DATABASE.variable, f"sqlite:///{file}")
        patch.setenv(SECRETS_FILES.variable, str(file.with_name("secrets.toml")))
        patch.setenv(MAPPINGS.variable, str(file.with_name("mappings")))
        patch.setenv(SPEECH.variable, str(file.with_name("speech")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _components_are_looked_for_once() -> Iterator[None]:
    """Each page under test would read the description of every installed package again."""
    with pytest.MonkeyPatch.context() as patch:
        look = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", look)
        yield


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once() -> Iterator[None]:
    """Queues of one kind compile a statement for the first of them, not each for itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", EngineFamily().create)
        yield


@pytest.fixture(autouse=True)
def _main_module_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page under test takes the main module's place; processes started later would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def missing(what: str, advice: str) -> NoReturn:
    """Skip a test for what this machine lacks; the gate lacks nothing, so there it fails."""
    reason = f"no {what}: {advice}"
    if os.environ.get(GATE) == "true":
        pytest.fail(reason)
    pytest.skip(f"{_LACKING}{reason}")


def shared_file(name: str) -> Path:
    """Return a reference file."""
    path = SHARED / name
    if not path.is_file():
        missing("reference data", f"put shared/ beside the checkout, with {name}")
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how to run what was skipped because this machine lacks something."""
    skipped = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])]
    lacking = Counter(
        reason.partition(_LACKING)[2].partition(", with ")[0]
        for reason in skipped
        if _LACKING in reason
    )
    for reason, n in sorted(lacking.items()):
        terminalreporter.write_line(f"{n} skipped: {reason}", yellow=True)


class Logged(logging.Handler):
    """Keeps what is logged, as level and message."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def lines(self) -> list[tuple[str, str]]:
        return [(record.levelname, record.getMessage()) for record in self.records]


@pytest.fixture
def logged() -> Iterator[Logged]:
    """All that the package logs, from level debug on."""
    handler, level = Logged(), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    yield handler
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(level)


@pytest.fixture(scope="session")
def course_dataset() -> Path:
    """The labelled course dataset; in CI it must be there."""
    path = _course_dataset()
    if path is None:
        missing(
            "course dataset",
            "name it in $CLAIMCLF_DATASET, or put it at data/tiktok_dataset.csv",
        )
    return path


@pytest.fixture(scope="session")
def course(course_dataset: Path) -> Dataset:
    return open_dataset(course_dataset)


@pytest.fixture(scope="session")
def shipped() -> ModelStore:
    return ModelStore(ROOT / "models")


@pytest.fixture(scope="session")
def forest(shipped: ModelStore) -> Model:
    return shipped.load("course-random-forest")


@pytest.fixture(scope="module")
def load_each_model_once() -> Iterator[None]:
    """Reading a forest takes longer than all else that most tests do with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_model", cache(loading.load_model))
        yield


@pytest.fixture
def reported_course(course_dataset: Path, tmp_path: Path) -> Path:
    """The course dataset's videos as reported ones: with report counts, without labels."""
    videos = pd.read_csv(course_dataset, dtype="str", keep_default_na=False)
    videos = videos.drop(columns="claim_status")
    # Deterministic and with many ties, so that the whole ranking rule is needed.
    videos["report_count"] = [(7919 * row) % 100 for row in range(len(videos))]
    path = tmp_path / "reported.csv"
    videos.to_csv(path, index=False)
    return path
