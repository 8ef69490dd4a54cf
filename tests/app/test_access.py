"""What the pages do with who may come in, in which role, and for how long."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from claimclf.people import Person, Role
from claimclf.ui.access import attendance as attendances
from claimclf.ui.access import browser, leaving, machine
from claimclf.ui.access.attendance import Attendance, Memory
from claimclf.ui.access.visitor import Visitor, visitor
from claimclf.ui.frame.pages import PAGES
from tests.app.screens import as_read
from tests.conftest import ROOT, Logged
from tests.ui.access.sign_ins import AUTH, MINUTE, SECRETS, Clock, claims_of

EVERYWHERE = "0.0.0.0"  # noqa: S104


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Memory:
    memory = Memory(Attendance(clock))
    monkeypatch.setattr(attendances, "MEMORY", memory)
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)
    return memory


def opened(
    file: str, user: dict[str, Any] | None = None, secrets: dict[str, Any] | None = None
) -> AppTest:
    """Open a page as the first thing that is asked of a server."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.secrets = dict(SECRETS if secrets is None else secrets)
    app.user = {} if user is None else user
    if file != "app.py":
        app.switch_page(file)
    app.run()
    assert list(app.exception) == []
    return app


@contextmanager
def configured(option: str, value: object) -> Iterator[None]:
    """Start Streamlit with another option, as far as a page can tell."""
    before = config.get_option(option)
    config.set_option(option, value)
    try:
        yield
    finally:
        config.set_option(option, before)


def says(app: AppTest) -> str:
    shown = [*app.error, *app.info, *app.markdown, *app.caption]
    return as_read(" ".join(one.value for one in shown))


def has_nothing_else(app: AppTest, *buttons: str) -> bool:
    """Say whether a page shows its name, one message and these buttons."""
    return (
        [title.value for title in app.title] == ["claimclf"]
        and [button.label for button in app.button] == list(buttons)
        and not app.sidebar.children
        and len(app.main.children) <= 2 + len(buttons)
    )


@pytest.mark.parametrize("file", PAGES)
@pytest.mark.usefixtures("memory")
def test_without_a_sign_in_a_page_asks_for_it_and_shows_nothing_else(file: str) -> None:
    app = opened(file)
    assert "Sign in to go on." in says(app)
    assert has_nothing_else(app, "Sign in")


@pytest.mark.usefixtures("memory")
def test_refused_sign_in_is_a_warning_once(logged: Logged) -> None:
    for _ in range(2):
        opened("app.py", claims_of("eve@example.org"))
    opened("app.py", claims_of("ann@example.org", email_verified=False))
    opened("app.py", claims_of("lead@example.org"))
    lines = [(vars(record)["person"], record.getMessage()) for record in logged.records]
    assert lines == [
        ("eve@example.org", "Refused a sign-in: You have no role here."),
        ("-", "Refused a sign-in: Your e-mail address is not verified."),
    ]


@pytest.mark.usefixtures("memory")
def test_secrets_that_let_nobody_in_are_a_warning(logged: Logged) -> None:
    opened("app.py", secrets={"auth": {**AUTH, "cookie_secret": "short"}})
    words = "Nobody is let in: auth in the Streamlit secrets cannot be understood."
    assert ("WARNING", words) in logged.lines
    assert not any("short" in line for _, line in logged.lines)


@pytest.mark.parametrize("file", PAGES)
@pytest.mark.usefixtures("memory")
def test_unknown_person_is_told_so_and_sees_nothing_else(file: str) -> None:
    app = opened(file, claims_of("eve@example.org"))
    assert "You have no role here. Found: eve@example.org" in says(app)
    assert has_nothing_else(app, "Sign out")


@pytest.mark.parametrize("logged_in", [False, "true", 1, None])
@pytest.mark.usefixtures("memory")
def test_only_streamlits_own_word_counts_as_a_sign_in(logged_in: Any) -> None:
    app = opened("app.py", claims_of("admin@example.org", is_logged_in=logged_in))
    assert has_nothing_else(app, "Sign in")


