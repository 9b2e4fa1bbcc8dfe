"""Arguments of `AksCluster` and their checks; `aks_cluster` turns them into resources."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

import pulumi
from pydantic import Field, field_validator, model_validator

from platform_components.azure import managed_cluster
from platform_components.azure.addresses import FORBIDDEN
from platform_components.azure.rules import (
    ClusterName,
    Guid,
    Location,
    NetworkRange,
    NodePoolName,
    PrivateZoneId,
    ResourceGroupName,
    SubnetId,
    Tags,
    matching,
)
from platform_components.component import Known, Settings

ANYWHERE = "0.0.0.0/0"
SYSTEM_POOL = "system"
"""Name of the pool that the cluster is made with."""


class NodePoolArgs(TypedDict):
    """A pool of nodes for workloads, beside the cluster's own."""

    pool_name: str
    """1 to 12 lower-case letters or digits. A new size or other zones need a new name: a pool cannot change them."""
    node_size: NotRequired[pulumi.Input[str]]
    """Size of its virtual machines. Default: the cluster's `node_size`."""
    node_count_min: NotRequired[pulumi.Input[float]]
    """Fewest nodes. Default 1."""
    node_count_max: NotRequired[pulumi.Input[float]]
    """Most nodes. Default 10."""
    zones: NotRequired[Sequence[str]]
    """Availability zones. Default: the cluster's `node_zones`."""
    labels: NotRequired[Mapping[str, str]]
    """Labels of its nodes."""
    taints: NotRequired[Sequence[str]]
    """Taints of its nodes, `key=value:Effect`."""


class MaintenanceArgs(TypedDict):
    """When Azure may upgrade the cluster."""

    day: NotRequired[str]
    """Day of the week, e.g. `Sunday` (default)."""
    start_time: NotRequired[str]
    """Start as `HH:MM`. Default `02:00`."""
    duration_hours: NotRequired[float]
    """Length, 4 to 24 hours. Default 4."""
    utc_offset: NotRequired[str]
    """Offset of the times from UTC. Default `+00:00`."""


