"""SCRAM-SHA-256 verifiers as PostgreSQL stores them, made here so that no server ever sees a password.

Source: RFC 5802, RFC 7677; PostgreSQL, `src/common/scram-common.c`.
"""

import base64
import hashlib
import hmac
import secrets

_ITERATIONS = 4096


def verifier(password: str, salt: bytes | None = None) -> str:
    """What goes after `PASSWORD` in `CREATE ROLE`; the password is ASCII, so SASLprep leaves it as it is."""
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(part).decode() for part in (salt, stored, server))
    salt_text, stored_text, server_text = parts
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt_text}${stored_text}:{server_text}"
