"""What bears this platform's marks and belongs to a stack that is gone: looked for in every place, removed with care.

Ours is only what is marked as a branch's (`temporary`) and, where many platforms share a place, names a foundation of
this backend. A place that can't be looked at is no place where nothing is: its things are kept, and it is named. The
places are asked before the backend is: a stack is made before its first resource, so what is found is known by then.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from platform_components.errors import InputError, PlatformError
from platform_components.exports import output_name
from platform_components.lifecycle import cluster
from platform_components.lifecycle.azure_cli import az, az_do
from platform_components.lifecycle.engine import Engine
from platform_components.naming import label_value
from platform_components.ownership import APP_TAG, FOUNDATION_TAG, STACK_TAG, TEMPORARY_TAG

_DELETING_SECONDS = 1800.0
"""A resource group with a database server in it takes a quarter of an hour."""


@dataclass(frozen=True)
class Orphan:
    """One thing whose stack is gone."""

    kind: str
    name: str
    place: str
    stack: str
    app: str
    remove: Callable[[], None] = field(compare=False, repr=False)
    """Takes it away, if it is still what it was. Raises `PlatformError` when it can't."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Place:
    """Where marked things may be."""

    name: str
    marked: Callable[[], Sequence[Orphan]]
    """Everything there that is a branch's of this platform, whether or not its stack is gone."""


@dataclass(frozen=True)
class Looked:
    """What a look around came to."""

    orphans: tuple[Orphan, ...]
    unknown: tuple[str, ...]
    """Places that could not be looked at, each with the reason."""


def places(engine: Engine, foundations: Sequence[str]) -> Iterator[Place]:
    """Every place of these foundations, and the subscription that they are in."""
    subscriptions: dict[str, str] = {}
    for stack in foundations:
        try:
            outputs = engine.outputs(stack)
        except PlatformError as error:
            yield Place(f"everything on {stack}", partial(_failing, error))
            continue
        yield from _in_cluster(stack, outputs)
        yield from _on_servers(outputs)
        yield from _in_zones(stack, outputs)
        found = [value for value in outputs.values() if isinstance(value, str) and value.startswith("/subscriptions/")]
        if found:
            subscriptions[stack] = found[0].split("/")[2].lower()
    if subscriptions:
        yield Place("Azure", lambda: list(_in_azure(subscriptions)))


def look(engine: Engine, around: Sequence[Place]) -> Looked:
    """What is there of stacks that this backend does not have."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(_asked, around))
    engine.forget()
    names = engine.stack_names()
    known = {*names, *map(label_value, names)}
    orphans = [one for marked, _ in answers for one in marked if one.stack and one.stack not in known]
    return Looked(tuple(orphans), tuple(problem for _, problem in answers if problem))


def _failing(error: PlatformError) -> Sequence[Orphan]:
    raise error


def _asked(place: Place) -> tuple[Sequence[Orphan], str]:
    try:
        return place.marked(), ""
    except PlatformError as error:
        return (), f"{place.name}: {'; '.join(str(error).splitlines())}"


def _in_cluster(foundation: str, outputs: Mapping[str, Any]) -> Iterator[Place]:
    kubeconfig = outputs.get(output_name("k8s-cluster.default#main", "kubeconfig"))
    if kubeconfig is None:
        return
    name = f"cluster of {foundation}"

    def marked() -> list[Orphan]:
        found = cluster.temporary_namespaces(str(kubeconfig), foundation)
        return [Orphan("namespace", one.name, name, one.stack, one.app, partial(remove, one)) for one in found]

    def remove(one: cluster.Owned) -> None:
        cluster.delete_namespace(str(kubeconfig), one.name, one.stack)

    yield Place(name, marked)


def _on_servers(outputs: Mapping[str, Any]) -> Iterator[Place]:
    hosts = [name for name in outputs if name.startswith("postgres-server.") and name.endswith("/host")]
    for key in sorted(hosts):
        host, base = str(outputs[key]), key.removesuffix("/host")
        port = int(outputs.get(f"{base}/port", 5432))
        yield _on_server(host, port, str(outputs.get(f"{base}/administrator")))


def _on_server(host: str, port: int, administrator: str) -> Place:
    name = f"PostgreSQL {host}"

    def marked() -> list[Orphan]:
        from platform_components.postgres import inventory
        from platform_components.postgres.connection import Server

        server = Server(host, port, administrator)
        return [
            Orphan(
                "database" if one.database else "role",
                one.database or one.role,
                name,
                one.mark.owner.get(STACK_TAG, ""),
                one.mark.owner.get(APP_TAG, ""),
                partial(inventory.take_away, server, one),
            )
            for one in inventory.marked(server)
            if one.mark.owner.get(TEMPORARY_TAG) == "true" and not one.locked_out
        ]

    return Place(name, marked)


def _in_zones(foundation: str, outputs: Mapping[str, Any]) -> Iterator[Place]:
    for key in sorted(name for name in outputs if name.startswith("dns-zone.") and name.endswith("/name")):
        zone, group = str(outputs[key]), outputs.get(f"{key.removesuffix('/name')}/resource_group")
        if group is not None:
            yield _in_zone(foundation, zone, str(group))


def _in_zone(foundation: str, zone: str, group: str) -> Place:
    def marked() -> list[Orphan]:
        records = az("network", "dns", "record-set", "list", "-g", group, "-z", zone)
        return [
            _azure_orphan("record", f"{one['name']}.{zone}", f"DNS zone {zone}", one["id"], marks)
            for one in records
            if _is_ours(marks := one.get("metadata") or {}, (foundation,))
        ]

    return Place(f"DNS zone {zone}", marked)


def _in_azure(subscriptions: Mapping[str, str]) -> Iterator[Orphan]:
    """Groups first; a resource by itself only where its group is not the environment's own."""
    groups: set[str] = set()
    for kind, command in (("resource group", "group"), ("resource", "resource")):
        for one in az(command, "list", "--tag", f"{TEMPORARY_TAG}=true"):
            marks, identity = one.get("tags") or {}, str(one["id"])
            subscription, group = identity.split("/")[2].lower(), "/".join(identity.split("/")[:5]).lower()
            here = [stack for stack, its in subscriptions.items() if its == subscription]
            if not _is_ours(marks, here) or (command == "resource" and group in groups):
                continue
            groups |= {group} if command == "group" else set()
            name = str(one["name"]) if command == "group" else f"{one['type'].rpartition('/')[2]}/{one['name']}"
            yield _azure_orphan(kind, name, "Azure", identity, marks)


def _is_ours(marks: Mapping[str, Any], foundations: Sequence[str]) -> bool:
    return marks.get(TEMPORARY_TAG) == "true" and marks.get(FOUNDATION_TAG) in foundations


def _azure_orphan(kind: str, name: str, place: str, identity: str, marks: Mapping[str, Any]) -> Orphan:
    stack = str(marks.get(STACK_TAG, ""))

    def remove() -> None:
        if kind != "resource group":
            az_do("resource", "delete", "--ids", identity, seconds=_DELETING_SECONDS)
            return
        inside = az("resource", "list", "-g", name)
        others = [str(one["id"]) for one in inside if (one.get("tags") or {}).get(STACK_TAG) != stack]
        if others:
            raise InputError(
                f"the resource group '{name}' holds what is not of '{stack}'",
                details=others,
                fix="move or remove it; the next sweep takes the group away",
            )
        az_do("group", "delete", "--name", name, "--yes", seconds=_DELETING_SECONDS)

    return Orphan(kind, name, place, stack, str(marks.get(APP_TAG, "")), remove)
