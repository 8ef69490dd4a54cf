"""Who may come in, in which role, and for how long."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from click.testing import CliRunner
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from claimclf.cli import main
from claimclf.configuration import LOG_LEVEL, SECRETS_FILES, has_login
from claimclf.errors import NotAllowedError, ServerError
from claimclf.people import Person, Role
from claimclf.services import serving
from claimclf.services.serving import is_local
from claimclf.ui.access import attendance as attendances
from claimclf.ui.access import browser, leaving, machine
from claimclf.ui.access.attendance import Attendance, Memory
from claimclf.ui.access.identity import login_of, name_of, role_of, widest
from claimclf.ui.access.rules import rules_of
from claimclf.ui.access.visitor import Visitor, visitor
from claimclf.ui.frame.pages import PAGES
from tests.conftest import ROOT, Logged

ISSUER = "https://login.example.org"
EVERYWHERE = "0.0.0.0"  # noqa: S104
NOW = 1_800_000_000.0
MINUTE = 60.0
AUTH = {
    "redirect_uri": "http://localhost/oauth2callback",
    "cookie_secret": "k" * 40,
    "client_id": "claimclf",
    "client_secret": "secret",
    "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
}
ROLES = {role: [f"{role}@example.org"] for role in Role}
SECRETS: dict[str, Any] = {"auth": AUTH, "claimclf": {"roles": ROLES}}


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def claims_of(email: str = "", **more: Any) -> dict[str, Any]:
    """Return a token's claims as Streamlit gives them to a page."""
    names = {"email": email, "email_verified": True} if email else {}
    return {
        "is_logged_in": True,
        "iss": ISSUER,
        "sub": email.partition("@")[0] or "s1",
        "iat": NOW,
        "nonce": "n1",
        **names,
        **more,
    }


# What the secrets say.


def test_rules_without_a_section_let_in_nobody_and_end_a_session_after_half_an_hour() -> None:
    rules = rules_of({"auth": AUTH})
    assert (rules.roles, rules.role_claim, rules.idle_seconds) == ({}, None, 1800)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("open", "[claimclf]"),
        ({"roles": ["ann@example.org"]}, "[claimclf.roles]"),
        ({"roles": {"modrator": ["ann@example.org"]}}, "Found: modrator. Use the roles"),
        ({"roles": {"admin": "ann@example.org"}}, "roles.admin"),
        ({"roles": {"admin": [7]}}, "Give a list of addresses"),
        ({"role_claim": ["roles"]}, "role_claim"),
        ({"role_claim": ""}, "role_claim"),
        ({"idle_minutes": 0}, "above 0"),
        ({"idle_minutes": True}, "above 0"),
        ({"idle_minutes": "30"}, "above 0"),
        ({"idle_minutes": float("nan")}, "above 0"),
    ],
)
def test_secrets_that_cannot_be_understood_let_in_nobody(section: Any, said: str) -> None:
    with pytest.raises(ServerError, match="in the Streamlit secrets cannot be understood") as told:
        rules_of({"claimclf": section})
    assert said in str(told.value)


# What a person is called.


def test_person_is_called_by_the_verified_address_in_one_spelling() -> None:
    assert name_of(claims_of("Ann@Example.org")) == "ann@example.org"
    assert name_of(claims_of("ann@example.org", email_verified="true")) == "ann@example.org"


@pytest.mark.parametrize("verified", [False, "false", 0, "", "yes"])
def test_address_that_is_not_verified_is_refused(verified: Any) -> None:
    with pytest.raises(NotAllowedError, match="not verified"):
        name_of(claims_of("ann@example.org", email_verified=verified))


@pytest.mark.parametrize(
    "claims",
    [
        claims_of(),
        claims_of("ann@example.org", email_verified=None, sub="s1"),
        {**claims_of(), "email": "not an address", "email_verified": True},
        {**claims_of(), "email": ["ann@example.org"], "email_verified": True},
        {**claims_of(), "email": "https://a@b", "email_verified": True},
    ],
)
def test_without_a_verified_address_the_subject_at_its_issuer_is_the_name(claims: Any) -> None:
    assert name_of(claims) == f"{ISSUER}#s1"


@pytest.mark.parametrize("missing", ["iss", "sub"])
def test_token_that_names_nobody_is_refused(missing: str) -> None:
    with pytest.raises(NotAllowedError, match="who you are"):
        name_of(claims_of(**{missing: ""}))


# Which role a person has.