class AksClusterArgs(TypedDict):
    """Arguments of `AksCluster`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the cluster and its identities."""
    location: pulumi.Input[str]
    """The region, e.g. `westeurope`."""
    cluster_name: pulumi.Input[str]
    """The cluster's name. Its identities are `<cluster_name>-control-plane` and `<cluster_name>-kubelet`."""
    nodes_subnet_id: pulumi.Input[str]
    """ARM id of the subnet of all nodes; pods have addresses of their own (overlay)."""
    admin_group_object_ids: Sequence[pulumi.Input[str]]
    """Object ids of the Entra groups that administer the cluster; there are no local accounts."""
    tenant_id: NotRequired[pulumi.Input[str]]
    """The Entra tenant of the groups. Default: the subscription's."""
    authorized_ip_ranges: NotRequired[Sequence[pulumi.Input[str]]]
    """IPv4 ranges that may reach the API server: offices, pipelines and, where nodes leave through a NAT gateway, its
    address (`Network.outbound_address`), or nodes could not reach it either."""
    private: NotRequired[bool]
    """Whether the API server is reached only from inside the network. Default false."""
    private_dns_zone_id: NotRequired[pulumi.Input[str]]
    """ARM id of the private DNS zone of a private cluster. Default: one that AKS makes."""
    open_to_internet: NotRequired[bool]
    """Whether anybody may reach the API server (Entra log-in still guards it). Default false; one of this,
    `authorized_ip_ranges` and `private` is needed."""
    api_server_subnet_id: NotRequired[pulumi.Input[str]]
    """ARM id of the subnet that the API server is put into (API server VNet integration). Default: none."""
    sku_tier: NotRequired[str]
    """`Free` (no SLA), `Standard` (default) or `Premium` (long-term support)."""
    kubernetes_version: NotRequired[pulumi.Input[str]]
    """Minor version such as `1.35`; Azure chooses and moves the patch. Default: Azure's default when it is made."""
    node_size: NotRequired[pulumi.Input[str]]
    """Size of the system nodes. Default `Standard_D4ds_v5`; it must have room for an ephemeral disk."""
    node_count_min: NotRequired[pulumi.Input[float]]
    """Fewest system nodes. Default 3."""
    node_count_max: NotRequired[pulumi.Input[float]]
    """Most system nodes. Default 9."""
    node_zones: NotRequired[Sequence[str]]
    """Availability zones of the nodes. Default `1`, `2`, `3`."""
    os_disk_gb: NotRequired[pulumi.Input[float]]
    """Size of a node's disk. Default 64."""
    ephemeral_os_disk: NotRequired[bool]
    """Whether a node's disk is the machine's own, lost and renewed with it. Default true."""
    encryption_at_host: NotRequired[bool]
    """Whether disks and caches are encrypted where the nodes run. Default true; the subscription must have the feature
    `Microsoft.Compute/EncryptionAtHost` registered."""
    max_pods: NotRequired[pulumi.Input[float]]
    """Most pods on a node, 10 to 250. Default 110."""
    max_surge: NotRequired[str]
    """Nodes that an upgrade adds at a time, a number or a share of the pool. Default `33%`."""
    drain_minutes: NotRequired[float]
    """Minutes that an upgrade waits for a node to be drained before it fails, 1 to 1440. Default 30."""
    user_pools: NotRequired[Sequence[NodePoolArgs]]
    """Pools for workloads. With any, the system nodes take only system pods."""
    pod_cidr: NotRequired[str]
    """Range of the pods. Default `192.168.0.0/16`; clusters may share it."""
    service_cidr: NotRequired[str]
    """Range of the services. Default `172.16.0.0/16`; clusters may share it."""
    outbound_type: NotRequired[str]
    """How nodes reach the internet: `loadBalancer` (default), `userAssignedNATGateway` (a network with `nat_gateway`)
    or `userDefinedRouting`."""
    node_resource_group_name: NotRequired[pulumi.Input[str]]
    """The resource group that AKS makes and locks for the nodes. Default `<cluster_name>-nodes`."""
    dns_prefix: NotRequired[pulumi.Input[str]]
    """Beginning of the API server's host name, at most 54 characters. Default: the cluster's name."""
    upgrade_channel: NotRequired[str]
    """`patch` (default), `stable`, `rapid`, `node-image` or `none`. With `stable` and `rapid` Azure moves the minor
    version, too; `kubernetes_version` is then only the one to begin with."""
    node_os_upgrade_channel: NotRequired[str]
    """`NodeImage` (default), `SecurityPatch`, `Unmanaged` or `None`."""
    maintenance: NotRequired[MaintenanceArgs]
    """When upgrades happen. Default: Sundays from 02:00 UTC for 4 hours."""
    container_registry_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """ARM ids of the container registries that the nodes pull from."""
    log_analytics_workspace_id: NotRequired[pulumi.Input[str]]
    """ARM id of the workspace that takes the control plane's logs. Default: they are not kept."""
    container_insights: NotRequired[bool]
    """Whether the containers' logs and the nodes' figures go to the workspace; needs `log_analytics_workspace_id`.
    Default false."""
    defender: NotRequired[bool]
    """Whether Microsoft Defender watches the cluster; needs `log_analytics_workspace_id`. Default false."""
    managed_prometheus: NotRequired[bool]
    """Whether the nodes run Azure Monitor's metrics agent; where it sends them to is left to a data collection rule of
    your own. Default false."""
    azure_policy: NotRequired[bool]
    """Whether Azure Policy checks what is deployed. Default true."""
    key_vault_secrets: NotRequired[bool]
    """Whether the Key Vault provider of the Secrets Store CSI driver is installed, with rotation. Default true."""
    keda: NotRequired[bool]
    """Whether KEDA is installed. Default false."""
    vertical_pod_autoscaler: NotRequired[bool]
    """Whether the vertical pod autoscaler is installed. Default false."""
    gateway_api: NotRequired[bool]
    """Whether application routing serves Gateway API (the class `approuting-istio`) and installs its definitions; the
    NGINX that it would bring along is left out; needs pulumi-azure-native 3.20. Default false."""
    delete_lock: NotRequired[bool]
    """Whether an ARM lock keeps other tools from deleting the cluster. Default false."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of everything that has tags, nodes included."""


