"""Drivers of the cluster's side: the environment's namespace, its workloads, and routes to them."""

from collections.abc import Mapping
from typing import Any

import pulumi

from platform_components import naming, ownership
from platform_components.drivers.request import Deployed, Injected, Request
from platform_components.errors import InputError
from platform_components.kubernetes import Namespace, NamespaceArgs, Route, Workload
from platform_components.kubernetes.workload_args import (
    WorkloadArgs,
    WorkloadContainer,
    WorkloadFile,
    WorkloadPort,
    WorkloadProbe,
    WorkloadRoute,
)
from platform_components.score import Container, Probe
from platform_components.score import Workload as ScoreWorkload

# An ingress port by custom, when a workload opens several and says of none that it is the one to reach
_WEB_PORTS = ("http", "web", "www")


def namespace(request: Request) -> Deployed:
    """The environment's namespace; outputs of the type `k8s-namespace`."""
    inputs = request.inputs
    args: NamespaceArgs = {
        "namespace_name": request.names["namespace"],
        "labels": {**ownership.labels(request.environment), **ownership.MANAGED},
        "annotations": ownership.annotations(request.environment),
        "pod_security": inputs["pod_security"],
        "gateway_namespaces": [inputs["gateway"]["namespace"]],
        "egress": inputs["egress"],
        "protect": request.environment.type.protect,
    }
    if inputs["quota"]:
        args["quota"] = inputs["quota"]
    component = Namespace(request.name, args, request.options())
    return Deployed({"name": component.name}, namespace=component.namespace)


def workload(request: Request) -> Deployed:
    """A workload with its dependencies injected; outputs of the type `workload`."""
    assert request.injected is not None, "the plan gives a workload's resource its workload"
    inputs, injected = request.inputs, request.injected
    score = injected.workload
    args: WorkloadArgs = {
        "namespace": inputs["namespace"]["name"],
        "workload_name": request.names["workload"],
        "service_name": request.names["service"],
        "containers": {name: _container(name, one, injected) for name, one in score.containers.items()},
        "replicas": inputs["replicas"],
        "ports": _ports(score),
        "routes": _own_routes(injected),
        "gateway": {"name": inputs["gateway"]["name"], "namespace": inputs["gateway"]["namespace"]},
        "service_account": {"client_id": inputs["identity"]["client_id"]},
        "labels": ownership.labels(request.environment),
        "annotations": {**score.annotations, **ownership.annotations(request.environment)},
    }
    component = Workload(request.name, args, request.options(in_namespace=True))
    outputs: dict[str, Any] = {"name": component.name, "kind": component.kind}
    if args["ports"]:
        outputs |= {"service": component.service, "port": component.port}
    if args["routes"]:
        outputs["url"] = component.urls.apply(lambda urls: urls[0])
    return Deployed(outputs)


def job(request: Request) -> Deployed:
    """A Job that has to succeed before what awaits it is made, such as a migration; outputs of the type `k8s-job`."""
    inputs = request.inputs
    container: WorkloadContainer = {
        "image": inputs["image"] or _own_image(request),
        "secret_variables": {name: pulumi.Output.format("{0}", value) for name, value in inputs["variables"].items()},
    }
    if inputs["command"]:
        container["command"] = list(inputs["command"])
    if inputs["args"]:
        container["args"] = list(inputs["args"])
    component = Workload(
        request.name,
        {
            "namespace": inputs["namespace"]["name"],
            "workload_name": request.names["job"],
            "kind": "Job",
            "containers": {"job": container},
            "deadline_seconds": inputs["deadline_seconds"],
            "labels": ownership.labels(request.environment),
            "annotations": ownership.annotations(request.environment),
        },
        request.options(in_namespace=True),
    )
    return Deployed({"name": component.name}, done=component.objects["controller"])


def _own_image(request: Request) -> str:
    """That of the workload for which the job runs: it brings the migrations that fit it."""
    if request.workload is None:
        raise InputError(f"{request.resource.id}: belongs to no workload whose image it could run", fix="give `image`")
    return next(iter(request.workload.containers.values())).image


def route(request: Request) -> Deployed:
    """A path of a host, to a port of the workload that asks; outputs of the type `route`."""
    if request.workload is None:
        raise InputError(f"{request.resource.id}: a route is asked for by one workload; take its `id` out")
    inputs = request.inputs
    component = Route(
        request.name,
        {
            "namespace": inputs["namespace"]["name"],
            "route_name": request.names["route"],
            "host": inputs["host"],
            "path": inputs["path"],
            "service_name": naming.service(request.workload.name),
            "port": _port_number(request.workload, inputs["port"]),
            "gateway": {"name": inputs["gateway"]["name"], "namespace": inputs["gateway"]["namespace"]},
        },
        request.options(in_namespace=True),
    )
    return Deployed({"url": component.url})


def _ports(score: ScoreWorkload) -> Mapping[str, WorkloadPort]:
    ports = score.service.ports if score.service else {}
    return {
        name: {"port": port.port, "target_port": port.target_port, "protocol": port.protocol}
        for name, port in ports.items()
    }


def _own_routes(injected: Injected) -> list[WorkloadRoute]:
    """A workload with a port and a host, but no route of its own making, is reached at that host."""
    score = injected.workload
    ports = _ports(score)
    types = {name: resource.type for name, resource in score.resources.items()}
    if not ports or "route" in types.values():
        return []
    names = [name for name in _WEB_PORTS if name in ports] or sorted(ports)
    return [
        {"name": name, "host": injected.resources[name]["host"], "path": "/", "port": ports[names[0]]["port"]}
        for name in sorted(types)
        if types[name] == "dns"
    ]


def _port_number(score: ScoreWorkload, wanted: str | int) -> int:
    """The Service's port that a route names, by name or by number."""
    ports = score.service.ports if score.service else {}
    for name, port in ports.items():
        if str(wanted) in (name, str(port.port)):
            return port.port
    raise InputError(
        f"the workload '{score.name}' has no port '{wanted}'",
        fix=f"its ports: {', '.join(f'{name} ({port.port})' for name, port in ports.items()) or 'none'}",
    )


def _container(name: str, score: Container, injected: Injected) -> WorkloadContainer:
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


def _files(score: Container, contents: Mapping[str, Any], *, secret: frozenset[str]) -> Mapping[str, WorkloadFile]:
    files: dict[str, WorkloadFile] = {}
    for target, file in score.files.items():
        entry: WorkloadFile = {"secret": target in secret}
        if file.binary_content is not None:
            entry["binary_content"] = file.binary_content
        else:
            entry["content"] = contents[target]
        if file.mode is not None:
            entry["mode"] = file.mode
        files[target] = entry
    return files


def _probe(score: Probe) -> WorkloadProbe:
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
