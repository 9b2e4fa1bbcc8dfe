"""Fingerprints of secrets: equal for equal values, telling nothing else.

Keyed by a secret of the stack, so that nobody who reads a plan can try values until one fits.
"""

import hashlib
import hmac

LENGTH = 16


def fingerprint(value: str, *, key: bytes) -> str:
    """Sixteen hexadecimal digits that only the same value under the same key has."""
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:LENGTH]


def key_name(key: bytes) -> str:
    """What tells one key from another without telling the key."""
    return fingerprint("the key itself", key=key)[:8]
