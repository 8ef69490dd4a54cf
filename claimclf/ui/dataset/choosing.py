"""Using one's own labelled dataset, by upload or by path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.errors import DuplicateColumnError, InputError, MissingColumnError
from claimclf.people import Capability, Person, require
from claimclf.schema import LABELLED, UPLOAD_LIMITS
from claimclf.services.arguments import check_arguments
from claimclf.services.datasets import open_dataset, open_table
from claimclf.ui import outcomes
from claimclf.ui.guard import action
from claimclf.ui.inputs import LIMITS_IN_WORDS, read_upload, upload, with_matched_columns
from claimclf.ui.state.dataset import has_own_dataset, use_dataset

if TYPE_CHECKING:
    from claimclf.dataset.reading import Table

_UPLOADS, _USED = "dataset_uploads", "dataset_upload_used"
_PATH = "dataset_path"
#: Columns of the contract that a table has at least, before its own are named.
_LEAST_KNOWN = 2


def choose_dataset(person: Person) -> None:
    """Let a person use their own labelled dataset, by upload or by path."""
    uploads = st.session_state.setdefault(_UPLOADS, 0)
    with st.popover("Use your own labelled dataset", icon=":material/upload_file:"):
        by_upload, by_path = st.columns(2, gap="large")
        with by_upload:
            file = upload("Upload a labelled dataset", f"dataset_upload_{uploads}")
            st.caption(f"{LIMITS_IN_WORDS} The twelve columns of the course dataset.")
            if file is not None:
                _use_upload(read_upload(file, "dataset"))
        if person.may(Capability.OPERATE):  # others have no files on the server's machine
            with by_path:
                _ask_path()
    if has_own_dataset():
        st.button("Go back to the default dataset", on_click=go_back)


def _ask_path() -> None:
    """Let an administrator open a file of the machine that the server runs on."""
    with st.form("dataset_path"):
        path = st.text_input("Or a path on this machine", placeholder="data/my_dataset.csv")
        if st.form_submit_button("Open this file") and path.strip():
            with st.spinner("Reading the dataset …"):
                open_path(path.strip())
            outcomes.show_outcome(_PATH)
            if outcomes.failed(_PATH):
                st.stop()


@action(_PATH)
def open_path(person: Person, path: str) -> None:
    """Use a file of the server's machine in this session, as an administrator."""
    require(person, Capability.OPERATE)
    check_arguments({"file": path})
    try:
        use_dataset(open_dataset(Path(path), limits=UPLOAD_LIMITS))
    except (MissingColumnError, DuplicateColumnError) as error:
        if _is_of_the_contract(error):
            raise
        raise _NOT_LABELLED from None


def _is_of_the_contract(error: InputError) -> bool:
    """Say whether a table is one of ours, of which a column is missing.

    Of another file an error would quote the first line, which is nobody's business here.
    """
    n_needed = len(LABELLED.needed)
    return isinstance(error, MissingColumnError) and len(error.missing) + _LEAST_KNOWN <= n_needed


_NOT_LABELLED = InputError(
    "This file is no table of labelled videos.",
    "Found: hardly any of the columns that one has.",
    "Choose another file; docs/data-contract.md lists the columns.",
)


@action()
def go_back(_person: Person) -> None:
    """Use the default dataset again."""
    use_dataset(None)
    st.session_state[_UPLOADS] += 1  # a new key is an empty uploader


def _use_upload(table: Table) -> None:
    """Use an uploaded dataset once, so that a later choice is not undone by the next rerun."""
    if st.session_state.get(_USED) == (table.sha256, st.session_state[_UPLOADS]):
        return
    uploaded = with_matched_columns(
        table, LABELLED, "dataset", lambda chosen: open_table(table, chosen)
    )
    use_dataset(uploaded)
    st.session_state[_USED] = (table.sha256, st.session_state[_UPLOADS])
