"""The states of a case, as the manual draws them."""

from __future__ import annotations

import re

from claimclf.queue.storage.states import TRANSITIONS
from tests.conftest import ROOT


def test_diagram_in_the_docs_is_the_table_in_the_code() -> None:
    written = (ROOT / "docs" / "queue.md").read_text("utf-8")
    drawn = re.findall(r"^\s+(\S+) --> (\S+): (\S+)$", written, re.MULTILINE)
    table = {(str(start or "[*]"), str(to), str(event)) for start, event, to in TRANSITIONS}
    assert len(drawn) == len(TRANSITIONS)
    assert set(drawn) == table
