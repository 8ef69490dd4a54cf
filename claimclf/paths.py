"""Where the project's own files are, wherever it is started from, and what runs leave behind."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app.py"
#: What Streamlit is started with; it serves `APP` and the pages beside it.
SERVER = Path(__file__).parent / "api" / "application.py"
MODELS = ROOT / "models"
DEFAULT_QUEUE = ROOT / "data" / "queue.db"


def cache_folder() -> Path:
    """Return where this user's files lie that can be made anew, by the convention of desktops.

    A relative path where this user has no home.
    """
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The convention: a relative one does not count.
    base = given if given.is_absolute() else Path(os.path.expanduser("~"), ".cache")
    return base / "claimclf"
