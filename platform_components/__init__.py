"""Platform components: the golden path from a Score workload to an environment, and its parts to import alone.

Names are loaded when they are first used: importing this package loads neither Pulumi nor any of its SDKs.
"""

import importlib
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platform_components.azure import (
        AksCluster,
        AksClusterArgs,
        DnsRecord,
        DnsRecordArgs,
        DnsZone,
        DnsZoneArgs,
        Gateway,
        GatewayArgs,
        KeyVault,
        KeyVaultArgs,
        Network,
        NetworkArgs,
        ObjectStorage,
        ObjectStorageArgs,
        PostgresServer,
        PostgresServerArgs,
        WorkloadIdentity,
        WorkloadIdentityArgs,
    )
    from platform_components.environment_component import Environment, EnvironmentArgs
    from platform_components.errors import InputError, OutsideError, PlatformError
    from platform_components.kubernetes import (
        Namespace,
        NamespaceArgs,
        Route,
        RouteArgs,
        S3Gateway,
        S3GatewayArgs,
        Volume,
        VolumeArgs,
        Workload,
        WorkloadArgs,
    )
    from platform_components.postgres import (
        PostgresDatabase,
        PostgresDatabaseArgs,
        PostgresEntraDatabase,
        PostgresEntraDatabaseArgs,
    )
    from platform_components.program import run

__version__ = "0.1.0"

_HOMES = {
    "environment_component": ("Environment",),
    "azure": (
        "AksCluster",
        "DnsRecord",
        "DnsZone",
        "Gateway",
        "KeyVault",
        "Network",
        "ObjectStorage",
        "PostgresServer",
        "WorkloadIdentity",
    ),
    "kubernetes": ("Namespace", "Route", "S3Gateway", "Volume", "Workload"),
    "postgres": ("PostgresDatabase", "PostgresEntraDatabase"),
}
_MODULES = {name + suffix: module for module, names in _HOMES.items() for name in names for suffix in ("", "Args")}
_MODULES |= {"InputError": "errors", "OutsideError": "errors", "PlatformError": "errors", "run": "program"}

__all__ = [
    "AksCluster",
    "AksClusterArgs",
    "DnsRecord",
    "DnsRecordArgs",
    "DnsZone",
    "DnsZoneArgs",
    "Environment",
    "EnvironmentArgs",
    "Gateway",
    "GatewayArgs",
    "InputError",
    "KeyVault",
    "KeyVaultArgs",
    "Namespace",
    "NamespaceArgs",
    "Network",
    "NetworkArgs",
    "ObjectStorage",
    "ObjectStorageArgs",
    "OutsideError",
    "PlatformError",
    "PostgresDatabase",
    "PostgresDatabaseArgs",
    "PostgresEntraDatabase",
    "PostgresEntraDatabaseArgs",
    "PostgresServer",
    "PostgresServerArgs",
    "Route",
    "RouteArgs",
    "S3Gateway",
    "S3GatewayArgs",
    "Volume",
    "VolumeArgs",
    "Workload",
    "WorkloadArgs",
    "WorkloadIdentity",
    "WorkloadIdentityArgs",
    "__version__",
    "run",
]


_RENAMED: dict[str, str] = {}
"""Names that are about to go, and what to use: each works for one more minor release at least, with a warning."""


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        new = _RENAMED[name]
        warnings.warn(f"{__name__}.{name} is deprecated: use {new}", DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(__name__), new)
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
