"""A virtual network for one foundation: subnets, their security groups, the way out, private DNS zones.

Peering with other networks, firewalls and routes through them are left to the program that uses it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pulumi
from pydantic import AfterValidator, Field, model_validator

from platform_components.azure.addresses import SUBNETS, AddressPlan, address_plan
from platform_components.azure.retries import azure_child
from platform_components.azure.rules import Location, NetworkName, NetworkRange, ResourceGroupName, Tags, matching
from platform_components.component import Known, Settings, validated

POSTGRES_DELEGATION = "Microsoft.DBforPostgreSQL/flexibleServers"
CLUSTER_DELEGATION = "Microsoft.ContainerService/managedClusters"
SERVICES = ("Microsoft.KeyVault", "Microsoft.Storage")
"""Services whose firewalls may name the nodes' subnet."""
PrivateZone = Literal["blob", "key_vault"]
PRIVATE_ZONES: Mapping[PrivateZone, str] = {
    "blob": "privatelink.blob.core.windows.net",
    "key_vault": "privatelink.vaultcore.azure.net",
}
"""https://learn.microsoft.com/azure/private-link/private-endpoint-dns"""


class SubnetRanges(TypedDict):
    """Ranges that are not to be computed, in CIDR form and inside the network's."""

    nodes: NotRequired[str]
    """Of the clusters' nodes."""
    postgres: NotRequired[str]
    """Of private PostgreSQL servers, /28 or wider."""
    private_endpoints: NotRequired[str]
    """Of private endpoints."""
    api_server: NotRequired[str]
    """Of the clusters' API servers, /28 or wider."""


class NetworkArgs(TypedDict):
    """Arguments of `Network`."""

    resource_group_name: pulumi.Input[str]
    """The resource group that everything is made in."""
    location: pulumi.Input[str]
    """The region, e.g. `westeurope`."""
    network_name: pulumi.Input[str]
    """The virtual network's name; what belongs to it is named `<network_name>-<part>`."""
    address_space: NotRequired[str]
    """The network's range in CIDR form. Default `10.100.0.0/16`; networks that are to be peered must differ."""
    subnets: NotRequired[SubnetRanges]
    """Ranges of subnets; those not given are computed."""
    reserved_ranges: NotRequired[Sequence[str]]
    """Ranges the network must not overlap. Default: those of pods and services in an `AksCluster`,
    `192.168.0.0/16` and `172.16.0.0/16`."""
    nat_gateway: NotRequired[bool]
    """Whether nodes reach the internet through a NAT gateway with an address of its own. Default false: through the
    clusters' load balancers."""
    api_server_subnet: NotRequired[bool]
    """Whether to make a subnet for API servers that are integrated into the network. Default false."""
    postgres: NotRequired[bool]
    """Whether to make the subnet and the private DNS zone for PostgreSQL servers. Default true."""
    postgres_zone_name: NotRequired[str]
    """The private zone's name, ending in `.postgres.database.azure.com`.
    Default `<network_name>.private.postgres.database.azure.com`."""
    private_zones: NotRequired[Sequence[str]]
    """Services that private endpoints in this network lead to, `blob` and `key_vault`: each gets its private DNS zone.
    Default none."""
    ingress_ports: NotRequired[Sequence[float]]
    """Ports on which nodes are reached from the internet, through a load balancer. Default 80 and 443."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of everything that has tags."""


Port = Annotated[int, Field(ge=1, le=65535)]
PostgresZone = Annotated[
    str, matching(r"[a-z0-9_][-.\w]*\.postgres\.database\.azure\.com", "a name under postgres.database.azure.com")
]


def _unique(ports: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(ports)))


