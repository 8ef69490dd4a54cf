"""An upload's way from its file to the ranked videos."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.dataset.writing import to_csv_bytes
from claimclf.errors import DamagedIdsError, MissingColumnError
from claimclf.people import Person
from claimclf.schema import VIDEO_ID
from claimclf.services.triage import filtered, prepare, top, triage
from claimclf.ui.assets import style
from claimclf.ui.cards import as_cards, offer_cards, send_cards
from claimclf.ui.guard import at_click
from claimclf.ui.messages import explained, plain
from claimclf.ui.progress import progress_bar
from claimclf.ui.state.models import champion
from claimclf.ui.state.upload import (
    forget_upload,
    last_added,
    remember_queue,
    remembered_queue,
    underway,
)
from claimclf.ui.upload.added import show_added
from claimclf.ui.upload.columns import ask_for_columns, ask_for_trust, choice_for, show_columns
from claimclf.ui.upload.detail import show_detail
from claimclf.ui.upload.order import ask_filters, choose_ranking
from claimclf.ui.upload.ranked import SELECTED, show_queue
from claimclf.ui.upload.report_log import choose_reports, show_reports
from claimclf.ui.upload.steps import ADD, FILE, READ, show_later_steps, step
from claimclf.ui.upload.storing import offer_storing, show_underway
from claimclf.ui.upload.table import choose_table
from claimclf.ui.upload.validation import (
    show_account,
    show_newness,
    show_problems,
    show_reading,
)
from claimclf.ui.upload.video_cards import show_cards

if TYPE_CHECKING:
    from claimclf.dataset.reading import Table
    from claimclf.dataset.report_log import ReportLog
    from claimclf.modeling.scoring.ranking import Ranked
    from claimclf.modeling.store.model import Model
    from claimclf.services.mappings import Choice

_STYLE = style(Path(__file__).with_suffix(".css"))


def show_upload(person: Person, model: Model) -> None:
    """Draw an upload: the file, what is read, the way into the queue; then its ranked videos."""
    st.html(_STYLE)
    send_cards()
    if underway():
        show_underway()
        return
    added = last_added()
    if added:
        forget_upload()
        show_added(person, added[0])
        return
    _say_if_replaced(model)
    with step(FILE):
        table = choose_table()
        reports = None if table is None else choose_reports()
    if table is None:
        show_later_steps()
        prepare(model)  # while a file is looked for
        return
    with step(READ):
        ranked = _show_what_is_read(table, model, reports)
    with step(ADD):
        offer_storing(person, ranked, model)
    _show_ranked(ranked, model)


def _show_what_is_read(table: Table, model: Model, reports: ReportLog | None) -> Ranked:
    """Say what the file is and what is read of it; ask where that is not known."""
    choice = choice_for(table)
    ranked = _ranked_or_asked(table, model, choice, reports)
    show_reading(ranked)
    st.caption(f"{plain(table.name)}, scored by {plain(model.name)}")
    show_reports(reports, ranked)
    show_account(ranked)
    show_columns(table, choice, ranked)
    show_problems(ranked.scored.validated)
    show_newness(ranked)
    if ranked.videos.empty:
        st.warning("No row was accepted. See above why, correct the file and upload it again.")
        st.stop()
    return ranked


def _show_ranked(ranked: Ranked, model: Model) -> None:
    """Show the videos in their order, whether they are added or not."""
    st.subheader("The videos in their order", anchor=False)
    st.caption("What is chosen here is shown; the button above adds all of them.")
    ranked = choose_ranking(ranked)
    filters, percent = ask_filters(ranked)
    with st.spinner("Searching …"):
        matching = filtered(ranked, filters)
    videos = top(matching, percent)
    if videos.empty:
        st.info("No video matches these filters. Choose another lane or clear the search.")
        return
    offer_cards()
    if as_cards():
        show_one = partial(show_detail, model=model, total=len(ranked.videos))
        show_cards(videos, len(matching), percent, show_one)
        _offer_download(ranked)
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
    n = len(ranked.videos)
    st.download_button(
        "Download the ranked video" if n == 1 else f"Download all {n:,} ranked videos",
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
    with progress_bar("Checking the rows …") as tell:
        ranked = triage(
            table,
            model,
            choice.columns,
            lambda done, total: tell(done, total, f"Scored {done:,} of {total:,} videos"),
            trust_ids=choice.trust_ids,
            reports=reports,
        )
    remember_queue(key, ranked)
    return ranked


def queue_key(
    table: Table, model: Model, choice: Choice, reports: ReportLog | None
) -> tuple[object, ...]:
    """Name what a queue is made from: another table, model or setting makes another queue."""
    read = (*sorted(choice.columns.items()), choice.trust_ids, reports and reports.sha256)
    return (table.sha256, table.layout, model.name, model.manifest.version, read)
