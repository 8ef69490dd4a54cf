"""Which cases to list: widgets, the page's address and saved views say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.people import Capability, Person
from claimclf.queue.queries.filters import Filters
from claimclf.schema import BAN_STATUS, REPORTED, VERIFIED_STATUS, Lane, Language, Ranking
from claimclf.services import queue
from claimclf.services.links import LONGEST_FILTER, LONGEST_ID, from_query, to_query
from claimclf.ui.messages import explained
from claimclf.ui.wording import LANGUAGES, RANKINGS

if TYPE_CHECKING:
    from claimclf.queue.storage.database import Database

Choice = tuple[Filters, Ranking]
#: Names a field of the list.
field = "list-{}".format
_LINK, _ANY = "list_link", "any"
_AGES = {_ANY: (None, None), "under an hour": (None, 1.0), "under a day": (None, 24.0),
         "over a day": (24.0, None), "over a week": (168.0, None)}  # fmt: skip


def read_link(person: Person, database: Database) -> None:
    """Fill the filters from the page's address, so that a view can be shared as a link.

    Streamlit forgets them when one visits another page; then they are as one left them.
    """
    if field("lanes") in st.session_state:
        return
    link = st.query_params.to_dict() or st.session_state.get(_LINK)
    if link:
        filters, ranking = from_query(link)
    else:
        with explained():
            ranking = queue.settings_in_force(database, person).ranking
        filters = Filters(lanes=(Lane.CLAIMS, Lane.UNCERTAIN))
        st.session_state[_LINK] = to_query(filters, ranking)
    fill(filters, ranking)


def keep_link(choice: Choice) -> None:
    """Write the filters into the page's address, once something was chosen.

    An address that is written counts as another visit for the browser's way back: before that,
    one step leads to the page before. What is too long to be asked for is refused below, and no
    browser could go on from an address of any length.
    """
    filters, _ = choice
    if len(filters.text) > LONGEST_FILTER or len(filters.statement_id or "") > LONGEST_ID:
        return
    link, before = to_query(*choice), st.session_state.get(_LINK)
    st.session_state[_LINK] = link
    written = st.query_params.to_dict()
    if written != link and (written or link != before):
        st.query_params.from_dict(link)


def fill(filters: Filters, ranking: Ranking) -> None:
    """Put filters and a ranking into their fields."""
    ages = [name for name, hours in _AGES.items() if hours == _hours(filters)]
    least = 0.0 if filters.min_probability is None else filters.min_probability
    most = 1.0 if filters.max_probability is None else filters.max_probability
    values: dict[str, Any] = {
        "lanes": list(filters.lanes),
        "text": filters.text,
        "ranking": ranking,
        "reports": filters.min_reports,
        "probability": (least, most),
        "language": list(filters.language),
        "verified": list(filters.verified),
        "ban": list(filters.ban),
        "statement": filters.statement_id or "",
        "age": ages[0] if ages else _ANY,
        "again": filters.again,
        "mine": filters.holder is not None,
        "escalated": filters.escalated,
    }
    for name, value in values.items():
        st.session_state[field(name)] = value


def _hours(filters: Filters) -> tuple[float | None, float | None]:
    return filters.older_than_hours, filters.newer_than_hours


def ask_filters(person: Person) -> Choice:
    """Read which cases to list, and what puts one before another."""
    lanes, text, ranking = _ask_first()
    with st.popover("More filters", icon=":material/filter_list:"):
        first, second, third, fourth = st.columns(4)
        reports = first.number_input("Minimum reports", min_value=0, key=field("reports"))
        chance: Any = second.slider("Claim probability", 0.0, 1.0, key=field("probability"))
        verified = third.multiselect(
            "Verified status",
            REPORTED[VERIFIED_STATUS].allowed,
            key=field("verified"),
            placeholder=_ANY,
        )
        ban = fourth.multiselect(
            "Author status", REPORTED[BAN_STATUS].allowed, key=field("ban"), placeholder=_ANY
        )
        languages = st.pills(
            "Language, as the model knows it",
            list(Language),
            selection_mode="multi",
            format_func=LANGUAGES.__getitem__,
            key=field("language"),
            help="Told by the share of a text's words that are new to the model that scored it.",
        )
        first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
        older, newer = _AGES[first.selectbox("Waiting", list(_AGES), key=field("age"))]
        statement = second.text_input("Statement id", key=field("statement"))
        again = third.checkbox("Reported again since a decision", key=field("again"))
        mine = third.checkbox("Held by me", key=field("mine"))
        escalated = person.may(Capability.LEAD) and fourth.checkbox(
            "Escalated to leads", key=field("escalated")
        )
    least, most = chance  # two of them, as there are in the session's state
    filters = Filters(
        lanes=tuple(lanes),
        min_reports=int(reports),
        language=tuple(languages),
        verified=tuple(verified),
        ban=tuple(ban),
        statement_id=statement.strip() or None,
        text=text.strip(),
        escalated=escalated,
        min_probability=least if least > 0 else None,
        max_probability=most if most < 1 else None,
        again=again,
        holder=person.name if mine else None,
        older_than_hours=older,
        newer_than_hours=newer,
    )
    return filters, ranking or Ranking.REPORTS


def _ask_first() -> tuple[list[Lane], str, Ranking | None]:
    """Read what is asked for most often, in one line: lanes, words, what orders them."""
    lanes = st.pills(
        "Lanes",
        list(Lane),
        selection_mode="multi",
        key=field("lanes"),
        label_visibility="collapsed",
    )
    text = st.text_input(
        "Search in transcripts",
        placeholder="Search in transcripts",
        icon=":material/search:",
        key=field("text"),
        label_visibility="collapsed",
        width=220,
    )
    ranking = st.selectbox(
        "Ranked by",
        list(Ranking),
        format_func=lambda one: f"By {RANKINGS[one]}",
        key=field("ranking"),
        label_visibility="collapsed",
        width=220,
    )
    return lanes, text, ranking