class NetworkSettings(Settings):
    """`NetworkArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    location: Known[Location]
    network_name: Known[NetworkName]
    address_space: NetworkRange = "10.100.0.0/16"
    subnets: dict[str, NetworkRange] = Field(default_factory=dict)
    reserved_ranges: tuple[NetworkRange, ...] = ("192.168.0.0/16", "172.16.0.0/16")
    nat_gateway: bool = False
    api_server_subnet: bool = False
    postgres: bool = True
    postgres_zone_name: PostgresZone | None = None
    private_zones: tuple[PrivateZone, ...] = ()
    ingress_ports: Annotated[tuple[Port, ...], AfterValidator(_unique)] = (80, 443)
    tags: Tags | None = None

    @model_validator(mode="after")
    def _fits(self) -> "NetworkSettings":
        unknown = sorted(set(self.subnets) - set(SUBNETS))
        if unknown:
            raise ValueError(f"subnets: there is no subnet {', '.join(unknown)}; known: {', '.join(SUBNETS)}")
        self.plan()
        return self

    def plan(self) -> AddressPlan:
        """The range of each subnet."""
        return address_plan(self.address_space, self.subnets, self.reserved_ranges)


class Network(pulumi.ComponentResource):
    """A virtual network with subnets for nodes, PostgreSQL servers and private endpoints.

    No subnet has Azure's default way out to the internet; nodes get theirs from the cluster's load balancer or the NAT
    gateway. The network itself is the attribute `virtual_network`.

    Source: https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay
    """

    id: pulumi.Output[str]
    """ARM id of the virtual network."""
    nodes_subnet_id: pulumi.Output[str]
    """ARM id of the nodes' subnet."""
    postgres_subnet_id: pulumi.Output[str | None]
    """ARM id of the subnet that is delegated to PostgreSQL; absent without `postgres`."""
    private_endpoints_subnet_id: pulumi.Output[str]
    """ARM id of the private endpoints' subnet."""
    api_server_subnet_id: pulumi.Output[str | None]
    """ARM id of the API servers' subnet; absent without `api_server_subnet`."""
    postgres_zone_id: pulumi.Output[str | None]
    """ARM id of the private DNS zone for PostgreSQL, known once it is linked: a server needs the link first."""
    blob_zone_id: pulumi.Output[str | None]
    """ARM id of the private DNS zone for blob storage, known once it is linked; absent unless it is among
    `private_zones`."""
    key_vault_zone_id: pulumi.Output[str | None]
    """ARM id of the private DNS zone for key vaults, likewise."""
    outbound_address: pulumi.Output[str | None]
    """The address that the nodes have on the internet; absent without `nat_gateway`."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Network", name, {}, opts)
        self._settings = settings = validated(NetworkSettings, "Network", name, args)
        self._name = name
        from pulumi_azure_native import network

        self.virtual_network = network.VirtualNetwork(
            f"{name}-network",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            virtual_network_name=settings.network_name,
            address_space=network.AddressSpaceArgs(address_prefixes=[settings.address_space]),
            tags=settings.tags,
            opts=azure_child(self),
        )
        nat_address = self._nat_address() if settings.nat_gateway else None
        subnets = self._subnets(self._nat_gateway(nat_address) if nat_address is not None else None)
        self.id = self.virtual_network.id
        self.nodes_subnet_id = subnets["nodes"]
        self.private_endpoints_subnet_id = subnets["private_endpoints"]
        self.postgres_subnet_id = _given(subnets.get("postgres"))
        self.api_server_subnet_id = _given(subnets.get("api_server"))
        self.postgres_zone_id = _given(self._postgres_zone() if settings.postgres else None)
        zones = {
            zone: self._private_zone(zone.replace("_", "-"), PRIVATE_ZONES[zone]) for zone in settings.private_zones
        }
        self.blob_zone_id = _given(zones.get("blob"))
        self.key_vault_zone_id = _given(zones.get("key_vault"))
        self.outbound_address = _given(nat_address.ip_address if nat_address is not None else None)
        self.register_outputs(
            {
                "id": self.id,
                "nodes_subnet_id": self.nodes_subnet_id,
                "postgres_subnet_id": self.postgres_subnet_id,
                "private_endpoints_subnet_id": self.private_endpoints_subnet_id,
                "api_server_subnet_id": self.api_server_subnet_id,
                "postgres_zone_id": self.postgres_zone_id,
                "blob_zone_id": self.blob_zone_id,
                "key_vault_zone_id": self.key_vault_zone_id,
                "outbound_address": self.outbound_address,
            }
        )

    def _part(self, suffix: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(self._settings.network_name, "-", suffix)

    def _nat_address(self) -> Any:
        from pulumi_azure_native import network

        settings = self._settings
        return network.PublicIPAddress(
            f"{self._name}-nat-address",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            public_ip_address_name=self._part("nat"),
            public_ip_allocation_method="Static",
            sku=network.PublicIPAddressSkuArgs(name="Standard"),
            tags=settings.tags,
            opts=azure_child(self),
        )

    def _nat_gateway(self, address: Any) -> pulumi.Output[str]:
        from pulumi_azure_native import network

        settings = self._settings
        gateway = network.NatGateway(
            f"{self._name}-nat",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            nat_gateway_name=self._part("nat"),
            sku=network.NatGatewaySkuArgs(name="Standard"),
            public_ip_addresses=[network.SubResourceArgs(id=address.id)],
            idle_timeout_in_minutes=4,
            tags=settings.tags,
            opts=azure_child(self),
        )
        return gateway.id

    def _subnets(self, way_out: pulumi.Output[str] | None) -> dict[str, pulumi.Output[str]]:
        """One after the other: ARM refuses two writers on one network (AnotherOperationInProgress)."""
        from pulumi_azure_native import network

        settings, plan = self._settings, self._settings.plan()
        wanted = {"nodes": True, "postgres": settings.postgres, "private_endpoints": True}
        wanted["api_server"] = settings.api_server_subnet
        delegations = {"postgres": POSTGRES_DELEGATION, "api_server": CLUSTER_DELEGATION}
        ids: dict[str, pulumi.Output[str]] = {}
        before: pulumi.Resource | None = None
        for part in [part for part in SUBNETS if wanted[part]]:
            suffix = part.replace("_", "-")
            group = network.NetworkSecurityGroup(
                f"{self._name}-{suffix}-rules",
                resource_group_name=settings.resource_group_name,
                location=settings.location,
                network_security_group_name=self._part(suffix),
                security_rules=[
                    network.SecurityRuleArgs(**rule) for rule in security_rules(part, plan, settings.ingress_ports)
                ],
                tags=settings.tags,
                opts=azure_child(self),
            )
            before = network.Subnet(
                f"{self._name}-{suffix}",
                resource_group_name=settings.resource_group_name,
                virtual_network_name=self.virtual_network.name,
                subnet_name=suffix,
                address_prefix=plan.of(part),
                default_outbound_access=False,
                # "Enabled": the security group's rules hold for private endpoints, too.
                private_endpoint_network_policies="Enabled",
                network_security_group=network.NetworkSecurityGroupArgs(id=group.id),
                delegations=[network.DelegationArgs(name=suffix, service_name=delegations[part])]
                if part in delegations
                else None,
                service_endpoints=[network.ServiceEndpointPropertiesFormatArgs(service=service) for service in SERVICES]
                if part == "nodes"
                else None,
                nat_gateway=network.SubResourceArgs(id=way_out) if way_out is not None and part == "nodes" else None,
                opts=azure_child(self, depends_on=[before] if before else None),
            )
            ids[part] = before.id
        return ids

    def _postgres_zone(self) -> pulumi.Output[str]:
        settings = self._settings
        return self._private_zone(
            "postgres",
            settings.postgres_zone_name
            or pulumi.Output.from_input(settings.network_name).apply(
                lambda network_name: f"{network_name.lower()}.private.postgres.database.azure.com"
            ),
        )

    def _private_zone(self, suffix: str, zone_name: pulumi.Input[str]) -> pulumi.Output[str]:
        """A zone's id, known once it is linked to the network: what resolves names in it needs the link."""
        from pulumi_azure_native import privatedns

        settings = self._settings
        zone = privatedns.PrivateZone(
            f"{self._name}-{suffix}-zone",
            resource_group_name=settings.resource_group_name,
            location="global",
            private_zone_name=zone_name,
            tags=settings.tags,
            opts=azure_child(self),
        )
        link = privatedns.VirtualNetworkLink(
            f"{self._name}-{suffix}-zone-link",
            resource_group_name=settings.resource_group_name,
            location="global",
            private_zone_name=zone.name,
            virtual_network_link_name=settings.network_name,
            virtual_network=privatedns.SubResourceArgs(id=self.virtual_network.id),
            registration_enabled=False,
            tags=settings.tags,
            opts=azure_child(self),
        )
        return pulumi.Output.all(zone.id, link.id).apply(lambda ids: str(ids[0]))


