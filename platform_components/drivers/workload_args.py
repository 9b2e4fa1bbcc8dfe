"""What a Score workload becomes as the arguments of the component `Workload`. Pure: nothing is created here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from platform_components import ownership
from platform_components.drivers.entrances import service_account
from platform_components.drivers.kubernetes_inputs import AutoscalerInputs
from platform_components.drivers.network import connections
from platform_components.drivers.request import Injected, Request, StoredSecret
from platform_components.drivers.ways_in import gateway_of, ingress_of
from platform_components.drivers.workload_annotations import PROBES, Wanted, asked_by, for_pods, wanted
from platform_components.drivers.workload_checks import (
    AUTOSCALER,
    DEFAULT_MODE,
    ONE_PLACE,
    RUN_ONCE,
    VOLUME,
    kind_of,
    port_of,
    ports_text,
    resource_of,
)
from platform_components.errors import InputError
from platform_components.kubernetes.container_settings import SOON
from platform_components.naming import ResourceIdentity, logical
from platform_components.open_values import StandIn, mapped
from platform_components.plan.edges import host_port
from platform_components.score import Container, Probe, Workload

if TYPE_CHECKING:
    from platform_components.kubernetes.workload_args import (
        WorkloadArgs,
        WorkloadAutoscaling,
        WorkloadContainer,
        WorkloadFile,
        WorkloadMount,
        WorkloadPort,
        WorkloadProbe,
        WorkloadRoute,
        WorkloadSecretStore,
        WorkloadSecurity,
        WorkloadStoredSecret,
        WorkloadVolume,
    )


def workload_args(request: Request) -> "WorkloadArgs":
    """The arguments of the component for a workload's resource, its dependencies injected."""
    assert request.injected is not None, "the plan gives a workload's resource its workload"
    inputs, injected = request.inputs, request.injected
    score = injected.workload
    asked = wanted(score)
    kind = kind_of(inputs, asked)
    args: WorkloadArgs = {
        "namespace": inputs["namespace"]["name"],
        "workload_name": request.names["workload"],
        "service_name": request.names["service"],
        "kind": kind,
        "containers": {name: _container(name, one, injected, asked) for name, one in score.containers.items()},
        "volumes": _volumes(injected),
        "replicas": inputs["replicas"],
        "ports": _ports(score),
        "routes": _own_routes(injected),
        "service_account": service_account(inputs["identity"]),
        "network": connections(request),
        "secret_stores": _stores(injected),
        "labels": ownership.labels(request.environment),
        "annotations": {**for_pods(score), **ownership.annotations(request.environment)},
        "security": _security(inputs),
        "default_requests": inputs["default_requests"],
        "default_limits": inputs["default_limits"],
        "spread": inputs["spread"],
        "pre_stop_seconds": inputs["pre_stop_seconds"],
        "termination_grace_seconds": inputs["termination_grace_seconds"],
        "deadline_seconds": inputs["deadline_seconds"],
        "image_pull_secrets": list(inputs["image_pull_secrets"]),
    }
    if gateway := gateway_of(inputs):
        args["gateway"] = gateway
    if ingress := ingress_of(inputs):
        args["ingress"] = ingress
    if kind == "CronJob":
        args["schedule"] = asked.schedule or inputs["schedule"]
    if kind in RUN_ONCE:
        return args
    if inputs["max_unavailable"] is not None:
        args["max_unavailable"] = inputs["max_unavailable"]
    _scale(args, request, injected)
    if kind == "Deployment" and (strategy := _strategy(request, injected)):
        args["strategy"] = strategy
    return args


def workload_outputs(args: "WorkloadArgs", made: Any) -> dict[str, Any]:
    """The outputs of the type `workload`: what the component, or a rendering of it, tells of itself."""
    outputs = {"name": made.name, "kind": made.kind}
    if args.get("ports"):
        outputs |= {"service": made.service, "port": made.port}
    if args.get("routes"):
        outputs["url"] = mapped(made.urls, lambda urls: urls[0])
    return outputs


def port_number(score: Workload, named: str | int) -> int:
    """The Service's port that a route names, by name or by number."""
    found = port_of(score, named)
    if found is None:
        raise InputError(f"the workload '{score.name}' has no port '{named}'", fix=ports_text(score))
    return found.port


def _ports(score: Workload) -> "Mapping[str, WorkloadPort]":
    ports = score.service.ports if score.service else {}
    return {
        name: {"port": port.port, "target_port": port.target_port, "protocol": port.protocol}
        for name, port in ports.items()
    }


def _own_routes(injected: Injected) -> "list[WorkloadRoute]":
    """A workload with a TCP port and a host, but no route of its own making, is reached at that host."""
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


