"""Browser sessions without a browser: Streamlit's own protocol over its websocket.

What the server does for a session is the same; what a browser costs (two cores are few for
sixteen of them) is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Button_pb2 import Button
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.browser.dashboard import cookie

_SECONDS = 60


@dataclass
class Drawn:
    """What the server sent for one run of a page or of a part of it.

    Parameters
    ----------
    seconds : float
        From asking for it to its last message.
    n_bytes : int
        Of all its messages.
    buttons : dict of str to (Button, str)
        By label: the button, and the part of the page that it runs, empty for all of it.
    texts : list of str
        Headings and Markdown.
    errors : list of str
        What the page said in red, and exceptions.
    """

    seconds: float = 0.0
    n_bytes: int = 0
    buttons: dict[str, tuple[Button, str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class _Repeated:
    """A part of a page that is run every few seconds: which, within which, and when next."""

    fragment: str
    within: str
    interval: float
    due: float


class Session:
    """One tab on one page.

    Parameters
    ----------
    connection : ClientConnection
        To `/_stcore/stream`.
    page : str
        As in the page's address; empty for the start page.
    """

    def __init__(self, connection: ClientConnection, page: str = "") -> None:
        self._connection = connection
        self._page = page
        self._hash = ""
        self._repeated: dict[str, _Repeated] = {}  # by the part's id

    def run(self) -> Drawn:
        """Run the whole page, as opening it or a click outside any fragment does."""
        self._repeated.clear()
        return self._ask(BackMsg(), "")

    def press(self, button: Button, fragment: str) -> Drawn:
        """Press a button that was drawn."""
        message = BackMsg()
        # Widgets within the part may have moved, and have other ids when it is drawn again.
        for name in [name for name, part in self._repeated.items() if part.within == fragment]:
            del self._repeated[name]
        states = message.rerun_script.widget_states.widgets
        states.append(WidgetState(id=button.id, trigger_value=True))
        return self._ask(message, fragment)

    def rest(self, seconds: float) -> list[Drawn]:
        """Do nothing for a while, but run what the page wants to be run every few seconds."""
        drawn, end = [], time.monotonic() + seconds
        while True:
            next_one = min(self._repeated.values(), key=lambda part: part.due, default=None)
            due = end if next_one is None else min(next_one.due, end)
            time.sleep(max(due - time.monotonic(), 0))
            if next_one is None or due >= end:
                return drawn
            next_one.due = time.monotonic() + next_one.interval
            message = BackMsg()
            message.rerun_script.is_auto_rerun = True
            drawn.append(self._ask(message, next_one.fragment))

    def _ask(self, message: BackMsg, fragment: str) -> Drawn:
        message.rerun_script.page_name = self._page
        message.rerun_script.page_script_hash = self._hash
        message.rerun_script.fragment_id = fragment
        drawn = Drawn()
        started = time.perf_counter()
        self._connection.send(message.SerializeToString())
        while not self._is_last(drawn, fragment):
            pass
        drawn.seconds = time.perf_counter() - started
        return drawn

    def _is_last(self, drawn: Drawn, fragment: str) -> bool:
        frame = self._connection.recv(timeout=_SECONDS, decode=False)
        drawn.n_bytes += len(frame)
        message = ForwardMsg()
        message.ParseFromString(frame)
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self._hash = message.navigation.page_script_hash
        elif kind == "delta":
            _note(drawn, message)
        elif kind == "auto_rerun":
            rerun = message.auto_rerun
            # The part's own run asks for it again, which changes nothing.
            if rerun.fragment_id != fragment:
                self._repeated[rerun.fragment_id] = _Repeated(
                    rerun.fragment_id,
                    fragment,
                    rerun.interval,
                    time.monotonic() + rerun.interval,
                )
        return kind == "script_finished"


def _note(drawn: Drawn, message: ForwardMsg) -> None:
    element, fragment = message.delta.new_element, message.delta.fragment_id
    kind = element.WhichOneof("type")
    if kind == "button":
        drawn.buttons[element.button.label] = (element.button, fragment)
    elif kind == "markdown":
        drawn.texts.append(element.markdown.body)
    elif kind == "heading":
        drawn.texts.append(element.heading.body)
    elif kind == "exception":
        drawn.errors.append(element.exception.message)
    elif kind == "alert" and element.alert.format == element.alert.ERROR:
        drawn.errors.append(element.alert.body)


@contextmanager
def session(
    address: str, page: str = "", headers: Mapping[str, str] | None = None, token: str = ""
) -> Iterator[Session]:
    """Open a tab on a server of this machine.

    Parameters
    ----------
    address : str
        As in `http://127.0.0.1:8501`.
    page : str
        As in the page's address.
    headers : mapping of str to str, optional
        Cookies and the like; without any, those of whoever has the token.
    token : str
        Streamlit's token against forged requests, where the session signs in.
    """
    url = address.replace("http://", "ws://") + "/_stcore/stream"
    protocols = [Subprotocol(name) for name in ("streamlit", token) if name]
    with connect(
        url,
        subprotocols=protocols,
        additional_headers={"Cookie": cookie(), **(headers or {})},
        max_size=None,
        compression=None,
        proxy=None,
    ) as connection:
        yield Session(connection, page)
