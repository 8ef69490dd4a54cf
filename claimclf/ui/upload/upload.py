"""An upload's way from its file to the ranked videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.schema import REPORTED, VIDEO_ID
from claimclf.services.triage import filtered, top, triage
from claimclf.ui.guard import at_click
from claimclf.ui.inputs import with_matched_columns
from claimclf.ui.messages import plain
from claimclf.ui.state.models import champion
from claimclf.ui.state.upload import remember_queue, remembered_queue
from claimclf.ui.upload.detail import show_detail
from claimclf.ui.upload.order import ask_filters, choose_ranking
from claimclf.ui.upload.ranked import SELECTED, show_queue
from claimclf.ui.upload.storing import offer_storing
from claimclf.ui.upload.table import choose_table
from claimclf.ui.upload.validation import show_validation

if TYPE_CHECKING:
    from claimclf.dataset.reading import Table
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.modeling.store.model import Model


def show_upload(model: Model) -> None:
    """Draw an upload from its file to the ranked videos."""
    table = choose_table()
    _say_if_replaced(model)
    ranked = with_matched_columns(
        table, REPORTED, "queue", lambda chosen: ranked_queue(table, model, chosen)
    )
    st.caption(f"{plain(table.name)}, scored by {plain(model.name)}")
    show_validation(ranked)
    if ranked.videos.empty:
        st.warning("No row was accepted. See above why, correct the file and upload it again.")
        st.stop()
    offer_storing(ranked, model)
    ranked = choose_ranking(ranked)
    filters, percent = ask_filters(ranked)
    matching = filtered(ranked, filters)
    videos = top(matching, percent)
    if videos.empty:
        st.info("No video matches these filters. Choose another lane or clear the search.")
        return
    show_queue(videos, model, len(matching), percent)
    _offer_download(ranked)
    selected = videos[videos[VIDEO_ID] == st.session_state.get(SELECTED)]
    if selected.empty:
        st.caption("Choose a row to read the video's details.")
    else:
        show_detail(selected, model, len(ranked.videos))


def _say_if_replaced(model: Model) -> None:
    best = champion()
    if best is not None and best.name != model.name:
        st.warning(
            f"The champion {plain(best.name)} cannot be loaded; {plain(model.name)} is used "
            "instead. The page *Model comparison* says what is wrong with it."
        )


def _offer_download(ranked: Ranked) -> None:
    left, _right = st.columns(2)
    left.download_button(
        f"Download all {len(ranked.videos):,} ranked videos",
        # Written when it is asked for: a million rows take seconds.
        at_click(lambda: to_csv_bytes(ranked.output())),
        "ranked.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def ranked_queue(table: Table, model: Model, chosen: dict[str, str]) -> Ranked:
    """Return the queue of a table, scored once per table, model and choice of columns."""
    key = queue_key(table, model, chosen)
    remembered = remembered_queue(key)
    if remembered is not None:
        return remembered
    bar = st.progress(0.0, "Checking …")
    ranked = triage(
        table,
        model,
        chosen,
        lambda done, total: bar.progress(done / total, f"Scored {done:,} of {total:,} videos"),
    )
    bar.empty()
    remember_queue(key, ranked)
    return ranked


def queue_key(table: Table, model: Model, chosen: dict[str, str]) -> tuple[object, ...]:
    """Name what a queue is made from: another table, model or setting makes another queue."""
    return (table.sha256, model.name, model.manifest.version, tuple(chosen.items()))
