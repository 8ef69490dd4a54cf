"""The review console: one case, what is needed to decide on it, and the next one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from claimclf.errors import ClaimclfError, LostLeaseError, ModelError
from claimclf.people import Person
from claimclf.queue.queries.briefing import MOST_COUNTED, Briefing, Group
from claimclf.queue.queries.filters import Filters
from claimclf.queue.review.decisions import Verdict
from claimclf.queue.review.leases import Lease
from claimclf.queue.storage.cases import Case
from claimclf.queue.storage.database import Database
from claimclf.schema import (
    AUTHOR_ID,
    BAN_STATUS,
    COMMENTS,
    DOWNLOADS,
    DURATION,
    LIKES,
    PRIMARY_DECISIONS,
    REPORT_COUNT,
    SHARES,
    STATEMENT_ID,
    TRANSCRIPT,
    VERIFIED_STATUS,
    VIDEO_ID,
    VIDEO_URL,
    VIEWS,
    CaseState,
    Decision,
    Lane,
    Ranking,
    ReasonCode,
)
from claimclf.services import queue
from claimclf.ui.access import note_activity, signs_in
from claimclf.ui.media import show_media
from claimclf.ui.page import explained, plain, say_error
from claimclf.ui.state import model_in_use
from claimclf.ui.wording import DECISIONS, LANES, RANKINGS, REASONS, likely, moment, number, span

# The page is there before its first case, whose explanation takes seconds to import.
if TYPE_CHECKING:
    from claimclf.modeling.explaining.highlighting import Explained

_DESK = "desk"
#: Seconds between two signs that a case is still on the screen.
_SIGN_OF_LIFE = 20
_NOTE, _COLLEAGUE = "Note", "colleague"
KEYS = {
    Decision.BREAKS_RULES: "1",
    Decision.WITHIN_RULES: "2",
    Decision.OPINION: "3",
    Decision.ESCALATE: "4",
    Decision.SKIP: "5",
}
#: Key -> what it does, for the list on screen.
OTHER_KEYS = {
    "N": "take the next case",
    "U": "undo the last decision and have the case back",
    "M": "write a note; Esc leaves it",
    "V": "show or hide the video's link",
    "S": "stop: give the case back",
    "Shift + 1, 2, 3": "the same decision for all open videos with this statement",
    "?": "show or hide this list",
}
_ENGAGEMENT = {
    "views": VIEWS,
    "likes": LIKES,
    "shares": SHARES,
    "downloads": DOWNLOADS,
    "comments": COMMENTS,
    "seconds long": DURATION,
}
#: Seen on light and on dark.
_LINE_COLOUR = "#3A87C8"
_STYLE = """<style>
.stMainBlockContainer { padding-top: 3.5rem; }
.st-key-last-click { min-height: 3.5rem; } /* the case stays where it is */
.st-key-transcript :is(div[dir="auto"], [data-testid="stText"]) { font-size: 1.3rem; }
</style>"""
# Keys that no button can have: one moves the cursor, the other one Streamlit does not know.
_KEYBOARD = f"""<script>
if (!window.claimclfNoteKey) {{
  window.claimclfNoteKey = true;
  document.addEventListener("keydown", (event) => {{
    const note = document.querySelector('input[aria-label="{_NOTE}"]');
    const typing = event.target.closest("input, textarea, [contenteditable]");
    if (typing && typing === note && event.key === "Escape") {{ note.blur(); }}
    if (typing || event.ctrlKey || event.metaKey || event.altKey) {{ return; }}
    if (note && event.key.toLowerCase() === "m") {{ event.preventDefault(); note.focus(); }}
    if (event.key === "?") {{ document.querySelector(".st-key-keys button").click(); }}
  }});
}}
</script>"""


@dataclass
class Desk:
    """What one browser session has on the screen.

    Parameters
    ----------
    lease : Lease or None
        The case in hand.
    lost : str
        Why it is not in hand any more; it stays on the screen with what was typed.
    told : str
        What came of the last click, where it did not work.
    last : tuple or None
        Words on the last decision, what takes it back (a skip is not), its case's number.
    asks_rule_for : str
        `one` or `all` where a rule has to be named before a decision is taken.
    shows_keys, shows_media : bool
        What is unfolded.
    reviewed : int
        Cases since the last pause.
    """

    lease: Lease | None = None
    lost: str = ""
    told: str = ""
    last: tuple[str, Callable[[], object] | None, int | None] | None = None
    asks_rule_for: str = ""
    shows_keys: bool = False
    shows_media: bool = False
    reviewed: int = 0

    def put(self, lease: Lease | None) -> None:
        """Put another case on the screen, or none."""
        self.lease, self.lost, self.asks_rule_for, self.shows_media = lease, "", "", False


@dataclass(frozen=True)
class Console:
    """Who reviews what.

    Parameters
    ----------
    database : Database
    person : Person
    wanted : Filters
        Which cases.
    ranking : Ranking
        What puts one before another.
    """

    database: Database
    person: Person
    wanted: Filters
    ranking: Ranking


def desk() -> Desk:
    """Return what this browser session has on the screen."""
    kept: Desk = st.session_state.setdefault(_DESK, Desk())
    return kept


@st.fragment
def show_console(console: Console) -> None:
    """Draw the case in hand, or the way to the first one."""
    st.html(_STYLE)
    st.html(_KEYBOARD, unsafe_allow_javascript=True)
    at_desk = desk()
    if at_desk.lease is None:
        with explained():  # a new screen finds the case that the person holds
            at_desk.put(queue.held_case(console.database, console.person))
    _show_pause(console)
    _show_last(console)
    if at_desk.lease is None:
        st.button(
            "Start reviewing" if not at_desk.reviewed else "Take the next case",
            type="primary",
            shortcut="N",
            on_click=_next,
            args=(console,),
        )
    else:
        _show_case(console, at_desk.lease)
    _show_keys()


def start_with(console: Console, case_id: int) -> None:
    """Put a case on the screen that was chosen from a list."""
    _act(lambda: desk().put(queue.take_case(console.database, console.person, case_id)))


# What clicks and keys do. Each is a callback: it runs before the screen is drawn, once.


def _act(work: Callable[[], object]) -> None:
    at_desk = desk()
    at_desk.told = ""
    try:
        note_activity()  # a fragment does not pass the page's door
        work()
    except LostLeaseError as error:
        at_desk.lost = str(error)
    except ClaimclfError as error:
        at_desk.told = str(error)


def _next(console: Console) -> None:
    _act(lambda: _take_next(console))


def _take_next(console: Console) -> None:
    without = queue.my_preferences(console.database, console.person).without
    wanted = console.wanted
    lanes = tuple(lane for lane in wanted.lanes or tuple(Lane) if lane not in without)
    if not lanes:
        desk().put(None)
        desk().told = "All the lanes you chose are ones you do not want to see. Choose another."
        return
    filters = replace(wanted, lanes=lanes)
    lease = queue.next_case(console.database, console.person, filters, console.ranking)
    desk().put(lease)
    if lease is None:
        desk().told = "No case is left that fits the filters and that nobody holds."


def _stop(console: Console, lease: Lease) -> None:
    def let_go() -> None:
        queue.release(console.database, console.person, lease.case.id, lease.token)
        desk().put(None)

    _act(let_go)


def _hand_on(console: Console, lease: Lease) -> None:
    def give() -> None:
        to = Person(str(st.session_state[_COLLEAGUE]).strip().lower())
        queue.hand_on(console.database, console.person, lease.case.id, lease.token, to)
        at_desk = desk()
        at_desk.last = (f"Case {lease.case.id:,}: {plain(to.name)} has it now.", None, None)
        _take_next(console)

    _act(give)


def _take_again(console: Console, case_id: int) -> None:
    start_with(console, case_id)


def _undo(console: Console) -> None:
    at_desk = desk()
    _, take_back, case_id = at_desk.last or ("", None, None)
    at_desk.last = None
    if take_back is None:
        return

    def undo() -> None:
        take_back()
        if case_id is not None:
            at_desk.put(queue.take_case(console.database, console.person, case_id))

    _act(undo)


def _ask_rule(which: str) -> None:
    desk().asks_rule_for = which


def _decide(
    console: Console, lease: Lease, decision: Decision, reason: ReasonCode | None = None
) -> None:
    case = lease.case
    verdict = Verdict(decision, reason, _note(case))

    def decide() -> None:
        decided = queue.decide(
            console.database, console.person, case.id, lease.token, case.version, verdict
        )
        take_back = partial(queue.undo, console.database, console.person, decided.id)
        words = f"Case {case.id:,}: {DECISIONS[decision].lower()}."
        # A skip is counted, not taken back: the case may be chosen from the list.
        can_undo = decision is not Decision.SKIP
        _decided(words, take_back if can_undo else None, case.id)
        _take_next(console)

    _act(decide)


def _decide_all(
    console: Console, case: Case, decision: Decision, reason: ReasonCode | None = None
) -> None:
    verdict = Verdict(decision, reason, _note(case))

    def decide() -> None:
        done = queue.decide_statement(
            console.database, console.person, case.video[STATEMENT_ID], verdict
        )
        left = f"; {len(done.left_out):,} are in other hands" if done.left_out else ""
        words = f"{len(done.decided):,} cases: {DECISIONS[decision].lower()}{left}."
        take_back = partial(queue.undo_bulk, console.database, console.person, done.id)
        _decided(words, take_back, None, len(done.decided))
        _take_next(console)

    _act(decide)


def _decided(
    words: str, take_back: Callable[[], object] | None, case_id: int | None, n: int = 1
) -> None:
    at_desk = desk()
    at_desk.reviewed += n
    at_desk.last = (words, take_back, case_id)


def _note(case: Case) -> str:
    return str(st.session_state.get(_note_key(case), "")).strip()


def _note_key(case: Case) -> str:
    # Of the case, not of the lease: what was typed outlives a lost hold.
    return f"note-{case.id}-{case.round}"


def _toggle(name: str) -> None:
    at_desk = desk()
    setattr(at_desk, name, not getattr(at_desk, name))


def _paused() -> None:
    desk().reviewed = 0


# What is on the screen, from top to bottom.


def _show_pause(console: Console) -> None:
    after = queue.my_preferences(console.database, console.person).pause_after
    if after and desk().reviewed >= after:
        said, done = st.columns([5, 1], vertical_alignment="center")
        said.info(
            f"{desk().reviewed:,} cases since the last pause. A few minutes away from the screen "
            "do good; the case in hand goes back to the others when you stop.",
            icon=":material/self_improvement:",
        )
        done.button("I had a pause", on_click=_paused)


def _show_last(console: Console) -> None:
    """Say what became of the last click, and offer to take a decision back."""
    at_desk = desk()
    with st.container(key="last-click"):
        if at_desk.told:
            st.warning(plain(at_desk.told))
        if at_desk.last:
            words, take_back, _ = at_desk.last
            told, offer = st.columns([5, 1], vertical_alignment="center")
            told.success(words)
            if take_back is not None:
                offer.button("Undo", shortcut="U", on_click=_undo, args=(console,), width="stretch")


def _show_case(console: Console, lease: Lease) -> None:
    case = lease.case
    with explained():
        brief = queue.briefing(console.database, console.person, case.id, console.ranking)
    with st.container(border=True, key="case"):
        heading, hold = st.columns([3, 2], vertical_alignment="center")
        again = " · :material/history: reported again since" if case.reported_again else ""
        heading.subheader(f"Case {case.id:,}{again}")
        with hold:
            _show_hold(console, lease)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            with st.container(height=250, border=False):
                _show_words(case)
            _ask_for_decision(console, lease)
        with right:
            _show_figures(case, brief)
            _show_author(case, brief.author)
            _show_video(console, case)
        _show_statement(console, case, brief.statement)
        with st.expander("What happened to this case"):
            _show_history(console, case)


@st.fragment(run_every=_SIGN_OF_LIFE)
def _show_hold(console: Console, lease: Lease) -> None:
    """Say for how long the case is held, and renew it while it is on the screen."""
    at_desk = desk()
    if at_desk.lease is None or at_desk.lease.token != lease.token:
        return  # another case is on the screen by now
    if not at_desk.lost:
        try:
            lease = queue.renew(console.database, console.person, lease.case.id, lease.token)
        except LostLeaseError as error:
            at_desk.lost = str(error)
            st.rerun()
        except ClaimclfError as error:
            st.error(plain(error))
            return
        left = max(lease.until - console.database.now(), 0) // 1_000_000
        st.caption(
            f":material/timer: Yours for {left // 60} min {left % 60:02} s; renewed while this "
            "page is open."
        )
        return
    st.error(f"{plain(at_desk.lost)} What you typed is kept.", icon=":material/lock_open:")


def _show_words(case: Case) -> None:
    if case.reason:
        st.warning(f"{plain(case.reason).capitalize()}.")
    with st.container(key="transcript"):
        why = _explanation(case)
        if why is None:
            st.text(case.video[TRANSCRIPT] or "No transcript.")
        else:
            from claimclf.ui.transcript import show_transcript

            show_transcript(why)


def _explanation(case: Case) -> Explained | None:
    """Say where a score comes from; only the model that gave it can."""
    if case.probability is None:
        return None
    try:
        model = model_in_use()
    except ModelError as error:  # a person can decide without
        say_error(error)
        return None
    if (case.model_name, case.model_version) != (model.name, model.manifest.version):
        return None
    import pandas as pd

    from claimclf.modeling.explaining.highlighting import explain

    return explain(model.pipeline, pd.DataFrame([case.video]))[0]


def _ask_for_decision(console: Console, lease: Lease) -> None:
    at_desk = desk()
    st.text_input(_NOTE, key=_note_key(lease.case), placeholder="Optional, for later readers (M)")
    if at_desk.lost:
        again, other = st.columns(2)
        again.button("Take this case again", on_click=_take_again, args=(console, lease.case.id))
        other.button("Next case", shortcut="N", on_click=_next, args=(console,), type="primary")
        return
    if at_desk.asks_rule_for:
        _ask_for_rule(console, lease)
        return
    rows = [st.columns(2), st.columns(3)]
    escalated = lease.case.state is CaseState.ESCALATED
    for place, (decision, key) in zip([*rows[0], *rows[1]], KEYS.items(), strict=True):
        breaks = decision is Decision.BREAKS_RULES
        kind: Any = "primary" if breaks else "secondary"
        place.button(
            DECISIONS[decision],
            key=f"decide-{decision}",
            shortcut=key,
            type=kind,
            width="stretch",
            disabled=escalated and decision is Decision.ESCALATE,
            on_click=_ask_rule if breaks else _decide,
            args=("one",) if breaks else (console, lease, decision),
        )
    stop, hand_on = st.columns(2)
    stop.button("Stop, give it back", shortcut="S", on_click=_stop, args=(console, lease))
    # A case that waits for a lead is a lead's to give: on the page Lead's view.
    if signs_in() and lease.case.state is CaseState.OPEN:
        with hand_on.popover("Give it to a colleague", icon=":material/forward:"):
            st.text_input("Sign-in name", key=_COLLEAGUE, placeholder="anna@example.org")
            st.button("Give", on_click=_hand_on, args=(console, lease))


def _ask_for_rule(console: Console, lease: Lease) -> None:
    """Ask which rule is broken: as many keys as there are rules."""
    every = desk().asks_rule_for == "all"
    st.markdown("**Which rule is broken" + (" by all of them?**" if every else "?**"))
    places = [*st.columns(2), *st.columns(2), *st.columns(2)]
    for place, (n, (reason, words)) in zip(places, enumerate(REASONS.items(), 1), strict=True):
        what: Any = (
            partial(_decide_all, console, lease.case) if every else partial(_decide, console, lease)
        )
        place.button(
            words,
            key=f"rule-{reason}",
            shortcut=str(n),
            width="stretch",
            on_click=what,
            args=(Decision.BREAKS_RULES, reason),
        )
    st.button("Back", shortcut="Escape", on_click=_ask_rule, args=("",))


def _show_statement(console: Console, case: Case, group: Group | None) -> None:
    """Show what else says the same, and offer one decision for all of it."""
    if group is None or group.n_videos < 2:
        return
    more = "more than " if group.n_videos == MOST_COUNTED else ""
    st.markdown(
        f"**This statement:** {more}{group.n_videos:,} videos, {group.n_open:,} open, "
        f"{group.n_reports:,} reports. {_earlier(group)}"
    )
    if group.n_open < 2 or desk().lost or desk().asks_rule_for:
        return
    for place, decision in zip(st.columns(3), PRIMARY_DECISIONS, strict=True):
        breaks = decision is Decision.BREAKS_RULES
        place.button(
            # Both kinds of claim are told apart by the rules; there is no room for more.
            f"All {group.n_open:,}: {DECISIONS[decision].lower().removeprefix('claim, ')}",
            key=f"all-{decision}",
            shortcut=f"Shift+{KEYS[decision]}",
            width="stretch",
            on_click=_ask_rule if breaks else _decide_all,
            args=("all",) if breaks else (console, case, decision),
        )


def _show_figures(case: Case, brief: Briefing) -> None:
    chance = "" if case.probability is None else f" ({case.probability:.3f})"
    st.markdown(
        f"{LANES[case.lane]} Lane **{case.lane}**: {likely(case.probability)}{chance}, says "
        f"{plain(case.model_name)}."
    )
    reports, line = st.columns([1, 2], vertical_alignment="center")
    reports.metric("Reports", number(case.video[REPORT_COUNT]))
    drawn, told = line_svg(brief.reports)
    if drawn:
        line.image(drawn, alt=told, width="stretch")
    place = "after the first 1,000" if brief.place > MOST_COUNTED else f"{brief.place:,}"
    st.caption(f"{_pace(brief.reports)} Place {place} by {RANKINGS[brief.ranking]}{_why(case)}.")
    figures = (f"**{number(case.video[name])}** {label}" for label, name in _ENGAGEMENT.items())
    st.markdown(" · ".join(figures))


def _why(case: Case) -> str:
    """Say why a case stands after others that were reported less."""
    if case.probability is None:
        return "; what cannot be scored stands last"
    return "; predicted opinions stand after the claims" if case.lane is Lane.OPINIONS else ""


def line_svg(reports: list[tuple[int, int]]) -> tuple[str, str]:
    """Draw how reports came as a small line, from the first time known to the last.

    Returns
    -------
    svg, words : str
        Empty where reports are known at one time only.
    """
    (start, first), (end, last) = reports[0], reports[-1]
    if start == end:
        return "", ""
    points = " ".join(
        f"{200 * (time - start) / (end - start):.1f},{38 - 36 * count / max(last, 1):.1f}"
        for time, count in reports
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40" width="200" height="40">'
        f'<polyline points="{points}" fill="none" stroke="{_LINE_COLOUR}" stroke-width="2"/></svg>'
    )
    return svg, f"Line: from {first:,} to {last:,} reports within {span(end - start)}"


def _pace(reports: list[tuple[int, int]]) -> str:
    (first, before), (last, after) = reports[0], reports[-1]
    if last == first:
        return "How fast reports come is not known."
    hourly = (after - before) / ((last - first) / 3_600_000_000)
    pace = f"{hourly:,.0f}" if hourly >= 10 else f"{hourly:.1f}"
    return f"About {pace} an hour over {span(last - first)}."


def _show_author(case: Case, group: Group | None) -> None:
    video = case.video
    name = plain(video[AUTHOR_ID] or "unknown")
    st.markdown(
        f"**Author** {name}: {plain(video[VERIFIED_STATUS] or 'verification unknown')}, "
        f"{plain(video[BAN_STATUS] or 'standing unknown')}."
    )
    if group is not None:
        st.caption(
            f"{number(group.n_reports)} reports on {number(group.n_videos)} of the author's "
            f"videos. {_earlier(group)}"
        )


def _earlier(group: Group) -> str:
    if not group.decisions:
        return "None decided yet."
    told = [f"{n:,} {DECISIONS[decision].lower()}" for decision, n in group.decisions.items()]
    return f"Decided before: {'; '.join(told)}."


def _show_video(console: Console, case: Case) -> None:
    """Show the link and its picture only when asked, and softened."""
    st.caption(f"Video {plain(case.video[VIDEO_ID])}")
    url = case.video[VIDEO_URL]
    if not url:
        return
    shown = desk().shows_media
    st.button(
        "Hide the video's link" if shown else "Show the video's link",
        shortcut="V",
        on_click=_toggle,
        args=("shows_media",),
    )
    if shown:
        show_media(url, queue.my_preferences(console.database, console.person))


def _show_history(console: Console, case: Case) -> None:
    with explained():
        told = queue.case_history(console.database, console.person, case.id)
    rows = [
        {
            "when": moment(entry.at),
            "who": entry.actor,
            "role": entry.role,
            "what": entry.action,
            "more": ", ".join(f"{name}: {value}" for name, value in entry.details.items() if value),
        }
        for entry in told.events
    ]
    if rows:
        st.dataframe(rows, hide_index=True)
    else:
        st.caption("Nothing yet but its upload.")


def _show_keys() -> None:
    st.button(
        "Keys (?)",
        key="keys",
        icon=":material/keyboard:",
        on_click=_toggle,
        args=("shows_keys",),
    )
    if desk().shows_keys:
        keys = {key: DECISIONS[decision] for decision, key in KEYS.items()} | OTHER_KEYS
        rows = "\n".join(f"| `{key}` | {does} |" for key, does in keys.items())
        st.markdown(f"| Key | Does |\n|---|---|\n{rows}")
