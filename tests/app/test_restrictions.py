"""What a reason code stands for is set on the lead's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from claimclf.configuration import DATABASE
from claimclf.queue.settings.restrictions import restrictions_of
from claimclf.queue.storage.database import Database
from claimclf.schema import ReasonCode
from tests.conftest import ROOT


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    monkeypatch.setenv(DATABASE.variable, url)
    return Database(url)


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    return app.switch_page("pages/lead_view.py").run()


def captions(page: AppTest) -> str:
    return " ".join(one.value for one in page.caption)


def fill_in(page: AppTest, code: ReasonCode) -> None:
    page.multiselect(f"restriction-visibility-{code}").set_value(["DECISION_VISIBILITY_OTHER"])
    page.selectbox(f"restriction-category-{code}").set_value("STATEMENT_CATEGORY_VIOLENCE")
    page.selectbox(f"restriction-ground-{code}").set_value("DECISION_GROUND_INCOMPATIBLE_CONTENT")
    page.selectbox(f"restriction-source-{code}").set_value("SOURCE_ARTICLE_16")
    page.text_area(f"restriction-reference-{code}").set_value("Terms, 3")
    page.text_area(f"restriction-explanation-{code}").set_value("It asks for harm.")
    page.text_input(f"restriction-why-{code}-None").set_value("to begin with")


def press(page: AppTest) -> AppTest:
    (button,) = [one for one in page.button if one.label == "Set what it stands for"]
    return button.click().run()


def test_reason_code_is_set_and_other_demands_a_note(database: Database) -> None:
    page = opened()
    assert "Not set yet: misinformation-health" in captions(page)
    page.selectbox("restriction_code").set_value(ReasonCode.HARASSMENT).run()
    fill_in(page, ReasonCode.HARASSMENT)
    press(page)
    assert "note on the other restriction is missing" in " ".join(e.value for e in page.error)
    assert database.read(restrictions_of) == {}
    page.text_area("restriction-visibility_other-harassment").set_value("Shown in grey")
    press(page)
    assert not page.exception
    assert not page.error
    chosen = database.read(restrictions_of)[ReasonCode.HARASSMENT]
    assert chosen.visibility_other == "Shown in grey"
    assert len(chosen.territorial_scope) == 30
    assert (
        "Not set yet: misinformation-health, misinformation-civic, dangerous-act, fraud"
        in captions(page)
    )
