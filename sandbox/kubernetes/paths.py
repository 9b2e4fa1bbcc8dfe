"""Places inside a manifest: written as Pulumi writes property paths, and read back from `ignoreChanges`."""

import re
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from sandbox.kubernetes.errors import ProviderError

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

ANY: Final = "*"
"""Stands for every index of a list, or every key of a map."""

_NEEDS_QUOTES: Final = re.compile(r'[."\[\]]')
_TOKEN: Final = re.compile(r'\.?(?P<plain>[^.\[\]"]+)|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]|\[(?P<index>\d+|\*)\]')


def text(path: Sequence[Step]) -> str:
    """The path as the engine reads it: `spec.containers[0]`, `metadata.annotations["a.b/c"]`."""
    result = ""
    for step in path:
        if isinstance(step, int):
            result += f"[{step}]"
        elif _NEEDS_QUOTES.search(step):
            result += '["' + step.replace('"', '\\"') + '"]'
        else:
            result += f".{step}" if result else step
    return result


def parsed(written: str) -> Path:
    """The path behind its text; `ANY` for `*`."""
    steps: list[Step] = []
    position = 0
    while position < len(written):
        match = _TOKEN.match(written, position)
        if match is None:
            raise ProviderError(f"not a property path: {written!r}")
        if match["index"] is not None:
            steps.append(ANY if match["index"] == ANY else int(match["index"]))
        else:
            quoted = match["quoted"]
            steps.append(match["plain"] if quoted is None else quoted.replace('\\"', '"'))
        position = match.end()
    return tuple(steps)


def starts_with(path: Path, prefix: Path) -> bool:
    """Whether `path` lies at or below `prefix`, in which `ANY` matches every step."""
    return len(path) >= len(prefix) and all(
        expected in (ANY, step) for step, expected in zip(path, prefix, strict=False)
    )


def reaches(value: Any, path: Path) -> bool:
    """Whether there is something at `path` inside `value`."""
    if not path:
        return True
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        keys = list(value) if step == ANY else [step] if step in value else []
        return any(reaches(value[key], rest) for key in keys)
    if isinstance(value, list):
        if step == ANY:
            return any(reaches(item, rest) for item in value)
        return isinstance(step, int) and step < len(value) and reaches(value[step], rest)
    return False
