"""Drivers of the Azure side: resource groups, networks, clusters, gateways, servers, zones, records, S3, identities."""

from collections.abc import Mapping
from typing import Any, cast

import pulumi

from platform_components import ownership
from platform_components.azure import (
    AksCluster,
    AksClusterArgs,
    DnsRecord,
    DnsZone,
    Gateway,
    Network,
    ObjectStorage,
    ObjectStorageArgs,
    PostgresServer,
    PostgresServerArgs,
    WorkloadIdentity,
)
from platform_components.azure.retries import tried_again
from platform_components.drivers.kubernetes_args import GATEWAY, GATEWAY_NAMESPACE, gateway_args, s3_gateway_args
from platform_components.drivers.request import Deployed, Request
from platform_components.errors import InputError
from platform_components.kubernetes import S3Gateway


def resource_group(request: Request) -> Deployed:
    """A resource group; outputs of the type `resource-group`. One resource, so no component around it."""
    from pulumi_azure_native import resources

    group = resources.ResourceGroup(
        request.name,
        resource_group_name=request.names["resource_group"],
        location=request.inputs["location"],
        tags=_tags(request),
        opts=tried_again(request.options()),
    )
    return Deployed({"name": group.name, "id": group.id, "location": group.location})


def network(request: Request) -> Deployed:
    """A foundation's virtual network; outputs of the type `network`."""
    inputs = request.inputs
    component = Network(
        request.name,
        {
            "resource_group_name": inputs["resource_group"]["name"],
            "location": inputs["resource_group"]["location"],
            "network_name": request.names["network"],
            "address_space": inputs["address_space"],
            "postgres_zone_name": request.names["postgres_zone"],
            "nat_gateway": inputs["nat_gateway"],
            "api_server_subnet": inputs["api_server_subnet"],
            "private_zones": inputs["private_zones"],
            "reserved_ranges": [inputs["pod_cidr"], inputs["service_cidr"]],
            "tags": _tags(request),
        },
        request.options(),
    )
    return Deployed(
        {
            "id": component.id,
            "nodes_subnet_id": component.nodes_subnet_id,
            "postgres_subnet_id": component.postgres_subnet_id,
            "postgres_zone_id": component.postgres_zone_id,
            "private_endpoints_subnet_id": component.private_endpoints_subnet_id,
            "api_server_subnet_id": component.api_server_subnet_id,
            "blob_zone_id": component.blob_zone_id,
            "key_vault_zone_id": component.key_vault_zone_id,
            "outbound_address": component.outbound_address,
        }
    )


def aks_cluster(request: Request) -> Deployed:
    """An AKS cluster; outputs of the type `k8s-cluster`."""
    inputs = request.inputs
    outbound = inputs["network"]["outbound_address"] if inputs["nat_gateway"] else None
    # With a list of who may reach the API server, the nodes' own way out has to be on it
    nat = [pulumi.Output.concat(outbound, "/32")] if outbound is not None else []
    args: AksClusterArgs = {
        "resource_group_name": inputs["resource_group"]["name"],
        "location": inputs["resource_group"]["location"],
        "cluster_name": request.names["cluster"],
        "dns_prefix": request.names["dns_prefix"],
        "node_resource_group_name": request.names["node_resource_group"],
        "nodes_subnet_id": inputs["network"]["nodes_subnet_id"],
        "admin_group_object_ids": [inputs["administrators"]["object_id"]],
        "authorized_ip_ranges": [] if inputs["private"] else [*inputs["authorized_ip_ranges"], *nat],
        "outbound_type": "userAssignedNATGateway" if nat else "loadBalancer",
        "tags": _tags(request),
    }
    if inputs["api_server_subnet"]:
        args["api_server_subnet_id"] = inputs["network"]["api_server_subnet_id"]
    args |= cast(AksClusterArgs, {name: inputs[name] for name in _CLUSTER if inputs[name] is not None})
    component = AksCluster(request.name, args, request.options())
    return Deployed(
        {
            "id": component.id,
            "name": component.name,
            "resource_group": component.resource_group_name,
            "kubeconfig": component.kubeconfig,
            "oidc_issuer_url": component.oidc_issuer_url,
            "version": component.version,
            "principal_id": component.control_plane_principal_id,
        }
    )


