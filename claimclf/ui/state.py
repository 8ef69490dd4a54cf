"""What is in use in this browser session: dataset, models, uploaded videos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from claimclf.configuration import database_url, find_dataset, models_folder
from claimclf.errors import ModelDamagedError
from claimclf.modeling.store.champion import champion
from claimclf.modeling.store.manifest import Manifest
from claimclf.modeling.store.model import Model
from claimclf.modeling.store.store import ModelStore
from claimclf.schema import LANE, Lane

# Every page asks here for what is in use, and waits only for the imports behind what it gets.
if TYPE_CHECKING:
    import pandas as pd

    from claimclf.dataset.reading import Table
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.queue.storage.database import Database
    from claimclf.services.comparison import Judged
    from claimclf.services.datasets import Dataset

_DATASET, _QUEUE = "dataset_in_use", "queue"
#: Number of the case that was chosen from a list, on the way to the page *Review*.
CHOSEN_CASE = "chosen_case"
#: What became of an upload that was just added to the shared queue.
STORED = "stored_batch"
DEMO_UPLOAD = "synthetic reported videos"
_DEMO_ROWS, _DEMO_SEED = 2_000, 1


def dataset_in_use() -> Dataset:
    """Return the dataset that this session chose, or the default one."""
    chosen = st.session_state.get(_DATASET)
    if chosen is not None:
        return chosen  # type: ignore[no-any-return]
    path = find_dataset()
    stamp = path.stat().st_mtime_ns if path and path.is_file() else 0
    return _default_dataset(str(path), stamp)


def use_dataset(dataset: Dataset | None) -> None:
    """Use a dataset in this session; None goes back to the default one."""
    st.session_state[_DATASET] = dataset


def has_own_dataset() -> bool:
    """Say whether this session chose a dataset."""
    return st.session_state.get(_DATASET) is not None


@st.cache_resource(show_spinner="Reading the dataset …", max_entries=2)
def _default_dataset(path: str, stamp: int) -> Dataset:
    # Path and time of change are the cache's key: an edited file is read again.
    from claimclf.services.datasets import open_default_dataset

    return open_default_dataset()


def model_store() -> ModelStore:
    """Return the store of the models in use."""
    return ModelStore(models_folder())


def stored_manifests() -> list[Manifest]:
    """Return the manifests of all models that can be read, by name; not to be changed."""
    return _manifests(str(models_folder()), _stamps("*/manifest.json"))


@st.cache_resource(show_spinner=False, max_entries=2)
def _manifests(folder: str, stamps: tuple[object, ...]) -> list[Manifest]:
    return ModelStore(Path(folder)).manifests()


def damaged_models() -> list[ModelDamagedError]:
    """Return what is wrong with which model; its files are read again once one has changed."""
    return _problems(str(models_folder()), _stamps("*/*"))


@st.cache_resource(show_spinner=False, max_entries=2)
def _problems(folder: str, stamps: tuple[object, ...]) -> list[ModelDamagedError]:
    return ModelStore(Path(folder)).problems()


def _stamps(pattern: str) -> tuple[object, ...]:
    """Return name, time of change and size of each file of the models."""
    files = ((str(path), path.stat()) for path in sorted(models_folder().glob(pattern)))
    return tuple((path, found.st_mtime_ns, found.st_size) for path, found in files)


def model_in_use() -> Model:
    """Load the champion once per version and keep it for all sessions.

    A model that was loaded stays in use when its files are damaged afterwards.
    """
    store, manifests = model_store(), stored_manifests()
    best = champion(store, manifests)
    versions = tuple((m.name, m.version) for m in manifests)
    return _loaded(str(store.folder), best.name if best else None, versions)


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def _loaded(folder: str, name: str | None, versions: tuple[object, ...]) -> Model:
    # Folder, champion and versions are the cache's key: a new model is loaded at once.
    from claimclf.services.models import load_model

    return load_model(Path(folder))


def loaded_model(name: str) -> Model:
    """Load a model by name, once per version."""
    return _loaded_by_name(str(models_folder()), name, model_store().manifest(name).version)


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def _loaded_by_name(folder: str, name: str, version: str) -> Model:
    from claimclf.services.models import load_model

    return load_model(Path(folder), name)


def judged_model(name: str, manifest: Manifest) -> Judged:
    """Read and sort a model's stored predictions once per version."""
    kept = _judged(str(models_folder()), name, manifest.files["predictions.parquet"])
    return replace(kept, manifest=manifest)  # its threshold may have changed since


@st.cache_resource(show_spinner=False, max_entries=8)
def _judged(folder: str, name: str, digest: str) -> Judged:
    from claimclf.services.comparison import judge

    return judge(ModelStore(Path(folder)), name)


def queue_database() -> Database:
    """Return the shared queue's database, one for all sessions of this server."""
    return _database(database_url())


@st.cache_resource(show_spinner=False, max_entries=2)
def _database(url: str) -> Database:
    from claimclf.queue.storage.database import Database

    return Database(url, on_wait=_say_why_nothing_happens)


def _say_why_nothing_happens() -> None:
    """Tell who is at a screen that the queue is busy; what they did is done when it is free."""
    if get_script_run_ctx(suppress_warning=True) is not None:
        st.toast(
            "A large upload is being stored. What you did is kept, and done as soon as it is in: "
            "within a minute or two.",
            icon=":material/hourglass_top:",
        )


@st.cache_resource(show_spinner=False, max_entries=1)
def demo_table() -> Table:
    """Make up reported videos for a queue without an upload."""
    from claimclf.dataset.demo import demo_videos
    from claimclf.dataset.reading import read_table

    content = demo_videos(_DEMO_ROWS, _DEMO_SEED).to_csv(index=False).encode()
    return read_table(content, DEMO_UPLOAD)


@dataclass(frozen=True)
class QueueSummary:
    """What waits in this session's queue."""

    name: str
    videos: int
    claims: int


def remembered_summary() -> QueueSummary | None:
    """Say what waits in this session's queue, or None before there is one."""
    kept = st.session_state.get(_QUEUE)
    if not kept:
        return None
    ranked: Ranked = kept[1]
    claims = int((ranked.videos[LANE] == Lane.CLAIMS).sum())
    return QueueSummary(ranked.scored.validated.table.name, len(ranked.videos), claims)


def remembered_queue(key: tuple[object, ...]) -> Ranked | None:
    """Return this session's queue if it was made from the same input."""
    kept = st.session_state.get(_QUEUE)
    return kept[1] if kept and kept[0] == key else None


def remember_queue(key: tuple[object, ...], ranked: Ranked) -> None:
    """Keep this session's queue between reruns."""
    st.session_state[_QUEUE] = (key, ranked)


def replace_queue(ranked: Ranked) -> None:
    """Keep this session's queue in another order."""
    st.session_state[_QUEUE] = (st.session_state[_QUEUE][0], ranked)


@st.cache_data(scope="session", show_spinner=False, max_entries=4)
def words_of(key: tuple[object, ...], _model: Model, _videos: pd.DataFrame, most: int) -> list[str]:
    """Name, for each scored video, the words of its transcript that moved the score most.

    Parameters
    ----------
    key : tuple
        Names the model's version and the videos: the cache goes by it alone.
    _model, _videos : Model, DataFrame
        What explains, and rows that it can score.
    most : int
        Words to name.
    """
    if _videos.empty:
        return []
    from claimclf.modeling.explaining.highlighting import explain

    found = explain(_model.pipeline, _videos)
    return [", ".join(one.present["feature"].head(most)) for one in found]