def _security(inputs: Mapping[str, Any]) -> "WorkloadSecurity":
    security: WorkloadSecurity = {
        "read_only_root": inputs["read_only_root"],
        "scratch_size": inputs["scratch_size"],
        "allow_root": inputs["allow_root"],
    }
    if inputs["user"] is not None:
        security["user"] = inputs["user"]
    if inputs["group"] is not None:
        security["group"] = inputs["group"]
    return security


def _scale(args: "WorkloadArgs", request: Request, injected: Injected) -> None:
    """An autoscaler that the workload asks for, else the one of the definition."""
    given: WorkloadAutoscaling | None = request.inputs["autoscaling"]
    if given:
        args["autoscaling"] = given
    for name, resource in sorted(injected.workload.resources.items()):
        if resource.type == AUTOSCALER:
            served = request.plan.resource(injected.identities[name])
            if served.driver == "kubernetes/autoscaler":
                numbers = AutoscalerInputs.model_validate(served.inputs)
                args["autoscaling"] = cast("WorkloadAutoscaling", numbers.model_dump())
            else:
                # Whatever that is, it owns the number of pods, or every update would set it back
                args["scaled_elsewhere"] = True


def _strategy(request: Request, injected: Injected) -> Mapping[str, Any] | None:
    """How a Deployment replaces its pods."""
    for identity in {injected.identities[resource] for resource in _mounted(injected).values()}:
        served = request.plan.resource(identity)
        if served.driver == VOLUME and served.inputs.get("access_mode", DEFAULT_MODE) in ONE_PLACE:
            # A new pod on another node would wait for the volume, and the old one for the new pod
            return {"type": "Recreate"}
    strategy: Mapping[str, Any] | None = request.inputs["strategy"]
    return strategy


def _mounted(injected: Injected) -> dict[str, str]:
    """The resources that are mounted, by the volume's name: one for all names of one resource."""
    volumes = (volume for container in injected.workload.containers.values() for volume in container.volumes.values())
    resources = {_resource(volume.source) for volume in volumes}
    return {_volume_name(resource, injected): resource for resource in sorted(resources)}


def _volumes(injected: Injected) -> "dict[str, WorkloadVolume]":
    volumes: dict[str, WorkloadVolume] = {}
    for name, resource in sorted(_mounted(injected).items()):
        outputs = injected.resources[resource]
        given = {key: outputs[key] for key in ("source", "claimSpec") if outputs.get(key) is not None}
        if all(isinstance(value, StandIn) for value in given.values()):
            given.pop("claimSpec", None)  # nobody knows yet which of them there will be
        if len(given) != 1:
            raise InputError(
                f"the volume {name} has {'both' if given else 'neither'} `source` and `claimSpec`",
                fix="its definition must give exactly one of them",
            )
        volumes[name] = {"source": given["source"]} if "source" in given else {"claim": given["claimSpec"]}
    return volumes


def _mounts(score: Container, injected: Injected) -> "dict[str, WorkloadMount]":
    mounts: dict[str, WorkloadMount] = {}
    for target, volume in score.volumes.items():
        mount: WorkloadMount = {"volume": _volume_name(_resource(volume.source), injected)}
        if volume.path:
            mount["path"] = volume.path
        if volume.read_only:
            mount["read_only"] = True
        mounts[target] = mount
    return mounts


def _volume_name(resource: str, injected: Injected) -> str:
    """By the resource's identity, so that two names of one resource are one volume."""
    return logical(ResourceIdentity.parse(injected.identities[resource]))


def _resource(source: str) -> str:
    resource = resource_of(source)
    if resource is None:
        raise InputError(f"the volume '{source}' names no resource", fix="write ${resources.NAME}")
    return resource


def _container(name: str, score: Container, injected: Injected, asked: Wanted) -> "WorkloadContainer":
    texts = injected.containers[name]
    container: WorkloadContainer = {
        "image": score.image,
        "variables": texts.variables,
        "secret_variables": texts.secret_variables,
        "files": _files(score, {**texts.files, **texts.secret_files}, secret=frozenset(texts.secret_files)),
        "requests": score.resources.requests.model_dump(exclude_none=True),
        "limits": score.resources.limits.model_dump(exclude_none=True),
        "volumes": _mounts(score, injected),
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
    probes = {probe: _probe(name, probe, score, asked) for probe in PROBES}
    if probes["liveness"]:
        container["liveness"] = probes["liveness"]
    if probes["readiness"]:
        container["readiness"] = probes["readiness"]
    if probes["startup"]:
        container["startup"] = probes["startup"]
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


def _probe(container: str, kind: str, score: Container, asked: Wanted) -> "WorkloadProbe | None":
    timings = asked.timings.get((container, kind))
    question = asked_by(score, kind)
    if question is None or (kind == "startup" and timings is None):
        return None
    if timings is None:
        timings = SOON if kind == "readiness" else {}
    return cast("WorkloadProbe", {**_question(question), **timings})


def _question(score: Probe) -> "WorkloadProbe":
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
