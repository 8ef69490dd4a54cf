"""Parts of pages that are drawn once for the same arguments."""

from __future__ import annotations

import streamlit as st

#: Draws what depends on a function's arguments alone: the next run sends the same messages.
#: Arguments whose names begin with an underscore are not compared.
drawn_once = st.cache_data(show_spinner=False, max_entries=32)
