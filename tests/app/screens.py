"""Pages with a login, rerun part by part, as a browser does that was left open."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import select
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest, local_script_runner

from claimclf.people import Person, Role
from claimclf.queue.storage.database import Database
from claimclf.queue.storage.tables import audit
from claimclf.services import queue
from tests.conftest import ROOT
from tests.ui.access.sign_ins import SECRETS, claims_of


def of_dashboard() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)


def as_read(written: str) -> str:
    """Return what `plain` wrote as people read it."""
    return re.sub(r":color\[(.*?)\]\{\}", r"\1", written.replace("\\", ""))


@dataclass
class Screen:
    """One tab of somebody who has signed in, on one page.

    Parameters
    ----------
    role : Role
        The person's, at first.
    database : Database
        The queue that the page shows.
    app : AppTest
        The dashboard, unless a test has a script of its own.
    """

    role: Role
    database: Database
    app: AppTest = field(default_factory=of_dashboard)
    #: What went to the browser, run by run; the last `press` alone.
    runs: list[bytes] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.app.secrets = dict(SECRETS)
        self.app.user = claims_of(self.person.name)

    @property
    def person(self) -> Person:
        return Person(f"{self.role}@example.org", self.role)

    def open(self, file: str) -> None:
        if file != "app.py":
            self.app.switch_page(file)
        self.run()

    def run(self, *fragments: str) -> None:
        """Draw the page, or only these fragments of it."""
        with _recorded(self.runs), _only(list(fragments)):
            self.app.run()
        assert list(self.app.exception) == []

    def press_all(self, *fragments: str, callbacks: bool) -> None:
        """Press every button at once, but the navigation's; or those without a callback."""
        for button in self.app.main.get("button"):
            if callbacks or self.callback(button.id) is None:
                button.click()
        self.run(*fragments)

    def callback(self, widget_id: str) -> Callable[..., object] | None:
        """What Streamlit calls before a run in which the widget has changed."""
        return self._widgets[widget_id].callback

    @property
    def callbacks(self) -> list[Callable[..., object]]:
        """What the page's widgets call."""
        return [one.callback for one in self._widgets.values() if one.callback is not None]

    @property
    def _widgets(self) -> dict[str, Any]:
        state: Any = self.app.session_state._state  # within it, one that may be used by threads
        while not isinstance(state, SessionState):
            state = vars(state)["_state"]
        return state._new_widget_state.widget_metadata

    @property
    def fragments(self) -> list[str]:
        """Ids of the parts that can be rerun by themselves."""
        return list(self.app._fragment_storage._fragments)

    @property
    def functions(self) -> set[object]:
        """What these parts are drawn by."""
        closures = map(inspect.getclosurevars, self.app._fragment_storage._fragments.values())
        return {inspect.unwrap(one.nonlocals["non_optional_func"]) for one in closures}

    @property
    def says(self) -> str:
        """All messages as they are read: without what keeps them plain text."""
        app = self.app
        parts = [*app.error, *app.info, *app.warning, *app.success, *app.markdown, *app.caption]
        return as_read(" ".join(str(one.value) for one in parts))

    def holds(self) -> bool:
        return queue.held_case(self.database, self.person) is not None


def entries(database: Database, after: int = 0) -> list[tuple[int, str, str, str]]:
    """Number, person, role and action of the audit log's entries after a number."""
    query = select(audit.c.seq, audit.c.actor, audit.c.role, audit.c.action)
    rows = database.read(
        lambda connection: connection.execute(
            query.where(audit.c.seq > after).order_by(audit.c.seq)
        ).all()
    )
    return [tuple(row) for row in rows]


@contextmanager
def _only(fragments: list[str]) -> Iterator[None]:
    """Ask for fragments, which AppTest itself cannot."""
    data: Any = partial(RerunData, fragment_id_queue=fragments)
    with patch.object(local_script_runner, "RerunData", data):
        yield


@contextmanager
def _recorded(runs: list[bytes]) -> Iterator[None]:
    """Note all messages to the browser, also those that a rerun makes up for."""
    clear, enqueue = ForwardMsgQueue.clear, ForwardMsgQueue.enqueue

    def begin(self: ForwardMsgQueue, *args: Any, **how: Any) -> None:
        runs.append(b"")
        clear(self, *args, **how)

    def note(self: ForwardMsgQueue, message: Any) -> None:
        runs[-1] += message.SerializeToString()
        enqueue(self, message)

    runs.clear()
    with (
        patch.object(ForwardMsgQueue, "clear", begin),
        patch.object(ForwardMsgQueue, "enqueue", note),
    ):
        yield
