"""Learning from decisions: teach a challenger, look at those that there are, use one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from claimclf.configuration import models_folder
from claimclf.people import Person
from claimclf.services.stored_models import challengers
from claimclf.ui import outcomes
from claimclf.ui.comparison.champion import choose_champion
from claimclf.ui.guard import action
from claimclf.ui.state.database import queue_database

if TYPE_CHECKING:
    from claimclf.modeling.store.manifest import Manifest

_LEARNING, _USING = "learning", "champion"


def offer_learning(stored: Sequence[Manifest], in_use: Manifest) -> None:
    """Teach a challenger what the queue's decisions say; list those there are, and use one."""
    st.markdown(
        "Each decision in the shared queue is a label. A **challenger** begins from the model in "
        "use and learns them, each statement once; the model in use stays in use until you say "
        "otherwise."
    )
    if st.button("Teach a challenger from the queue's decisions", type="primary"):
        with st.spinner("Learning …"):
            teach()
        if outcomes.failed(_LEARNING):
            outcomes.show_outcome(_LEARNING)
        else:
            st.rerun()
    elif not outcomes.failed(_LEARNING):
        outcomes.show_outcome(_LEARNING)
    table = challengers(stored)
    if table.empty:
        st.caption("No challenger is stored yet.")
        return
    st.table(table)
    with st.form("challenger"):
        others = [name for name in table.index if name != in_use.name]
        name = st.selectbox("Challenger", others)
        reason = st.text_input("Reason", key="challenger_reason")
        if st.form_submit_button("Use it from now on", disabled=not others) and name:
            choose_champion(name, reason)
            outcomes.redraw_or_explain(_USING)


@action(_LEARNING)
def teach(person: Person) -> str:
    """Learn the decisions of the shared queue."""
    from claimclf.services.learning import learn, said

    return " ".join(said(learn(queue_database(), person, models_folder())))