def test_list_names_addresses_in_any_case_and_subjects_exactly() -> None:
    names = [" Ann@Example.ORG ", f"{ISSUER}#AbC"]
    rules = rules_of({"claimclf": {"roles": {"lead": names}}})
    for name in ("ann@example.org", f"{ISSUER}#AbC"):
        assert role_of(name, {}, rules) is Role.LEAD
    for name in (f"{ISSUER}#abc", "ben@example.org"):
        with pytest.raises(NotAllowedError, match="no role"):
            role_of(name, {}, rules)


def test_letters_that_only_look_the_same_in_small_are_another_person() -> None:
    rules = rules_of({"claimclf": {"roles": {"admin": ["kate@example.org"]}}})
    kelvin = name_of(claims_of("\N{KELVIN SIGN}ate@example.org"))
    with pytest.raises(NotAllowedError):
        role_of(kelvin, {}, rules)


@pytest.mark.parametrize(
    ("value", "role"),
    [
        ("moderator", Role.MODERATOR),
        (["Lead", "moderator"], Role.LEAD),
        (["analyst", "moderator"], Role.MODERATOR),
        ([" analyst "], Role.ANALYST),
        (["staff", "admin", 7], Role.ADMIN),
    ],
)
def test_token_gives_a_role(value: Any, role: Role) -> None:
    rules = rules_of({"claimclf": {"role_claim": "groups"}})
    assert role_of("ann@example.org", {"groups": value}, rules) is role


@pytest.mark.parametrize("value", [None, "", "superadmin", [], {"admin": True}, True, [["admin"]]])
def test_token_without_a_role_of_ours_gives_none(value: Any) -> None:
    rules = rules_of({"claimclf": {"role_claim": "groups"}})
    with pytest.raises(NotAllowedError, match="no role"):
        role_of("ann@example.org", {"groups": value}, rules)


def test_claim_that_the_secrets_do_not_name_gives_no_role() -> None:
    with pytest.raises(NotAllowedError):
        role_of("ann@example.org", {"role": "admin", "roles": ["admin"]}, rules_of({}))


def test_list_comes_before_the_token() -> None:
    section = {"role_claim": "groups", "roles": {"analyst": ["ann@example.org"]}}
    rules = rules_of({"claimclf": section})
    assert role_of("ann@example.org", {"groups": "admin"}, rules) is Role.ANALYST


def test_widest_of_several_roles_counts() -> None:
    assert widest([]) is None
    assert widest([Role.ANALYST]) is Role.ANALYST
    assert widest([Role.ANALYST, Role.MODERATOR]) is Role.MODERATOR
    assert widest([Role.MODERATOR, Role.LEAD, Role.ANALYST]) is Role.LEAD
    assert widest(Role) is Role.ADMIN
    everywhere = {"roles": {role: ["ann@example.org"] for role in Role}}
    assert role_of("ann@example.org", {}, rules_of({"claimclf": everywhere})) is Role.ADMIN


# For how long a session lasts.

IDLE = 30 * MINUTE
LOGIN = login_of(claims_of("ann@example.org"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attendance(clock: Clock) -> Attendance:
    return Attendance(clock)


def test_session_lasts_while_somebody_does_something(clock: Clock, attendance: Attendance) -> None:
    for _ in range(10):
        clock.now += 29 * MINUTE
        assert attendance.arrive(LOGIN, IDLE)


def test_session_ends_when_nobody_does_anything_and_stays_ended(
    clock: Clock, attendance: Attendance
) -> None:
    assert attendance.arrive(LOGIN, IDLE)
    clock.now += 31 * MINUTE
    assert not attendance.arrive(LOGIN, IDLE)
    assert not attendance.arrive(LOGIN, IDLE)


def test_asking_whether_a_session_is_over_is_no_activity(
    clock: Clock, attendance: Attendance
) -> None:
    attendance.arrive(LOGIN, IDLE)
    for _ in range(3):
        clock.now += 10 * MINUTE
        assert not attendance.is_over(LOGIN, IDLE)
    clock.now += MINUTE
    assert attendance.is_over(LOGIN, IDLE)


def test_after_a_restart_the_age_of_the_token_counts(clock: Clock) -> None:
    clock.now += 29 * MINUTE
    assert Attendance(clock).arrive(LOGIN, IDLE)
    clock.now += 2 * MINUTE
    assert not Attendance(clock).arrive(LOGIN, IDLE)


@pytest.mark.parametrize("issued", [None, "yesterday", float("nan"), float("inf")])
def test_token_without_a_time_is_over(attendance: Attendance, issued: Any) -> None:
    assert attendance.is_over(login_of(claims_of(iat=issued)), IDLE)


def test_signing_out_ends_all_tabs_and_no_other_sign_in(
    clock: Clock, attendance: Attendance
) -> None:
    other = login_of(claims_of("ann@example.org", nonce="n2"))
    for login in (LOGIN, other):
        assert attendance.arrive(login, IDLE)
    assert attendance.end(LOGIN)
    assert not attendance.end(LOGIN)
    assert not attendance.arrive(LOGIN, IDLE)
    assert attendance.arrive(other, IDLE)


def test_what_was_ended_is_not_forgotten_while_its_token_looks_young(
    clock: Clock, attendance: Attendance
) -> None:
    attendance.end(LOGIN)
    for minute in range(60):
        clock.now = NOW + minute * MINUTE
        attendance.arrive(login_of(claims_of("ben@example.org", iat=clock.now)), IDLE)
        assert not attendance.arrive(LOGIN, IDLE)
        assert not attendance.end(LOGIN)


def test_old_sign_ins_are_forgotten(clock: Clock, attendance: Attendance) -> None:
    for number in range(100):
        clock.now += MINUTE
        attendance.arrive(login_of(claims_of(iat=clock.now, nonce=str(number))), IDLE)
    assert len(attendance._used) <= 32


# Where the server listens.


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]"])
def test_this_machines_own_addresses(address: str) -> None:
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    ["", EVERYWHERE, "::", "192.168.0.7", "example.org", "localhost.evil.org", "unix://s"],
)
def test_addresses_that_others_reach(address: str) -> None:
    assert not is_local(address)


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "secrets.toml"
    monkeypatch.setenv(SECRETS_FILES.variable, str(file))
    return file


