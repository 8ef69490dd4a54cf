"""What a browser still says of a page that it has just left.

Who types and clicks a link has the browser ask for the other page, and then for a part of the one
that is gone. Streamlit 1.67 answers as if that page had come back: the browser clears the new page
and draws nothing, and the next part that is drawn again finds no place and leaves it blank.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState


class FollowPages:
    """Have what was typed on a page that was left arrive with the page that came instead."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as an ASGI application does."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        way = _Way()

        async def followed() -> Message:
            while True:
                message = await receive()
                content = message.get("bytes")
                if message["type"] != "websocket.receive" or content is None:
                    return message
                said = way.follow(BackMsg.FromString(content))
                if said is not None:
                    return {**message, "bytes": said.SerializeToString()}

        await self._app(scope, followed, send)


class _Way:
    """On which page one browser is, as far as it has said."""

    def __init__(self) -> None:
        self._here = ClientState()
        self._left = ""

    def follow(self, said: BackMsg) -> BackMsg | None:
        """Return what is passed on of a message; None where it is of no use any more."""
        if said.WhichOneof("type") != "rerun_script":
            return said
        asked = said.rerun_script
        page = asked.page_script_hash
        if asked.fragment_id and page and page == self._left:
            return None if asked.is_auto_rerun else self._of_this_page(said)
        # Once it has spoken from a page, a browser says no more of the one before: what has that
        # name then is the page to which the server has sent it back.
        is_link = not asked.fragment_id and page != self._here.page_script_hash
        self._left = self._here.page_script_hash if is_link else ""
        self._here = asked
        return said

    def _of_this_page(self, said: BackMsg) -> BackMsg:
        """Ask for the page that is there in place of a part of the one that was left."""
        here, changed = self._here, BackMsg()
        changed.CopyFrom(said)
        changed.rerun_script.fragment_id = ""
        changed.rerun_script.page_script_hash = here.page_script_hash
        changed.rerun_script.page_name = here.page_name
        changed.rerun_script.query_string = here.query_string
        return changed
