"""Arguments for every Azure component, small and large, and a program that makes one."""

import functools
from collections.abc import Mapping
from typing import Any

import pulumi

from platform_components import azure
from tests import mocks

GROUP_ID = f"{mocks.SUBSCRIPTION}/resourceGroups/shared"
NETWORK_ID = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/net"
NODES_SUBNET = f"{NETWORK_ID}/subnets/nodes"
POSTGRES_SUBNET = f"{NETWORK_ID}/subnets/postgres"
API_SUBNET = f"{NETWORK_ID}/subnets/api-server"
ENDPOINTS_SUBNET = f"{NETWORK_ID}/subnets/private-endpoints"
BLOB_ZONE = f"{GROUP_ID}/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net"
VAULT_ZONE = f"{GROUP_ID}/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
VAULT = f"{GROUP_ID}/providers/Microsoft.KeyVault/vaults/shop-1a2b3c"
PRIVATE_ZONE = f"{GROUP_ID}/providers/Microsoft.Network/privateDnsZones/net.private.postgres.database.azure.com"
CLUSTER_ZONE = f"{GROUP_ID}/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"
WORKSPACE = f"{GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/logs"
REGISTRY = f"{GROUP_ID}/providers/Microsoft.ContainerRegistry/registries/images"
ADMINISTRATORS = "11111111-1111-1111-1111-111111111111"
PRINCIPAL = "22222222-2222-2222-2222-222222222222"
PLACE = {"resource_group_name": "shared", "location": "westeurope"}
TAGS = {"owner": "platform-team", "branch": "feature/login"}

Args = Mapping[str, Any]

SMALL: Mapping[str, Args] = {
    "Network": {**PLACE, "network_name": "shared-net"},
    "AksCluster": {
        **PLACE,
        "cluster_name": "shared-aks",
        "nodes_subnet_id": NODES_SUBNET,
        "admin_group_object_ids": [ADMINISTRATORS],
        "authorized_ip_ranges": ["203.0.113.0/24"],
    },
    "Gateway": {
        **PLACE,
        "public_ip_name": "shared-gateway",
        "domain": "dev.example.com",
        "route_namespaces": {"platform-components/routes": "public"},
    },
    "PostgresServer": {
        **PLACE,
        "server_name": "shared-pg-1a2b3c",
        "administrator": {"object_id": ADMINISTRATORS, "name": "platform-dba", "tenant_id": mocks.TENANT},
        "subnet_id": POSTGRES_SUBNET,
        "private_dns_zone_id": PRIVATE_ZONE,
    },
    "DnsZone": {"resource_group_name": "shared", "zone_name": "dev.example.com"},
    "DnsRecord": {
        "resource_group_name": "shared",
        "zone_name": "dev.example.com",
        "record_name": "shop",
        "values": ["203.0.113.10"],
    },
    "ObjectStorage": {**PLACE, "account_name": "shop1a2b3c", "container_names": ["files"]},
    "WorkloadIdentity": {
        **PLACE,
        "identity_name": "shop",
        "issuer_url": "https://oidc.example/1/",
        "service_accounts": [{"namespace": "shop", "name": "web"}],
    },
    "KeyVault": {**PLACE, "vault_name": "shop-1a2b3c", "tenant_id": mocks.TENANT},
}
"""The fewest arguments each component takes."""

