"""Arguments of `PostgresServer` and their checks; `postgres_server` turns them into resources."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NotRequired, TypedDict

import pulumi
from pydantic import Field, model_validator

from platform_components.azure.rules import (
    Address,
    Guid,
    Location,
    PrivateZoneId,
    ResourceGroupName,
    ServerName,
    SubnetId,
    Tags,
    matching,
)
from platform_components.component import Known, Settings

WIDEST_RULE = 65_536
"""Addresses that one firewall rule may let in: a /16."""


class PostgresAdministratorArgs(TypedDict):
    """The Entra group that administers a server; the pipelines' identities belong to it."""

    object_id: pulumi.Input[str]
    """The group's object id."""
    name: pulumi.Input[str]
    """The group's display name; it is the login name, too."""
    tenant_id: pulumi.Input[str]
    """The Entra tenant the group is in."""


class FirewallRuleArgs(TypedDict):
    """Addresses that may reach a public server."""

    name: str
    """The rule's name: letters, digits, - and _."""
    start: str
    """First IPv4 address."""
    end: NotRequired[str]
    """Last IPv4 address. Default: `start` alone."""


class PostgresServerArgs(TypedDict):
    """Arguments of `PostgresServer`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the server."""
    location: pulumi.Input[str]
    """The region, e.g. `westeurope`."""
    server_name: pulumi.Input[str]
    """The server's name, unique in all of Azure."""
    administrator: PostgresAdministratorArgs
    """The Entra group that administers it."""
    subnet_id: NotRequired[pulumi.Input[str]]
    """Private access: ARM id of a subnet delegated to `Microsoft.DBforPostgreSQL/flexibleServers`."""
    private_dns_zone_id: NotRequired[pulumi.Input[str]]
    """Private access: ARM id of the private DNS zone, already linked to the subnet's network."""
    firewall_rules: NotRequired[Sequence[FirewallRuleArgs]]
    """Public access: who may connect. Everybody, all of Azure and ranges wider than a /16 are refused."""
    password_login: NotRequired[bool]
    """Whether roles may log in with passwords, on the whole server. Default false. Azure then wants an administrator
    with a password: a random one, which nothing uses."""
    version: NotRequired[str]
    """Major version, `16` to `18`. Default `17`."""
    sku: NotRequired[pulumi.Input[str]]
    """Size, e.g. `Standard_D2ds_v5` (default)."""
    tier: NotRequired[str]
    """`Burstable`, `GeneralPurpose` or `MemoryOptimized`. Default: the tier of the size."""
    storage_gb: NotRequired[pulumi.Input[float]]
    """Storage when it is made: 32, 64, 128 … 16384 or 32767. Default 32; it never shrinks."""
    storage_auto_grow: NotRequired[bool]
    """Whether the storage grows before it is full. Default true; later changes of `storage_gb` are then ignored."""
    backup_retention_days: NotRequired[pulumi.Input[float]]
    """Days that backups are kept, 7 to 35. Default 14."""
    geo_redundant_backup: NotRequired[bool]
    """Whether backups are kept in the paired region, too. Default false; cannot be changed later."""
    high_availability: NotRequired[str]
    """`Disabled` (default), `SameZone` or `ZoneRedundant`; not on Burstable sizes."""
    maintenance_day: NotRequired[float]
    """Day of the maintenance window, 0 is Sunday. Default 0."""
    maintenance_hour: NotRequired[float]
    """Hour (UTC) at which the window begins. Default 2."""
    extensions: NotRequired[Sequence[str]]
    """Extensions that databases may create. Default none."""
    parameters: NotRequired[Mapping[str, str]]
    """Other server parameters. TLS cannot be turned off here."""
    delete_lock: NotRequired[bool]
    """Whether an ARM lock keeps other tools from deleting the server. Default false."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the server."""


Tier = Literal["Burstable", "GeneralPurpose", "MemoryOptimized"]
TIERS: dict[str, Tier] = {"B": "Burstable", "D": "GeneralPurpose", "E": "MemoryOptimized"}
"""By the first letter of the size: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-compute"""

Sku = Annotated[str, matching(r"Standard_[BDE][A-Za-z0-9_]+", "a size such as Standard_D2ds_v5 (B, D or E series)")]
StorageGb = Literal[32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32767]
Extension = Annotated[str, matching(r"[a-z][a-z0-9_-]*", "an extension's name such as pgcrypto or uuid-ossp")]
ParameterName = Annotated[str, matching(r"[a-z][a-z0-9_.]*", "a server parameter's name such as log_connections")]


