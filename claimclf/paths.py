"""Where the project's own files are, wherever it is started from."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app.py"
#: What Streamlit is started with; it serves `APP` and the pages beside it.
SERVER = Path(__file__).parent / "ui" / "server.py"
MODELS = ROOT / "models"
#: Names a labelled dataset to use instead of `data/tiktok_dataset.csv`.
DATASET_VARIABLE = "CLAIMCLF_DATASET"
#: Names another folder of models.
MODELS_VARIABLE = "CLAIMCLF_MODELS"
DEFAULT_QUEUE = ROOT / "data" / "queue.db"
#: Names another database of the queue, such as `postgresql://user@host/name`.
DATABASE_VARIABLE = "CLAIMCLF_DATABASE_URL"


def find_dataset() -> Path | None:
    """Return the labelled dataset that is set up on this machine, or None."""
    named = os.environ.get(DATASET_VARIABLE)
    path = Path(named) if named else ROOT / "data" / "tiktok_dataset.csv"
    return path if named or path.is_file() else None


def models_folder() -> Path:
    """Return the folder of models in use."""
    return Path(os.environ.get(MODELS_VARIABLE) or MODELS)


def database_url() -> str:
    """Return the address of the queue's database; a file of the project unless one is named."""
    named = os.environ.get(DATABASE_VARIABLE)
    return named or f"sqlite:///{DEFAULT_QUEUE}"
