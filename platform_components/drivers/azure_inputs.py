"""What the drivers of the cloud's side take: Azure's, and those of databases on its servers."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from platform_components.drivers.inputs import Count, Inputs, Resource


class ResourceGroupInputs(Inputs):
    """A resource group of the environment's own."""

    location: str


class NetworkInputs(Inputs):
    """The virtual network of a foundation."""

    resource_group: Resource
    address_space: str = "10.100.0.0/16"
    nat_gateway: bool = True
    api_server_subnet: bool = False
    private_zones: tuple[Literal["blob", "key_vault"], ...] = ()
    pod_cidr: str = "192.168.0.0/16"
    service_cidr: str = "172.16.0.0/16"
    """Ranges of the clusters in it, which the network must not overlap."""


class AdministratorGroup(Inputs):
    """The Entra group that administers; pipelines' identities belong to it."""

    name: str
    object_id: str


class NodePool(Inputs):
    """A pool of nodes for workloads; with any, the cluster's own takes only system pods."""

    pool_name: str
    node_size: str | None = None
    node_count_min: Count = 1
    node_count_max: Count = 10
    labels: Mapping[str, str] = {}
    taints: tuple[str, ...] = ()


class Maintenance(Inputs):
    """When Azure may upgrade a cluster."""

    day: str = "Sunday"
    start_time: str = "02:00"
    duration_hours: Annotated[int, Field(ge=4, le=24)] = 4
    utc_offset: str = "+00:00"


class AksClusterInputs(Inputs):
    """An AKS cluster."""

    resource_group: Resource
    network: Resource
    administrators: AdministratorGroup
    sku_tier: Literal["Free", "Standard", "Premium"] = "Standard"
    kubernetes_version: str | None = None
    node_size: str = "Standard_D4ds_v5"
    node_count_min: Count = 3
    node_count_max: Count = 9
    user_pools: tuple[NodePool, ...] = ()
    pod_cidr: str = "192.168.0.0/16"
    service_cidr: str = "172.16.0.0/16"
    authorized_ip_ranges: tuple[str, ...] = ()
    """Who may reach the API server; nodes behind the network's NAT gateway always may."""
    private: bool = False
    nat_gateway: bool = True
    """Whether the network has one."""
    api_server_subnet: bool = False
    """Whether the API server gets the network's subnet for it."""
    upgrade_channel: Literal["patch", "stable", "rapid", "node-image", "none"] = "patch"
    node_os_upgrade_channel: Literal["NodeImage", "SecurityPatch", "Unmanaged", "None"] = "NodeImage"
    maintenance: Maintenance = Maintenance()
    gateway_api: bool = True
    """Whether application routing serves Gateway API, as the driver `azure/gateway` needs."""
    container_registry_ids: tuple[str, ...] = ()
    log_analytics_workspace_id: str | None = None
    container_insights: bool = False
    defender: bool = False
    managed_prometheus: bool = False
    azure_policy: bool = True
    keda: bool = False
    delete_lock: bool = False


class KeyVaultCertificate(Inputs):
    """A certificate in a Key Vault."""

    uri: str
    """Without its version: `https://<vault>.vault.azure.net/certificates/<name>`."""
    vault_id: str
    """The vault's ARM id; the gateway's identity gets the right to read certificates there."""


class GatewayInputs(Inputs):
    """A Gateway API gateway with a static public address."""

    resource_group: Resource
    cluster: Resource
    zone: Resource
    class_name: str = "approuting-istio"
    certificate_secret: str | None = None
    """A TLS Secret in the gateway's namespace, for all names below the zone; who keeps it there is the platform team's
    choice."""
    certificate_key_vault: KeyVaultCertificate | None = None
    """Where the certificate is instead; application routing keeps it up to date."""


class FirewallRule(Inputs):
    """Addresses that may reach a public server."""

    name: str
    start: str
    end: str | None = None


