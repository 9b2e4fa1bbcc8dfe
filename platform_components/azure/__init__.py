"""Azure components: networks, clusters, servers, zones, storage and identities, each usable alone.

Names are exported lazily: importing this package loads no SDK.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from platform_components.azure.aks_args import AksClusterArgs, MaintenanceArgs, NodePoolArgs
    from platform_components.azure.aks_cluster import AksCluster
    from platform_components.azure.dns import DnsRecord, DnsRecordArgs, DnsZone, DnsZoneArgs
    from platform_components.azure.gateway import Gateway
    from platform_components.azure.gateway_args import ExistingGatewayArgs, GatewayArgs, GatewayCertificateArgs
    from platform_components.azure.key_vault import KeyVault, KeyVaultArgs, KeyVaultReaderArgs
    from platform_components.azure.network import Network, NetworkArgs, SubnetRanges
    from platform_components.azure.object_storage import ObjectStorage, ObjectStorageArgs
    from platform_components.azure.postgres_args import FirewallRuleArgs, PostgresAdministratorArgs, PostgresServerArgs
    from platform_components.azure.postgres_server import PostgresServer
    from platform_components.azure.private_endpoint import PrivateEndpointArgs
    from platform_components.azure.workload_identity import (
        IdentityRoleArgs,
        ServiceAccountArgs,
        WorkloadIdentity,
        WorkloadIdentityArgs,
    )

__all__ = [
    "AksCluster",
    "AksClusterArgs",
    "DnsRecord",
    "DnsRecordArgs",
    "DnsZone",
    "DnsZoneArgs",
    "ExistingGatewayArgs",
    "FirewallRuleArgs",
    "Gateway",
    "GatewayArgs",
    "GatewayCertificateArgs",
    "IdentityRoleArgs",
    "KeyVault",
    "KeyVaultArgs",
    "KeyVaultReaderArgs",
    "MaintenanceArgs",
    "Network",
    "NetworkArgs",
    "NodePoolArgs",
    "ObjectStorage",
    "ObjectStorageArgs",
    "PostgresAdministratorArgs",
    "PostgresServer",
    "PostgresServerArgs",
    "PrivateEndpointArgs",
    "ServiceAccountArgs",
    "SubnetRanges",
    "WorkloadIdentity",
    "WorkloadIdentityArgs",
]

_MODULES = {
    "AksCluster": "aks_cluster",
    "AksClusterArgs": "aks_args",
    "DnsRecord": "dns",
    "DnsRecordArgs": "dns",
    "DnsZone": "dns",
    "DnsZoneArgs": "dns",
    "ExistingGatewayArgs": "gateway_args",
    "FirewallRuleArgs": "postgres_args",
    "Gateway": "gateway",
    "GatewayArgs": "gateway_args",
    "GatewayCertificateArgs": "gateway_args",
    "IdentityRoleArgs": "workload_identity",
    "KeyVault": "key_vault",
    "KeyVaultArgs": "key_vault",
    "KeyVaultReaderArgs": "key_vault",
    "MaintenanceArgs": "aks_args",
    "Network": "network",
    "NetworkArgs": "network",
    "NodePoolArgs": "aks_args",
    "ObjectStorage": "object_storage",
    "ObjectStorageArgs": "object_storage",
    "PostgresAdministratorArgs": "postgres_args",
    "PostgresServer": "postgres_server",
    "PostgresServerArgs": "postgres_args",
    "PrivateEndpointArgs": "private_endpoint",
    "ServiceAccountArgs": "workload_identity",
    "SubnetRanges": "network",
    "WorkloadIdentity": "workload_identity",
    "WorkloadIdentityArgs": "workload_identity",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
