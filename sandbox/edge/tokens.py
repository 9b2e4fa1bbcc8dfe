"""The tokens that the sandbox's sign-in gives out and its storage takes: JSON web tokens that it has signed."""

import base64
import hmac
import json
import time
from typing import Any

from sandbox.azure import keys
from sandbox.state import State

LIFETIME_SECONDS = 3600


def issued(state: State, audience: str, principal: str) -> str:
    """A token of a principal for an audience, good for an hour."""
    now = int(time.time())
    claims = {"aud": audience, "oid": principal, "iat": now, "exp": now + LIFETIME_SECONDS}
    signed = f"{_part({'alg': 'HS512', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_signature(state, signed)}"


def principal_of(state: State, token: str, audience: str) -> str | None:
    """Whose token it is; None for one that is not the sandbox's, not for this audience, or over."""
    signed, _, signature = token.rpartition(".")
    if not signed.isascii() or not hmac.compare_digest(signature.encode(), _signature(state, signed).encode()):
        return None
    # What the sandbox has signed is as it has written it
    claims = json.loads(base64.urlsafe_b64decode(f"{signed.partition('.')[2]}=="))
    return str(claims["oid"]) if claims["aud"] == audience and claims["exp"] > time.time() else None


def _signature(state: State, signed: str) -> str:
    return _text(keys.derived(state, "edge-token", signed))


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