@pytest.mark.parametrize("file", PAGES)
@pytest.mark.parametrize("address", [EVERYWHERE, "192.168.0.7", None])
@pytest.mark.usefixtures("memory")
def test_every_page_refuses_to_serve_others_without_a_login(file: str, address: str | None) -> None:
    with configured("server.address", address):
        app = opened(file, secrets={"other": 1})
    assert "Without a login the dashboard is for this machine only." in says(app)
    assert has_nothing_else(app)


@pytest.mark.usefixtures("memory")
def test_another_hosts_name_for_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("evil.example.org:8501", "evil.example.org", "[", ""):
        monkeypatch.setattr(machine, "asked_host", lambda host=host: host)
        assert has_nothing_else(opened("pages/dataset.py", secrets={"other": 1})), host
    monkeypatch.setattr(machine, "shows_token", lambda: True)
    for host in ("127.0.0.1:8501", "localhost", "[::1]:8501"):
        monkeypatch.setattr(machine, "asked_host", lambda host=host: host)
        assert visitor() == Visitor(Person(getpass.getuser(), Role.ADMIN))


@pytest.mark.usefixtures("memory")
def test_login_that_vanishes_from_the_secrets_makes_nobody_an_admin() -> None:
    opened("app.py")
    app = opened("app.py", secrets={"other": 1})
    assert "The login is gone from the Streamlit secrets." in says(app)
    assert has_nothing_else(app)


@pytest.mark.parametrize(
    "auth",
    [
        "yes",
        {},
        {key: value for key, value in AUTH.items() if key != "client_id"},
        {**AUTH, "redirect_uri": ""},
        {**AUTH, "cookie_secret": "xxx"},
        {key: value for key, value in AUTH.items() if key != "cookie_secret"},
    ],
)
@pytest.mark.usefixtures("memory")
def test_login_that_cannot_work_or_could_be_forged_lets_in_nobody(auth: Any) -> None:
    app = opened("app.py", claims_of("admin@example.org"), {**SECRETS, "auth": auth})
    assert "in the Streamlit secrets cannot be understood" in says(app)
    assert has_nothing_else(app)


