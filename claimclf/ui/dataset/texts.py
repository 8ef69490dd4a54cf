"""Texts that are looked at: the first screen of a dataset, then words by where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from claimclf import charts
from claimclf.dataset.describing import telling_ngrams
from claimclf.dataset.describing_texts import by_source
from claimclf.people import Person
from claimclf.schema import CLAIM_STATUS, LABELS
from claimclf.services import queue
from claimclf.services import texts as services
from claimclf.ui.cached import drawn_once
from claimclf.ui.dataset.overview import show_counts, show_findings
from claimclf.ui.dataset.pictures import show_pictures
from claimclf.ui.dataset.speech import choose_speech
from claimclf.ui.messages import explained, plain, synthetic_notice
from claimclf.ui.queue_list.rows import ROW_HEIGHT
from claimclf.ui.state.database import queue_database
from claimclf.ui.state.upload import remembered_upload

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database
    from claimclf.services.texts import Texts

_QUEUE = "pages/triage_queue.py"
#: For how long texts are shown again where no case came or went.
_FRESH_SECONDS = 60


def show_queue(person: Person) -> None:
    """Draw the open cases of the shared queue."""
    with explained():
        database = queue_database()
        key, texts = _open_texts(
            database.name, queue.last_change(database, person), database, person
        )
    if not texts.counts["open cases"]:
        _say_empty("No case is open. Add reported videos to the shared queue")
        return
    show_texts(key, texts)


@st.cache_resource(ttl=_FRESH_SECONDS, max_entries=2, show_spinner="Reading the open cases …")
def _open_texts(
    name: str, change: tuple[int, int], _database: Database, _person: Person
) -> tuple[str, Texts]:
    # A text may change where no count does: what was drawn of it has a name of its own.
    return uuid4().hex, services.open_texts(_database, _person)


def show_upload(_person: Person) -> None:
    """Draw the upload of this session."""
    upload = remembered_upload()
    if upload is None:
        _say_empty("Nothing was uploaded in this session. Choose a file")
        return
    key, ranked = upload
    show_texts(repr(key), services.upload_texts(ranked))


def show_speech(person: Person) -> None:
    """Draw labelled texts of real people, those of this machine and the person's own."""
    sources = choose_speech()
    if not sources:
        return
    key = "-".join(f"{one.table.name}-{one.table.sha256}" for one in sources)
    show_texts(key, services.labelled_texts(sources))


def _say_empty(what: str) -> None:
    st.info(f"{what} on the page *Triage queue*, under *Upload*.", icon=":material/inbox:")
    st.page_link(_QUEUE, label="Open the triage queue")


def show_texts(key: str, texts: Texts) -> None:
    """Draw texts: six figures, classes and lengths, what misleads, then words by source."""
    some = f" About one of every {texts.one_in:,} was read." if texts.one_in > 1 else ""
    whose = " Claims and opinions are what the model predicts." if texts.is_predicted else ""
    st.caption(f"Looked at: {plain(texts.name)}.{whose}{some}")
    if texts.has_demo:
        synthetic_notice("Made-up videos are among these: their ids begin with demo-.")
    show_counts(texts.counts)
    labelled = texts.rows.dropna(subset=[CLAIM_STATUS])
    if labelled.empty:
        st.warning("No text has a class, so there is no picture of classes.")
    else:
        of = "share of predictions" if texts.is_predicted else "share of texts"
        show_pictures(key, labelled, of, "texts")
    show_findings(texts.findings)
    sources, words = st.tabs(["By source", "Words"])
    with sources:
        if not texts.rows.empty:
            _show_sources(key, texts)
    with words:
        _show_words(key, texts)


_COLUMNS: Any = {
    "source": st.column_config.TextColumn("Source", width=200),
    "texts": st.column_config.NumberColumn("Texts", format="localized", width=60),
    "claims": st.column_config.NumberColumn("Claims", format="percent", width=70),
    "characters": st.column_config.NumberColumn("Characters", format="%d", width=85),
    "words": st.column_config.NumberColumn("Words", format="%d", width=60),
    "languages": st.column_config.TextColumn("Languages", width=190),
    "frequent": st.column_config.TextColumn("Frequent words", width=275),
}


@drawn_once
def _show_sources(key: str, _texts: Texts) -> None:
    """Show how long texts are, in which languages and with which words, a row a source."""
    table = by_source(_texts.rows)
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        row_height=ROW_HEIGHT,
        column_config=_COLUMNS,
        alt=f"Lengths, languages and words of {len(table):,} sources",
    )
    st.caption(
        "Characters and words: half of the texts have fewer. A language is told by its script and "
        "its small words; short texts and languages that are not known here stay unknown. "
        "Frequent words: those that most texts have, without small ones."
    )


@drawn_once
def _show_words(key: str, _texts: Texts) -> None:
    """Show which words tell the classes apart."""
    st.subheader("Most telling word n-grams by class")
    ngrams = telling_ngrams(_texts.rows.dropna(subset=[CLAIM_STATUS]))
    for column, label in zip(st.columns(2), reversed(LABELS), strict=True):
        column.plotly_chart(
            charts.telling_ngrams(ngrams, label), alt=f"Words that speak for {label}"
        )