Count = Annotated[int, Field(ge=1, le=1000)]
Zone = Literal["1", "2", "3"]
Size = Annotated[str, matching(r"Standard_[A-Za-z0-9_-]+", "a size such as Standard_D4ds_v5")]
MinorVersion = Annotated[
    str, matching(r"1\.[0-9]{2,3}", "a minor version such as 1.35, without a patch: Azure moves patches by itself")
]
Clock = Annotated[str, matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time such as 02:00")]
Offset = Annotated[str, matching(r"[+-][01][0-9]:[0-5][0-9]", "an offset from UTC such as +01:00")]
Day = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class NodePoolSettings(Settings):
    """`NodePoolArgs`, checked."""

    pool_name: NodePoolName
    node_size: Known[Size] | None = None
    node_count_min: Known[Annotated[int, Field(ge=0, le=1000)]] = 1
    node_count_max: Known[Count] = 10
    zones: tuple[Zone, ...] | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    taints: tuple[
        Annotated[str, matching(r"[^=:]+=[^:]*:(NoSchedule|PreferNoSchedule|NoExecute)", "key=value:Effect")], ...
    ] = ()

    @model_validator(mode="after")
    def _ordered(self) -> "NodePoolSettings":
        _at_least(self.node_count_max, self.node_count_min)
        return self


class MaintenanceSettings(Settings):
    """`MaintenanceArgs`, checked."""

    day: Day = "Sunday"
    start_time: Clock = "02:00"
    duration_hours: Annotated[int, Field(ge=4, le=24)] = 4
    utc_offset: Offset = "+00:00"


class AksClusterSettings(Settings):
    """`AksClusterArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    location: Known[Location]
    cluster_name: Known[ClusterName]
    nodes_subnet_id: Known[SubnetId]
    admin_group_object_ids: Annotated[tuple[Known[Guid], ...], Field(min_length=1)]
    tenant_id: Known[Guid] | None = None
    authorized_ip_ranges: tuple[Known[NetworkRange], ...] = ()
    private: bool = False
    private_dns_zone_id: Known[PrivateZoneId] | None = None
    open_to_internet: bool = False
    api_server_subnet_id: Known[SubnetId] | None = None
    sku_tier: Literal["Free", "Standard", "Premium"] = "Standard"
    kubernetes_version: Known[MinorVersion] | None = None
    node_size: Known[Size] = "Standard_D4ds_v5"
    node_count_min: Known[Count] = 3
    node_count_max: Known[Count] = 9
    node_zones: tuple[Zone, ...] = ("1", "2", "3")
    os_disk_gb: Known[Annotated[int, Field(ge=30, le=2048)]] = 64
    ephemeral_os_disk: bool = True
    encryption_at_host: bool = True
    max_pods: Known[Annotated[int, Field(ge=10, le=250)]] = 110
    max_surge: Annotated[str, matching(r"[1-9][0-9]{0,2}%?", "a number of nodes, or a share such as 33%")] = "33%"
    drain_minutes: Annotated[int, Field(ge=1, le=1440)] = 30
    user_pools: tuple[NodePoolSettings, ...] = ()
    pod_cidr: NetworkRange = "192.168.0.0/16"
    service_cidr: NetworkRange = "172.16.0.0/16"
    outbound_type: Literal["loadBalancer", "userAssignedNATGateway", "userDefinedRouting"] = "loadBalancer"
    node_resource_group_name: Known[Annotated[ResourceGroupName, Field(max_length=80)]] | None = None
    dns_prefix: (
        Known[
            Annotated[
                str,
                matching(
                    r"[A-Za-z0-9]([-A-Za-z0-9]{0,52}[A-Za-z0-9])?",
                    "1 to 54 letters, digits or hyphens and begin and end with a letter or digit",
                ),
            ]
        ]
        | None
    ) = None
    upgrade_channel: Literal["patch", "stable", "rapid", "node-image", "none"] = "patch"
    node_os_upgrade_channel: Literal["NodeImage", "SecurityPatch", "Unmanaged", "None"] = "NodeImage"
    maintenance: MaintenanceSettings = MaintenanceSettings()
    container_registry_ids: tuple[Known[str], ...] = ()
    log_analytics_workspace_id: Known[str] | None = None
    container_insights: bool = False
    defender: bool = False
    managed_prometheus: bool = False
    azure_policy: bool = True
    key_vault_secrets: bool = True
    keda: bool = False
    vertical_pod_autoscaler: bool = False
    gateway_api: bool = False
    delete_lock: bool = False
    tags: Tags | None = None

    @field_validator("user_pools")
    @classmethod
    def _one_of_each_name(cls, pools: tuple[NodePoolSettings, ...]) -> tuple[NodePoolSettings, ...]:
        names = [SYSTEM_POOL, *(pool.pool_name for pool in pools)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two pools are named {', '.join(twice)} ('{SYSTEM_POOL}' is the cluster's own)")
        return pools

    @model_validator(mode="after")
    def _consistent(self) -> "AksClusterSettings":
        _at_least(self.node_count_max, self.node_count_min)
        if not (self.authorized_ip_ranges or self.private or self.open_to_internet):
            raise ValueError(
                "nobody could reach the API server: give authorized_ip_ranges, private or, if anybody may try to log"
                " in, open_to_internet"
            )
        if self.private and (self.authorized_ip_ranges or self.open_to_internet):
            raise ValueError("a private API server has neither authorized_ip_ranges nor open_to_internet")
        if ANYWHERE in self.authorized_ip_ranges:
            raise ValueError(f"authorized_ip_ranges: {ANYWHERE} is everybody; say open_to_internet instead")
        if self.private_dns_zone_id is not None and not self.private:
            raise ValueError("private_dns_zone_id is for a private cluster; set private")
        for reader in ("container_insights", "defender"):
            if getattr(self, reader) and self.log_analytics_workspace_id is None:
                raise ValueError(f"{reader} needs log_analytics_workspace_id")
        if self.gateway_api and not managed_cluster.knows_api_version():
            first, installed = ".".join(map(str, managed_cluster.FIRST_SDK)), managed_cluster.installed_sdk()
            raise ValueError(f"gateway_api needs pulumi-azure-native {first} or newer; {installed} is installed")
        pods, services = ipaddress.IPv4Network(self.pod_cidr), ipaddress.IPv4Network(self.service_cidr)
        if pods.overlaps(services):
            raise ValueError(f"pod_cidr {pods} and service_cidr {services} overlap")
        if services.prefixlen < 12:
            raise ValueError(f"service_cidr {services} is too wide; AKS takes a /12 or narrower")
        for part in (pods, services):
            for kept in FORBIDDEN:
                if part.overlaps(ipaddress.IPv4Network(kept)):
                    raise ValueError(f"{part} overlaps {kept}, which AKS keeps for itself")
        return self

    @property
    def ignored(self) -> list[str]:
        """What Azure changes by itself: the autoscaler owns the count, the upgrade channel the version."""
        # Nested names must be the engine's own; the SDK translates the top level alone.
        moving = ["agentPoolProfiles[0].count", "agentPoolProfiles[0].orchestratorVersion"]
        return [*moving, "kubernetesVersion"] if self.upgrade_channel in {"stable", "rapid"} else moving

    @property
    def dns_service_ip(self) -> str:
        """Where the cluster's DNS answers: the tenth address of the services."""
        return str(ipaddress.IPv4Network(self.service_cidr)[10])


def _at_least(most: object, fewest: object) -> None:
    if isinstance(most, int) and isinstance(fewest, int) and most < fewest:
        raise ValueError(f"node_count_max ({most}) is less than node_count_min ({fewest})")
