"""What each key does, and the list of them."""

from __future__ import annotations

import streamlit as st

from claimclf.schema import Decision
from claimclf.ui.wording import DECISIONS

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
    "?": "show or hide this list",
}


def show_keys() -> None:
    """Offer the list of keys."""
    with st.popover("Keys (?)", icon=":material/keyboard:", key="keys"):
        keys = {key: DECISIONS[decision] for decision, key in KEYS.items()} | OTHER_KEYS
        rows = "\n".join(f"| `{key}` | {does} |" for key, does in keys.items())
        st.markdown(f"| Key | Does |\n|---|---|\n{rows}")
        st.caption(
            "Where digits want Shift, or letters are not Latin ones, the key's place counts."
        )