def security_rules(subnet: str, plan: AddressPlan, ingress_ports: Sequence[int]) -> list[dict[str, Any]]:
    """What a subnet lets in beyond Azure's defaults, as arguments of `SecurityRuleArgs`."""
    if subnet == "nodes":
        # The load balancer keeps the client's address, so the rule must name the internet.
        return [_allow("clients", 100, "Internet", [str(port) for port in ingress_ports])] if ingress_ports else []
    if subnet == "postgres":
        # 6432 is PgBouncer; a standby replicates inside the subnet:
        # https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private
        return [
            _allow("servers", 100, plan.postgres, ["5432", "6432"]),
            _allow("nodes", 110, plan.nodes, ["5432", "6432"]),
            _deny_the_rest(),
        ]
    if subnet == "private_endpoints":
        return [_allow("nodes", 100, plan.nodes, ["443", "5432"]), _deny_the_rest()]
    return [_allow("nodes", 100, plan.nodes, ["443", "4443"])]


def _allow(name: str, priority: int, source: str, ports: Sequence[str]) -> dict[str, Any]:
    return {
        "name": f"allow-{name}",
        "priority": priority,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "source_address_prefix": source,
        "source_port_range": "*",
        "destination_address_prefix": "*",
        "destination_port_ranges": list(ports),
    }


def _deny_the_rest() -> dict[str, Any]:
    return {
        "name": "deny-the-rest",
        "priority": 4096,
        "direction": "Inbound",
        "access": "Deny",
        "protocol": "*",
        "source_address_prefix": "*",
        "source_port_range": "*",
        "destination_address_prefix": "*",
        "destination_port_range": "*",
    }


def _given(value: pulumi.Output[str] | None) -> pulumi.Output[str | None]:
    return pulumi.Output.from_input(value)
