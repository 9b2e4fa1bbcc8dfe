"""What the cluster's drivers won't do for a Score file, told with its place before anything is created. Without Pulumi.

Each function is one driver's objections to one `Wish`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.catalog.drivers import Objection, Served, Wish
from platform_components.drivers.kubernetes_inputs import VolumeInputs
from platform_components.drivers.workload_annotations import Wanted, annotation_path, service_name, wanted
from platform_components.kubernetes.container_order import Readiness, container_order
from platform_components.score.model import Container, Port, Workload
from platform_components.score.placeholders import Reference, Template
from platform_components.score.positions import DocumentPath
from platform_components.score.problems import did_you_mean

AUTOSCALER = "horizontal-pod-autoscaler"
"""The type."""
VOLUME = "kubernetes/volume"
"""The driver."""
ONE_PLACE = ("ReadWriteOnce", "ReadWriteOncePod")
"""Access modes of volumes that the pods of several nodes can't mount."""
RUN_ONCE = ("Job", "CronJob")
_LONG_NAME = 52
_CLAIM_SPEC = "claimSpec"
DEFAULT_MODE = VolumeInputs.model_fields["access_mode"].default


def kind_of(inputs: Mapping[str, Any], asked: Wanted) -> str:
    """What a workload runs as: the definition's word before the developer's."""
    return inputs["kind"] or asked.kind or "Deployment"


def resource_of(source: str) -> str | None:
    """The resource that `volumes.*.source` names; None unless it is `${resources.NAME}` and nothing else."""
    parts = Template.parse(source).parts
    if len(parts) == 1 and isinstance(parts[0], Reference):
        reference = parts[0]
        if reference.root == "resources" and len(reference.keys) == 1:
            return str(reference.keys[0])
    return None


def workload(wish: Wish) -> Iterator[Objection]:
    """Of the driver `kubernetes/workload`."""
    asked = wanted(wish.workload)
    yield from asked.objections
    yield from _annotations(wish, asked)
    kind = kind_of(wish.inputs, asked)
    yield from _kind(wish, kind)
    yield from _schedule(wish, kind, asked)
    yield from _service(wish)
    yield from _order(wish.workload, asked)
    yield from _volumes(wish, kind)


def route(wish: Wish) -> Iterator[Objection]:
    """Of the driver `kubernetes/route`."""
    port = wish.inputs["port"]
    if wish.name is None or _is_open(port):
        return
    path = ("resources", wish.name, "params", "port")
    found = port_of(wish.workload, port)
    if found is None:
        yield Objection(path, f"the workload '{wish.workload.name}' has no port '{port}'", ports_text(wish.workload))
    elif found.protocol != "TCP":
        yield Objection(path, f"the port '{port}' is a UDP port; a route leads to a TCP port")


def service(wish: Wish) -> Iterator[Objection]:
    """Of the driver `kubernetes/service`."""
    assert wish.name is not None
    named = wish.inputs["workload"] or wish.workload.resources[wish.name].id or wish.name
    yield from _other(wish, named, ("resources", wish.name), "give the resource (or its `id`) the workload's name")


def service_port(wish: Wish) -> Iterator[Objection]:
    """Of the driver `kubernetes/service-port`."""
    assert wish.name is not None
    named, port = wish.inputs["workload"], wish.inputs["port"]
    params = ("resources", wish.name, "params")
    problems = list(_other(wish, named, (*params, "workload"), ""))
    yield from problems
    if problems or _is_open(named) or _is_open(port):
        return
    other = wish.workloads[named]
    if port_of(other, port) is None:
        yield Objection((*params, "port"), f"the workload '{named}' has no port '{port}'", ports_text(other))


def autoscaler(wish: Wish) -> Iterator[Objection]:
    """Of the driver `kubernetes/autoscaler`."""
    least, most = wish.inputs["min_replicas"], wish.inputs["max_replicas"]
    if wish.name is not None and isinstance(least, int) and isinstance(most, int) and least > most:
        yield Objection(("resources", wish.name), f"the least pods ({least}) are more than the most ({most})")


