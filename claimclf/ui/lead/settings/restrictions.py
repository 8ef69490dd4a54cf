"""The form in which a lead says what a reason code stands for in statements of reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from claimclf.people import Person
from claimclf.schema import ReasonCode
from claimclf.services import reasons
from claimclf.services.reasons import VALUES, Restriction
from claimclf.ui.guard import action
from claimclf.ui.lead.actions import RESTRICTIONS, show_outcome
from claimclf.ui.state.database import queue_database

_LONG = 70
_ALL = "All of the European Economic Area"


def show_restrictions(restrictions: Mapping[ReasonCode, Restriction]) -> None:
    """Let what each reason code stands for be set, for a reason.

    Parameters
    ----------
    restrictions : mapping of ReasonCode to Restriction
        What is set; codes for which nothing is are left out.
    """
    left = [code for code in ReasonCode if code not in restrictions]
    with st.expander("Statements of reasons", icon=":material/gavel:", expanded=False):
        st.caption(
            "What a decision with a reason code means for the DSA Transparency Database, in its "
            "own values. "
            + (f"Not set yet: {', '.join(left)}." if left else "All reason codes are set.")
        )
        code = (
            st.selectbox("Reason code", list(ReasonCode), key="restriction_code")
            or ReasonCode.OTHER
        )
        now = restrictions.get(code)
        with st.form(f"restriction-{code}"):
            chosen = _ask(code, now)
            why = st.text_input("Why it stands for this now", key=f"restriction-why-{code}-{now}")
            if st.form_submit_button("Set what it stands for"):
                set_restriction(code, chosen, why)
                st.rerun()
    show_outcome(RESTRICTIONS)


@action(RESTRICTIONS)
def set_restriction(person: Person, code: ReasonCode, chosen: dict[str, Any], why: str) -> str:
    """Set what a reason code stands for to what the form says."""
    reasons.change_restriction(queue_database(), person, why, code, Restriction(**chosen))
    return f"Set. Statements of decisions for '{code}' say so from now on."


def _ask(code: ReasonCode, now: Restriction | None) -> dict[str, Any]:
    """Read what the form says, by the names of `Restriction`."""
    values: dict[str, Any] = {}

    def key(name: str) -> str:
        return f"restriction-{name}-{code}"

    def some(name: str, label: str, options: Mapping[str, str]) -> None:
        before = list(getattr(now, name)) if now else []
        values[name] = tuple(
            st.multiselect(label, list(options), before, options.__getitem__, key=key(name))
        )

    def one(name: str, label: str, options: Mapping[str, str]) -> None:
        names = list(options)
        index = names.index(getattr(now, name)) if now else None
        values[name] = st.selectbox(label, names, index, options.__getitem__, key=key(name))

    def text(name: str, label: str) -> None:
        before = getattr(now, name) if now else ""
        values[name] = st.text_area(label, before, key=key(name), height=_LONG)

    some("visibility", "What is done to the video", VALUES["visibility"])
    text("visibility_other", "Note, where another restriction is chosen")
    one("category", "Category", VALUES["category"])
    some("keywords", "Keywords", VALUES["keywords"])
    text("keyword_other", "Note, where another keyword is chosen")
    one("ground", "Ground", VALUES["ground"])
    text("reference", "The law, or the clause of the terms")
    text("explanation", "Why the content is illegal or incompatible on that ground")
    text("url", "Where the law or the terms can be read (may be empty)")
    some("territorial_scope", "Countries (none chosen: " + _ALL + ")", VALUES["territorial_scope"])
    values["territorial_scope"] = values["territorial_scope"] or tuple(VALUES["territorial_scope"])
    one("source", "How reports come in", VALUES["source"])
    return values
