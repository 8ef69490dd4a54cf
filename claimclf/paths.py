"""Where the project's own files are, wherever it is started from."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app.py"
#: What Streamlit is started with; it serves `APP` and the pages beside it.
SERVER = Path(__file__).parent / "api" / "application.py"
MODELS = ROOT / "models"
DEFAULT_QUEUE = ROOT / "data" / "queue.db"