def port_of(workload: Workload, wanted_port: str | int) -> Port | None:
    """A port of a workload's Service, by its name or its number."""
    ports = workload.service.ports if workload.service else {}
    by_name = ports.get(str(wanted_port))
    return by_name or next((port for port in ports.values() if str(port.port) == str(wanted_port)), None)


def ports_text(workload: Workload) -> str:
    """The ports of a workload, for people."""
    ports = workload.service.ports if workload.service else {}
    return f"its ports: {', '.join(f'{name} ({port.port})' for name, port in ports.items()) or 'none'}"


def _annotations(wish: Wish, asked: Wanted) -> Iterator[Objection]:
    """What the definition does not leave to developers."""
    allowed = wish.inputs["annotations"]
    for name, written in asked.places.items():
        if allowed is not None and name.partition(".")[0] not in allowed:
            known = ", ".join(allowed) or "none"
            yield Objection(annotation_path(written), "the platform team sets this itself here", f"allowed: {known}")
    if asked.kind is None:
        return
    place = annotation_path(asked.places["kind"])
    fixed, kinds = wish.inputs["kind"], wish.inputs["kinds"]
    if fixed is not None and fixed != asked.kind:
        yield Objection(place, f"workloads are a {fixed} here, not a {asked.kind}", "take the annotation out")
    elif fixed is None and asked.kind not in kinds:
        yield Objection(place, f"a {asked.kind} is not allowed here", f"allowed: {', '.join(kinds)}")


def _kind(wish: Wish, kind: str) -> Iterator[Objection]:
    """What not every kind can do."""
    score = wish.workload
    if kind in ("StatefulSet", "CronJob") and len(score.name) > _LONG_NAME:
        what = f"a {kind} has a name of {_LONG_NAME} characters at most, this one has {len(score.name)}"
        yield Objection(("metadata", "name"), what, "Kubernetes adds to it for what it makes")
    if kind in RUN_ONCE and score.service and score.service.ports:
        yield Objection(
            ("service",), f"a {kind} runs to its end and answers nobody, so it has no Service", "take `service` out"
        )
    scalers = [name for name, one in score.resources.items() if one.type == AUTOSCALER]
    for name in scalers:
        if kind in RUN_ONCE:
            yield Objection(("resources", name, "type"), f"a {kind} is not scaled", "take the resource out")
        elif len(scalers) > 1:
            yield Objection(("resources", name, "type"), "the workload has more than one autoscaler", "keep one")


def _schedule(wish: Wish, kind: str, asked: Wanted) -> Iterator[Objection]:
    place = asked.places.get("schedule")
    if kind == "CronJob":
        if place is None and wish.inputs["schedule"] is None:
            fix = 'add the annotation platform-components/schedule: "*/5 * * * *"'
            at = annotation_path(asked.places["kind"]) if "kind" in asked.places else ("metadata", "name")
            yield Objection(at, "a CronJob needs a schedule", fix)
    elif place is not None:
        fix = "add the annotation platform-components/kind: CronJob"
        yield Objection(annotation_path(place), f"a {kind} has no schedule", fix)


def _service(wish: Wish) -> Iterator[Objection]:
    """Two workloads can't be reached by one name."""
    score = wish.workload
    if not (score.service and score.service.ports):
        return
    mine = service_name(score)
    for other in sorted(wish.workloads):
        one = wish.workloads[other]
        if other != score.name and one.service and one.service.ports and service_name(one) == mine:
            places = wanted(score).places
            at = annotation_path(places["service-name"]) if "service-name" in places else ("metadata", "name")
            yield Objection(at, f"the Service '{mine}' is the workload {other}'s already", "choose another name")
    numbers: dict[tuple[int, str], str] = {}
    for name, port in score.service.ports.items():
        first = numbers.setdefault((port.port, port.protocol), name)
        if first != name:
            what = f"{port.port}/{port.protocol} is the port '{first}' already"
            yield Objection(("service", "ports", name, "port"), what, "one number is one port of a Service")


@dataclass(frozen=True)
class _Started:
    """A container as `container_order` looks at it."""

    before: Mapping[str, Readiness]
    liveness: Any
    readiness: Any
    startup: Any


