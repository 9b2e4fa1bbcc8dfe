"""Kubernetes components: namespaces, workloads, routes and an S3 endpoint.

Names are loaded when they are first used, so that importing this package does not load the Kubernetes SDK.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platform_components.kubernetes.namespace import Namespace, NamespaceArgs
    from platform_components.kubernetes.route import Route, RouteArgs
    from platform_components.kubernetes.s3_gateway import S3Gateway, S3GatewayArgs
    from platform_components.kubernetes.volume import Volume, VolumeArgs
    from platform_components.kubernetes.workload import Workload
    from platform_components.kubernetes.workload_args import WorkloadArgs

__all__ = [
    "Namespace",
    "NamespaceArgs",
    "Route",
    "RouteArgs",
    "S3Gateway",
    "S3GatewayArgs",
    "Volume",
    "VolumeArgs",
    "Workload",
    "WorkloadArgs",
]

_MODULES = {
    "Namespace": "namespace",
    "NamespaceArgs": "namespace",
    "Route": "route",
    "RouteArgs": "route",
    "S3Gateway": "s3_gateway",
    "S3GatewayArgs": "s3_gateway",
    "Volume": "volume",
    "VolumeArgs": "volume",
    "Workload": "workload",
    "WorkloadArgs": "workload_args",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
