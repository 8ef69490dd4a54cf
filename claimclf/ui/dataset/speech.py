"""Labelled texts of real people: those set up on this machine, and one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import SPEECH
from claimclf.errors import InputError
from claimclf.people import Person
from claimclf.schema import OUT_OF_DOMAIN
from claimclf.services.texts import labelled_files, read_labelled
from claimclf.ui.guard import action
from claimclf.ui.inputs import LIMITS_IN_WORDS, read_upload, with_matched_columns
from claimclf.ui.messages import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from claimclf.dataset.validation.validated import Validated

_UPLOADS, _OWN = "speech_uploads", "speech_own"


def choose_speech() -> list[Validated]:
    """Return labelled texts, a source each; offer to add one's own, and say so without any."""
    own = _own_texts()
    if own:
        st.button("Take my texts away", on_click=take_away)
    sources = [*_of_this_machine(), *own]
    if not sources:
        st.info(
            "No labelled texts are here. Add a table with a label and a text above, or put files "
            f"into the folder that `{SPEECH.variable}` names.",
            icon=":material/record_voice_over:",
        )
    return sources


def _own_texts() -> list[Validated]:
    """Ask for labelled texts; they are kept while the person looks at other pages."""
    uploads = st.session_state.setdefault(_UPLOADS, 0)
    with st.popover("Add labelled texts", icon=":material/upload_file:"):
        files = st.file_uploader(
            "Labelled texts, a file a source",
            key=f"speech_upload_{uploads}",
            accept_multiple_files=True,
            help=LIMITS_IN_WORDS,
        )
        st.caption(
            "Each with a column `label` (claim or opinion, or 1 and 0) and a column `text`: what "
            "people said or wrote. They stay in this session."
        )
        added = [_read(file, number) for number, file in enumerate(files)]
    if added:
        st.session_state[_OWN] = added
    own: list[Validated] = st.session_state.get(_OWN, [])
    return own


def _read(file: UploadedFile, number: int) -> Validated:
    table = read_upload(file, f"speech_{number}")
    return with_matched_columns(
        table, OUT_OF_DOMAIN, f"speech_{number}", lambda chosen: read_labelled(table, chosen)
    )


@action()
def take_away(_person: Person) -> None:
    """Look at one's own texts no more."""
    st.session_state.pop(_OWN, None)
    st.session_state[_UPLOADS] += 1  # a new key is an empty uploader


def _of_this_machine() -> list[Validated]:
    """Return the sources that are set up; say what is wrong with one that cannot be read."""
    sources = []
    for file in labelled_files():
        try:
            sources.append(_read_once(str(file), file.stat().st_mtime_ns))
        except InputError as error:
            st.warning(f"{plain(file.name)} is left out: {plain(error.problem)}")
    return sources


@st.cache_resource(show_spinner="Reading the texts …", max_entries=16)
def _read_once(path: str, stamp: int) -> Validated:
    # Path and time of change are the cache's key: an edited file is read again.
    return read_labelled(Path(path))
