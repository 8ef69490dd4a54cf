"""The form that asks for one decision on many cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from claimclf.errors import InvalidRequestError
from claimclf.queue.review.decisions import Verdict
from claimclf.schema import PRIMARY_DECISIONS, Decision, ReasonCode
from claimclf.ui.bulk.shown import Shown, digest, n_cases
from claimclf.ui.wording import DECISIONS, REASONS


def ask_verdict(
    name: str,
    chosen: Sequence[Shown],
    note: str = "",
    on_click: Callable[..., None] | None = None,
    args: tuple[Any, ...] = (),
) -> bool:
    """Ask for one decision on the chosen cases; say whether the button was pressed.

    The button is named after the cases and their versions: a press that was meant for others
    finds none.

    Parameters
    ----------
    name : str
        Of the form; another one where a decision was made, so that nothing is left in it.
    chosen : sequence of (int, int)
        Numbers and versions of the cases.
    note : str
        What was typed already.
    on_click, args
        What is called before the screen is drawn, if anything.
    """
    with st.form(name, enter_to_submit=False):
        st.markdown(f"**One decision for {n_cases(len(chosen))}**")
        draw_verdict(name, "Decision", "Note for all of them", note)
        return st.form_submit_button(
            f"Decide on {n_cases(len(chosen))}",
            key=f"all-{name}-{digest(chosen)}",
            disabled=not chosen,
            on_click=on_click,
            args=args,
        )


def draw_verdict(name: str, asks: str, note_label: str = "Note", note: str = "") -> None:
    """Draw the fields of a decision within a form; `verdict_of` reads them by the form's name."""
    first, second = st.columns(2)
    first.radio(
        asks,
        PRIMARY_DECISIONS,
        index=None,
        format_func=DECISIONS.__getitem__,
        key=f"{name}-decision",
    )
    second.selectbox(
        "Rule that is broken",
        list(ReasonCode),
        index=None,
        format_func=REASONS.__getitem__,
        key=f"{name}-rule",
    )
    second.text_input(note_label, value=note, key=f"{name}-note")


def verdict_of(name: str) -> Verdict:
    """Return what was chosen in a form.

    Raises
    ------
    InvalidRequestError
        No decision was.
    """
    decision = st.session_state.get(f"{name}-decision")
    if decision is None:
        raise InvalidRequestError(
            "No decision is chosen.", "", "Choose one, then press the button again."
        )
    breaks = decision is Decision.BREAKS_RULES
    rule = st.session_state.get(f"{name}-rule") if breaks else None
    return Verdict(decision, rule, str(st.session_state.get(f"{name}-note", "")).strip())
