"""The sections of the page, one of which is drawn at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.ui.learning.agreement import show_agreement
from claimclf.ui.learning.capacity import show_capacity
from claimclf.ui.learning.drift import show_drift
from claimclf.ui.learning.lanes import show_lanes
from claimclf.ui.learning.missed import show_missed
from claimclf.ui.learning.shadow import show_shadow
from claimclf.ui.learning.taught import show_taught

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database

#: What a section is called -> what draws it for the person who is there. A new one needs a line.
SECTIONS: dict[str, Callable[[Database, Person], None]] = {
    "Learnt from": show_taught,
    "Shadow": show_shadow,
    "Lanes": show_lanes,
    "Agreement": show_agreement,
    "What is missed": show_missed,
    "Capacity": show_capacity,
    "Changes": show_drift,
}


def show_section(database: Database, person: Person) -> None:
    """Let a person choose a section, and draw it."""
    names = list(SECTIONS)
    section = st.segmented_control("Look at", names, default=names[0], required=True)
    SECTIONS[section](database, person)
