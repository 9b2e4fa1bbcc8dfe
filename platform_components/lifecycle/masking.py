"""Takes what is secret in an environment out of texts that others wrote: logs, events, the engine's messages.

What is secret is read from the stack's state, where every Secret and password of it is. An application may print a
password without the connection string around it, so the parts of a secret count as well.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASK = "******"
_SHORTEST = 6
"""Shorter texts are in too many words to be taken out, and no secret that holds is as short."""
_SHORTEST_LINE = 16
"""Of a text with many lines: those of a key are longer, and `kind: Config` is no secret."""
# Pulumi's signature of a secret: sdk/go/common/resource/sig, `Key` and `Secret`
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
# In a connection string the password before the host; elsewhere words with letters and digits in them
_PASSWORD = re.compile(r"://[^/\s:@]*:([^@\s]+)@")
_WORD = re.compile(r"(?=[^\s\"',;&=:]*[0-9])(?=[^\s\"',;&=:]*[A-Za-z])[^\s\"',;&=:]{8,}")


class Mask:
    """Replaces secrets by asterisks."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """`secrets`: whole values, as the environment has them."""
        parts = {part for value in secrets for part in _parts(value) if len(part) >= _SHORTEST}
        # The longest first, or a part would leave the rest of its whole behind
        alternatives = "|".join(re.escape(part) for part in sorted(parts, key=lambda part: (-len(part), part)))
        self._pattern = re.compile(alternatives) if alternatives else None

    def __call__(self, text: str) -> str:
        """The text without what is secret."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def is_signed(value: Any) -> bool:
    """Whether the engine wrote this value as a secret, in a state or an event."""
    return isinstance(value, Mapping) and value.get(_SIGNATURE) == _SECRET


def secrets_in(state: Any) -> Iterator[str]:
    """Every text that is secret in a state with its secrets in the clear."""
    if isinstance(state, dict):
        if is_signed(state):
            yield from _texts(json.loads(state["plaintext"])) if "plaintext" in state else ()
            return
        for value in state.values():
            yield from secrets_in(value)
    elif isinstance(state, list):
        for value in state:
            yield from secrets_in(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _parts(value: str) -> Iterator[str]:
    for text in (value, *_decoded(value)):
        yield text.strip()
        yield from (line.strip() for line in text.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
        yield from _PASSWORD.findall(text)
        # The rest of a connection string is what a log is read for: which host, which database
        yield from _WORD.findall("" if "://" in text else text)


def _decoded(value: str) -> Iterator[str]:
    """A Secret's data is base64."""
    try:
        yield base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return
