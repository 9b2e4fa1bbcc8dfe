"""What a Score workload becomes as the arguments of the component `Workload`. Pure: nothing is created here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from platform_components import ownership
from platform_components.drivers.entrances import service_account
from platform_components.drivers.network import connections
from platform_components.drivers.request import Injected, Request, StoredSecret
from platform_components.drivers.ways_in import gateway_of, ingress_of
from platform_components.errors import InputError
from platform_components.open_values import mapped
from platform_components.plan.edges import host_port
from platform_components.score import Container, Probe, Workload

if TYPE_CHECKING:
    from platform_components.kubernetes.workload_args import (
        WorkloadArgs,
        WorkloadContainer,
        WorkloadFile,
        WorkloadPort,
        WorkloadProbe,
        WorkloadRoute,
        WorkloadSecretStore,
        WorkloadStoredSecret,
    )


def workload_args(request: Request) -> "WorkloadArgs":
    """The arguments of the component for a workload's resource, its dependencies injected."""
    assert request.injected is not None, "the plan gives a workload's resource its workload"
    inputs, injected = request.inputs, request.injected
    score = injected.workload
    args: WorkloadArgs = {
        "namespace": inputs["namespace"]["name"],
        "workload_name": request.names["workload"],
        "service_name": request.names["service"],
        "containers": {name: _container(name, one, injected) for name, one in score.containers.items()},
        "replicas": inputs["replicas"],
        "deadline_seconds": inputs["deadline_seconds"],
        "ports": _ports(score),
        "routes": _own_routes(injected),
        "service_account": service_account(inputs["identity"]),
        "network": connections(request),
        "secret_stores": _stores(injected),
        "labels": ownership.labels(request.environment),
        "annotations": {**score.annotations, **ownership.annotations(request.environment)},
    }
    if gateway := gateway_of(inputs):
        args["gateway"] = gateway
    if ingress := ingress_of(inputs):
        args["ingress"] = ingress
    return args


def workload_outputs(args: "WorkloadArgs", made: Any) -> dict[str, Any]:
    """The outputs of the type `workload`: what the component, or a rendering of it, tells of itself."""
    outputs = {"name": made.name, "kind": made.kind}
    if args.get("ports"):
        outputs |= {"service": made.service, "port": made.port}
    if args.get("routes"):
        outputs["url"] = mapped(made.urls, lambda urls: urls[0])
    return outputs


def port_number(score: Workload, wanted: str | int) -> int:
    """The Service's port that a route names, by name or by number."""
    ports = score.service.ports if score.service else {}
    for name, port in ports.items():
        if str(wanted) in (name, str(port.port)):
            return port.port
    raise InputError(
        f"the workload '{score.name}' has no port '{wanted}'",
        fix=f"its ports: {', '.join(f'{name} ({port.port})' for name, port in ports.items()) or 'none'}",
    )


def _ports(score: Workload) -> "Mapping[str, WorkloadPort]":
    ports = score.service.ports if score.service else {}
    return {
        name: {"port": port.port, "target_port": port.target_port, "protocol": port.protocol}
        for name, port in ports.items()
    }


def _own_routes(injected: Injected) -> "list[WorkloadRoute]":
    """A workload with a port and a host, but no route of its own making, is reached at that host."""
    score = injected.workload
    ports = {name: port for name, port in _ports(score).items() if port["protocol"] == "TCP"}
    types = {name: resource.type for name, resource in score.resources.items()}
    port = host_port(ports)
    if port is None or "route" in types.values():
        return []
    return [
        {"name": name, "host": injected.resources[name]["host"], "path": "/", "port": ports[port]["port"]}
        for name in sorted(types)
        if types[name] == "dns"
    ]


def _stores(injected: Injected) -> "dict[str, WorkloadSecretStore]":
    """The stores that hold any of the workload's variables or files."""
    stored = [
        one
        for container in injected.containers.values()
        for one in (*container.stored_variables.values(), *container.stored_files.values())
    ]
    return {one.store: {"provider_class": one.provider_class, "secret": one.secret} for one in stored}


def _places(stored: Mapping[str, StoredSecret]) -> "dict[str, WorkloadStoredSecret]":
    return {key: {"store": one.store, "key": one.key} for key, one in stored.items()}


def _container(name: str, score: Container, injected: Injected) -> "WorkloadContainer":
    texts = injected.containers[name]
    container: WorkloadContainer = {
        "image": score.image,
        "variables": texts.variables,
        "secret_variables": texts.secret_variables,
        "files": _files(score, {**texts.files, **texts.secret_files}, secret=frozenset(texts.secret_files)),
        "requests": score.resources.requests.model_dump(exclude_none=True),
        "limits": score.resources.limits.model_dump(exclude_none=True),
        "before": {other: before.ready for other, before in score.before.items()},
    }
    if texts.stored_variables:
        container["stored_variables"] = _places(texts.stored_variables)
    if texts.stored_files:
        container["stored_files"] = _places(texts.stored_files)
    if score.command:
        container["command"] = score.command
    if score.args:
        container["args"] = score.args
    if score.liveness_probe:
        container["liveness"] = _probe(score.liveness_probe)
    if score.readiness_probe:
        container["readiness"] = _probe(score.readiness_probe)
    if score.volumes:
        targets = ", ".join(sorted(score.volumes))
        raise InputError(f"containers.{name}.volumes: no driver of this release mounts volumes ({targets})")
    return container


def _files(score: Container, contents: Mapping[str, Any], *, secret: frozenset[str]) -> "Mapping[str, WorkloadFile]":
    files: dict[str, WorkloadFile] = {}
    for target, file in score.files.items():
        if file.binary_content is None and target not in contents:
            continue  # one that stays in its store
        entry: WorkloadFile = {"secret": target in secret}
        if file.binary_content is not None:
            entry["binary_content"] = file.binary_content
        else:
            entry["content"] = contents[target]
        if file.mode is not None:
            entry["mode"] = file.mode
        files[target] = entry
    return files


def _probe(score: Probe) -> "WorkloadProbe":
    probe: WorkloadProbe = {}
    if score.exec:
        probe["command"] = score.exec.command
    if score.http_get:
        get = score.http_get
        probe["http_get"] = {
            "port": get.port,
            "path": get.path,
            "scheme": get.scheme,
            "headers": [{"name": header.name, "value": header.value} for header in get.http_headers],
        }
        if get.host:
            probe["http_get"]["host"] = get.host
    return probe
