"""What there is to learn from, and what is missing for a first challenger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.services.stored_models import challengers
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.models import champion, stored_manifests

if TYPE_CHECKING:
    from claimclf.dataset.decided_texts import Decided
    from claimclf.queue.storage.database import Database


def show_taught(database: Database, person: Person) -> None:
    """Show how many decisions there are to learn from, and what was learnt."""
    from claimclf.services.learning import decisions_to_learn_from

    with explained():
        made = decisions_to_learn_from(database, person)
    st.subheader("What there is to learn from")
    n_claims, n_opinions = made.n_by_class
    tiles = {
        "Decisions": made.n_decisions,
        "Statements": len(made.rows),
        "Claims among them": n_claims,
        "Opinions among them": n_opinions,
    }
    for place, (label, n) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        place.metric(label, f"{n:,}")
    st.markdown(advice(made))
    _show_models()
    link_to("pages/model_comparison.py", "Teach a challenger, compare, choose")


def advice(made: Decided) -> str:
    """Say what to do next."""
    if made.n_missing:
        more = " and ".join(
            f"{n:,} {label}{'' if n == 1 else 's'}" for label, n in made.missing.items()
        )
        return (
            f"**{made.n_missing:,} more decisions and a first challenger makes sense**: decide on "
            f"{more} on the page *Review*. The same statement counts once."
        )
    return (
        "Enough to teach a challenger: it stays beside the model in use until somebody says "
        "otherwise, and says how it does on later decisions."
    )


def _show_models() -> None:
    best, stored = champion(), stored_manifests()
    if best:
        st.markdown(f"In use: **{plain(best.name)}**.")
    table = challengers(stored)
    if table.empty:
        st.caption("No challenger is stored yet.")
    else:
        st.table(table)
