"""Drivers of the cluster's side: the environment's namespace, its workloads, and routes to them."""

from typing import Any

import pulumi

from platform_components import naming, ownership
from platform_components.drivers.request import Deployed, Request
from platform_components.drivers.workload_args import port_number, workload_args
from platform_components.errors import InputError
from platform_components.kubernetes import Namespace, NamespaceArgs, Route, Workload
from platform_components.kubernetes.workload_args import WorkloadContainer


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
    args = workload_args(request)
    component = Workload(request.name, args, request.options(in_namespace=True))
    outputs: dict[str, Any] = {"name": component.name, "kind": component.kind}
    if args.get("ports"):
        outputs |= {"service": component.service, "port": component.port}
    if args.get("routes"):
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
            "port": port_number(request.workload, inputs["port"]),
            "gateway": {"name": inputs["gateway"]["name"], "namespace": inputs["gateway"]["namespace"]},
        },
        request.options(in_namespace=True),
    )
    return Deployed({"url": component.url})
