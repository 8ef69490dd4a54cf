"""Styles and scripts for the browser: files beside the module that sends them."""

from __future__ import annotations

from pathlib import Path


def style(file: Path) -> str:
    """Return a style sheet as markup for `st.html`."""
    return f"<style>\n{file.read_text('utf-8')}</style>"


def script(file: Path) -> str:
    """Return a script as markup for `st.html`, which runs it when asked to."""
    return f"<script>\n{file.read_text('utf-8')}</script>"
