"""What takes long to import is imported where it is used, so that the first page is there soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from claimclf.paths import ROOT
from claimclf.queue.storage.database import Database
from tests.queue.builders import fill

# Streamlit itself imports numpy for a page's icon, and plotly whenever it starts.
HEAVY = {
    "alembic",
    "charset_normalizer",
    "joblib",
    "pandas",
    "psycopg",
    "pyarrow",
    "scipy",
    "skops",
    "sklearn",
    "sqlalchemy",
    "xgboost",
}
#: Page -> what may be imported once it was drawn after those before it, with cases in the queue.
NEEDED: dict[str, set[str]] = {
    "app.py": {"sqlalchemy"},
    "pages/review.py": {"sqlalchemy"},
    "pages/triage_queue.py": {"sqlalchemy", "pandas", "pyarrow"},
    "pages/lead_view.py": {"sqlalchemy", "pandas", "pyarrow"},
    "pages/dataset.py": HEAVY - {"alembic", "psycopg", "skops", "xgboost"},
    "pages/model_comparison.py": HEAVY - {"alembic", "psycopg", "skops", "xgboost"},
    "pages/learning.py": HEAVY - {"alembic", "psycopg", "skops"},
}
# The start page says something of the dataset, last; what reads it is not counted here. What waits
# it reads from the queue.
_DRAW = """
import json, sys
from types import SimpleNamespace as Some
from streamlit.testing.v1 import AppTest
for page in sys.argv[1:]:
    app = AppTest.from_file("app.py", default_timeout=60)
    if page == "app.py":
        app.session_state["dataset_in_use"] = Some(
            name="x", synthetic=False, description=Some(complete=1)
        )
    else:
        app.switch_page(page)
    app.run()
    print(json.dumps([page, app.title[0].value, list(sys.modules)]))
"""


def output(code: str, *arguments: str, **environment: str) -> str:
    run = [sys.executable, "-W", "ignore", "-c", code, *arguments]
    inherited = {**os.environ, **environment}
    return subprocess.run(
        run, capture_output=True, text=True, cwd=ROOT, check=True, env=inherited
    ).stdout


@pytest.mark.parametrize("module", ["claimclf.cli", "claimclf.api.application"])
def test_command_line_and_server_start_without_heavy_imports(module: str) -> None:
    assert HEAVY & set(output(f"import sys, {module}; print(*sys.modules)").split()) == set()


def test_each_page_imports_only_what_it_draws_with(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'queue.db'}"
    database = Database(url)
    fill(database)
    database.close()
    drawn = output(_DRAW, *NEEDED, CLAIMCLF_DATABASE_URL=url).splitlines()
    by_page = {
        page: (title, HEAVY & set(modules)) for page, title, modules in map(json.loads, drawn)
    }
    assert {page: modules - NEEDED[page] for page, (_, modules) in by_page.items()} == {
        page: set() for page in NEEDED
    }
    assert len({title for title, _ in by_page.values()}) == len(NEEDED)  # each was really drawn


_SCORE = """
import sys
from claimclf.cli import main
main(["score", sys.argv[1], "--output", sys.argv[2]], standalone_mode=False)
print(*sys.modules)
"""


def test_a_small_file_is_scored_without_what_fits_and_stores_models(tmp_path: Path) -> None:
    videos, out = tmp_path / "videos.csv", tmp_path / "out.csv"
    spoken = [f"the mayor said {n} bridges will be closed by 20{n}" for n in range(30, 60)]
    rows = [f"{7_300_000_000_000_000_123 + n},{text}" for n, text in enumerate(spoken)]
    videos.write_text("\n".join(["video_id,video_transcription_text", *rows]))
    modules = set(output(_SCORE, str(videos), str(out)).split())
    assert len(out.read_text().splitlines()) == 1 + len(rows)
    assert modules & {"sklearn", "skops", "xgboost", "sqlalchemy", "scipy.stats"} == set()


_EXPLAIN = """
import sys
from pathlib import Path
from claimclf.modeling.store.store import ModelStore
from claimclf.services.explaining import explain_video, moving_words
model = ModelStore(Path("models")).load("speech-linear")
explained = explain_video(model, {"video_transcription_text": "taxes rose by 40 percent"})
print(*explained.moving(5))
print(*sys.modules)
"""


def test_a_case_is_explained_without_what_fits_models() -> None:
    words, modules = output(_EXPLAIN).splitlines()
    assert "40" in words.split()
    assert set(modules.split()) & {"sklearn", "skops", "xgboost"} == set()
