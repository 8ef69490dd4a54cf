"""The labelled dataset in use: this session's own, or the default one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import find_dataset

if TYPE_CHECKING:
    from claimclf.services.datasets import Dataset

_DATASET = "dataset_in_use"


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
