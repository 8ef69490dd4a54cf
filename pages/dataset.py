"""Dataset exploration: what a labelled dataset holds and what to know of it."""

from pathlib import Path

import pandas as pd
import streamlit as st

from claimclf import charts
from claimclf.configuration import DATASET
from claimclf.dataset import describing
from claimclf.dataset.reading import Table
from claimclf.dataset.writing import to_csv_bytes
from claimclf.people import Capability
from claimclf.schema import (
    BAN_STATUS,
    CLAIM,
    ENGAGEMENT,
    LABELLED,
    LABELS,
    UPLOAD_LIMITS,
    VERIFIED_STATUS,
)
from claimclf.services.datasets import Dataset, open_dataset, open_table
from claimclf.ui.access import person_at_work
from claimclf.ui.inputs import LIMITS_IN_WORDS, read_upload, upload, with_matched_columns
from claimclf.ui.page import drawn_once, explained, open_page, plain, synthetic_notice
from claimclf.ui.state import dataset_in_use, has_own_dataset, use_dataset

UPLOADS, USED = "dataset_uploads", "dataset_upload_used"


def choose_dataset() -> None:
    """Let a person use their own labelled dataset, by upload or by path."""
    uploads = st.session_state.setdefault(UPLOADS, 0)
    with st.expander("Use your own labelled dataset", icon=":material/upload_file:"):
        by_upload, by_path = st.columns(2, gap="large")
        with by_upload:
            file = upload("Upload a labelled dataset", f"dataset_upload_{uploads}")
            st.caption(f"{LIMITS_IN_WORDS} The twelve columns of the course dataset.")
            if file is not None:
                use_upload(read_upload(file, "dataset"))
        if person_at_work().may(Capability.OPERATE):  # others have no files on the server's machine
            with by_path:
                ask_path()
    if has_own_dataset() and st.button("Go back to the default dataset"):
        use_dataset(None)
        st.session_state[UPLOADS] += 1  # a new key is an empty uploader
        st.rerun()


def ask_path() -> None:
    """Let an administrator open a file of the machine that the server runs on."""
    with st.form("dataset_path"):
        path = st.text_input("Or a path on this machine", placeholder="data/my_dataset.csv")
        if st.form_submit_button("Open this file") and path.strip():
            with explained(), st.spinner("Reading the dataset …"):
                use_dataset(open_dataset(Path(path.strip()), limits=UPLOAD_LIMITS))


def use_upload(table: Table) -> None:
    """Use an uploaded dataset once, so that a later choice is not undone by the next rerun."""
    if st.session_state.get(USED) == (table.sha256, st.session_state[UPLOADS]):
        return
    uploaded = with_matched_columns(
        table, LABELLED, "dataset", lambda chosen: open_table(table, chosen)
    )
    use_dataset(uploaded)
    st.session_state[USED] = (table.sha256, st.session_state[UPLOADS])


@st.cache_data(show_spinner="Counting …", max_entries=4)
def figures(sha256: str, _dataset: Dataset) -> dict[str, pd.DataFrame]:
    """Compute every table that the page draws, once per dataset."""
    rows = _dataset.cleaned.rows
    return {
        "statistics": describing.summary_statistics(rows),
        "lengths": describing.length_histogram(rows),
        "correlations": describing.correlations(rows),
        "ngrams": describing.telling_ngrams(rows),
        **{name: describing.shares_by_class(rows, name) for name in (VERIFIED_STATUS, BAN_STATUS)},
        **{name: describing.count_histogram(rows, name) for name in ENGAGEMENT},
    }


def columns_table(dataset: Dataset) -> pd.DataFrame:
    """Return one row a column: what it is, its type and how many values are missing."""
    return pd.DataFrame(
        [
            {
                "column": name,
                "type": str(LABELLED[name].kind),
                "unit": LABELLED[name].unit,
                "what it says": LABELLED[name].description,
                "missing": dataset.description.missing_per_column[name],
            }
            for name in dataset.validated.columns
        ]
    )


