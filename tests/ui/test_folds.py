"""What is folded is drawn once somebody has opened it, and stays as it was left."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from claimclf.ui.folds import was_opened


def page() -> None:
    import streamlit as st

    from claimclf.ui.folds import fold

    fold("More", lambda: st.text_input("Reason"), key="more")


def test_what_nobody_opened_is_not_drawn() -> None:
    app = AppTest.from_function(page).run()
    assert [one.label for one in app.expander] == ["More"]
    assert not app.text_input


def test_what_was_typed_stays_when_it_is_folded_again() -> None:
    app = AppTest.from_function(page)
    app.session_state["fold-more"] = True
    app.run()
    assert app.session_state[was_opened("more")]
    app.text_input[0].input("typed").run()
    app.session_state["fold-more"] = False
    app.run()
    assert app.text_input[0].value == "typed"
