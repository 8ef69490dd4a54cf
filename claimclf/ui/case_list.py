"""The shared queue as a list: ranked, filtered, with today's cut, decided on in bulk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from claimclf.dataset.cleaning import is_demo
from claimclf.errors import ClaimclfError
from claimclf.people import Capability, Person
from claimclf.queue.queries.filters import Filters
from claimclf.queue.queries.listing import PAGE, Listed, Page
from claimclf.queue.queries.views import from_query, to_query
from claimclf.queue.review.bulk import MOST
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.storage.database import Database
from claimclf.schema import (
    BAN_STATUS,
    LANE,
    PRIMARY_DECISIONS,
    PROBABILITY,
    REPORT_COUNT,
    REPORTED,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    Decision,
    Lane,
    Ranking,
    ReasonCode,
)
from claimclf.services import queue
from claimclf.ui.access import note_activity
from claimclf.ui.counts import SECONDS
from claimclf.ui.page import explained, plain, synthetic_notice
from claimclf.ui.state import CHOSEN_CASE
from claimclf.ui.wording import DECISIONS, RANKINGS, REASONS, span

Wanted = tuple[Filters, Ranking]
_KEY = "list-{}".format
_SEEN, _PLACES, _SAID, _UNDO, _LINK = (
    "list_seen",
    "list_places",
    "list_said",
    "list_undo",
    "list_link",
)
_ANY = "any"
_AGES = {_ANY: (None, None), "under an hour": (None, 1.0), "under a day": (None, 24.0),
         "over a day": (24.0, None), "over a week": (168.0, None)}  # fmt: skip


def show_case_list(database: Database, person: Person) -> None:
    """Draw filters, saved views, the ranked list and what can be done with the chosen cases."""
    _read_link(database, person)
    with st.container():  # always there: what is unfolded below stays so when the words go
        _show_what_was_said()
    wanted = _ask_filters(person)
    _offer_views(database, person, wanted)
    _keep_link(wanted)
    _show_list(database, person, wanted)


# Filters: widgets, the page's address and saved views say the same.


def _read_link(database: Database, person: Person) -> None:
    """Fill the filters from the page's address, so that a view can be shared as a link.

    Streamlit forgets them when one visits another page; then they are as one left them.
    """
    if _KEY("lanes") in st.session_state:
        return
    link = st.query_params.to_dict() or st.session_state.get(_LINK)
    if link:
        filters, ranking = from_query(link)
    else:
        with explained():
            ranking = queue.settings_in_force(database, person).ranking
        filters = Filters(lanes=(Lane.CLAIMS, Lane.UNCERTAIN))
    _fill(filters, ranking)


def _keep_link(wanted: Wanted) -> None:
    link = st.session_state[_LINK] = to_query(*wanted)
    if st.query_params.to_dict() != link:
        st.query_params.from_dict(link)


def _fill(filters: Filters, ranking: Ranking) -> None:
    ages = [name for name, hours in _AGES.items() if hours == _hours(filters)]
    least = 0.0 if filters.min_probability is None else filters.min_probability
    most = 1.0 if filters.max_probability is None else filters.max_probability
    values: dict[str, Any] = {
        "lanes": list(filters.lanes),
        "text": filters.text,
        "ranking": ranking,
        "reports": filters.min_reports,
        "probability": (least, most),
        "verified": list(filters.verified),
        "ban": list(filters.ban),
        "statement": filters.statement_id or "",
        "age": ages[0] if ages else _ANY,
        "again": filters.again,
        "mine": filters.holder is not None,
        "escalated": filters.escalated,
    }
    for name, value in values.items():
        st.session_state[_KEY(name)] = value


def _hours(filters: Filters) -> tuple[float | None, float | None]:
    return filters.older_than_hours, filters.newer_than_hours


def _ask_filters(person: Person) -> Wanted:
    """Read which cases are wanted, and what puts one before another."""
    first, second, third = st.columns([4, 3, 3])
    lanes = first.pills("Lanes", list(Lane), selection_mode="multi", key=_KEY("lanes"))
    text = second.text_input(
        "Search in transcripts", placeholder="words, such as: harbor", key=_KEY("text")
    )
    ranking = third.selectbox(
        "Ranked by", list(Ranking), format_func=RANKINGS.__getitem__, key=_KEY("ranking")
    )
    with st.expander("More filters", icon=":material/filter_list:"):
        first, second, third, fourth = st.columns(4)
        reports = first.number_input("Minimum reports", min_value=0, key=_KEY("reports"))
        chance: Any = second.slider("Claim probability", 0.0, 1.0, key=_KEY("probability"))
        verified = third.multiselect(
            "Verified status",
            REPORTED[VERIFIED_STATUS].allowed,
            key=_KEY("verified"),
            placeholder=_ANY,
        )
        ban = fourth.multiselect(
            "Author status", REPORTED[BAN_STATUS].allowed, key=_KEY("ban"), placeholder=_ANY
        )
        first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
        older, newer = _AGES[first.selectbox("Waiting", list(_AGES), key=_KEY("age"))]
        statement = second.text_input("Statement id", key=_KEY("statement"))
        again = third.checkbox("Reported again since a decision", key=_KEY("again"))
        mine = third.checkbox("Held by me", key=_KEY("mine"))
        escalated = person.may(Capability.LEAD) and fourth.checkbox(
            "Escalated to leads", key=_KEY("escalated")
        )
    least, most = chance  # two of them, as there are in the session's state
    filters = Filters(
        lanes=tuple(lanes),
        min_reports=int(reports),
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


def _offer_views(database: Database, person: Person, wanted: Wanted) -> None:
    """Offer filters that somebody saved, and to save these."""
    with explained():
        views = {view.name: view for view in queue.saved_views(database, person)}
    with st.expander("Saved views", icon=":material/bookmarks:"):
        load, save = st.columns(2)
        if views:
            load.selectbox(
                "Use a saved view",
                list(views),
                index=None,
                format_func=lambda name: f"{name} (by {views[name].by})",
                key=_KEY("view"),
                on_change=lambda: _use(views),
            )
            load.button("Delete it", on_click=_delete, args=(database, person))
        else:
            load.caption("None is saved yet. Choose filters and give them a name.")
        with save.form("save-view", border=False):
            name = st.text_input("Save these filters as", max_chars=80)
            if st.form_submit_button("Save"):
                _act(partial(queue.save_view, database, person, name, *wanted), "Saved.")
                st.rerun()
        st.caption("The page's address holds the filters: send it to share them.")


def _use(views: dict[str, Any]) -> None:
    name = st.session_state.get(_KEY("view"))
    if name:
        _fill(views[name].filters, views[name].ranking)


def _delete(database: Database, person: Person) -> None:
    name = st.session_state.get(_KEY("view"))
    if name:
        _act(partial(queue.delete_view, database, person, name), "Deleted.")


# The list


@st.fragment(run_every=SECONDS)
def _show_list(database: Database, person: Person, wanted: Wanted) -> None:
    """Draw a page of the queue; the places before it are remembered for the way back.

    It follows what others do, but for the time in which rows are chosen: a decision must be on
    those that the person saw.
    """
    kept, places = st.session_state.get(_PLACES, (None, []))
    if kept != wanted:
        places = []
    drawn = (wanted, len(places))
    seen, page = st.session_state.get(_SEEN, (None, None))
    if seen != drawn or not _some_chosen(len(places) * PAGE):
        with explained():
            page = queue.list_cases(database, person, *wanted, places[-1] if places else None)
        st.session_state[_SEEN] = (drawn, page)
    if not page.rows:
        st.info("No open case fits these filters. Choose another lane or clear the search.")
        return
    if any(is_demo(row.case.video[VIDEO_ID]) for row in page.rows):
        synthetic_notice("Ids that begin with demo- are made-up videos.")
    first = len(places) * PAGE
    more = "more than " if page.has_more_than_counted else ""
    st.markdown(
        f"**{more}{page.total:,} cases**, {first + 1:,} to {first + len(page.rows):,} shown"
    )
    chosen = _show_tables(database, page, first)
    _offer_turning(wanted, places, page)
    if person.may(Capability.REVIEW):
        _offer_work(database, person, chosen)


def _some_chosen(first: int) -> bool:
    tables = (st.session_state.get(key) for key in _keys(first))
    return any(table["selection"]["rows"] for table in tables if table)


def _keys(first: int) -> tuple[str, str]:
    return f"cases-{first}", f"below-{first}"


def _show_tables(database: Database, page: Page, first: int) -> list[Listed]:
    """Draw the rows with today's cut between them; return those that were chosen."""
    above = [row for row in page.rows if row.is_above_cut]
    below = page.rows[len(above) :]
    key_above, key_below = _keys(first)
    chosen = _show_rows(database, above, first, key_above) if above else []
    if below:
        st.markdown(
            ":material/content_cut: **Today's cut** — what stands below is more than can be "
            "reviewed today."
        )
        chosen += _show_rows(database, below, first + len(above), key_below)
    return chosen


