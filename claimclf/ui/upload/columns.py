"""Which of an upload's columns is read as which: shown, corrected, remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.configuration import mappings_folder
from claimclf.dataset.validation.columns import match_columns
from claimclf.errors import DamagedIdsError, MissingColumnError
from claimclf.people import Person
from claimclf.schema import (
    AUTHOR_ID,
    POSTED_AT,
    REPORT_COUNT,
    REPORTED,
    ROW_NUMBER,
    TRANSCRIPT,
    VIDEO_ID,
    VIDEO_URL,
)
from claimclf.services.inspecting import columns_read
from claimclf.services.mappings import Choice, Remembered, fits, write_choice
from claimclf.ui import outcomes
from claimclf.ui.folds import fold
from claimclf.ui.guard import action, at_click
from claimclf.ui.messages import plain, say_error
from claimclf.ui.upload.ranked import cut_cells
from claimclf.ui.wording import COLUMNS, counted

if TYPE_CHECKING:
    import pandas as pd

    from claimclf.dataset.reading import Table
    from claimclf.dataset.validation.mapping import TableMapping
    from claimclf.modeling.scoring.ranking import Ranked

CHOSEN = "columns_chosen"
_PREVIEW_ROWS, _LONGEST_NAME, _LONGEST_VALUE = 5, 80, 120
_NOT_GIVEN = "not in this table"
#: What the queue lives on first, then all else in the contract's order.
_FIRST = (VIDEO_ID, TRANSCRIPT, REPORT_COUNT, AUTHOR_ID, VIDEO_URL, POSTED_AT)
_ORDER = tuple(dict.fromkeys((*_FIRST, *REPORTED.names)))
_OFFERED = tuple(name for name in _ORDER if name != ROW_NUMBER)


def choice_for(table: Table) -> Choice:
    """Return what a person chose for this table, or for an earlier one with the same columns."""
    chosen: Choice | None = st.session_state.get(_key(table))
    return chosen or Remembered(mappings_folder()).find(table.columns) or Choice()


@action(CHOSEN)
def use_choice(_person: Person, table: Table, choice: Choice) -> str:
    """Read this table, and later ones with the same columns, as a person says."""
    st.session_state[_key(table)] = choice
    Remembered(mappings_folder()).keep(table.columns, choice)
    return "Read as you chose; tables with the same columns will be read like this too."


def show_columns(table: Table, choice: Choice, ranked: Ranked) -> None:
    """Show which column is read as which, with the first rows under it, to be corrected."""
    outcomes.show_outcome(CHOSEN)
    outcomes.forget(CHOSEN)
    mapping = ranked.scored.validated.mapping
    if mapping is None:
        return
    columns = columns_read(mapping)
    _show_first_rows(_preview(ranked, columns), columns)
    left_out = _left_out(table, mapping)
    if left_out:
        st.caption(f"Not read: {', '.join(map(plain, left_out))}")
    fold(
        "Is a column read wrongly? Choose another one",
        partial(_show_choice, table, choice, mapping),
        key=_key(table),
        icon=":material/view_column:",
        is_open=bool(mapping.proposed) and not choice.columns,
    )


def _show_choice(table: Table, choice: Choice, mapping: TableMapping) -> None:
    _ask(table, choice, mapping.as_choice)
    with st.container(horizontal=True):
        _offer_mapping(choice, mapping)
        offer_named(table, choice)


def ask_for_columns(table: Table, choice: Choice, error: MissingColumnError) -> None:
    """Say which columns are missing, and ask which of the table's own they are."""
    say_error(error)
    with st.expander("Match columns", expanded=True, icon=":material/view_column:"):
        st.caption("Say which of your columns holds each of these.")
        taken = match_columns(table.columns, REPORTED, choice.columns).values()
        free = [name for name in table.columns if name not in taken]
        _ask(table, choice, {}, error.missing, free)


def ask_for_trust(table: Table, choice: Choice, error: DamagedIdsError) -> None:
    """Say that the ids look damaged, and let a person say that they are right."""
    say_error(error)
    if st.button("These ids are right: read them"):
        use_choice(table, replace(choice, trust_ids=True))
        outcomes.redraw_or_explain(CHOSEN)