_CLUSTER = (
    *("sku_tier", "kubernetes_version", "private", "pod_cidr", "service_cidr", "delete_lock"),
    *("node_size", "node_count_min", "node_count_max", "user_pools"),
    *("upgrade_channel", "node_os_upgrade_channel", "maintenance", "container_registry_ids"),
    *("log_analytics_workspace_id", "container_insights", "defender", "managed_prometheus", "azure_policy"),
    *("gateway_api", "keda"),
)
"""Inputs that are arguments of the cluster under the same names."""


def gateway(request: Request) -> Deployed:
    """A gateway with a public address; outputs of the type `gateway`."""
    args = gateway_args(request, certificate_client_id=_certificate_reader(request), tags=_tags(request))
    component = Gateway(request.name, args, request.options())
    return Deployed(
        {
            "name": component.name,
            "namespace": component.namespace,
            "class": component.class_name,
            "address": component.address,
        }
    )


def _certificate_reader(request: Request) -> pulumi.Output[str] | None:
    """The client id of an identity that may read the certificate, if that is in a Key Vault."""
    inputs, vault = request.inputs, request.inputs["certificate_key_vault"]
    if vault is None:
        return None
    identity = WorkloadIdentity(
        f"{request.name}-certificate",
        {
            "resource_group_name": inputs["resource_group"]["name"],
            "location": inputs["resource_group"]["location"],
            "identity_name": request.names["identity"],
            "issuer_url": inputs["cluster"]["oidc_issuer_url"],
            "service_accounts": [{"namespace": GATEWAY_NAMESPACE, "name": f"{GATEWAY}-certificate"}],
            "roles": [{"key": "read", "role": "Key Vault Certificate User", "scope": vault["vault_id"]}],
            "tags": _tags(request),
        },
        request.options(),
    )
    return identity.client_id


def postgres_server(request: Request) -> Deployed:
    """A flexible server; outputs of the type `postgres-server`."""
    inputs, network = request.inputs, request.inputs["network"]
    args: PostgresServerArgs = {
        "resource_group_name": inputs["resource_group"]["name"],
        "location": inputs["resource_group"]["location"],
        "server_name": request.names["server"],
        "administrator": {
            "object_id": inputs["administrators"]["object_id"],
            "name": inputs["administrators"]["name"],
            "tenant_id": _tenant_id(),
        },
        "tags": _tags(request),
    }
    if network is not None:
        args["subnet_id"] = network["postgres_subnet_id"]
        args["private_dns_zone_id"] = network["postgres_zone_id"]
    args |= cast(PostgresServerArgs, {name: inputs[name] for name in _SERVER})
    component = PostgresServer(request.name, args, request.options())
    return Deployed(
        {
            "id": component.id,
            "name": component.name,
            "resource_group": component.resource_group_name,
            "host": component.host,
            "port": component.port,
            "administrator": component.administrator,
            "version": component.version,
        }
    )


_SERVER = (
    *("password_login", "version", "sku", "tier", "storage_gb", "storage_auto_grow", "high_availability"),
    *("backup_retention_days", "geo_redundant_backup", "firewall_rules", "extensions", "parameters", "delete_lock"),
)
"""Inputs that are arguments of the server under the same names."""


def dns_zone(request: Request) -> Deployed:
    """A public zone; outputs of the type `dns-zone`."""
    inputs = request.inputs
    component = DnsZone(
        request.name,
        {
            "resource_group_name": inputs["resource_group"]["name"],
            "zone_name": inputs["zone_name"],
            "tags": _tags(request),
        },
        request.options(),
    )
    return Deployed(
        {
            "id": component.id,
            "name": component.name,
            "resource_group": component.resource_group_name,
            "name_servers": component.name_servers,
        }
    )


def dns_record(request: Request) -> Deployed:
    """A host that points at the gateway; outputs of the type `dns`."""
    inputs = request.inputs
    component = DnsRecord(
        request.name,
        {
            "resource_group_name": inputs["zone"]["resource_group"],
            "zone_name": inputs["zone"]["name"],
            "record_name": request.names["record"],
            "values": [inputs["address"]],
            "ttl_seconds": inputs["ttl_seconds"],
            "metadata": _tags(request),
        },
        request.options(),
    )
    return Deployed({"host": component.fqdn, "url": pulumi.Output.concat("https://", component.fqdn)})


