"""The token that Entra principals log in to PostgreSQL with: derived from the sandbox's key, never stored.

PostgreSQL keeps one password per role, so all runners share one current token for an hour; another is made when it has
ten minutes left. What is stored is only when it expires.
"""

import base64
import json
import time
from dataclasses import dataclass

from sandbox.azure import keys
from sandbox.state import State, write_private

LIFETIME_SECONDS = 3600
RENEW_BEFORE_SECONDS = 600
AUDIENCE = "https://ossrdbms-aad.database.windows.net"


@dataclass(frozen=True, repr=False)
class Token:
    """A token and the second it expires."""

    text: str
    expires: int


def current(state: State, now: float | None = None) -> Token | None:
    """The token that was given out last, or None if it is about to expire."""
    try:
        expires = int(json.loads((state.azure / "token.json").read_text())["expires"])
    except FileNotFoundError:
        return None
    return derived(state, expires) if expires - (now or time.time()) >= RENEW_BEFORE_SECONDS else None


def renewed(state: State, now: float | None = None) -> Token:
    """A new token, which from now on is the current one; the caller holds the lock `postgres-token`."""
    expires = int(now or time.time()) + LIFETIME_SECONDS
    write_private(state.azure / "token.json", json.dumps({"expires": expires}) + "\n")
    return derived(state, expires)


def derived(state: State, expires: int, audience: str = AUDIENCE) -> Token:
    """The token that expires then, in the shape of a JSON web token."""
    header = _part({"alg": "HS512", "typ": "JWT"})
    payload = _part({"aud": audience, "exp": expires, "iat": expires - LIFETIME_SECONDS})
    signed = keys.derived(state, "token", audience, str(expires))
    signature = base64.urlsafe_b64encode(signed).decode().rstrip("=")
    return Token(f"{header}.{payload}.{signature}", expires)


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")
