"""Which environments there are, whose, and which have expired: from stack tags, so any machine sees the same."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platform_components.exports import URL_OUTPUT
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.marks import Marks


@dataclass(frozen=True)
class Listed:
    """One environment, or foundation, of the list."""

    stack: str
    marks: Marks
    url: str

    def as_json(self) -> dict[str, Any]:
        """The entry of `pave list --json`."""
        return {
            "stack": self.stack,
            "app": self.marks.app or None,
            "branch": self.marks.branch or None,
            "env_type": self.marks.env_type or None,
            "owner": self.marks.owner or None,
            "expires": self.marks.expires.isoformat() if self.marks.expires else None,
            "url": self.url or None,
        }


def environments(engine: Engine, *, app: str = "") -> list[Listed]:
    """Every stack of the project that `pave` deployed; only an app's when one is named."""
    names = engine.stack_names()
    # The engine answers for one stack at a time, a tenth of a second each
    with ThreadPoolExecutor(max_workers=8) as pool:
        tags = list(pool.map(engine.tags, names))
        marked = [(name, Marks.of(found)) for name, found in zip(names, tags, strict=True)]
        chosen = [(name, found) for name, found in marked if found.env_type and app in ("", found.app)]
        urls = list(pool.map(lambda entry: _url(engine, entry[0]), chosen))
    return [Listed(name, found, url) for (name, found), url in zip(chosen, urls, strict=True)]


def expired(listed: list[Listed], now: datetime) -> list[Listed]:
    """Those whose time is over."""
    return [entry for entry in listed if entry.marks.expired(now)]


def _url(engine: Engine, stack: str) -> str:
    value = engine.outputs(stack).get(URL_OUTPUT)
    return value if isinstance(value, str) else ""