def _show_first_rows(preview: pd.DataFrame, columns: list[tuple[str, str]]) -> None:
    """Draw what is read of the first rows: a table, on small screens a line for each column."""
    words = {_head(name, own): _title(name, own) for name, own in columns}
    st.markdown(f"What is read: {counted(len(columns), 'column')}, in the first rows")
    with st.container(key="narrow-preview"):
        first = preview.head(1).to_dict("records")
        values = first[0] if first else dict.fromkeys(preview, "")
        lines = [
            f"**{plain(words[str(head)])}:** {plain(_written(value))}"
            for head, value in values.items()
        ]
        st.markdown("  \n".join(lines))
    with st.container(key="wide-preview"):
        headings: dict[Any, Any] = {
            head: st.column_config.Column(own) for head, own in words.items()
        }
        st.dataframe(preview, hide_index=True, column_config=headings)


def _written(value: object) -> str:
    """Write a cell for a line: numbers as people do, long texts cut, nothing where it is empty."""
    if value is None or value != value:  # NaN and NaT alone are not themselves
        return "none"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:g}"
    return str(value)[:_LONGEST_VALUE]


def _title(name: str, own: str) -> str:
    """Return a column's name in words, with the table's own behind it where that is another."""
    return f"{COLUMNS.get(name, name)} ← {own}" if own != name else COLUMNS.get(name, name)


def _preview(ranked: Ranked, columns: list[tuple[str, str]]) -> pd.DataFrame:
    """Return the first rows, each column named after what it is read as and from."""
    accepted = ranked.scored.validated.accepted.head(_PREVIEW_ROWS)
    shown = {name: _head(name, own) for name, own in _in_order(columns)}
    return cut_cells(accepted[[name for name in shown if name in accepted]]).rename(columns=shown)


def _in_order(columns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(columns, key=lambda column: _ORDER.index(column[0]))


def _head(name: str, own: str) -> str:
    return f"{name} ← {own}" if own != name else name


def _left_out(table: Table, mapping: TableMapping) -> list[str]:
    read = {own for columns in mapping.columns.values() for own in columns}
    read |= {own for _, own in mapping.words}
    return [name for name in table.columns if name not in read]


def _ask(
    table: Table,
    choice: Choice,
    own: dict[str, str],
    names: Iterable[str] = _OFFERED,
    free: Sequence[str] | None = None,
) -> None:
    """Ask for each column, and for a name under which the mapping is found again."""
    columns = list(table.columns if free is None else free)
    with st.form(f"columns_{table.sha256}", border=False):
        areas = st.columns(3)
        picked = {
            name: areas[place % len(areas)].selectbox(
                plain(_label(name)),
                ["", *columns],
                index=columns.index(own[name]) + 1 if own.get(name) in columns else 0,
                format_func=lambda column: column or _NOT_GIVEN,
                help=f"Called {plain(name)} in claimclf's own tables.",
            )
            for place, name in enumerate(names)
        }
        title = st.text_input(
            "Name of this mapping", choice.name, max_chars=_LONGEST_NAME, placeholder="optional"
        )
        if st.form_submit_button("Use these columns", type="primary"):
            use_choice(table, replace(choice, columns=_changed(choice, own, picked), name=title))
            outcomes.redraw_or_explain(CHOSEN)


def _label(name: str) -> str:
    description = REPORTED[name].description.partition(";")[0]
    return description[0].upper() + description[1:]


def _changed(choice: Choice, own: dict[str, str], picked: dict[str, str]) -> dict[str, str]:
    """Return what was chosen before and now; what stands as proposed is no choice."""
    return choice.columns | {n: value for n, value in picked.items() if value != own.get(n, "")}


def _offer_mapping(choice: Choice, mapping: TableMapping) -> None:
    """Offer the mapping as a file, for the shell and for other people."""
    whole = replace(choice, columns=mapping.as_choice | choice.columns)
    st.download_button(
        "Download this mapping",
        at_click(partial(write_choice, whole)),
        "mapping.json",
        "application/json",
        help="For `claimclf score --mapping mapping.json`.",
        on_click="ignore",
        icon=":material/download:",
    )


def offer_named(table: Table, choice: Choice) -> None:
    """Offer the mappings that have a name and fit this table."""
    named = [one for one in Remembered(mappings_folder()).all() if fits(one, table.columns)]
    others = [one for one in named if one.name != choice.name]
    if not others:
        return
    with st.popover("Use a named mapping"):
        for number, one in enumerate(others):
            if st.button(plain(one.name), key=f"named_{number}_{table.sha256}"):
                use_choice(table, one)
                outcomes.redraw_or_explain(CHOSEN)


def _key(table: Table) -> str:
    return f"columns_of_{table.sha256}_{table.layout.sheet}"
