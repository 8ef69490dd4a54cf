"""One browser's name, the same in all its tabs."""

from __future__ import annotations

import streamlit as st


def browser_name() -> str | None:
    """Name this browser by the token that Streamlit gives it against forged requests.

    Its cookie is masked anew with each page: `2|mask|masked token|time`.
    """
    try:
        _, mask, masked, _ = st.context.cookies.get("_streamlit_xsrf", "").strip('"').split("|")
        key, token = bytes.fromhex(mask), bytes.fromhex(masked)
    except (ValueError, TypeError, AttributeError):
        return None
    return bytes(byte ^ key[i % len(key)] for i, byte in enumerate(token)).hex() if key else None
