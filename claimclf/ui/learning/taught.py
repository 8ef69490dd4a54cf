"""What there is to learn from, and what is missing for a first challenger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person, Role
from claimclf.services.stored_models import challengers
from claimclf.ui.counts import FRESH_SECONDS
from claimclf.ui.frame.navigation import link_to
from claimclf.ui.messages import explained, plain
from claimclf.ui.state.models import champion, stored_manifests

if TYPE_CHECKING:
    from claimclf.dataset.decided_texts import Decided
    from claimclf.queue.storage.database import Database


def show_taught(database: Database, person: Person) -> None:
    """Show how many decisions there are to learn from, and what was learnt."""
    with explained():
        made = _made(database.name, person.role, database, person)
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


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=4, show_spinner="Counting …")
def _made(name: str, role: Role, _database: Database, _person: Person) -> Decided:
    from claimclf.services.learning import decisions_to_learn_from

    return decisions_to_learn_from(_database, _person)


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
