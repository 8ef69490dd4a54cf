"""Notes that the browser's tab keeps while they are typed, for a page that is loaded anew.

That is a new session, which knows nothing of the one before. Each note has a name that only its
writer's screen asks for (`tab.js`), and goes when its case is decided.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.schema import VIDEO_ID
from claimclf.ui.review.desk import desk
from claimclf.ui.review.drafts import note_key

if TYPE_CHECKING:
    from claimclf.queue.storage.cases import Case


def name_draft(person: Person, case: Case) -> None:
    """Tell the browser under which name it keeps the note that is on the screen."""
    name = _name(person, case)
    desk().sent.discard(name)  # its decision was undone
    _tell(field=note_key(case), draft=name)


def drop_draft(person: Person, case: Case) -> None:
    """Let the browser forget a note that went with a decision."""
    desk().sent.add(_name(person, case))


def tell_sent() -> None:
    """Tell the browser which notes it may forget."""
    _tell(sent=" ".join(sorted(desk().sent)))


def _name(person: Person, case: Case) -> str:
    """Name a draft after whose it is and of which video: another queue has the same numbers."""
    of = (person.name, case.video[VIDEO_ID], case.id, case.round)
    return hashlib.sha256(repr(of).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _tell(**data: str) -> None:
    attributes = " ".join(f'data-{name}="{value}"' for name, value in data.items())
    st.html(f'<span class="claimclf-draft" {attributes}></span>')