@pytest.mark.usefixtures("memory")
def test_secrets_that_cannot_be_read_let_in_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[auth\n")
    monkeypatch.setattr(st, "secrets", Secrets())
    with configured("secrets.files", [str(file)]):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    assert "The Streamlit secrets cannot be read." in says(app)
    assert has_nothing_else(app)


@pytest.mark.usefixtures("memory")
def test_each_provider_has_a_button() -> None:
    shared = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    named = {"okta": {"client_id": "a"}, "google": {"client_id": "b"}}
    app = opened("app.py", secrets={**SECRETS, "auth": {**shared, **named}})
    assert has_nothing_else(app, "Sign in with okta", "Sign in with google")


DATASET = "pages/dataset.py"
MODERATOR = claims_of("moderator@example.org")  # who is refused there, which is quick to draw


@pytest.mark.usefixtures("memory")
def test_idle_person_is_signed_out_and_told_why(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "browser_name", lambda: "b1")
    app = opened(DATASET, dict(MODERATOR))
    clock.now += 31 * MINUTE
    app.run()
    assert "Your session has ended" in says(app)
    assert has_nothing_else(app, "Sign in again")
    assert not app.user["is_logged_in"]  # Streamlit has taken the cookie away
    after = opened("app.py")
    assert "You were signed out. Nothing was done for 30 minutes" in says(after)
    assert "You were signed out" in says(after.run())
    assert "You were signed out" not in says(opened("app.py"))


@pytest.mark.usefixtures("memory")
def test_new_tab_with_the_old_cookie_is_no_way_round(clock: Clock) -> None:
    opened(DATASET, dict(MODERATOR))
    clock.now += 31 * MINUTE
    app = opened(DATASET, dict(MODERATOR))
    assert has_nothing_else(app, "Sign in again")


@pytest.mark.usefixtures("memory")
def test_tab_that_slept_does_not_throw_out_who_has_signed_in_again(clock: Clock) -> None:
    first, second = opened(DATASET, dict(MODERATOR)), opened(DATASET, dict(MODERATOR))
    clock.now += 31 * MINUTE
    first.run()
    again = opened(DATASET, {**MODERATOR, "iat": clock.now, "nonce": "n2"})
    second.run()
    assert has_nothing_else(second, "Sign in again")
    assert second.user["is_logged_in"]  # no st.logout, which would take the new cookie
    assert "needs the role" in says(again.run())


@pytest.mark.usefixtures("memory")
def test_signing_out_ends_the_other_tab_too() -> None:
    first, second = opened(DATASET, dict(MODERATOR)), opened(DATASET, dict(MODERATOR))
    next(button for button in first.button if button.label == "Sign out").click().run()
    assert not first.user["is_logged_in"]
    assert has_nothing_else(second.run(), "Sign in again")
    assert has_nothing_else(opened(DATASET, dict(MODERATOR)), "Sign in again")


def watched() -> AppTest:
    """A page that looks who is there now and then, and one where a person acts."""

    def script() -> None:
        import streamlit as st

        from claimclf.ui.access.visitor import visitor

        seen = visitor()
        assert seen is not None
        is_there = seen.arrive() if st.session_state.get("acts") else not seen.is_over
        st.markdown(f"{getattr(seen.person, 'name', seen.person)} {is_there}")

    app = AppTest.from_function(script)
    app.secrets, app.user = dict(SECRETS), dict(MODERATOR)
    return app


@pytest.mark.usefixtures("memory")
def test_what_runs_by_itself_keeps_no_session_alive(clock: Clock) -> None:
    app = watched()
    for _ in range(3):
        clock.now += 10 * MINUTE
        assert "moderator@example.org True" in says(app.run())
    clock.now += MINUTE
    assert "moderator@example.org False" in says(app.run())


@pytest.mark.usefixtures("memory")
def test_what_a_person_does_keeps_it_alive(clock: Clock) -> None:
    app = watched()
    app.session_state["acts"] = True
    for _ in range(3):
        clock.now += 29 * MINUTE
        assert "moderator@example.org True" in says(app.run())
    clock.now += 31 * MINUTE
    assert "moderator@example.org False" in says(app.run())


@pytest.mark.usefixtures("memory")
def test_role_that_is_taken_away_is_noticed_without_a_new_sign_in() -> None:
    app = watched()
    assert "moderator@example.org True" in says(app.run())
    app.secrets = {"auth": AUTH, "claimclf": {"roles": {"lead": ["lead@example.org"]}}}
    assert "You have no role here." in says(app.run())


@pytest.mark.parametrize(
    "cookie",
    ["", "2|zz|00|1", "2||00|1", "1|00", "2|00ff|0", "2|a1b2c3d4"],
)
def test_browser_without_its_token_has_no_name(
    cookie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(st.context), "cookies", {"_streamlit_xsrf": cookie})
    assert browser.browser_name() is None


def test_browser_keeps_its_name_when_its_token_is_masked_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = set()
    for cookie in ("2|00000000|0a0b0c0d0e|1800000000", '"2|ffffffff|f5f4f3f2f1|1800000000"'):
        monkeypatch.setattr(type(st.context), "cookies", {"_streamlit_xsrf": cookie})
        names.add(browser.browser_name())
    assert names == {"0a0b0c0d0e"}


@pytest.mark.usefixtures("memory")
def test_without_a_login_there_is_one_local_user_and_the_start_page_says_so() -> None:
    app = opened("app.py", secrets={"other": 1})
    assert "One local user, on this machine only" in says(app)
    assert f"{getpass.getuser()} · admin" in says(app)
    assert "Sign out" not in [button.label for button in app.button]