def _order(score: Workload, asked: Wanted) -> Iterator[Objection]:
    """Starts that a pod can't express."""

    def started(name: str, container: Container) -> _Started:
        before = {other: before.ready for other, before in container.before.items()}
        startup = asked.timings.get((name, "startup"))
        return _Started(before, container.liveness_probe, container.readiness_probe, startup)

    try:
        container_order({name: started(name, container) for name, container in score.containers.items()})
    except ValueError as error:
        where, _, what = str(error).partition(": ")
        yield Objection(tuple(where.split(".")), what)  # no container's name has a dot in it


def _volumes(wish: Wish, kind: str) -> Iterator[Objection]:
    for name, container in sorted(wish.workload.containers.items()):
        for target, volume in sorted(container.volumes.items()):
            path: DocumentPath = ("containers", name, "volumes", target)
            if not target.startswith("/") or target == "/" or ":" in target or ".." in target.split("/"):
                yield Objection(path, "is no path in a container", "write an absolute path without ':' and '..'")
            if target in container.files:
                yield Objection(path, "a file of the container is at the same path", "move one of them")
            within = volume.path or ""
            if within.startswith("/") or ".." in within.split("/"):
                yield Objection((*path, "path"), "must stay in the volume", "write a relative path without '..'")
            resource = resource_of(volume.source)
            if resource is None:
                fix = "write ${resources.NAME}, a resource of the type `volume`"
                yield Objection((*path, "source"), "must name one resource and nothing more", fix)
            elif served := wish.resources.get(resource):
                yield from _mounted(wish, served, (*path, "source"), kind)


def _mounted(wish: Wish, served: Served, path: DocumentPath, kind: str) -> Iterator[Objection]:
    """A resource as a volume. What a definition writes out is known before anything is there."""
    if not {"source", _CLAIM_SPEC} & set(served.outputs):
        yield Objection(path, f"a '{served.type}' is no volume", "ask for a resource of the type `volume`")
        return
    if served.driver == "static":
        source = served.inputs.get("source")
        if _CLAIM_SPEC in served.inputs and kind != "StatefulSet":
            what = f"this volume is one for each pod of a StatefulSet, and the workload is a {kind}"
            fix = "add the annotation platform-components/kind: StatefulSet, or ask for a volume of another class"
            yield Objection(path, what, fix)
        others = [name for name in wish.asked_for_by[served.identity] if name != wish.workload.name]
        if isinstance(source, Mapping) and {"emptyDir", "ephemeral"} & source.keys() and others:
            what = f"this volume is each pod's own, so {', '.join(others)} would not share it"
            yield Objection(path, what, "ask for a volume of another class, or take the `id` out")
    replicas = _pods(wish)
    mode = served.inputs.get("access_mode", DEFAULT_MODE) if served.driver == VOLUME else None
    if mode in ONE_PLACE and kind not in RUN_ONCE and replicas > 1:
        what = f"a volume of the mode {mode} is mounted by one pod, and the workload has {replicas}"
        yield Objection(path, what, "ask for a volume that several pods can mount, or for one for each pod")


def _pods(wish: Wish) -> int:
    """How many pods the workload can have."""
    scalers = [one.inputs for one in wish.resources.values() if one.type == AUTOSCALER]
    counts = [each.get("max_replicas") for each in [*scalers, wish.inputs["autoscaling"] or {}]]
    return max([one for one in [*counts, wish.inputs["replicas"]] if isinstance(one, int)], default=1)


def _other(wish: Wish, named: str, path: DocumentPath, fix: str) -> Iterator[Objection]:
    """Another workload that has to be there, and to open a port."""
    if _is_open(named):
        return
    other = wish.workloads.get(named)
    if other is None:
        hint = "\n".join(filter(None, [did_you_mean(named, wish.workloads, of="workloads"), fix]))
        yield Objection(path, f"this environment has no workload '{named}'", hint)
    elif not (other.service and other.service.ports):
        yield Objection(path, f"the workload '{named}' opens no port, so it has no Service", "add `service` to it")


def _is_open(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
