"""The sandbox's one secret key; fingerprints, storage keys and tokens are derived from it and never stored."""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path

from sandbox.state import State, write_private


def sandbox_key(state: State) -> bytes:
    """The key, made on first use; readable by its owner alone."""
    file = _file(state)
    if not file.exists():
        with state.locked("key"):
            if not file.exists():
                write_private(file, secrets.token_bytes(32))
    return file.read_bytes()


def derived(state: State, *purpose: str) -> bytes:
    """64 bytes for one purpose, the same every time."""
    return hmac.new(sandbox_key(state), "\0".join(purpose).encode(), hashlib.sha512).digest()


def storage_key(state: State, account_id: str, name: str) -> str:
    """One of the two access keys of a storage account, in Azure's form."""
    return base64.b64encode(derived(state, "storage", account_id.lower(), name)).decode()


def _file(state: State) -> Path:
    return state.azure / "key"