def show_overview(dataset: Dataset) -> None:
    """Show size, quality and findings."""
    description = dataset.description
    tiles = {
        "Rows": f"{description.rows:,}",
        "Columns": f"{description.columns:,}",
        "Complete rows": f"{description.complete:,}",
        "Incomplete rows": f"{dataset.cleaned.n_dropped:,}",
        "Duplicate rows": f"{description.duplicates:,}",
        "Rejected rows": f"{description.rejected:,}",
    }
    for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(label, value)
    st.subheader("Findings")
    if not dataset.findings:
        st.success("Nothing that misleads was found.")
    for finding in dataset.findings:
        with st.container(border=True):
            st.markdown(f"**{plain(finding.title)}**  \n{plain(finding.advice)}")
    if description.rejected:
        rejected = dataset.validated.rejected
        st.download_button(
            f"Download the {description.rejected:,} rejected rows",
            lambda: to_csv_bytes(rejected),
            "rejected.csv",
            "text/csv",
        )


@drawn_once
def show_columns(sha256: str, _dataset: Dataset) -> None:
    """Show columns with types and missing values, and summary statistics."""
    st.subheader("Columns and missing values")
    st.dataframe(columns_table(_dataset), hide_index=True)
    st.subheader("Summary statistics of the complete rows")
    st.dataframe(figures(sha256, _dataset)["statistics"].style.format("{:,.1f}"))


@drawn_once
def show_classes(sha256: str, _dataset: Dataset) -> None:
    """Show class balance and the author's status by class."""
    tables = figures(sha256, _dataset)
    st.subheader("Class balance")
    st.plotly_chart(charts.class_balance(_dataset.description.class_shares))
    left, right = st.columns(2)
    for place, column, title in (
        (left, VERIFIED_STATUS, "Verified status by class"),
        (right, BAN_STATUS, "Ban status by class"),
    ):
        with place:
            st.subheader(title)
            st.plotly_chart(charts.shares_by_class(tables[column], column))


@drawn_once
def show_texts(sha256: str, _dataset: Dataset) -> None:
    """Show text lengths and telling words by class."""
    tables = figures(sha256, _dataset)
    means = _dataset.description.mean_text_length
    st.subheader("Text length by class")
    for column, label in zip(st.columns(2), reversed(LABELS), strict=True):
        if label in means:
            column.metric(f"Mean text length of {label}s", f"{means[label]:.2f} characters")
    st.plotly_chart(charts.length_histogram(tables["lengths"], means))
    st.subheader("Most telling word n-grams by class")
    for column, label in zip(st.columns(2), reversed(LABELS), strict=True):
        column.plotly_chart(charts.telling_ngrams(tables["ngrams"], label))


@drawn_once
def show_counts(sha256: str, _dataset: Dataset) -> None:
    """Show each count's distribution by class."""
    tables = figures(sha256, _dataset)
    st.subheader("Counts by class")
    for start in range(0, len(ENGAGEMENT), 2):
        names = ENGAGEMENT[start : start + 2]
        for column, name in zip(st.columns(2), names, strict=False):
            column.plotly_chart(charts.count_histogram(tables[name], name))


@drawn_once
def show_correlations(sha256: str, _dataset: Dataset) -> None:
    """Show how the numbers go together."""
    st.subheader("Rank correlations (Spearman)")
    st.caption(f"Of the numbers with each other and with the label ({CLAIM} = 1).")
    st.plotly_chart(charts.correlations(figures(sha256, _dataset)["correlations"]))


open_page("pages/dataset.py")
choose_dataset()
with explained():
    dataset = dataset_in_use()
st.caption(f"In use: {plain(dataset.name)}")
if dataset.synthetic:
    synthetic_notice(
        f"Set `{DATASET.variable}` or choose your own file above to explore real videos."
    )
show_overview(dataset)
if dataset.cleaned.rows.empty:
    st.warning("No row is complete, so there is nothing to draw. Fill the missing values.")
    st.stop()
tabs = {
    "Columns": show_columns,
    "Classes": show_classes,
    "Texts": show_texts,
    "Counts": show_counts,
    "Correlations": show_correlations,
}
for tab, show in zip(st.tabs(list(tabs)), tabs.values(), strict=True):
    with tab:
        show(dataset.sha256, dataset)
