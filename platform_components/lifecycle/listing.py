"""Which environments there are, whose, and which have expired: from stack tags, so any machine sees the same."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from platform_components.environment import EnvironmentType
from platform_components.errors import InputError
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.marks import Marks

CALLS_AT_ONCE = 8
"""The engine answers for one stack at a time, and takes a fifth of a second."""


@dataclass(frozen=True)
class Listed:
    """One environment, or foundation, of the list."""

    stack: str
    marks: Marks
    url: str
    warning: timedelta | None = None
    """So long before its end it is said that it comes; None: never."""

    def ends_soon(self, now: datetime) -> bool:
        """Whether its end is near."""
        return self.marks.ends_soon(now, self.warning)

    def as_json(self, now: datetime | None = None) -> dict[str, Any]:
        """The entry of `pave list --json`."""
        now, marks = now or datetime.now(UTC), self.marks
        return {
            "stack": self.stack,
            "app": marks.app or None,
            "branch": marks.branch or None,
            "env_type": marks.env_type or None,
            "owner": marks.owner or None,
            "expires": marks.ends.isoformat() if marks.ends else None,
            "expired": marks.expired(now),
            "ends_soon": self.ends_soon(now),
            "kept": marks.kept.as_json() if marks.kept else None,
            "paused": marks.paused.as_json() if marks.paused else None,
            "unreadable": list(marks.unreadable),
            "url": self.url or None,
        }


def environments(engine: Engine, types: Mapping[str, EnvironmentType], *, app: str = "") -> list[Listed]:
    """Every stack of the project that `pave` deployed; only an app's when one is named."""
    names = engine.stack_names()
    with ThreadPoolExecutor(max_workers=CALLS_AT_ONCE) as pool:
        marked = [Marks.of(tags) for tags in pool.map(partial(_tags, engine), names)]
    return [
        listed(name, found, types)
        for name, found in zip(names, marked, strict=True)
        if found.env_type and app in ("", found.app)
    ]


def _tags(engine: Engine, stack: str) -> Mapping[str, str]:
    """None, of a stack that has been removed since the names were asked for: others are at work, too."""
    try:
        return engine.tags(stack)
    except InputError:
        return {}


def listed(stack: str, marks: Marks, types: Mapping[str, EnvironmentType]) -> Listed:
    """The entry of a stack with these marks."""
    type_ = types.get(marks.env_type)
    return Listed(stack, marks, marks.url, type_.ttl_warning if type_ else None)
