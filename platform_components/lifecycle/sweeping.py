"""`pave sweep`: what has ended, what nobody knows any more, and servers that Azure has started by itself.

First everything is looked at and nothing is done; then each is done by itself, so that one failure stops no other. What
can't be looked at is kept.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Literal

from platform_components.environment import EnvironmentType
from platform_components.errors import PlatformError
from platform_components.lifecycle import listing, orphans, servers
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.lifetime import Types
from platform_components.lifecycle.listing import Listed
from platform_components.lifecycle.orphans import Looked, Orphan
from platform_components.lifecycle.progress import Listener
from platform_components.repository import catalog_of

Result = Literal["to do", "done", "skipped", "failed", "survived"]
GONE_SECONDS = 180.0
"""How long it is waited for removed namespaces to be gone: fifty at once took forty."""


@dataclass(frozen=True)
class Task:
    """One thing to remove or to stop, and what came of it."""

    kind: Literal["environment", "orphan", "server"]
    name: str
    stack: str
    why: str
    result: Result = "to do"
    details: tuple[str, ...] = ()
    orphan: Orphan | None = None

    def ended(self, result: Result, *details: str) -> "Task":
        """The same, with what came of it."""
        return replace(self, result=result, details=tuple(details))

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        place = {"place": self.orphan.place} if self.orphan else {}
        names = {"kind": self.kind, "name": self.name, "stack": self.stack, **place, "why": self.why}
        return {**names, "result": self.result.replace(" ", "_"), "details": list(self.details)}


@dataclass(frozen=True)
class Swept:
    """What a sweep found, or did."""

    tasks: tuple[Task, ...]
    unknown: tuple[str, ...]
    """What could not be looked at, and is kept."""
    living: int
    """Environments that are left alone: their time is not over, or never will be."""

    def having(self, *results: Result) -> tuple[Task, ...]:
        """The tasks that came to this."""
        return tuple(task for task in self.tasks if task.result in results)

    @property
    def exit_code(self) -> int:
        """6: something is left that should be gone; 4: something failed, or could not be looked at."""
        return 6 if self.having("survived") else 4 if self.having("failed") or self.unknown else 0

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "tasks": [task.as_json() for task in self.tasks],
            "unknown": list(self.unknown),
            "living": self.living,
        }


Destroy = Callable[[str], Task]
"""Removes an environment of this name whose time is over: a task of it that has ended."""


def look(engine: Engine, *, app: str = "", now: datetime | None = None) -> Swept:
    """What there is to do. Raises `PlatformError` only when not even the stacks can be listed."""
    now = now or datetime.now(UTC)
    types = catalog_of(engine.platform).environment_types
    every = listing.environments(engine, types)
    listed = [entry for entry in every if app in ("", entry.marks.app)]
    expired = [entry for entry in listed if entry.marks.expired(now) and not _is_foundation(entry, types)]
    living = [entry for entry in listed if entry not in expired and not _is_foundation(entry, types)]
    tasks = [Task("environment", one.stack, one.stack, f"its time was over at {_time(one)}") for one in expired]
    awake, unknown = _awake(engine, living)
    looked = look_for_orphans(engine, every, types)
    tasks += [_task(one) for one in looked.orphans if app in ("", one.app)]
    return Swept((*tasks, *awake), (*unknown, *looked.unknown), len(living))


def sweep(engine: Engine, found: Swept, destroy: Destroy, listener: Listener, *, workers: int) -> Swept:
    """Do it."""
    by_kind = {
        kind: [task for task in found.tasks if task.kind == kind] for kind in ("environment", "orphan", "server")
    }

    def told(task: Task) -> Task:
        listener.noted(f"{task.name}: {task.result}{f' ({task.details[0]})' if task.details else ''}")
        return task

    with ThreadPoolExecutor(max_workers=workers) as pool:
        done = list(pool.map(lambda task: told(_ended_as(task, destroy(task.stack))), by_kind["environment"]))
        done += list(pool.map(lambda task: told(_stopped(task, listener)), by_kind["server"]))
        engine.forget()
        known = set(engine.stack_names()) if by_kind["orphan"] else set()
        removed = list(pool.map(lambda task: told(_removed(task, known)), by_kind["orphan"]))
    proved, unknown = _proved(engine, removed)
    return replace(found, tasks=(*done, *proved), unknown=tuple(dict.fromkeys((*found.unknown, *unknown))))


def look_for_orphans(engine: Engine, listed: Sequence[Listed], types: Types) -> Looked:
    """What is there of stacks that are gone, on the foundations of this backend."""
    foundations = {entry.stack for entry in listed if _is_foundation(entry, types)}
    foundations |= {entry.marks.foundation.rpartition("/")[2] for entry in listed if entry.marks.foundation}
    foundations |= {(one.foundation or "").rpartition("/")[2] for one in types.values()}
    there = sorted(foundations & set(engine.stack_names()))
    return orphans.look(engine, list(orphans.places(engine, there)))


def _task(orphan: Orphan) -> Task:
    why = f"the stack '{orphan.stack}' is gone"
    return Task("orphan", str(orphan), orphan.stack, why, orphan=orphan)


def _awake(engine: Engine, living: Sequence[Listed]) -> tuple[list[Task], list[str]]:
    """Servers of paused environments that run: Azure starts what has been stopped for a week."""
    tasks: list[Task] = []
    unknown: list[str] = []
    for entry in living:
        if entry.marks.paused is None:
            continue
        try:
            found = servers.running(servers.own(engine.outputs(entry.stack)))
        except PlatformError as error:
            unknown.append(f"servers of {entry.stack}: {'; '.join(str(error).splitlines())}")
            continue
        why = f"'{entry.stack}' is paused; Azure starts a server after {servers.RESTART_DAYS} days"
        tasks += [Task("server", identity, entry.stack, why) for identity in found]
    return tasks, unknown


def _ended_as(task: Task, ended: Task) -> Task:
    return task.ended(ended.result, *ended.details)


def _stopped(task: Task, listener: Listener) -> Task:
    try:
        servers.stop([task.name], listener)
    except PlatformError as error:
        return task.ended("failed", *str(error).splitlines())
    return task.ended("done")


def _removed(task: Task, known: set[str]) -> Task:
    assert task.orphan is not None, "only orphans are removed here"
    if task.stack in known:
        return task.ended("skipped", f"'{task.stack}' has been made meanwhile")
    try:
        task.orphan.remove()
    except PlatformError as error:
        return task.ended("failed", *str(error).splitlines())
    return task.ended("done")


def _proved(engine: Engine, removed: Sequence[Task]) -> tuple[list[Task], Sequence[str]]:
    """Whatever should be gone and is still found has survived; and what could not be looked at for that."""
    gone = {task.orphan for task in removed if task.result == "done"}
    if not gone:
        return list(removed), ()
    types, until = catalog_of(engine.platform).environment_types, monotonic() + GONE_SECONDS
    while True:
        engine.forget()
        looked = look_for_orphans(engine, listing.environments(engine, types), types)
        left = gone & set(looked.orphans)
        if not left or monotonic() > until:
            break
        sleep(2)
    tasks = [task.ended("survived", "it is still there") if task.orphan in left else task for task in removed]
    return tasks, looked.unknown


def _is_foundation(entry: Listed, types: Types) -> bool:
    type_: EnvironmentType | None = types.get(entry.marks.env_type)
    return type_ is not None and type_.kind == "foundation"


def _time(entry: Listed) -> str:
    return f"{entry.marks.ends:%Y-%m-%d %H:%M} UTC" if entry.marks.ends else ""
