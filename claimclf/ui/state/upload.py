"""The upload of this session: its table, and the queue that was made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.schema import LANE, Lane

if TYPE_CHECKING:
    from claimclf.dataset.reading import Table
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.queue.intake.batches import Batch

_QUEUE, _UNDERWAY, _ADDED = "queue", "upload_underway", "added_batch"
#: The uploaded table, and whether a made-up one is shown.
UPLOADED, DEMO = "uploaded_videos", "demo_videos"
#: Where it is said what became of an upload that was just added to the shared queue.
STORING = "storing"
DEMO_UPLOAD = "synthetic reported videos"
_DEMO_ROWS, _DEMO_SEED = 2_000, 1


@st.cache_resource(show_spinner=False, max_entries=1)
def demo_table() -> Table:
    """Make up reported videos for a queue without an upload."""
    from claimclf.dataset.demo import demo_videos
    from claimclf.dataset.reading import read_table

    content = demo_videos(_DEMO_ROWS, _DEMO_SEED).to_csv(index=False).encode()
    return read_table(content, DEMO_UPLOAD)


@dataclass(frozen=True)
class Added:
    """An upload that was added to the shared queue.

    Parameters
    ----------
    batch : Batch
        As it was stored.
    file_name : str
        What was uploaded.
    """

    batch: Batch
    file_name: str


@dataclass
class Underway:
    """An upload that is being added, whatever is on the screen meanwhile.

    Parameters
    ----------
    file_name : str
        What was uploaded.
    done, total : int
        How many of its videos are in, and of how many.
    """

    file_name: str
    done: int = 0
    total: int = 0


def underway() -> list[Underway]:
    """Return what is being added, if anything, in a list that is changed in its place."""
    now: list[Underway] = st.session_state.setdefault(_UNDERWAY, [])
    return now


def last_added() -> list[Added]:
    """Return what was added last, if anything, in a list that is changed in its place.

    So it can be noted also by a run that a click has stopped, which may ask Streamlit nothing.
    """
    added: list[Added] = st.session_state.setdefault(_ADDED, [])
    return added


def forget_upload() -> None:
    """Forget the uploaded table, or the made-up one, and what was made of it."""
    for name in (UPLOADED, DEMO, _QUEUE):
        st.session_state.pop(name, None)


@dataclass(frozen=True)
class QueueSummary:
    """What waits in this session's queue."""

    name: str
    videos: int
    claims: int


def remembered_summary() -> QueueSummary | None:
    """Say what waits in this session's queue, or None before there is one."""
    remembered = st.session_state.get(_QUEUE)
    if not remembered:
        return None
    ranked: Ranked = remembered[1]
    claims = int((ranked.videos[LANE] == Lane.CLAIMS).sum())
    return QueueSummary(ranked.scored.validated.table.name, len(ranked.videos), claims)


def remembered_upload() -> tuple[tuple[object, ...], Ranked] | None:
    """Return what this session's queue was made from, and the queue; None before there is one."""
    return st.session_state.get(_QUEUE)


def remembered_queue(key: tuple[object, ...]) -> Ranked | None:
    """Return this session's queue if it was made from the same input."""
    remembered = st.session_state.get(_QUEUE)
    return remembered[1] if remembered and remembered[0] == key else None


def remember_queue(key: tuple[object, ...], ranked: Ranked) -> None:
    """Keep this session's queue between reruns."""
    st.session_state[_QUEUE] = (key, ranked)


def replace_queue(ranked: Ranked) -> None:
    """Keep this session's queue in another order."""
    st.session_state[_QUEUE] = (st.session_state[_QUEUE][0], ranked)
