"""A key vault that only roles open: for certificates and for secrets that people keep.

What is in it is left to those who put it there; access policies and diagnostic settings are not covered.
Source: https://learn.microsoft.com/azure/key-vault/general/best-practices
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NotRequired, TypedDict

import pulumi
from pydantic import Field, model_validator

from platform_components.azure.locks import lock_against_deletion
from platform_components.azure.private_endpoint import (
    PrivateEndpointArgs,
    PrivateEndpointSettings,
    private_endpoint,
)
from platform_components.azure.retries import azure_child
from platform_components.azure.roles import RoleName, assign_role
from platform_components.azure.rules import Guid, Location, NetworkRange, ResourceGroupName, SubnetId, Tags, VaultName
from platform_components.component import Known, Settings, literal, validated


class KeyVaultReaderArgs(TypedDict):
    """Who may read what is in a vault."""

    name: str
    """What tells the reader apart in the program."""
    principal_id: pulumi.Input[str]
    """Principal id of an identity or object id of a group."""
    group: NotRequired[bool]
    """Whether the principal is a group. Default false: an identity."""
    certificates: NotRequired[bool]
    """Whether it may read certificates with their keys. Default false: secrets."""


class KeyVaultArgs(TypedDict):
    """Arguments of `KeyVault`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the vault."""
    location: pulumi.Input[str]
    """The region, e.g. `westeurope`."""
    vault_name: pulumi.Input[str]
    """The vault's name, unique in all of Azure; a deleted vault keeps its name until it is purged."""
    tenant_id: pulumi.Input[str]
    """The Entra tenant whose identities may get in."""
    readers: NotRequired[Sequence[KeyVaultReaderArgs]]
    """Who may read. Default: nobody."""
    soft_delete_days: NotRequired[float]
    """Days that a deleted vault can be brought back, 7 to 90. Default 90; cannot be changed later."""
    purge_protection: NotRequired[bool]
    """Whether nobody can purge it sooner. Default true; cannot be turned off later, and keeps the name that long."""
    subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """ARM ids of the subnets that may reach the vault; they need the service endpoint `Microsoft.KeyVault`. With these
    or `ip_ranges`, nobody else may."""
    ip_ranges: NotRequired[Sequence[str]]
    """Public IPv4 ranges that may reach the vault."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Reaches the vault inside a network and in no other way; not together with `subnet_ids` and `ip_ranges`."""
    delete_lock: NotRequired[bool]
    """Whether an ARM lock keeps other tools from deleting the vault. Default false."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the vault."""


class KeyVaultReaderSettings(Settings):
    """`KeyVaultReaderArgs`, checked."""

    name: Annotated[str, Field(min_length=1)]
    principal_id: Known[Guid]
    group: bool = False
    certificates: bool = False

    @property
    def role(self) -> RoleName:
        """The least role that lets it read."""
        return "Key Vault Certificate User" if self.certificates else "Key Vault Secrets User"


class KeyVaultSettings(Settings):
    """`KeyVaultArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    location: Known[Location]
    vault_name: Known[VaultName]
    tenant_id: Known[Guid]
    readers: tuple[KeyVaultReaderSettings, ...] = ()
    soft_delete_days: Annotated[int, Field(ge=7, le=90)] = 90
    purge_protection: bool = True
    subnet_ids: tuple[Known[SubnetId], ...] = ()
    ip_ranges: tuple[NetworkRange, ...] = ()
    private_endpoint: PrivateEndpointSettings | None = None
    delete_lock: bool = False
    tags: Tags | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> "KeyVaultSettings":
        if self.private_endpoint is not None and (self.subnet_ids or self.ip_ranges):
            raise ValueError("with private_endpoint the vault has no public door; leave out subnet_ids and ip_ranges")
        return self


class KeyVault(pulumi.ComponentResource):
    """A key vault with role-based access, soft delete and purge protection.

    The vault itself is the attribute `vault`.
    """

    id: pulumi.Output[str]
    """ARM id of the vault."""
    name: pulumi.Output[str]
    """The vault's name."""
    uri: pulumi.Output[str]
    """URL of the vault, ending in a slash; known once the readers may read and can reach it."""

    def __init__(self, name: str, args: KeyVaultArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:KeyVault", name, {}, opts)
        settings = validated(KeyVaultSettings, "KeyVault", name, args)
        self.vault = _vault(self, name, settings)
        roles = [
            assign_role(
                self,
                f"{name}-read-by-{reader.name}",
                role=reader.role,
                principal_id=reader.principal_id,
                principal_type="Group" if reader.group else "ServicePrincipal",
                scope=self.vault.id,
            )
            for reader in settings.readers
        ]
        if settings.delete_lock:
            lock_against_deletion(self, f"{name}-lock", self.vault.id, below=roles)
        ready = [role.id for role in roles]
        if settings.private_endpoint is not None:
            reached = private_endpoint(
                self,
                name,
                settings.private_endpoint,
                resource_group_name=settings.resource_group_name,
                location=settings.location,
                endpoint_name=settings.vault_name,
                service_id=self.vault.id,
                group="vault",
                tags=settings.tags,
            )
            ready.append(reached.id)
        self.id = self.vault.id
        self.name = self.vault.name
        uri = self.vault.properties.apply(lambda properties: str(properties.vault_uri))
        self.uri = pulumi.Output.all(uri, *ready).apply(lambda known: str(known[0]))
        self.register_outputs({"id": self.id, "name": self.name, "uri": self.uri})


def _vault(component: KeyVault, name: str, settings: KeyVaultSettings) -> Any:
    from pulumi_azure_native import keyvault

    limited = bool(settings.subnet_ids or settings.ip_ranges or settings.private_endpoint)
    return keyvault.Vault(
        f"{name}-vault",
        resource_group_name=settings.resource_group_name,
        location=settings.location,
        vault_name=settings.vault_name,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=settings.tenant_id,
            sku=keyvault.SkuArgs(family="A", name=literal("standard")),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=settings.soft_delete_days,
            # Azure takes true or nothing: protection cannot be turned off.
            enable_purge_protection=settings.purge_protection or None,
            public_network_access="Enabled" if settings.private_endpoint is None else "Disabled",
            network_acls=keyvault.NetworkRuleSetArgs(
                bypass="AzureServices",
                default_action="Deny" if limited else "Allow",
                ip_rules=[keyvault.IPRuleArgs(value=part) for part in settings.ip_ranges],
                virtual_network_rules=[keyvault.VirtualNetworkRuleArgs(id=subnet) for subnet in settings.subnet_ids],
            ),
        ),
        tags=settings.tags,
        opts=azure_child(component),
    )
