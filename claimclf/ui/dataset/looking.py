"""Which videos or texts are looked at."""

from __future__ import annotations

from enum import StrEnum

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.ui.dataset.labelled import show_labelled

_KEY = "dataset_looks_at"


class What(StrEnum):
    """What can be looked at."""

    DATASET = "Labelled dataset"
    SPEECH = "Real speech"
    QUEUE = "Shared queue"
    UPLOAD = "My upload"


#: What it takes, beside the page itself.
_NEEDS = {What.QUEUE: Capability.LOOK}


def show_what(person: Person) -> None:
    """Offer what the person may look at, and draw what was chosen."""
    offered = [what for what in What if what not in _NEEDS or person.may(_NEEDS[what])]
    with st.container(key="looked-at"):
        chosen = st.segmented_control(
            "Looked at",
            offered,
            default=offered[0],
            required=True,
            key=_KEY,
            label_visibility="collapsed",
        )
    if chosen == What.DATASET:
        show_labelled(person)
        return
    # Imports what scores videos, which takes seconds.
    from claimclf.ui.dataset.texts import show_queue, show_speech, show_upload

    shows = {What.SPEECH: show_speech, What.QUEUE: show_queue, What.UPLOAD: show_upload}
    shows[chosen](person)
