"""Fields and buttons that give a case to somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.people import Capability, Person

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from claimclf.queue.queries.reporting.report import Report

AT_WORK = "Who was at work in the period above."


def case_number(number: int) -> str:
    """Write a case in a list."""
    return f"case {number}"


def reviewers(report: Report, person: Person, needed: Capability) -> dict[str, Person]:
    """Return who can be given a case: who was at work in the period, and who is asking."""
    known = [*(Person(one.name, one.role) for one in report.people), person]
    return {one.name: one for one in known if one.may(needed)}


def field_and_button() -> Sequence[DeltaGenerator]:
    """Return the places of a field and its button beside each other."""
    return st.columns([3, 2], vertical_alignment="bottom")


def offer(
    place: DeltaGenerator, label: str, act: Callable[..., None], *args: Any, **look: Any
) -> None:
    """Draw a button of a fragment; choosing redraws its part alone, a click the whole page."""
    if place.button(label, width="stretch", on_click=act, args=args, **look):
        st.rerun()
