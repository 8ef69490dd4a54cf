"""Review on one screen: all that a decision needs is seen, and nothing moves between two cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from claimclf.configuration import DATABASE
from claimclf.queue.storage.database import Database
from claimclf.schema import Decision
from claimclf.services import queue
from claimclf.ui.wording import DECISIONS, REASONS
from tests.browser.dashboard import new_context, running_dashboard, settle
from tests.browser.test_one_press import HEADING, LOCAL, address, begin, decided, next_case
from tests.queue.builders import fill

__all__ = ["address", "decided"]  # fixtures of the same screen
pytestmark = pytest.mark.browser
SHORT = "someone said that the tower is old"
LONG = "i read that nobody has ever counted the windows of the town hall on the hill " * 30
LAPTOP = {"width": 1280, "height": 800}
#: Pixels by which something may stand elsewhere with another case.
MOST = 4
#: What stays where it is, whatever the case.
FIXED = (
    ".st-key-which",
    ".st-key-last-click",
    HEADING,
    ".st-key-case-head [data-testid=stCaptionContainer]",
    ".st-key-transcript",
    ".st-key-bar",
    ".st-key-bar input",
    *(f'[class*="st-key-decide-{decision}-"] button' for decision in DECISIONS),
    '[class*="st-key-stop-"] button',
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Cases in every lane, with short and long texts by turns; every third says the same."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('queue') / 'queue.db'}")
    fill(
        database,
        90,
        video_transcription_text=[SHORT, LONG, SHORT] * 30,
        author_id=["one author", "another author with a long name", ""] * 30,
        statement_id=[f"said {n // 3 if n % 3 else f'once, {n}'}" for n in range(90)],
        reason=["", "words point both ways", "too short"] * 30,
    )
    yield database
    database.close()


@pytest.fixture
def reviewing(page: Page, address: str, decided: Callable[[], int]) -> Page:
    page.set_viewport_size(LAPTOP)  # type: ignore[arg-type]
    begin(page, address)
    return page


def box(place: Locator) -> dict[str, float]:
    seen: Any = place.first.bounding_box()
    assert seen is not None
    return dict(seen)


def places(page: Page) -> dict[str, dict[str, float]]:
    """Where things stand on the window, by what finds them; a heading is as wide as its number."""
    boxes = {name: box(page.locator(name)) for name in FIXED}
    for name in (HEADING, FIXED[3], ".st-key-transcript"):
        boxes[name] = {side: boxes[name][side] for side in ("x", "y")}
    return boxes


def moved(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]) -> list[str]:
    return [
        f"{name} {side}: {places[side]} -> {after[name][side]}"
        for name, places in before.items()
        for side in places
        if abs(places[side] - after[name][side]) > MOST
    ]


def test_all_that_a_decision_needs_is_on_the_first_screen_of_a_laptop(reviewing: Page) -> None:
    for _ in range(3):  # short and long texts
        case = reviewing.locator(".st-key-case")
        needed = [
            reviewing.locator(HEADING),
            reviewing.locator(".st-key-transcript"),
            case.get_by_text("reports", exact=False),
            case.get_by_text("Author"),
            case.get_by_text("This statement:"),
            case.get_by_label("Note", exact=True),
            *(reviewing.locator(f'[class*="st-key-decide-{one}-"] button') for one in DECISIONS),
            reviewing.get_by_role("button", name="Stop, give it back"),
        ]
        for place in needed:
            seen = box(place)
            assert seen["y"] >= 0
            assert seen["y"] + seen["height"] <= LAPTOP["height"], place
        assert reviewing.evaluate(
            "(() => { const m = document.querySelector('[data-testid=stMain]');"
            " return m.scrollHeight <= m.clientHeight; })()"
        )
        before = reviewing.locator(HEADING).inner_text()
        reviewing.keyboard.press("3")
        next_case(reviewing, before)


def test_nothing_moves_between_cases_nor_after_one_is_undone(reviewing: Page) -> None:
    first = reviewing.locator(HEADING).inner_text()
    at_first = places(reviewing)
    before = first
    for key in "523u":
        reviewing.keyboard.press(key)
        next_case(reviewing, before)
        before = reviewing.locator(HEADING).inner_text()
        assert moved(at_first, places(reviewing)) == [], key


def test_decisions_stand_in_one_row_at_the_lower_edge_and_rules_in_the_same_place(
    reviewing: Page,
) -> None:
    decisions = [
        box(reviewing.locator(f'[class*="st-key-decide-{one}-"] button')) for one in DECISIONS
    ]
    assert len({round(one["y"]) for one in decisions}) == 1
    bar = box(reviewing.locator(".st-key-bar"))
    assert bar["y"] + bar["height"] == pytest.approx(LAPTOP["height"], abs=1)
    reviewing.keyboard.press("1")
    expect(reviewing.get_by_text("Which rule is broken?")).to_be_visible()
    settle(reviewing)
    rules = [box(reviewing.locator(f'[class*="st-key-rule-{one}-"] button')) for one in REASONS]
    for one in rules:
        assert one["y"] >= bar["y"]
        assert one["y"] + one["height"] <= LAPTOP["height"]
    assert moved({"bar": bar}, {"bar": box(reviewing.locator(".st-key-bar"))}) == []
    for name, place in zip(REASONS.values(), REASONS, strict=True):
        button = reviewing.locator(f'[class*="st-key-rule-{place}-"] button')
        assert button.evaluate("e => e.scrollWidth <= e.clientWidth"), name


def test_a_case_says_one_probability_and_why_a_person_must_look(
    reviewing: Page, decided: Callable[[], int]
) -> None:
    sentence = reviewing.locator(".st-key-case").get_by_text("to a person because")
    for _ in range(2):
        if sentence.count():
            break
        before = reviewing.locator(HEADING).inner_text()
        reviewing.keyboard.press("3")
        next_case(reviewing, before)
    expect(sentence).to_be_visible()
    numbers = reviewing.locator(".st-key-case").evaluate(
        """(node) => [...node.querySelectorAll('p, small')].filter(
            (one) => one.checkVisibility() && /\\d%|0\\.\\d{2}/.test(one.innerText)
                && !one.closest('details')).length"""
    )
    assert numbers == 1


def test_heading_of_a_case_that_came_has_the_focus_and_gets_it_once(reviewing: Page) -> None:
    focused = "document.activeElement.innerText"
    reviewing.evaluate(
        """() => { window.heard = []; document.addEventListener('focusin', (event) => {
            if (event.target.matches('h3')) { window.heard.push(event.target.innerText); } }); }"""
    )
    names = []
    for _ in range(2):
        before = reviewing.locator(HEADING).inner_text()
        reviewing.keyboard.press("3")
        next_case(reviewing, before)
        names.append(reviewing.locator(HEADING).inner_text())
        assert reviewing.evaluate(focused) == names[-1]
    assert reviewing.evaluate("window.heard") == names
    reviewing.keyboard.press("u")
    next_case(reviewing, names[-1])
    assert reviewing.evaluate(focused) == names[0]


def test_note_that_is_being_typed_keeps_the_focus(reviewing: Page) -> None:
    reviewing.keyboard.press("m")
    reviewing.keyboard.type("a note")
    reviewing.wait_for_timeout(500)
    expect(reviewing.get_by_label("Note", exact=True)).to_be_focused()
    reviewing.keyboard.press("Escape")
    settle(reviewing)


@pytest.mark.parametrize(
    ("key", "code", "decision"),
    [
        ("é", "Digit2", Decision.WITHIN_RULES),  # a French keyboard, without Shift
        ('"', "Digit3", Decision.OPINION),
    ],
)
def test_digits_work_on_keyboards_where_they_want_shift(
    reviewing: Page,
    database: Database,
    decided: Callable[[], int],
    key: str,
    code: str,
    decision: Decision,
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    typed(reviewing, key, code)
    next_case(reviewing, before)
    assert decided() == 1
    assert queue.own_decisions(database, LOCAL)[0].decision is decision


def test_letters_work_on_a_cyrillic_keyboard(reviewing: Page, decided: Callable[[], int]) -> None:
    before = reviewing.locator(HEADING).inner_text()
    reviewing.keyboard.press("3")
    next_case(reviewing, before)
    assert decided() == 1
    after = reviewing.locator(HEADING).inner_text()
    typed(reviewing, "г", "KeyU")
    next_case(reviewing, after)
    assert decided() == 0
    typed(reviewing, "ь", "KeyM")
    expect(reviewing.get_by_label("Note", exact=True)).to_be_focused()
    reviewing.keyboard.press("Escape")
    typed(reviewing, "ы", "KeyS")
    expect(reviewing.get_by_role("button", name="Take the next case")).to_be_visible()


def test_held_key_of_a_french_keyboard_decides_one_case(
    reviewing: Page, decided: Callable[[], int]
) -> None:
    before = reviewing.locator(HEADING).inner_text()
    typed(reviewing, '"', "Digit3", repeats=30)
    next_case(reviewing, before)
    reviewing.wait_for_timeout(500)
    assert decided() == 1


def typed(page: Page, key: str, code: str, repeats: int = 0) -> None:
    """Press a key of another keyboard, as the browser itself hears it."""
    session = page.context.new_cdp_session(page)
    press = {"key": key, "code": code, "windowsVirtualKeyCode": 0}
    for n in range(repeats + 1):
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", "autoRepeat": n > 0, **press})
        if n:
            page.wait_for_timeout(30)
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **press})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_the_text_is_on_the_first_screen_above_the_decisions(
    opened: Browser, address: str, decided: Callable[[], int], scheme: Any
) -> None:
    phone: Any = {"width": 390, "height": 844}
    with new_context(opened, viewport=phone, color_scheme=scheme) as context:
        page = context.new_page()
        begin(page, address)
        text, bar = box(page.locator(".st-key-transcript")), box(page.locator(".st-key-bar"))
        assert text["y"] + 40 < bar["y"]
        assert bar["y"] + bar["height"] == pytest.approx(phone["height"], abs=1)
        assert bar["height"] < phone["height"] / 3
        sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(sideways)


def test_at_two_hundred_percent_the_text_is_seen_above_the_decisions_and_no_word_is_broken(
    reviewing: Page,
) -> None:
    reviewing.set_viewport_size({"width": 640, "height": 400})
    settle(reviewing)
    bar, text = box(reviewing.locator(".st-key-bar")), box(reviewing.locator(".st-key-transcript"))
    assert text["y"] + 30 <= bar["y"]
    for button in reviewing.locator(".st-key-bar button").all():
        seen = box(button)
        assert seen["y"] + seen["height"] <= 400
        assert button.evaluate("one => one.scrollWidth <= one.clientWidth")
    opinion = reviewing.locator('[class*="st-key-decide-opinion-"] button')
    escalate = reviewing.locator('[class*="st-key-decide-escalate-"] button p')
    assert box(escalate)["height"] <= 24
    expect(opinion).to_be_visible()


def test_server_that_is_away_is_said_in_our_words(
    opened: Browser, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    queue.end_holds(database, LOCAL)
    with new_context(opened, viewport=LAPTOP) as context:
        page = context.new_page()
        with running_dashboard(**{DATABASE.variable: str(database.url)}) as address:
            begin(page, address)
            expect(page.get_by_text("The server does not answer.")).to_be_hidden()
        expect(page.get_by_text("The server does not answer.")).to_be_visible()
