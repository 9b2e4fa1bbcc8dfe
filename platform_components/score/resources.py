"""What workloads ask for: the identity of each resource, one request out of several for a shared one, and their order.

Reads documents rather than models, so that a file with mistakes elsewhere is checked for these as well.
Which definition serves a request is not decided here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from platform_components.errors import InputError
from platform_components.score.loops import loops
from platform_components.score.placeholders import Reference, parse_references


@dataclass(frozen=True)
class Request:
    """One entry of a workload's `resources`; params and metadata are None where the entry has none."""

    workload: str
    name: str
    type: str
    class_: str = "default"
    id: str | None = None
    params: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None

    @property
    def identity(self) -> str:
        """`type.class#workload.name`, or `type.class#id` where an id makes it a shared one."""
        return f"{self.type}.{self.class_ or 'default'}#{self.id or f'{self.workload}.{self.name}'}"


@dataclass(frozen=True)
class Conflict:
    """A shared resource that two requests describe differently."""

    first: Request
    second: Request
    element: str
    """`params` or `metadata`."""

    def __str__(self) -> str:
        return f"resource '{self.first.identity}': multiple definitions with different {self.element}"


@dataclass(frozen=True)
class Edge:
    """A request whose params use an output of another resource of the same workload."""

    request: Request
    path: tuple[str | int, ...]
    """Where in the params the placeholder stands."""
    used: str
    """The name of the resource it uses."""


def requests_of(document: Mapping[str, Any], workload: str) -> tuple[Request, ...]:
    """The requests of a Score document, by name; entries that are no requests are left out."""
    entries = document.get("resources")
    if not isinstance(entries, Mapping):
        return ()
    return tuple(
        Request(
            workload,
            name,
            entry["type"],
            _text(entry.get("class")) or "default",
            _text(entry.get("id")),
            _map(entry.get("params")),
            _map(entry.get("metadata")),
        )
        for name, entry in sorted(entries.items())
        if isinstance(entry, Mapping) and isinstance(entry.get("type"), str)
    )


def merge(requests: Iterable[Request]) -> tuple[dict[str, Request], tuple[Conflict, ...]]:
    """One request for each identity, and the conflicts among them.

    Of several for a shared resource the one with params counts, and its workload resolves them.
    """
    merged: dict[str, Request] = {}
    conflicts: list[Conflict] = []
    for request in sorted(requests, key=lambda one: (one.workload, one.name)):
        first = merged.setdefault(request.identity, request)
        if first is request:
            continue
        for element in ("params", "metadata"):
            known, new = getattr(first, element), getattr(request, element)
            if known is not None and new is not None and known != new:
                conflicts.append(Conflict(first, request, element))
        if first.params is None and request.params is not None:
            first = replace(request, metadata=first.metadata)
        merged[request.identity] = first if first.metadata is not None else replace(first, metadata=request.metadata)
    return merged, tuple(conflicts)


def edges(request: Request) -> Iterator[Edge]:
    """Which resources the params use, and where."""
    for path, reference in references_in(request.params or {}):
        if reference.root == "resources" and reference.keys:
            yield Edge(request, path, reference.keys[0])


def in_order(requests: Iterable[Request]) -> tuple[str, ...]:
    """The identities, each after those its params use; in layers, each layer sorted."""
    needed = _dependencies(requests)
    users: dict[str, list[str]] = {identity: [] for identity in needed}
    for identity, others in needed.items():
        for other in others:
            users[other].append(identity)
    waiting = {identity: len(others) for identity, others in needed.items()}
    layer = sorted(identity for identity, count in waiting.items() if count == 0)
    ordered: list[str] = []
    while layer:
        ordered += layer
        ready: list[str] = []
        for user in (user for identity in layer for user in users[identity]):
            waiting[user] -= 1
            if waiting[user] == 0:
                ready.append(user)
        layer = sorted(ready)
    if len(ordered) < len(needed):
        raise InputError("a cycle exists involving resource param placeholders")
    return tuple(ordered)


def loops_among(requests: Iterable[Request]) -> Iterator[tuple[Edge, ...]]:
    """The loops of params that wait for each other."""
    known = list(requests)
    by_name = {(one.workload, one.name): one.identity for one in known}
    outgoing: dict[str, list[tuple[str, Edge]]] = {}
    for request in known:
        ways = outgoing.setdefault(request.identity, [])
        for edge in edges(request):
            if (request.workload, edge.used) in by_name:
                ways.append((by_name[request.workload, edge.used], edge))
    return loops(outgoing)


def references_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Reference]]:
    """All placeholders in the texts of a tree, each with the path of its text."""
    if isinstance(value, str):
        if "${" in value:
            yield from ((path, reference) for reference in parse_references(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from references_in(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from references_in(item, (*path, index))


def _dependencies(requests: Iterable[Request]) -> dict[str, set[str]]:
    known = list(requests)
    by_name = {(one.workload, one.name): one.identity for one in known}
    needed: dict[str, set[str]] = {one.identity: set() for one in known}
    for request in known:
        for edge in edges(request):
            if (request.workload, edge.used) not in by_name:
                what = f"workload '{request.workload}' resource '{request.name}'"
                raise InputError(f"{what}: refers to unknown resource names '{edge.used}'")
            needed[request.identity].add(by_name[request.workload, edge.used])
    return needed


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _map(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None