LARGE: Mapping[str, Args] = {
    "Network": {
        **SMALL["Network"],
        "address_space": "10.20.0.0/16",
        "subnets": {"nodes": "10.20.64.0/18"},
        "nat_gateway": True,
        "api_server_subnet": True,
        "private_zones": ["blob", "key_vault"],
        "tags": TAGS,
    },
    "AksCluster": {
        **{key: value for key, value in SMALL["AksCluster"].items() if key != "authorized_ip_ranges"},
        "tenant_id": mocks.TENANT,
        "private": True,
        "private_dns_zone_id": CLUSTER_ZONE,
        "api_server_subnet_id": API_SUBNET,
        "sku_tier": "Premium",
        "kubernetes_version": "1.35",
        "node_count_min": 3,
        "node_count_max": 5,
        "user_pools": [
            {"pool_name": "apps", "node_count_max": 20, "labels": {"for": "apps"}},
            {"pool_name": "jobs", "node_size": "Standard_D8ds_v5", "zones": ["1"], "taints": ["for=jobs:NoSchedule"]},
        ],
        "outbound_type": "userAssignedNATGateway",
        "container_registry_ids": [REGISTRY],
        "log_analytics_workspace_id": WORKSPACE,
        "container_insights": True,
        "defender": True,
        "managed_prometheus": True,
        "keda": True,
        "vertical_pod_autoscaler": True,
        "gateway_api": True,
        "delete_lock": True,
        "tags": TAGS,
    },
    "Gateway": {
        **SMALL["Gateway"],
        "certificate": {
            "key_vault_uri": "https://shop-1a2b3c.vault.azure.net/certificates/wildcard",
            "client_id": PRINCIPAL,
        },
        "cluster_principal_id": PRINCIPAL,
        "tags": TAGS,
    },
    "PostgresServer": {
        **{
            key: value
            for key, value in SMALL["PostgresServer"].items()
            if key not in {"subnet_id", "private_dns_zone_id"}
        },
        "firewall_rules": [
            {"name": "office", "start": "203.0.113.0", "end": "203.0.113.255"},
            {"name": "pipelines", "start": "198.51.100.7"},
        ],
        "password_login": True,
        "version": "18",
        "sku": "Standard_E4ds_v5",
        "storage_gb": 256,
        "high_availability": "ZoneRedundant",
        "geo_redundant_backup": True,
        "extensions": ["uuid-ossp", "pgcrypto"],
        "parameters": {"log_connections": "on", "pgbouncer.enabled": "true"},
        "delete_lock": True,
        "tags": TAGS,
    },
    "DnsZone": {**SMALL["DnsZone"], "tags": TAGS},
    "DnsRecord": {
        **SMALL["DnsRecord"],
        "record_name": "*.shop",
        "record_type": "TXT",
        "values": ["x" * 300, "short"],
        "ttl_seconds": 60,
        "metadata": {"owner": "platform-team"},
    },
    "ObjectStorage": {
        **SMALL["ObjectStorage"],
        "container_names": ["files", "backups"],
        "principal_id": PRINCIPAL,
        "replication": "GZRS",
        "subnet_ids": [NODES_SUBNET],
        "ip_ranges": ["203.0.113.0/24", "198.51.100.7/32"],
        "soft_delete_days": 30,
        "versioning": True,
        "delete_after_days": 90,
        "cool_after_days": 30,
        "delete_lock": True,
        "tags": TAGS,
    },
    "WorkloadIdentity": {
        **SMALL["WorkloadIdentity"],
        "service_accounts": [
            {"namespace": "shop", "name": "web"},
            {"namespace": "shop", "name": "worker"},
            {"namespace": "tools", "name": "web", "key": "tools-web"},
        ],
        "roles": [
            {"key": "secrets", "role": "Key Vault Secrets User", "scope": VAULT},
            {"key": "blobs", "role": "Storage Blob Data Contributor", "scope": GROUP_ID},
        ],
        "tags": TAGS,
    },
    "KeyVault": {
        **SMALL["KeyVault"],
        "readers": [
            {"name": "gateway", "principal_id": PRINCIPAL, "certificates": True},
            {"name": "team", "principal_id": ADMINISTRATORS, "group": True},
        ],
        "subnet_ids": [NODES_SUBNET],
        "ip_ranges": ["203.0.113.0/24"],
        "soft_delete_days": 7,
        "purge_protection": False,
        "delete_lock": True,
        "tags": TAGS,
    },
}
"""Every branch of each component."""

COMPONENTS = tuple(SMALL)


def make(component: str, args: Args, *, name: str = "main", opts: Any = None) -> Any:
    """An instance of a component by its class's name."""
    factory: Any = getattr(azure, component)
    return factory(name, dict(args), opts)


def deploy(component: str, args: Args | None = None, *, answers: Any = None, **overrides: Any) -> mocks.Recorded:
    """Register one component (its smallest arguments, changed by `overrides`) and record it with its outputs."""
    given = SMALL[component] if args is None else args
    if not overrides and answers is None:
        for samples in (SMALL, LARGE):
            if given is samples[component]:
                return _sample(component, samples is LARGE)
    return mocks.run(lambda: outputs_of(make(component, {**given, **overrides})), answers=answers)


@functools.cache
def _sample(component: str, large: bool) -> mocks.Recorded:
    """A run that many tests look at; nothing changes what was recorded."""
    args = (LARGE if large else SMALL)[component]
    return mocks.run(lambda: outputs_of(make(component, args)))


def outputs_of(instance: Any) -> dict[str, Any]:
    """A component's outputs by name, as its class declares them."""
    return {name: getattr(instance, name) for name in declared_outputs(type(instance))}


def declared_outputs(component: type) -> list[str]:
    """Names of the outputs that a component's class annotates."""
    return [
        name
        for name, annotation in component.__annotations__.items()
        if getattr(annotation, "__origin__", None) is pulumi.Output
    ]