class PostgresAdministratorSettings(Settings):
    """`PostgresAdministratorArgs`, checked."""

    object_id: Known[Guid]
    name: Known[Annotated[str, Field(min_length=1, max_length=63)]]
    tenant_id: Known[Guid]


class FirewallRuleSettings(Settings):
    """`FirewallRuleArgs`, checked."""

    name: Annotated[str, matching(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, - or _")]
    start: Address
    end: Address | None = None

    @model_validator(mode="after")
    def _narrow(self) -> "FirewallRuleSettings":
        first, last = ipaddress.IPv4Address(self.start), ipaddress.IPv4Address(self.last)
        if last < first:
            raise ValueError(f"the last address ({last}) is before the first ({first})")
        if int(first) == 0:
            raise ValueError("a rule from 0.0.0.0 lets in all of Azure, other customers' machines included, or more")
        size = int(last) - int(first) + 1
        if size > WIDEST_RULE:
            raise ValueError(
                f"{first} to {last} are {size:,} addresses; a rule may let in {WIDEST_RULE:,} (a /16) at most."
                " Use private access for more"
            )
        return self

    @property
    def last(self) -> str:
        """The last address."""
        return self.end or self.start


class PostgresServerSettings(Settings):
    """`PostgresServerArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    location: Known[Location]
    server_name: Known[ServerName]
    administrator: PostgresAdministratorSettings
    subnet_id: Known[SubnetId] | None = None
    private_dns_zone_id: Known[PrivateZoneId] | None = None
    firewall_rules: tuple[FirewallRuleSettings, ...] = ()
    password_login: bool = False
    version: Literal["16", "17", "18"] = "17"
    sku: Known[Sku] = "Standard_D2ds_v5"
    tier: Tier | None = None
    storage_gb: Known[StorageGb] = 32
    storage_auto_grow: bool = True
    backup_retention_days: Known[Annotated[int, Field(ge=7, le=35)]] = 14
    geo_redundant_backup: bool = False
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = "Disabled"
    maintenance_day: Annotated[int, Field(ge=0, le=6)] = 0
    maintenance_hour: Annotated[int, Field(ge=0, le=23)] = 2
    extensions: tuple[Extension, ...] = ()
    parameters: dict[ParameterName, str] = Field(default_factory=dict)
    delete_lock: bool = False
    tags: Tags | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "PostgresServerSettings":
        if (self.subnet_id is None) != (self.private_dns_zone_id is None):
            raise ValueError("private access needs both subnet_id and private_dns_zone_id")
        if self.private and self.firewall_rules:
            raise ValueError("firewall_rules are for public access; a server in a subnet is guarded by the network")
        if not self.private and not self.firewall_rules:
            raise ValueError(
                "nobody could connect: give subnet_id and private_dns_zone_id, or firewall_rules for public access"
            )
        names = [rule.name for rule in self.firewall_rules]
        if len(set(names)) < len(names):
            raise ValueError(f"two firewall_rules have one name ({', '.join(sorted(names))})")
        if isinstance(self.sku, str) and self.tier not in {None, TIERS[self.sku[9]]}:
            raise ValueError(f"tier: {self.sku} is of the tier {TIERS[self.sku[9]]}, not {self.tier}")
        if not isinstance(self.sku, str) and self.tier is None:
            raise ValueError("tier is needed where the size is not known in advance")
        if self.server_tier == "Burstable" and self.high_availability != "Disabled":
            raise ValueError("high_availability: a Burstable server has none; choose a D or E series size")
        if self.server_tier == "Burstable" and self.parameters.get("pgbouncer.enabled", "").lower() in {"on", "true"}:
            raise ValueError("parameters: a Burstable server has no PgBouncer; choose a D or E series size")
        managed = sorted(
            set(self.parameters) & {"require_secure_transport", "ssl_min_protocol_version", "azure.extensions"}
        )
        if managed:
            raise ValueError(
                f"parameters: {', '.join(managed)} is set by the component (see `extensions` for extensions)"
            )
        return self

    @property
    def private(self) -> bool:
        """Whether the server has an address in a subnet only."""
        return self.subnet_id is not None

    @property
    def server_tier(self) -> Tier:
        """The tier of the size."""
        if self.tier is not None:
            return self.tier
        assert isinstance(self.sku, str)
        return TIERS[self.sku[9]]

    def all_parameters(self) -> dict[str, str]:
        """Every server parameter that is set, in the order it is set in."""
        allowed = {"azure.extensions": ",".join(sorted(self.extensions))} if self.extensions else {}
        return {
            "require_secure_transport": "on",
            "ssl_min_protocol_version": "TLSv1.2",
            **dict(sorted({**self.parameters, **allowed}.items())),
        }
