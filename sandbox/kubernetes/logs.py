"""The last lines that a failing container wrote, without what its namespace's Secrets hold.

They go into the state and onto the terminal, so nothing secret may be in them. Where nothing ran there are none.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.objects import Kind, dig, name_of, namespace_of
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest

_LINES: Final = 5
_SECRET: Final = Kind("", "v1", "Secret")
_MASK: Final = "[secret]"
_SHORTEST: Final = 6
"""Shorter texts are in too many words to be masked, and are no secrets that hold."""
# In a connection string the password before the host; elsewhere words with letters and digits in them
_PASSWORD: Final = re.compile(r"://[^/\s:@]*:([^@\s]+)@")
_WORD: Final = re.compile(r"(?=[^\s\"',;&=:]*[0-9])(?=[^\s\"',;&=:]*[A-Za-z])[^\s\"',;&=:]{8,}")


def last_lines(resources: Resources, pod: Manifest) -> list[str]:
    """A line for each line of the containers that ended badly; of the run before, where a new one has begun."""
    found: list[str] = []
    for status in [
        *(dig(pod, "status", "initContainerStatuses") or []),
        *(dig(pod, "status", "containerStatuses") or []),
    ]:
        if status.get("ready") is True or not _has_run(status):
            continue
        previous = not dig(status, "state", "running") and bool(dig(status, "lastState", "terminated"))
        try:
            text = resources.log(namespace_of(pod), name_of(pod), str(status.get("name")), _LINES, previous=previous)
            lines = text.splitlines()[-_LINES:]
            secrets = _secrets(resources, namespace_of(pod)) if lines else []
        except ProviderError:
            continue  # no log, or no right to read it or what must not be shown of it
        found += [f"{name_of(pod)} {status.get('name')} | {_masked(line, secrets)}" for line in lines]
    return found


def _masked(line: str, secrets: list[str]) -> str:
    for secret in secrets:
        line = line.replace(secret, _MASK)
    return line


def _has_run(status: Manifest) -> bool:
    return any(dig(status, which, how) for which in ("state", "lastState") for how in ("running", "terminated"))


def _secrets(resources: Resources, namespace: str) -> list[str]:
    """What must not be shown, the longest first: a whole before its parts."""
    found = {
        text
        for secret in resources.matching(_SECRET, namespace)
        for value in (secret.get("data") or {}).values()
        for text in _parts(b64decode(value).decode(errors="replace"))
    }
    return sorted((text for text in found if len(text) >= _SHORTEST), key=len, reverse=True)


def _parts(value: str) -> Iterator[str]:
    yield value.strip()
    yield from value.splitlines()
    yield from _PASSWORD.findall(value)
    yield from _WORD.findall("" if "://" in value else value)
