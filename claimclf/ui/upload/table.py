"""The uploaded table, or demo data that were asked for and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.demo import demo_videos
from claimclf.dataset.writing import to_csv_bytes
from claimclf.people import Person
from claimclf.schema import REPORT_COUNT, TRANSCRIPT, VIDEO_ID
from claimclf.ui.guard import action, at_click
from claimclf.ui.inputs import LIMITS_IN_WORDS, read_upload, upload
from claimclf.ui.messages import synthetic_notice
from claimclf.ui.state.upload import DEMO, UPLOADED, demo_table, forget_upload

if TYPE_CHECKING:
    from claimclf.dataset.reading import Table

#: Made-up videos in the template, and on the page before a file is there.
_EXAMPLES = 3


def choose_table() -> Table | None:
    """Return the uploaded table, or demo data where they were asked for; None before either."""
    file = upload("Upload reported videos", "queue_upload")
    if file is not None:
        st.session_state[UPLOADED] = read_upload(file, "queue")
        st.session_state.pop(DEMO, None)
    # The uploader forgets its file when one visits another page; the queue does not.
    elif UPLOADED in st.session_state:
        st.button("Put this upload away", on_click=put_away)
    if UPLOADED in st.session_state:
        uploaded: Table = st.session_state[UPLOADED]
        return uploaded
    if st.session_state.get(DEMO):
        synthetic_notice("Upload a CSV of reported videos above to see your own queue.")
        st.button("Put these made-up videos away", on_click=put_away)
        return demo_table()
    _offer_examples()
    return None


def _offer_examples() -> None:
    """Say what can be uploaded, and offer something to begin with."""
    st.caption(LIMITS_IN_WORDS)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Template CSV",
            at_click(_template),
            "reported-videos-template.csv",
            "text/csv",
            icon=":material/description:",
            help="The columns with three synthetic videos; replace them by yours.",
            on_click="ignore",
        )
        st.button("Try it with made-up videos", icon=":material/science:", on_click=try_demo)
    with st.container(key="wide-example"):
        _show_example()


def _show_example() -> None:
    st.markdown("A table looks like this; an id and a transcript are enough.")
    # It also has the browser fetch what draws tables, while a file is looked for.
    st.dataframe(
        demo_videos(_EXAMPLES, 0)[[VIDEO_ID, TRANSCRIPT, REPORT_COUNT]],
        hide_index=True,
        column_config={TRANSCRIPT: st.column_config.TextColumn(width="large")},
        alt="Three made-up videos: an id, what is said, and how many reports there are of each.",
    )


def _template() -> bytes:
    return to_csv_bytes(demo_videos(_EXAMPLES, 0))


@action()
def try_demo(_person: Person) -> None:
    """Show made-up videos: only to those who ask for them."""
    st.session_state[DEMO] = True


@action()
def put_away(_person: Person) -> None:
    """Forget the uploaded table, or the made-up one."""
    forget_upload()
