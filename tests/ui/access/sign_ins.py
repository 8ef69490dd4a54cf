"""Secrets, a clock and the claims of a token, as Streamlit gives them to a page."""

from __future__ import annotations

from typing import Any

from claimclf.people import Role

ISSUER = "https://login.example.org"
NOW = 1_800_000_000.0
MINUTE = 60.0
AUTH = {
    "redirect_uri": "http://localhost/oauth2callback",
    "cookie_secret": "k" * 40,
    "client_id": "claimclf",
    "client_secret": "secret",
    "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
}
ROLES = {role: [f"{role}@example.org"] for role in Role}
SECRETS: dict[str, Any] = {"auth": AUTH, "claimclf": {"roles": ROLES}}


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def claims_of(email: str = "", **more: Any) -> dict[str, Any]:
    """Return a token's claims as Streamlit gives them to a page."""
    names = {"email": email, "email_verified": True} if email else {}
    return {
        "is_logged_in": True,
        "iss": ISSUER,
        "sub": email.partition("@")[0] or "s1",
        "iat": NOW,
        "nonce": "n1",
        **names,
        **more,
    }
