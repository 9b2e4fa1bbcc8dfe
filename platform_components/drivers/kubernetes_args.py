"""What matched resources become as the arguments of Kubernetes components. Pure: nothing is created here.

Workloads, the largest of them, are in `workload_args`.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from platform_components import naming, ownership
from platform_components.drivers.network import connections
from platform_components.drivers.request import Request
from platform_components.drivers.ways_in import gateway_of, ingress_of
from platform_components.drivers.workload_args import port_number
from platform_components.errors import InputError
from platform_components.open_values import StandIn, concatenated, mapped

if TYPE_CHECKING:
    from platform_components.azure import GatewayArgs, GatewayCertificateArgs
    from platform_components.kubernetes import NamespaceArgs, RouteArgs, S3GatewayArgs, WorkloadArgs
    from platform_components.kubernetes.workload_args import WorkloadContainer

GATEWAY, GATEWAY_NAMESPACE = "gateway", "platform-gateway"
"""What a foundation's gateway and its namespace are called."""


def namespace_args(request: Request) -> "NamespaceArgs":
    """The environment's namespace."""
    inputs = request.inputs
    args: NamespaceArgs = {
        "namespace_name": request.names["namespace"],
        "labels": {**ownership.labels(request.environment), **ownership.MANAGED},
        "annotations": ownership.annotations(request.environment),
        "pod_security": inputs["pod_security"],
        "pod_security_version": _pod_security_version(inputs["cluster"].get("version")),
        "same_namespace": False,  # who connects to whom is said by the edges, for each of them
        "protect": request.environment.type.protect,
    }
    args |= cast("NamespaceArgs", {name: inputs[name] for name in ("quota", "limit_range", "owner") if inputs[name]})
    return args


def _pod_security_version(version: Any) -> Any:
    """A cluster's version as Pod Security levels have theirs; `latest` of one that does not say."""
    return concatenated("v", version) if isinstance(version, StandIn) else mapped(version, _minor_version)


def _minor_version(version: str | None) -> str:
    parts = re.match(r"v?(\d+)\.(\d+)", version or "")
    return f"v{parts[1]}.{parts[2]}" if parts else "latest"


def job_args(request: Request) -> "WorkloadArgs":
    """A Job, as a workload that runs once."""
    inputs = request.inputs
    container: WorkloadContainer = {
        "image": inputs["image"] or _own_image(request),
        "secret_variables": {name: concatenated(value) for name, value in inputs["variables"].items()},
    }
    if inputs["command"]:
        container["command"] = list(inputs["command"])
    if inputs["args"]:
        container["args"] = list(inputs["args"])
    return {
        "namespace": inputs["namespace"]["name"],
        "workload_name": request.names["job"],
        "kind": "Job",
        "containers": {"job": container},
        "deadline_seconds": inputs["deadline_seconds"],
        "network": connections(request),
        "labels": ownership.labels(request.environment),
        "annotations": ownership.annotations(request.environment),
    }


def route_args(request: Request) -> "RouteArgs":
    """A path of a host, to a port of the workload that asks."""
    if request.workload is None:
        raise InputError(f"{request.resource.id}: a route is asked for by one workload; take its `id` out")
    inputs = request.inputs
    args: RouteArgs = {
        "namespace": inputs["namespace"]["name"],
        "route_name": request.names["route"],
        "host": inputs["host"],
        "path": inputs["path"],
        "service_name": naming.service(request.workload.name),
        "port": port_number(request.workload, inputs["port"]),
    }
    if gateway := gateway_of(inputs):
        args["gateway"] = {"name": gateway["name"], "namespace": gateway["namespace"]}
    if ingress := ingress_of(inputs):
        args["ingress"] = ingress
    return args


def s3_gateway_args(
    request: Request, *, account_name: Any, blob_endpoint: Any, bucket: Any, client_id: Any
) -> "S3GatewayArgs":
    """The S3 endpoint in front of a storage account."""
    inputs = request.inputs
    return {
        "namespace": inputs["namespace"]["name"],
        "gateway_name": request.names["gateway"],
        "image": inputs["gateway_image"],
        "account_name": account_name,
        "blob_endpoint": blob_endpoint,
        "bucket": bucket,
        "client_id": client_id,
        "replicas": inputs["replicas"],
        "network": connections(request),
    }


def gateway_args(
    request: Request, *, certificate_client_id: Any, tags: Mapping[str, str] | None = None
) -> "GatewayArgs":
    """The way into a cluster; `certificate_client_id` is that of who may read a certificate in a Key Vault."""
    inputs = request.inputs
    args: GatewayArgs = {
        "resource_group_name": inputs["resource_group"]["name"],
        "location": inputs["resource_group"]["location"],
        "public_ip_name": request.names["public_ip"],
        "gateway_name": GATEWAY,
        "namespace": GATEWAY_NAMESPACE,
        "class_name": inputs["class_name"],
        "domain": inputs["zone"]["name"],
        "certificate": _certificate(request, certificate_client_id),
        "route_namespaces": ownership.MANAGED,
        "cluster_principal_id": inputs["cluster"]["principal_id"],
        "tags": tags or {},
    }
    return args


def _certificate(request: Request, client_id: Any) -> "GatewayCertificateArgs":
    """A Secret by its name; or a certificate in a Key Vault, and an identity that may read it there."""
    inputs, vault = request.inputs, request.inputs["certificate_key_vault"]
    certificate: GatewayCertificateArgs = {}
    if vault is not None:
        certificate = {"key_vault_uri": vault["uri"], "client_id": client_id}
    if inputs["certificate_secret"]:
        certificate["secret_name"] = inputs["certificate_secret"]  # with both, refused by the component
    return certificate


def _own_image(request: Request) -> str:
    """That of the workload for which the job runs: it brings the migrations that fit it."""
    if request.workload is None:
        raise InputError(f"{request.resource.id}: belongs to no workload whose image it could run", fix="give `image`")
    return next(iter(request.workload.containers.values())).image