def s3(request: Request) -> Deployed:
    """A bucket of its own, behind an S3 endpoint in the environment's namespace; outputs of the type `s3`.

    The endpoint acts as an identity that may use this storage account and nothing else; workloads hold its keys only.
    """
    inputs, names = request.inputs, request.names
    group, location = inputs["resource_group"]["name"], inputs["resource_group"]["location"]
    identity = WorkloadIdentity(
        f"{request.name}-identity",
        {
            "resource_group_name": group,
            "location": location,
            "identity_name": names["identity"],
            "issuer_url": inputs["cluster"]["oidc_issuer_url"],
            "service_accounts": [{"namespace": inputs["namespace"]["name"], "name": names["gateway"]}],
            "tags": _tags(request),
        },
        request.options(holds_data=False),
    )
    args: ObjectStorageArgs = {
        "resource_group_name": group,
        "location": location,
        "account_name": names["account"],
        "container_names": [names["bucket"]],
        "principal_id": identity.principal_id,
        "tags": _tags(request),
    }
    args |= _way_to_storage(inputs)
    args |= cast(ObjectStorageArgs, {name: inputs[name] for name in _STORAGE if inputs[name] is not None})
    storage = ObjectStorage(f"{request.name}-storage", args, request.options())
    endpoint = S3Gateway(
        f"{request.name}-gateway",
        s3_gateway_args(
            request,
            account_name=storage.account_name,
            blob_endpoint=storage.blob_endpoint,
            bucket=storage.container_name,
            client_id=identity.client_id,
        ),
        request.options(in_namespace=True, holds_data=False),
    )
    return Deployed(
        {
            "bucket": endpoint.bucket,
            "access_key_id": endpoint.access_key_id,
            "secret_key": endpoint.secret_key,
            "endpoint": endpoint.endpoint,
            "region": endpoint.region,
        }
    )


_STORAGE = ("replication", "soft_delete_days", "versioning", "cool_after_days", "delete_after_days", "delete_lock")
"""Inputs that are arguments of the storage under the same names."""


def _way_to_storage(inputs: Mapping[str, Any]) -> ObjectStorageArgs:
    network, exposure = inputs["network"], inputs["exposure"]
    if exposure == "open":
        return cast(ObjectStorageArgs, {})
    if network is None:
        raise InputError(f"azure/s3: the exposure '{exposure}' needs a network", fix="give the input `network`")
    if exposure == "subnet":
        return cast(ObjectStorageArgs, {"subnet_ids": [network["nodes_subnet_id"]]})
    endpoint = {
        "subnet_id": network["private_endpoints_subnet_id"],
        "private_dns_zone_id": network["blob_zone_id"],
    }
    return cast(ObjectStorageArgs, {"private_endpoint": endpoint})


def workload_identity(request: Request) -> Deployed:
    """What the environment's workloads act as in Azure; outputs of the type `workload-identity`."""
    inputs = request.inputs
    component = WorkloadIdentity(
        request.name,
        {
            "resource_group_name": inputs["resource_group"]["name"],
            "location": inputs["resource_group"]["location"],
            "identity_name": request.names["identity"],
            "issuer_url": inputs["cluster"]["oidc_issuer_url"],
            "service_accounts": [
                {"namespace": inputs["namespace"]["name"], "name": workload.name} for workload in request.plan.workloads
            ],
            "roles": inputs["roles"],
            "tags": _tags(request),
        },
        request.options(),
    )
    return Deployed(
        {
            "id": component.id,
            "client_id": component.client_id,
            "principal_id": component.principal_id,
            "tenant_id": component.tenant_id,
        }
    )


def _tags(request: Request) -> dict[str, str]:
    return ownership.tags(request.environment)


def _tenant_id() -> pulumi.Output[str]:
    """The tenant that whoever deploys is logged in to."""
    from pulumi_azure_native import authorization

    return authorization.get_client_config_output().tenant_id
