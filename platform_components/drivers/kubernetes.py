"""Drivers of the cluster's side: the environment's namespace, its workloads, and routes to them.

What their components get is in `kubernetes_args` and `workload_args`, without Pulumi.
"""

from platform_components.drivers.kubernetes_args import (
    job_args,
    namespace_args,
    route_args,
    service_outputs,
    service_port_outputs,
    volume_args,
    volume_outputs,
)
from platform_components.drivers.request import Deployed, Request
from platform_components.drivers.workload_args import workload_args, workload_outputs
from platform_components.kubernetes import Namespace, Route, Volume, Workload


def namespace(request: Request) -> Deployed:
    """The environment's namespace; outputs of the type `k8s-namespace`."""
    component = Namespace(request.name, namespace_args(request), request.options())
    return Deployed({"name": component.name}, namespace=component.namespace)


def workload(request: Request) -> Deployed:
    """A workload with its dependencies injected; outputs of the type `workload`."""
    args = workload_args(request)
    component = Workload(request.name, args, request.options(in_namespace=True))
    return Deployed(workload_outputs(args, component))


def volume(request: Request) -> Deployed:
    """A volume that outlives the pods which mount it; outputs of the type `volume`."""
    component = Volume(request.name, volume_args(request), request.options(in_namespace=True))
    return Deployed(volume_outputs(component.claim_name))


def autoscaler(_request: Request) -> Deployed:
    """Nothing yet: the workload's own driver makes the object, beside what it scales."""
    return Deployed({})


def service(request: Request) -> Deployed:
    """The name of another workload's Service; outputs of the type `service`."""
    return Deployed(service_outputs(request))


def service_port(request: Request) -> Deployed:
    """A port of another workload's Service; outputs of the type `service-port`."""
    return Deployed(service_port_outputs(request))


def job(request: Request) -> Deployed:
    """A Job that has to succeed before what awaits it is made, such as a migration; outputs of the type `k8s-job`."""
    component = Workload(request.name, job_args(request), request.options(in_namespace=True))
    return Deployed({"name": component.name}, done=component.objects["controller"])


def route(request: Request) -> Deployed:
    """A path of a host, to a port of the workload that asks; outputs of the type `route`."""
    component = Route(request.name, route_args(request), request.options(in_namespace=True))
    return Deployed({"url": component.url})
