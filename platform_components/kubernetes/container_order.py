"""Which containers of a pod start before which, and how a pod can express that. Pure.

A container that others wait for becomes an init container: they start one after another, before all the rest. One that
must only be `started` or `healthy` goes on running beside them (a native sidecar):
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal, Protocol

Readiness = Literal["started", "healthy", "complete"]


class _Container(Protocol):
    @property
    def before(self) -> Mapping[str, Readiness]: ...
    @property
    def liveness(self) -> Any: ...
    @property
    def readiness(self) -> Any: ...
    @property
    def startup(self) -> Any: ...


@dataclass(frozen=True)
class ContainerOrder:
    """The containers of a pod in the order of their start."""

    first: tuple[tuple[str, Readiness], ...]
    """Init containers, and what each must have reached before the next one starts."""
    then: tuple[str, ...]
    """The others, which start together."""


def container_order(containers: Mapping[str, _Container]) -> ContainerOrder:
    """The order that `before` of the containers asks for; a ValueError if a pod cannot keep it."""
    waits: dict[str, set[str]] = {name: set() for name in sorted(containers)}
    for name, container in sorted(containers.items()):
        for other in sorted(container.before):
            if other not in containers:
                raise ValueError(f"containers.{name}.before: there is no container '{other}'")
            waits[other].add(name)
    sorter = TopologicalSorter(waits)
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"containers wait for each other: {' before '.join(error.args[1])}") from None
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    first = tuple((name, _awaited(name, containers[name])) for name in ordered if containers[name].before)
    return ContainerOrder(first, tuple(name for name in sorted(containers) if not containers[name].before))


def _awaited(name: str, container: _Container) -> Readiness:
    """What a container must have reached before anything after it starts."""
    where = f"containers.{name}.before"
    asked = set(container.before.values())
    probes = [kind for kind in ("liveness", "readiness", "startup") if getattr(container, kind) is not None]
    if "complete" in asked:
        if "healthy" in asked:
            raise ValueError(f"{where}: a container that completes is not there any more to be healthy")
        if probes:
            raise ValueError(f"{where}: a container that completes has no {probes[0]} probe")
        return "complete"
    if "healthy" in asked:
        if not probes:
            raise ValueError(f"{where}: 'healthy' needs a probe in '{name}' that tells")
        return "healthy"
    return "started"
