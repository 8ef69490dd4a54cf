"""An upload's way from its file to the ranked videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.errors import DamagedIdsError, MissingColumnError
from claimclf.people import Person
from claimclf.schema import VIDEO_ID
from claimclf.services.triage import filtered, top, triage
from claimclf.ui.guard import at_click
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.models import champion
from claimclf.ui.state.upload import remember_queue, remembered_queue
from claimclf.ui.upload.columns import (
    ask_for_columns,
    ask_for_trust,
    choice_for,
    offer_named,
    show_columns,
)
from claimclf.ui.upload.detail import show_detail
from claimclf.ui.upload.order import ask_filters, choose_ranking
from claimclf.ui.upload.ranked import SELECTED, show_queue
from claimclf.ui.upload.report_log import choose_reports, show_reports
from claimclf.ui.upload.storing import offer_storing
from claimclf.ui.upload.table import choose_table
from claimclf.ui.upload.validation import show_newness, show_reading, show_validation

if TYPE_CHECKING:
    from claimclf.dataset.reading import Table
    from claimclf.dataset.report_log import ReportLog
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.modeling.store.model import Model
    from claimclf.services.mappings import Choice


def show_upload(person: Person, model: Model) -> None:
    """Draw an upload from its file to the ranked videos."""
    table = choose_table()
    _say_if_replaced(model)
    if table is None:
        return
    reports = choose_reports()
    choice = choice_for(table)
    ranked = _ranked_or_asked(table, model, choice, reports)
    st.caption(f"{plain(table.name)}, scored by {plain(model.name)}")
    show_reading(ranked)
    show_reports(reports, ranked)
    show_columns(table, choice, ranked)
    offer_named(table, choice)
    show_validation(ranked)
    show_newness(ranked)
    if ranked.videos.empty:
        st.warning("No row was accepted. See above why, correct the file and upload it again.")
        st.stop()
    offer_storing(person, ranked, model)
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


def _ranked_or_asked(
    table: Table, model: Model, choice: Choice, reports: ReportLog | None
) -> Ranked:
    """Return the queue of a table; ask for what is not known of its columns and ids."""
    with explained():
        try:
            return ranked_queue(table, model, choice, reports)
        except MissingColumnError as error:
            ask_for_columns(table, choice, error)
            st.stop()
        except DamagedIdsError as error:
            ask_for_trust(table, choice, error)
            st.stop()


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


def ranked_queue(
    table: Table, model: Model, choice: Choice, reports: ReportLog | None = None
) -> Ranked:
    """Return the queue of a table, scored once per table, model and choice of columns."""
    key = queue_key(table, model, choice, reports)
    remembered = remembered_queue(key)
    if remembered is not None:
        return remembered
    bar = st.empty()
    bar.progress(0.0, "Checking …")
    try:
        ranked = triage(
            table,
            model,
            choice.columns,
            lambda done, total: bar.progress(done / total, f"Scored {done:,} of {total:,} videos"),
            trust_ids=choice.trust_ids,
            reports=reports,
        )
    finally:  # no bar stays above an error
        bar.empty()
    remember_queue(key, ranked)
    return ranked


def queue_key(
    table: Table, model: Model, choice: Choice, reports: ReportLog | None
) -> tuple[object, ...]:
    """Name what a queue is made from: another table, model or setting makes another queue."""
    read = (*sorted(choice.columns.items()), choice.trust_ids, reports and reports.sha256)
    return (table.sha256, table.layout, model.name, model.manifest.version, read)
