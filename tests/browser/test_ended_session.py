"""A screen that was left open when its session ended: a late click does nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from sqlalchemy import select
from streamlit.proto.BackMsg_pb2 import BackMsg

from claimclf.people import Person, Role
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit
from claimclf.services import queue
from tests.browser.dashboard import settle
from tests.browser.test_leads_and_analysts_days import open_page, servers
from tests.browser.test_login import PATIENCE, Servers, leave_provider, sign_in, sign_out
from tests.queue.builders import ANNA, fill, take

__all__ = ["servers"]  # a fixture
pytestmark = pytest.mark.browser

LEAD = Person("lead@example.org", Role.LEAD)
#: What nobody may read on the screen afterwards.
WORDS = "someone said that thing"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Cases, one of them in somebody else's hands."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('ended') / 'queue.db'}")
    fill(database, 12)
    take(database, ANNA)
    yield database
    database.close()


def without_reruns_by_itself(page: Page) -> None:
    """Have a page ask for nothing unless somebody clicks, as one does that is slow or forged.

    Else it would have noticed the end of its session before the click.
    """

    def connect(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            by_itself = (
                isinstance(message, bytes)
                and BackMsg.FromString(message).rerun_script.is_auto_rerun
            )
            if not by_itself:
                server.send(message)

        socket.on_message(pass_on)

    page.route_web_socket(re.compile("/_stcore/stream"), connect)


def ready_to_decide(page: Page, database: Database) -> Callable[[], None]:
    open_page(page, "Review")
    page.get_by_role("button", name="Start reviewing").click()
    expect(page.locator('[class*="st-key-decide-skip"] button')).to_be_enabled()
    return lambda: page.keyboard.press("3")


def ready_for_bulk(page: Page, database: Database) -> Callable[[], None]:
    queue.next_case(database, LEAD)
    open_page(page, "Triage queue")
    table = page.locator(".stDataFrameGlideDataEditor").filter(visible=True).first
    for row in (0, 1):
        table.click(position={"x": 20, "y": 70 + 75 * row})
    button = page.get_by_role("button", name="Decide on 2 cases")
    expect(button).to_be_visible()
    return button.click


def ready_to_take_over(page: Page, database: Database) -> Callable[[], None]:
    queue.next_case(database, LEAD)
    open_page(page, "Lead's view")
    button = page.get_by_role("button", name="Take over")
    expect(button).to_be_visible()
    return button.click


@pytest.mark.parametrize("prepare", [ready_to_decide, ready_for_bulk, ready_to_take_over])
def test_click_after_a_sign_out_in_another_tab_does_nothing(
    page: Page,
    servers: Servers,
    database: Database,
    prepare: Callable[[Page, Database], Callable[[], None]],
) -> None:
    without_reruns_by_itself(page)
    sign_in(page, servers, "lead")
    press = prepare(page, database)
    settle(page)
    assert queue.held_case(database, LEAD) is not None
    other = page.context.new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(servers.dashboard)
    settle(other)
    other.get_by_role("button", name="Sign out").click()
    leave_provider(other, servers)
    last = entries(database)[-1]
    press()
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page.get_by_text("What was pressed since was not done.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in again")).to_be_visible()
    settle(page)
    assert WORDS not in page.locator("body").inner_text()
    assert entries(database)[-1] == last
    assert last[1:] == ("claimclf", "sign-off")
    assert queue.held_case(database, LEAD) is None
    other.close()


def entries(database: Database) -> list[tuple[int, str, str]]:
    query = select(audit.c.seq, audit.c.actor, audit.c.action).order_by(audit.c.seq)
    rows = database.read(lambda connection: connection.execute(query).all())
    return [(row.seq, row.actor, row.action) for row in rows]


def test_note_that_one_person_typed_is_not_shown_to_the_next_at_the_same_tab(
    page: Page, servers: Servers, database: Database
) -> None:
    def begin(subject: str) -> str:
        sign_in(page, servers, subject)
        open_page(page, "Review")
        page.get_by_role("button", name="Start reviewing").click()
        settle(page)
        return page.locator(".st-key-case h3").inner_text()

    note = page.get_by_label("Note", exact=True)
    theirs = begin("lead")
    note.fill("for my eyes only")
    note.blur()
    settle(page)
    open_page(page, "Triage queue")
    sign_out(page, servers)
    assert begin("moderator") == theirs
    expect(note).to_have_value("")
    open_page(page, "Triage queue")
    sign_out(page, servers)
    begin("lead")
    expect(note).to_have_value("for my eyes only")
