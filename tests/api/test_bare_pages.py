"""Pages that are started without the gate before them."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.sessions import session
from claimclf.paths import APP, ROOT
from tests.browser.dashboard import TOKEN, free_port, served


@pytest.mark.parametrize("token", ["", TOKEN])
def test_pages_without_the_gate_show_nothing_to_who_does_not_bring_the_token(token: str) -> None:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CLAIMCLF_TOKEN": token}
    with served([*command, "--server.headless=true"], environment, port) as address:
        for cookies in ({"Cookie": "claimclf-1=another"}, {"Cookie": "none=1"}):
            with session(address, headers=cookies) as tab:
                drawn = tab.run()
            assert "claimclf serve" in " ".join(drawn.errors)
            assert list(drawn.buttons) == []
        with session(address) as tab:
            assert bool(tab.run().errors) is not bool(token)
