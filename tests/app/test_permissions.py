"""Which page opens for whom: one table, which the pages and the manual must equal."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from claimclf.people import Role
from claimclf.ui.access import attendance
from claimclf.ui.access.attendance import Attendance, Memory
from claimclf.ui.frame.pages import PAGES
from tests.builders import reported_csv
from tests.conftest import ROOT
from tests.documents import tables

EVERYBODY = {Role.ANALYST, Role.MODERATOR, Role.LEAD, Role.ADMIN}
#: Page -> the roles that it opens for. A new one must be entered here and in the manual.
OPENS_FOR: dict[str, set[Role]] = {
    "Start": EVERYBODY,
    "Review": {Role.MODERATOR, Role.LEAD, Role.ADMIN},
    "Triage queue": EVERYBODY,
    "Lead's view": {Role.LEAD, Role.ADMIN},
    "Dataset": {Role.ANALYST, Role.LEAD, Role.ADMIN},
    "Model comparison": {Role.ANALYST, Role.LEAD, Role.ADMIN},
    "Learning": {Role.LEAD, Role.ADMIN},
}
ISSUER = "https://login.example.org"
SECRETS = {
    "auth": {
        "redirect_uri": "http://localhost/oauth2callback",
        "cookie_secret": "k" * 40,
        "client_id": "claimclf",
        "client_secret": "secret",
        "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
    },
    "claimclf": {"roles": {role: [f"{role}@example.org"] for role in Role}},
}


@pytest.fixture(autouse=True)
def _server_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the models that ship, and remember no login afterwards: others' pages have none."""
    monkeypatch.setattr(attendance, "MEMORY", Memory(Attendance(time.time)))
    monkeypatch.setenv("CLAIMCLF_MODELS", str(ROOT / "models"))
    monkeypatch.delenv("CLAIMCLF_DATASET", raising=False)


def opened(file: str, role: Role) -> AppTest:
    """Open a page by its address, as somebody who has just signed in."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.secrets = SECRETS
    email = f"{role}@example.org"
    app.user = {
        "is_logged_in": True,
        "iss": ISSUER,
        "sub": role,
        "iat": time.time(),
        "email": email,
        "email_verified": True,
    }
    if file != "app.py":
        app.switch_page(file)
    app.run()
    assert list(app.exception) == []
    return app


def test_every_page_is_in_the_table() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("*.py")}
    assert set(PAGES) == files | {"app.py"}
    assert {page.label for page in PAGES.values()} == set(OPENS_FOR)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("file", PAGES)
def test_page_opens_for_the_roles_of_the_table_and_shows_others_nothing(
    file: str, role: Role
) -> None:
    app = opened(file, role)
    links = [link.proto.label for link in app.sidebar.get("page_link")]
    assert links == [label for label, roles in OPENS_FOR.items() if role in roles]
    may_open = OPENS_FOR[PAGES[file].label]
    refusals = [one.value for one in app.error if "needs the role" in one.value]
    assert bool(refusals) is (role not in may_open)
    if refusals:
        assert f"needs the role {' or '.join(r for r in Role if r in may_open)}" in refusals[0]
        assert [type(child).__name__ for child in app.main.children.values()] == ["Title", "Error"]


@pytest.mark.usefixtures("load_each_model_once")
def test_analyst_looks_at_an_upload_and_is_told_who_adds_it() -> None:
    app = opened("pages/triage_queue.py", Role.ANALYST)
    app.file_uploader(key="queue_upload").set_value(("mine.csv", reported_csv(3), "text/csv"))
    app.run()
    assert any("Your role, analyst, looks at uploads" in one.value for one in app.info)
    assert not [one.label for one in app.button if one.label.startswith("Add ")]


def test_manual_says_which_page_opens_for_which_role() -> None:
    _, written, _ = tables("permissions.md")
    roles = {row["page"]: {role for role in Role if row[role] == "yes"} for row in written}
    assert roles == OPENS_FOR
    assert {row["page"]: row["needs"] for row in written} == {
        page.label: page.needs for page in PAGES.values()
    }