def _show_rows(database: Database, rows: Sequence[Listed], first: int, key: str) -> list[Listed]:
    event = st.dataframe(
        _table(rows, first, database.now()),
        hide_index=True,
        row_height=75,  # three lines: lower rows do not wrap
        height=min(75 * len(rows) + 40, 640),
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config=_COLUMNS,
    )
    return [rows[n] for n in event["selection"]["rows"] if n < len(rows)]


_COLUMNS: Any = {
    "place": st.column_config.NumberColumn("Place", width=55),
    REPORT_COUNT: st.column_config.NumberColumn("Reports", format="localized", width=70),
    PROBABILITY: st.column_config.ProgressColumn(
        "Claim probability", format="%.3f", min_value=0.0, max_value=1.0, width=110
    ),
    LANE: st.column_config.TextColumn("Lane", width=80),
    TRANSCRIPT: st.column_config.TextColumn("Transcript", width=330),
    "who": st.column_config.TextColumn("Who looks at it", width=100),
    "waiting": st.column_config.TextColumn("Waiting", width=80),
    "again": st.column_config.TextColumn("Again", help="Reported again since a decision", width=60),
    VERIFIED_STATUS: st.column_config.TextColumn("Verified", width=90),
    BAN_STATUS: st.column_config.TextColumn("Author", width=90),
    VIDEO_ID: st.column_config.TextColumn("Video id"),
}


