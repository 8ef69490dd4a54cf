"""The stored models, read once for all sessions of this server, and anew once a file changed."""

from __future__ import annotations

import os
from dataclasses import replace
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import models_folder
from claimclf.errors import ModelDamagedError
from claimclf.services.stored_models import champion_of, open_store

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.modeling.store.manifest import Manifest
    from claimclf.modeling.store.model import Model
    from claimclf.modeling.store.store import ModelStore
    from claimclf.services.comparison import Judged


def model_store() -> ModelStore:
    """Return the store of the models in use."""
    return open_store(models_folder())


def stored_manifests() -> list[Manifest]:
    """Return the manifests of all models that can be read, by name; not to be changed."""
    return _manifests(str(models_folder()), _stamps("*/manifest.json"))


@st.cache_resource(show_spinner=False, max_entries=2)
def _manifests(folder: str, stamps: tuple[object, ...]) -> list[Manifest]:
    return open_store(Path(folder)).manifests()


def champion() -> Manifest | None:
    """Return the manifest of the model in use; None before there is one."""
    return champion_of(model_store(), stored_manifests())


def damaged_models() -> list[ModelDamagedError]:
    """Return what is wrong with which model; its files are read again once one has changed."""
    return _problems(str(models_folder()), _stamps("*/*"))


@st.cache_resource(show_spinner=False, max_entries=2)
def _problems(folder: str, stamps: tuple[object, ...]) -> list[ModelDamagedError]:
    return open_store(Path(folder)).problems()


def _stamps(pattern: str) -> tuple[object, ...]:
    """Return name, time of change and size of each file of the models."""
    folder = str(models_folder())
    files = [os.path.join(folder, name) for name in sorted(glob(pattern, root_dir=folder))]
    stats = ((file, os.stat(file)) for file in files)
    return tuple((file, stat.st_mtime_ns, stat.st_size) for file, stat in stats)


def model_in_use() -> Model:
    """Load the champion once per version and keep it for all sessions.

    A model that was loaded stays in use when its files are damaged afterwards.
    """
    best, manifests = champion(), stored_manifests()
    versions = tuple((m.name, m.version) for m in manifests)
    return _loaded(str(models_folder()), best.name if best else None, versions)


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def _loaded(folder: str, name: str | None, versions: tuple[object, ...]) -> Model:
    # Folder, champion and versions are the cache's key: a new model is loaded at once.
    from claimclf.services.loading import load_model

    return load_model(Path(folder))


def loaded_model(name: str) -> Model:
    """Load a model by name, once per version."""
    return _loaded_by_name(str(models_folder()), name, model_store().manifest(name).version)


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def _loaded_by_name(folder: str, name: str, version: str) -> Model:
    from claimclf.services.loading import load_model

    return load_model(Path(folder), name)


def judged_model(name: str, manifest: Manifest) -> Judged:
    """Read and sort a model's stored predictions once per version."""
    stored = _judged(str(models_folder()), name, manifest.files["predictions.parquet"])
    return replace(stored, manifest=manifest)  # its threshold may have changed since


@st.cache_resource(show_spinner=False, max_entries=8)
def _judged(folder: str, name: str, digest: str) -> Judged:
    from claimclf.services.comparison import judge

    return judge(open_store(Path(folder)), name)


@st.cache_data(scope="session", show_spinner="Naming the words …", max_entries=4)
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
    from claimclf.services.explaining import moving_words

    return [", ".join(words) for words in moving_words(_model, _videos, most)]
