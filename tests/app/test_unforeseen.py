"""What a page says of an error that nobody foresaw, and what is logged of it."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest

from claimclf.api import application
from tests.conftest import Logged

WRITTEN = "drones will deliver by 2025"


def page_with_a_fault() -> None:
    from claimclf.ui.unforeseen import show_unforeseen

    try:
        {}["drones will deliver by 2025"]
    except KeyError as error:
        if not show_unforeseen(error):
            raise


def page_with_an_error_of_ours() -> None:
    from claimclf.errors import StorageError
    from claimclf.ui.unforeseen import show_unforeseen

    assert show_unforeseen(StorageError("It is *gone*.", "Found: nothing.", "Wait."))


def test_page_says_the_number_under_which_the_error_is_in_the_log(logged: Logged) -> None:
    app = AppTest.from_function(page_with_a_fault).run()
    assert list(app.exception) == []
    (said,) = (error.value for error in app.error)
    number = re.search(r"Found: error ([0-9a-f]{8})\.", said)
    assert number is not None
    assert WRITTEN not in said
    level, message = logged.lines[0]
    assert level == "ERROR"
    assert message.startswith(f"Unforeseen error {number[1]}: builtins.KeyError at ")
    assert not any(WRITTEN in line for level, line in logged.lines if level != "DEBUG")


def test_who_makes_errors_on_purpose_does_not_fill_the_log(logged: Logged) -> None:
    app = AppTest.from_function(page_with_a_fault)
    for _ in range(25):
        app.run()
    assert len([line for line in logged.lines if line[0] == "ERROR"]) == 20
    assert "Found: error without a number: there were many." in app.error[0].value


def test_error_of_ours_is_said_in_its_own_words(logged: Logged) -> None:
    app = AppTest.from_function(page_with_an_error_of_ours).run()
    assert [error.value.replace("\\", "") for error in app.error] == [
        "It is *gone*. Found: nothing. Wait."
    ]
    assert logged.lines == [("WARNING", "A page shows an error: storage-unavailable")]


def test_server_asks_for_it_on_every_page() -> None:
    handler = application.app._on_script_error
    assert handler is application._show_unforeseen
