"""Of which sign-in cookies are, for what is served outside of any page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from streamlit.auth_util import get_origin_from_redirect_uri
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from claimclf.errors import ClaimclfError
from claimclf.people import Person
from claimclf.ui.access.holds import end_hold
from claimclf.ui.access.leaving import end_sign_in
from claimclf.ui.access.visitor import Visitor, visitor_of


def is_signed_in(cookies: Mapping[str, str]) -> bool:
    """Say whether somebody with a role holds these cookies, and the sign-in is not over.

    It is no activity of theirs.

    Parameters
    ----------
    cookies : mapping of str to str
        As a browser sent them.
    """
    visitor = _visitor(cookies)
    return visitor is not None and isinstance(visitor.person, Person) and not visitor.is_over


def sign_out(cookies: Mapping[str, str]) -> None:
    """End the sign-in of these cookies in all its tabs; a copy of them opens nothing any more.

    What the person holds goes back: a tab that is closed at once says nothing more.
    """
    visitor = _visitor(cookies)
    if visitor is None or visitor.login is None:
        return
    end_sign_in(visitor.login)
    if isinstance(visitor.person, Person):
        end_hold(visitor.person, _visitor(cookies))


def _visitor(cookies: Mapping[str, str]) -> Visitor | None:
    try:
        return visitor_of(lambda: _claims(cookies))
    except ClaimclfError:  # which pages say
        return None


def _claims(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return what Streamlit would tell a page of these cookies; nothing where it would not."""
    signed = _get_signed_cookie_with_chunks(dict(cookies), USER_COOKIE_NAME)
    try:
        claims = json.loads(signed) if signed else {}
    except ValueError:
        return {}
    ours = isinstance(claims, dict) and claims.get("origin") == get_origin_from_redirect_uri()
    return claims if ours else {}
