"""Who may come in: a real login in a real browser against a real OpenID Connect server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from playwright.sync_api import Browser, Page, expect

from claimclf.cli import main
from claimclf.configuration import DATABASE
from claimclf.people import Role
from claimclf.ui.frame.pages import PAGES
from claimclf.ui.frame.pages import Page as PageOfOurs
from tests.api.servers import Server
from tests.app.test_permissions import OPENS_FOR
from tests.browser.dashboard import new_context, running_dashboard, settle
from tests.browser.provider import running_provider

pytestmark = pytest.mark.browser

COOKIE, SECRET = "_streamlit_user", "a secret of this test, long enough to be one"
DAY = 86_400
#: Milliseconds that a page may take at most: a busy machine imports slowly the first time.
PATIENCE = 60_000
#: Subject -> claims. The lead's role comes from the token, the others' from the list.
USERS: dict[str, dict[str, Any]] = {
    **{role: {"email": f"{role.title()}@Example.org", "email_verified": True} for role in Role},
    "lead": {"email": "lead@example.org", "email_verified": True, "groups": ["staff", "Lead"]},
    "eve": {"email": "eve@example.org", "email_verified": True, "groups": ["staff"]},
    "mallory": {"email": "admin@example.org", "email_verified": False, "groups": ["admin"]},
}
SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{secret}"
client_id = "claimclf"
client_secret = "any"
server_metadata_url = "{provider}/.well-known/openid-configuration"

[claimclf]
role_claim = "groups"
idle_minutes = 30

[claimclf.roles]
moderator = ["moderator@example.org"]
analyst = ["analyst@example.org"]
admin = ["admin@example.org"]
"""


@dataclass(frozen=True)
class Servers:
    """Where the dashboard and the OpenID Connect server are."""

    dashboard: str
    provider: str


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("login")
    database = f"sqlite:///{folder / 'queue.db'}"
    fill(database, folder / "videos.csv")
    with running_provider(USERS) as provider:
        file = folder / "secrets.toml"
        file.write_text(SECRETS.format(secret=SECRET, provider=provider))
        environment = {
            "STREAMLIT_SECRETS_FILES": str(file),
            DATABASE.variable: database,
        }
        with running_dashboard(**environment) as dashboard:
            yield Servers(dashboard, provider)


def fill(database: str, videos: Path) -> None:
    """Put a few cases into the queue: a page that shows them is drawn sooner than an upload."""
    for command in (
        ["demo", "--rows", "3", "--output", str(videos)],
        ["ingest", str(videos), "--database", database],
    ):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output


def place_of(file: str) -> str:
    return "" if file == "app.py" else Path(file).stem


def open_at(page: Page, servers: Servers, file: str = "app.py") -> None:
    page.goto(f"{servers.dashboard}/{place_of(file)}")
    settle(page)


def sign_in(page: Page, servers: Servers, subject: str) -> None:
    page.set_default_timeout(PATIENCE)
    open_at(page, servers)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=subject, exact=True).click()
    page.wait_for_url(f"{servers.dashboard}/")
    settle(page)


def sign_out(page: Page, servers: Servers) -> None:
    page.get_by_role("button", name="Sign out").click()
    leave_provider(page, servers)


def leave_provider(page: Page, servers: Servers) -> None:
    page.get_by_role("button", name="End session").click()
    page.wait_for_url(f"{servers.dashboard}/")
    settle(page)


def expect_nothing_but(page: Page, text: str, *buttons: str) -> None:
    """See that a page shows its name, a text and these buttons, and no way on."""
    expect(page.get_by_text(text)).to_be_visible()
    main = page.get_by_test_id("stMain")
    expect(main.locator("h1")).to_have_text("claimclf")
    expect(main.get_by_role("button")).to_have_count(len(buttons))
    for button in buttons:
        expect(main.get_by_role("button", name=button)).to_be_visible()
    expect(main.get_by_test_id("stVerticalBlock").first.locator("> div")).to_have_count(
        2 + len(buttons)
    )
    expect(page.get_by_test_id("stPageLink")).to_have_count(0)
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def expect_sign_in(page: Page) -> None:
    expect_nothing_but(page, "Sign in to go on.", "Sign in")


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_its_pages_and_is_told_what_others_need(
    page: Page, servers: Servers, role: Role
) -> None:
    sign_in(page, servers, role)
    links = page.get_by_test_id("stSidebar").get_by_test_id("stPageLink")
    for file, one in PAGES.items():
        if role in OPENS_FOR[one.label]:
            links.filter(has_text=one.label).click()
        else:  # there is no link to it
            page.goto(f"{servers.dashboard}/{place_of(file)}")
        title = one.label if file != "app.py" else "claimclf"
        expect(page.locator("h1")).to_have_text(title, timeout=PATIENCE)
        settle(page)
        expect_page_or_refusal(page, one, role)
        allowed = [label for label, roles in OPENS_FOR.items() if role in roles]
        expect(links.get_by_test_id("stMarkdownContainer")).to_have_text(allowed)
        expect(page.get_by_text(f"{role}@example.org · {role}")).to_be_visible()