class PostgresServerInputs(Inputs):
    """An Azure Database for PostgreSQL flexible server."""

    resource_group: Resource
    administrators: AdministratorGroup
    network: Resource | None = None
    """Where a private server is; without it, `firewall_rules` say who reaches a public one."""
    firewall_rules: tuple[FirewallRule, ...] = ()
    password_login: bool = True
    version: str = "17"
    sku: str = "Standard_D2ds_v5"
    tier: Literal["Burstable", "GeneralPurpose", "MemoryOptimized"] = "GeneralPurpose"
    storage_gb: Count = 32
    storage_auto_grow: bool = True
    backup_retention_days: Annotated[int, Field(ge=7, le=35)] = 7
    geo_redundant_backup: bool = False
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = "Disabled"
    extensions: tuple[str, ...] = ()
    """Those that databases may have."""
    parameters: Mapping[str, str] = {}
    delete_lock: bool = False


class PostgresDatabaseInputs(Inputs):
    """A database and its login role on a server."""

    server: Resource
    connection_limit: Annotated[int, Field(ge=1)] = 20
    statement_timeout_seconds: Count = 60
    extensions: tuple[str, ...] = ()
    """Of those that the server allows."""
    password_version: Annotated[int, Field(ge=1)] = 1
    """Another number makes another password."""
    on_destroy: Literal["drop", "keep"] = "keep"


class PostgresEntraDatabaseInputs(Inputs):
    """A database whose role logs in as the environment's identity."""

    server: Resource
    identity: Resource
    connection_limit: Annotated[int, Field(ge=1)] = 20
    statement_timeout_seconds: Count = 60
    extensions: tuple[str, ...] = ()
    on_destroy: Literal["drop", "keep"] = "keep"


class DnsZoneInputs(Inputs):
    """A public DNS zone."""

    resource_group: Resource
    zone_name: str


class DnsRecordInputs(Inputs):
    """A host in a zone, pointing at an address."""

    zone: Resource
    address: str
    ttl_seconds: Annotated[int, Field(ge=1, le=2_147_483_647)] = 300


class S3Inputs(Inputs):
    """A storage account with a bucket, and an S3 endpoint in front of it."""

    resource_group: Resource
    cluster: Resource
    namespace: Resource
    gateway_image: str
    network: Resource | None = None
    exposure: Literal["open", "subnet", "private"] = "open"
    """Who reaches the account: whoever has a token, the nodes' subnet, or only a private endpoint in the network."""
    replication: Literal["LRS", "ZRS", "GRS", "GZRS"] = "LRS"
    replicas: Annotated[int, Field(ge=1)] = 1
    soft_delete_days: Annotated[int, Field(ge=0, le=365)] = 7
    versioning: bool = False
    cool_after_days: Annotated[int, Field(ge=1)] | None = None
    delete_after_days: Annotated[int, Field(ge=1)] | None = None
    delete_lock: bool = False


class IdentityRole(Inputs):
    """Something that an identity may do in Azure."""

    key: str
    role: str
    scope: str


class WorkloadIdentityInputs(Inputs):
    """The identity that the environment's workloads act as."""

    resource_group: Resource
    cluster: Resource
    namespace: Resource
    roles: tuple[IdentityRole, ...] = ()
    """What it may do beside."""


class KeyVaultValuesInputs(Inputs):
    """The developer's own secrets, out of a vault that the platform team keeps."""

    vault: Annotated[
        str, Field(pattern=r"^([A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]|https://[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)+/?)$")
    ]
    """Its name or its URI."""
    prefix: Annotated[str, Field(max_length=60)] = ""
    """What the names of the secrets begin with."""


class KeyVaultCsiInputs(Inputs):
    """The developer's own secrets, out of a vault that pods read by themselves."""

    cluster: Resource
    namespace: Resource
    identity: Resource
    """Whom the workloads stand for; needs the role 'Key Vault Secrets User' on the vault."""
    vault: Annotated[str, Field(pattern=r"^[A-Za-z][0-9A-Za-z-]{1,22}[0-9A-Za-z]$")]
    """Its name."""
    prefix: Annotated[str, Field(max_length=60)] = ""
    """What the names of the secrets begin with."""