def _table(rows: Sequence[Listed], first: int, now: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": first + place,
            REPORT_COUNT: row.case.video[REPORT_COUNT],
            PROBABILITY: row.case.probability,
            LANE: str(row.case.lane),
            TRANSCRIPT: (row.case.video[TRANSCRIPT] or "")[:1_000],
            "who": row.case.holder if (row.case.held_until or 0) > now else "",
            "waiting": span(max(now - row.case.waits_since, 0)),
            "again": "again" if row.case.reported_again else "",
            VERIFIED_STATUS: row.case.video[VERIFIED_STATUS],
            BAN_STATUS: row.case.video[BAN_STATUS],
            VIDEO_ID: row.case.video[VIDEO_ID],
        }
        for place, row in enumerate(rows, 1)
    )


def _offer_turning(wanted: Wanted, places: list[list[Any]], page: Page) -> None:
    back, on, _ = st.columns([1, 1, 5])
    if places and back.button("Previous page"):
        st.session_state[_PLACES] = (wanted, places[:-1])
        st.rerun()
    if page.after is not None and on.button("Next page"):
        st.session_state[_PLACES] = (wanted, [*places, page.after])
        st.rerun()


# What can be done with chosen cases


def _offer_work(database: Database, person: Person, chosen: list[Listed]) -> None:
    if not chosen:
        st.caption("Choose rows to review one case, or to decide on several at once.")
        return
    if len(chosen) == 1:
        case = chosen[0].case
        if st.button(f"Review case {case.id:,}", type="primary"):
            st.session_state[CHOSEN_CASE] = case.id
            st.switch_page("pages/review.py")
    with st.form("bulk"):
        st.markdown(f"**One decision for {len(chosen):,} chosen cases** (at most {MOST:,})")
        first, second = st.columns(2)
        decision = first.radio("Decision", PRIMARY_DECISIONS, format_func=DECISIONS.__getitem__)
        reason = second.selectbox(
            "Rule that is broken", list(ReasonCode), index=None, format_func=REASONS.__getitem__
        )
        note = second.text_input("Note")
        if st.form_submit_button(f"Decide on {len(chosen):,} cases"):
            breaks = decision is Decision.BREAKS_RULES
            verdict = Verdict(decision, reason if breaks else None, note.strip())
            ids = [row.case.id for row in chosen]
            _act(lambda: _decide(database, person, ids, verdict))
            del st.session_state[_SEEN]
            st.rerun()


def _decide(database: Database, person: Person, ids: list[int], verdict: Verdict) -> None:
    done = queue.decide_cases(database, person, ids, verdict)
    left = f"; {len(done.left_out):,} are in other hands" if done.left_out else ""
    words = f"{len(done.decided):,} cases: {DECISIONS[verdict.decision].lower()}{left}."
    undo = partial(queue.undo_bulk, database, person, done.id) if done.decided else None
    st.session_state[_UNDO] = (words, undo)


def _show_what_was_said() -> None:
    """Show what became of the last click, and offer to take a decision back."""
    good, words = st.session_state.pop(_SAID, (True, ""))
    if words:
        (st.success if good else st.warning)(plain(words))
    if _UNDO not in st.session_state:
        return
    words, undo = st.session_state[_UNDO]
    told, offer = st.columns([5, 1], vertical_alignment="center")
    told.success(words)
    if undo is not None:
        offer.button("Undo", shortcut="U", on_click=_undo)


def _undo() -> None:
    _, undo = st.session_state.pop(_UNDO)
    _act(undo, "Taken back.")


def _act(work: Callable[[], object], said: str = "") -> None:
    """Do something to the queue and remember what to say of it."""
    try:
        note_activity()  # a fragment does not pass the page's door
        work()
    except ClaimclfError as error:
        st.session_state[_SAID] = (False, str(error))
    else:
        st.session_state[_SAID] = (True, said)