def expect_page_or_refusal(page: Page, one: PageOfOurs, role: Role) -> None:
    may_open = OPENS_FOR[one.label]
    refusal = page.get_by_text(f"needs the role {' or '.join(r for r in Role if r in may_open)}")
    elements = page.get_by_test_id("stMain").get_by_test_id("stVerticalBlock").first
    if role in may_open:
        expect(refusal).to_have_count(0)
        expect(elements.locator("> div").filter(visible=True).nth(1)).to_be_visible()
    else:
        expect(refusal).to_be_visible()
        expect(elements.locator("> div")).to_have_count(2)  # title and refusal
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_unknown_person_sees_that_and_nothing_else(page: Page, servers: Servers) -> None:
    sign_in(page, servers, "eve")
    for file in PAGES:
        open_at(page, servers, file)
        expect_nothing_but(page, "You have no role here. Found: eve@example.org", "Sign out")


def test_cold_deep_link_without_a_cookie_asks_to_sign_in(page: Page, servers: Servers) -> None:
    for file in PAGES:
        open_at(page, servers, file)
        expect_sign_in(page)


def test_whoever_turns_back_at_the_provider_is_not_signed_in(page: Page, servers: Servers) -> None:
    open_at(page, servers)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(f"{servers.dashboard}/")
    settle(page)
    expect_sign_in(page)


def claims_at(servers: Servers, issued: float, subject: str = "admin") -> dict[str, Any]:
    """Return what Streamlit keeps of a sign-in, as the tests above have seen it work."""
    return {
        **USERS[subject],
        "iss": servers.provider,
        "sub": subject,
        "iat": int(issued),
        "origin": servers.dashboard,
        "is_logged_in": True,
        "provider": "default",
    }


def signed(claims: dict[str, Any], secret: str = SECRET, age: float = 0) -> str:
    """Sign a cookie as Streamlit does, some seconds ago."""

    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - age)

    serializer = URLSafeTimedSerializer(secret, salt=COOKIE, signer=Signer)
    cookie = serializer.dumps(json.dumps(claims))
    return cookie if isinstance(cookie, str) else cookie.decode()


def give_cookie(page: Page, servers: Servers, value: str) -> None:
    page.context.clear_cookies(name=COOKIE)
    page.context.add_cookies([{"name": COOKIE, "value": value, "url": servers.dashboard}])


def test_address_that_is_not_verified_opens_nothing(page: Page, servers: Servers) -> None:
    give_cookie(page, servers, signed(claims_at(servers, time.time(), "mallory")))
    open_at(page, servers)
    expect_nothing_but(page, "Your e-mail address is not verified.", "Sign out")


def test_forged_and_expired_cookies_are_no_sign_in(page: Page, servers: Servers) -> None:
    now = time.time()
    good = claims_at(servers, now)
    text, _, _ = signed(good).rpartition(".")
    stranger = signed(good | {"sub": "eve", "email": "eve@example.org"})
    bad = {
        "another secret": signed(good, secret="x" * 40),
        "another person's signature": f"{text}.{stranger.rpartition('.')[2]}",
        "no signature": text,
        "past its 31 days": signed(good, age=32 * DAY),
        "of another dashboard": signed(good | {"origin": "http://127.0.0.1:1"}),
        "not signed in": signed(good | {"is_logged_in": False}),
    }
    for name, cookie in bad.items():
        give_cookie(page, servers, cookie)
        open_at(page, servers, "pages/review.py")
        print(name)  # shown where the next line fails
        expect_sign_in(page)
    give_cookie(page, servers, signed(good))  # the same with nothing wrong opens the page
    open_at(page, servers, "pages/review.py")
    expect(page.locator("h1")).to_have_text("Review")


def test_cookie_that_nobody_used_for_too_long_signs_out_and_says_why(
    page: Page, servers: Servers
) -> None:
    open_at(page, servers)  # the browser gets its token against forged requests
    give_cookie(page, servers, signed(claims_at(servers, time.time() - 31 * 60)))
    page.goto(f"{servers.dashboard}/dataset")
    leave_provider(page, servers)
    expect(page.get_by_text("You were signed out. Nothing was done for 30 minutes")).to_be_visible()
    assert COOKIE not in [cookie["name"] for cookie in page.context.cookies()]
    open_at(page, servers, "pages/dataset.py")
    expect_sign_in(page)


def test_signing_out_ends_it_for_a_copy_of_the_cookie_too(page: Page, servers: Servers) -> None:
    sign_in(page, servers, "analyst")
    (cookie,) = [one for one in page.context.cookies() if one["name"] == COOKIE]
    server, copied = Server(servers.dashboard, ""), f"{COOKIE}={cookie['value']}"
    assert server.ask("/media/none", cookies=copied).status == 404, "asked for what is not there"
    sign_out(page, servers)
    assert server.ask("/media/none", cookies=copied).is_refused
    expect_sign_in(page)
    assert COOKIE not in [one["name"] for one in page.context.cookies()]
    page.context.add_cookies([cookie])
    open_at(page, servers, "pages/dataset.py")
    expect_nothing_but(page, "Your session has ended", "Sign in again")


def test_two_people_at_once_each_have_their_own_role(
    page: Page, opened: Browser, servers: Servers
) -> None:
    context = new_context(opened)
    other = context.new_page()
    people = {"moderator": page, "analyst": other}
    for role, screen in people.items():
        give_cookie(screen, servers, signed(claims_at(servers, time.time(), role)))
    for role, screen in people.items():
        open_at(screen, servers, "pages/review.py")
        expect(screen.get_by_text(f"{role}@example.org · {role}")).to_be_visible()
        refusal = screen.get_by_text("needs the role moderator or lead or admin")
        expect(refusal).to_have_count(1 if role == "analyst" else 0)
    sign_out(page, servers)
    other.reload()
    settle(other)
    expect(other.get_by_text("analyst@example.org · analyst")).to_be_visible()
    context.close()
