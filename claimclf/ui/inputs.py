"""Uploading a table: size, encoding and column names, with a way on from each problem."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile

from claimclf.dataset.reading import Table, read_table
from claimclf.dataset.validation.columns import match_columns
from claimclf.errors import MissingColumnError, WrongEncodingError
from claimclf.schema import UPLOAD_LIMITS, Contract
from claimclf.ui.messages import explained, plain, say_error

T = TypeVar("T")

LIMITS_IN_WORDS = (
    f"CSV (UTF-8), NDJSON, JSON, Excel (.xlsx) or Parquet, also packed with gzip, or a ZIP of "
    f"yt-dlp's .info.json files; what TikTok's Research API, Zeeschuimer, 4CAT, yt-dlp and Apify "
    f"export is known. Up to "
    f"{(UPLOAD_LIMITS.size or 0) // 2**20} MB, {UPLOAD_LIMITS.rows:,} rows and "
    f"{UPLOAD_LIMITS.columns} columns."
)


def upload(label: str, key: str) -> UploadedFile | None:
    """Ask for a table and state the limits."""
    # No `type` filter: the browser would refuse a wrong file without saying what to do.
    file = st.file_uploader(label, key=key, help=LIMITS_IN_WORDS)
    # The browser still shows its name, which must not stand above other data.
    if file is None and isinstance(st.session_state.get(key), DeletedFile):
        st.warning(
            "The upload was lost: the server was started anew since. What was added to the "
            "shared queue is there; else choose the file again.",
            icon=":material/upload_file:",
        )
    return file


def read_upload(file: UploadedFile, key: str) -> Table:
    """Read an uploaded table once per content; offers the detected encoding if needed."""
    content = file.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    encoding_key = f"{key}_encoding_{digest}"
    with explained():
        try:
            encoding = st.session_state.get(encoding_key)
            table = _table(digest, file.name, encoding, None, content)
            sheet = _ask_sheet(table, f"{key}_sheet_{digest}")
            return table if sheet is None else _table(digest, file.name, encoding, sheet, content)
        except WrongEncodingError as error:
            say_error(error)
            if error.detected and st.button(f"Read it as {error.detected}", key=f"{key}_reread"):
                st.session_state[encoding_key] = error.detected
                st.rerun()
            st.stop()


def _ask_sheet(table: Table, key: str) -> str | None:
    """Return the sheet of a workbook that a person wants instead of the one that was read."""
    sheets = list(table.layout.sheets)
    if len(sheets) < 2:
        return None
    read = table.layout.sheet
    chosen = st.selectbox("Sheet", sheets, index=sheets.index(read), key=key)
    return None if chosen == read else chosen


@st.cache_data(scope="session", show_spinner="Reading the file …", max_entries=2)
def _table(
    digest: str, name: str, encoding: str | None, sheet: str | None, _content: bytes
) -> Table:
    return read_table(_content, name, limits=UPLOAD_LIMITS, encoding=encoding, sheet=sheet)


def with_matched_columns(
    table: Table, contract: Contract, key: str, use: Callable[[dict[str, str]], T]
) -> T:
    """Call `use` with the columns that the user chose; ask for those that are not found.

    Parameters
    ----------
    table : Table
        What was uploaded.
    contract : Contract
        What is needed.
    key : str
        Prefix of the widgets' keys.
    use : callable
        Takes contract column -> own column; may raise MissingColumnError.
    """
    chosen: dict[str, str] = st.session_state.get(f"{key}_columns_{table.sha256}", {})
    with explained():
        try:
            return use(chosen)
        except MissingColumnError as error:
            say_error(error)
            _ask_for_columns(error, table, contract, key, chosen)
            st.stop()


def _ask_for_columns(
    error: MissingColumnError, table: Table, contract: Contract, key: str, chosen: dict[str, str]
) -> None:
    if len(table.columns) < 2:
        return
    taken = match_columns(table.columns, contract, chosen).values()
    free = [name for name in table.columns if name not in taken]
    with st.form(f"{key}_match"):
        st.subheader("Match columns")
        st.caption("Say which of your columns holds each of these.")
        picked = {
            name: st.selectbox(
                f"{plain(name)}: {contract[name].description}",
                free,
                index=None,
                placeholder="Choose one of your columns",
            )
            for name in error.missing
        }
        if st.form_submit_button("Use these columns", type="primary"):
            selected = {name: own for name, own in picked.items() if own is not None}
            st.session_state[f"{key}_columns_{table.sha256}"] = {**chosen, **selected}
            st.rerun()
