"""Every Azure component at work together; `large` turns on what they have by option."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_azure_native import authorization, resources

from platform_components import azure


class Place(TypedDict):
    """What all have in common."""

    resource_group_name: pulumi.Input[str]
    location: pulumi.Input[str]
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]]


config = pulumi.Config()
large = config.get_bool("large") or False
name = config.require("name")
group_id = "11111111-1111-1111-1111-111111111111"

client = authorization.get_client_config_output()
group = resources.ResourceGroup("group", resource_group_name=name, location="westeurope")
place: Place = {"resource_group_name": group.name, "location": "westeurope", "tags": {"branch": "feature/login"}}

network = azure.Network(
    "network",
    {**place, "network_name": name, "nat_gateway": large, "api_server_subnet": large, "address_space": "10.20.0.0/16"},
)
cluster = azure.AksCluster(
    "cluster",
    {
        **place,
        "cluster_name": name,
        "nodes_subnet_id": network.nodes_subnet_id,
        "admin_group_object_ids": [group_id],
        "authorized_ip_ranges": ["203.0.113.0/24"],
        "kubernetes_version": "1.35",
        "user_pools": [{"pool_name": "apps"}, {"pool_name": "jobs"}] if large else [],
        "delete_lock": large,
    },
)
provider = kubernetes.Provider("cluster", kubeconfig=cluster.kubeconfig, cluster_identifier=cluster.id)
zone = azure.DnsZone(
    "zone",
    {
        "resource_group_name": group.name,
        "zone_name": f"{name}.example.com",
        "tags": place["tags"],
    },
)
gateway_args: azure.GatewayArgs = {
    **place,
    "public_ip_name": name,
    "domain": zone.name,
    "namespace": name,
    "route_namespaces": {"platform-components/routes": "public"},
    "cluster_principal_id": cluster.control_plane_principal_id,
}
if large:
    gateway_args["certificate"] = {"secret_name": "wildcard"}
gateway = azure.Gateway("gateway", gateway_args, pulumi.ResourceOptions(providers=[provider]))
server = azure.PostgresServer(
    "server",
    {
        **place,
        "server_name": name,
        # Both are there: the network has a part for servers.
        "subnet_id": network.postgres_subnet_id.apply(str),
        "private_dns_zone_id": network.postgres_zone_id.apply(str),
        "administrator": {"object_id": group_id, "name": "platform-administrators", "tenant_id": client.tenant_id},
        "password_login": True,
        "sku": "Standard_B1ms",
        "extensions": ["pgcrypto"] if large else [],
    },
)
wildcard = azure.DnsRecord(
    "wildcard",
    {
        "resource_group_name": group.name,
        "zone_name": zone.name,
        "record_name": "*.shop",
        "values": [gateway.address],
    },
)
azure.DnsRecord(
    "text",
    {
        "resource_group_name": group.name,
        "zone_name": zone.name,
        "record_name": "@",
        "record_type": "TXT",
        "values": ["x" * (400 if large else 300)],
    },
)
identity = azure.WorkloadIdentity(
    "identity",
    {
        **place,
        "identity_name": name,
        "issuer_url": cluster.oidc_issuer_url,
        "service_accounts": [
            {"namespace": name, "name": part} for part in ("web", "worker", "cron")[: 3 if large else 2]
        ],
    },
)
storage = azure.ObjectStorage(
    "storage",
    {
        **place,
        "account_name": name.replace("-", ""),
        "container_names": ["files", "backups"] if large else ["files"],
        "principal_id": identity.principal_id,
        "subnet_ids": [network.nodes_subnet_id] if large else [],
        "delete_after_days": 30,
    },
)
vault = azure.KeyVault(
    "vault",
    {
        **place,
        "vault_name": name,
        "tenant_id": client.tenant_id,
        "purge_protection": False,
        "soft_delete_days": 7,
        "readers": [{"name": "workloads", "principal_id": identity.principal_id}],
    },
)

pulumi.export("address", gateway.address)
pulumi.export("administrator", server.administrator)
pulumi.export("container", storage.container_name)
pulumi.export("fqdn", wildcard.fqdn)
pulumi.export("host", server.host)
pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("vault", vault.uri)