@pytest.mark.parametrize("address", [EVERYWHERE, "::", "", "192.168.0.7"])
def test_serving_others_without_a_login_is_refused(secrets_file: Path, address: str) -> None:
    secrets_file.write_text('[claimclf]\nrole_claim = "roles"\n')
    done = CliRunner().invoke(main, ["serve", "--address", address])
    assert done.exit_code == 6
    assert "Without a login the dashboard is for this machine only" in done.output
    assert "docs/login.md" in done.output


def test_serving_others_with_a_login_starts_the_server_there(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file.write_text('[auth]\nclient_id = "claimclf"\n')
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: started.append(command))
    monkeypatch.setattr(serving, "_check_port", lambda address, port: None)
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(main, ["serve", "--address", EVERYWHERE])
    assert done.exit_code == 0, done.output
    assert started[0][-2:] == ["--server.address=0.0.0.0", "--server.port=8501"]


@pytest.mark.usefixtures("secrets_file")
def test_servers_log_level_is_the_one_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[str | None] = []
    monkeypatch.setenv(LOG_LEVEL.variable, "error")
    monkeypatch.setattr(os, "execv", lambda *_: levels.append(os.environ.get(LOG_LEVEL.variable)))
    monkeypatch.setattr(serving, "_check_port", lambda address, port: None)
    monkeypatch.chdir(ROOT)
    for options in ([], ["--log-level", "debug"]):
        assert CliRunner().invoke(main, [*options, "serve"]).exit_code == 0
    assert levels == ["error", "debug"]


def test_login_without_its_packages_is_refused_at_start(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file.write_text('[auth]\nclient_id = "claimclf"\n')
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    done = CliRunner().invoke(main, ["serve"])
    assert done.exit_code == 6
    assert "Run: sh scripts/install.sh login" in done.output


@pytest.mark.parametrize("content", [b"[auth\n", b"\xff\xfe"])
def test_secrets_that_cannot_be_read_are_refused_at_start(
    secrets_file: Path, content: bytes
) -> None:
    secrets_file.write_bytes(content)
    done = CliRunner().invoke(main, ["serve"])
    assert done.exit_code == 6
    assert "The Streamlit secrets cannot be read." in done.output


def test_login_is_found_in_any_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.toml").write_text("[other]\n")
    (tmp_path / "two.toml").write_text("[auth]\n")
    files = [tmp_path / name for name in ("none.toml", "one.toml", "two.toml")]
    monkeypatch.setenv(SECRETS_FILES.variable, " ".join(map(str, files)))
    assert has_login()
    monkeypatch.setenv(SECRETS_FILES.variable, " ".join(map(str, files[:2])))
    assert not has_login()


# What the pages do with it.


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
    found = [*app.error, *app.info, *app.markdown, *app.caption]
    return " ".join(one.value for one in found).replace("\\", "")


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
    found = [(vars(record)["person"], record.getMessage()) for record in logged.records]
    assert found == [
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
