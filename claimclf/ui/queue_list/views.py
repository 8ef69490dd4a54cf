"""Filters that somebody saved under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from claimclf.people import Person
from claimclf.services import queue
from claimclf.ui.guard import action
from claimclf.ui.messages import explained
from claimclf.ui.queue_list.filters import Choice, field, fill

if TYPE_CHECKING:
    from claimclf.queue.queries.views import View
    from claimclf.queue.storage.database import Database

#: Where outcomes of the list are said.
LIST = "queue_list"


def offer_views(person: Person, database: Database, choice: Choice) -> None:
    """Offer filters that somebody saved, and to save these."""
    with explained():
        views = {view.name: view for view in queue.saved_views(database, person)}
    with st.popover("Saved views", icon=":material/bookmarks:"):
        load, save = st.columns(2)
        if views:
            load.selectbox(
                "Use a saved view",
                list(views),
                index=None,
                format_func=lambda name: f"{name} (by {views[name].by})",
                key=field("view"),
                on_change=use_view,
                args=(views,),
            )
            load.button("Delete it", on_click=delete_view, args=(database,))
        else:
            load.caption("None is saved yet. Choose filters and give them a name.")
        with save.form("save-view", border=False):
            name = st.text_input("Save these filters as", max_chars=80)
            if st.form_submit_button("Save"):
                save_view(database, name, choice)
                st.rerun()
        st.caption("The page's address holds the filters: send it to share them.")


@action()
def use_view(_person: Person, views: dict[str, View]) -> None:
    """Put the chosen view's filters into their fields."""
    name = st.session_state.get(field("view"))
    if name:
        fill(views[name].filters, views[name].ranking)


@action(LIST)
def save_view(person: Person, database: Database, name: str, choice: Choice) -> str:
    """Keep filters and a ranking under a name, for everybody."""
    queue.save_view(database, person, name, *choice)
    return "Saved."


@action(LIST)
def delete_view(person: Person, database: Database) -> str | None:
    """Forget the chosen view."""
    name = st.session_state.get(field("view"))
    if not name:
        return None
    queue.delete_view(database, person, name)
    return "Deleted."
