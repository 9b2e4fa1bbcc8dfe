"""A storage account with blob containers, reached by identities only.

S3 in front of it is left to `kubernetes.S3Gateway`; customer-managed keys and immutable containers are not covered.
Source: https://learn.microsoft.com/azure/storage/blobs/security-recommendations
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pulumi
from pydantic import Field, field_validator, model_validator

from platform_components.azure.locks import lock_against_deletion
from platform_components.azure.private_endpoint import (
    PrivateEndpointArgs,
    PrivateEndpointSettings,
    private_endpoint,
)
from platform_components.azure.retries import azure_child
from platform_components.azure.roles import assign_role
from platform_components.azure.rules import (
    AccountName,
    ContainerName,
    Location,
    NetworkRange,
    ResourceGroupName,
    SubnetId,
    Tags,
)
from platform_components.component import Known, Settings, literal, validated, whole


class ObjectStorageArgs(TypedDict):
    """Arguments of `ObjectStorage`."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the account."""
    location: pulumi.Input[str]
    """The region, e.g. `westeurope`."""
    account_name: pulumi.Input[str]
    """The storage account's name, unique in all of Azure."""
    container_names: Sequence[str]
    """Names of the blob containers, one at least."""
    principal_id: NotRequired[pulumi.Input[str]]
    """Principal that may read and write the blobs (Storage Blob Data Contributor on the account). Default: nobody."""
    replication: NotRequired[str]
    """`LRS` (one zone, default), `ZRS` (three zones), `GRS` or `GZRS` (another region, too)."""
    shared_keys: NotRequired[bool]
    """Whether the account's keys work. Default false: identities only."""
    subnet_ids: NotRequired[Sequence[pulumi.Input[str]]]
    """ARM ids of the subnets that may reach the account; they need the service endpoint `Microsoft.Storage`. With
    these or `ip_ranges`, nobody else may. Default: whoever has a token."""
    ip_ranges: NotRequired[Sequence[str]]
    """Public IPv4 ranges that may reach the account."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Reaches the account inside a network and in no other way; not together with `subnet_ids` and `ip_ranges`."""
    soft_delete_days: NotRequired[pulumi.Input[float]]
    """Days that deleted blobs and containers can be brought back, 1 to 365; 0 turns it off. Default 7."""
    versioning: NotRequired[bool]
    """Whether overwritten blobs are kept as versions. Default false."""
    delete_after_days: NotRequired[pulumi.Input[float]]
    """Days after which blobs that have not changed are deleted. Default: never."""
    cool_after_days: NotRequired[pulumi.Input[float]]
    """Days after which blobs that have not changed move to cheaper storage. Default: never."""
    delete_lock: NotRequired[bool]
    """Whether an ARM lock keeps other tools from deleting the account. Default false."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of the account."""


Days = Annotated[int, Field(ge=1, le=99_999)]


class ObjectStorageSettings(Settings):
    """`ObjectStorageArgs`, checked."""

    resource_group_name: Known[ResourceGroupName]
    location: Known[Location]
    account_name: Known[AccountName]
    container_names: Annotated[tuple[ContainerName, ...], Field(min_length=1)]
    principal_id: Known[str] | None = None
    replication: Literal["LRS", "ZRS", "GRS", "GZRS"] = "LRS"
    shared_keys: bool = False
    subnet_ids: tuple[Known[SubnetId], ...] = ()
    ip_ranges: tuple[NetworkRange, ...] = ()
    private_endpoint: PrivateEndpointSettings | None = None
    soft_delete_days: Annotated[int, Field(ge=0, le=365)] = 7
    versioning: bool = False
    delete_after_days: Known[Days] | None = None
    cool_after_days: Known[Days] | None = None
    delete_lock: bool = False
    tags: Tags | None = None

    @field_validator("container_names")
    @classmethod
    def _different(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError(f"a container is named twice: {', '.join(names)}")
        return names

    @model_validator(mode="after")
    def _one_way_in(self) -> "ObjectStorageSettings":
        if self.private_endpoint is not None and (self.subnet_ids or self.ip_ranges):
            raise ValueError("with private_endpoint the account has no public door; leave out subnet_ids and ip_ranges")
        return self


class ObjectStorage(pulumi.ComponentResource):
    """A storage account for blobs: TLS 1.2, nothing public, no keys, and one identity that may use it.

    Its children are attributes: `account`, `containers` (by name).
    """

    account_id: pulumi.Output[str]
    """ARM id of the account."""
    account_name: pulumi.Output[str]
    """The account's name."""
    container_name: pulumi.Output[str]
    """The first container, known once the principal may use it."""
    container_names: pulumi.Output[Sequence[str]]
    """All containers, known once the principal may use them."""
    blob_endpoint: pulumi.Output[str]
    """URL of the blob service, ending in a slash."""

    def __init__(self, name: str, args: ObjectStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:ObjectStorage", name, {}, opts)
        self._name = name
        self._settings = settings = validated(ObjectStorageSettings, "ObjectStorage", name, args)
        self.account = self._account()
        service = self._blob_service()
        self.containers = {container: self._container(container, service) for container in settings.container_names}
        below: list[pulumi.Resource] = [*self.containers.values()]
        if settings.delete_after_days is not None or settings.cool_after_days is not None:
            below.append(self._lifecycle())
        ready = [container.id for container in self.containers.values()]
        if settings.principal_id is not None:
            role = assign_role(
                self,
                f"{name}-uses-blobs",
                role="Storage Blob Data Contributor",
                principal_id=settings.principal_id,
                scope=self.account.id,
            )
            ready.append(role.id)
            below.append(role)
        if settings.private_endpoint is not None:
            reached = private_endpoint(
                self,
                name,
                settings.private_endpoint,
                resource_group_name=settings.resource_group_name,
                location=settings.location,
                endpoint_name=pulumi.Output.concat(settings.account_name, "-blob"),
                service_id=self.account.id,
                group="blob",
                tags=settings.tags,
            )
            ready.append(reached.id)
        if settings.delete_lock:
            lock_against_deletion(self, f"{name}-lock", self.account.id, below=below)
        self.account_id = self.account.id
        self.account_name = self.account.name
        self.container_names = pulumi.Output.all(*ready).apply(lambda _: list(settings.container_names))
        self.container_name = self.container_names.apply(lambda names: names[0])
        self.blob_endpoint = self.account.primary_endpoints.apply(_blob_endpoint)
        self.register_outputs(
            {
                "account_id": self.account_id,
                "account_name": self.account_name,
                "container_name": self.container_name,
                "container_names": self.container_names,
                "blob_endpoint": self.blob_endpoint,
            }
        )

    def _account(self) -> Any:
        from pulumi_azure_native import storage

        settings = self._settings
        limited = bool(settings.subnet_ids or settings.ip_ranges or settings.private_endpoint)
        return storage.StorageAccount(
            f"{self._name}-account",
            resource_group_name=settings.resource_group_name,
            location=settings.location,
            account_name=settings.account_name,
            kind="StorageV2",
            sku=storage.SkuArgs(name=f"Standard_{settings.replication}"),
            access_tier=literal("Hot"),
            minimum_tls_version="TLS1_2",
            enable_https_traffic_only=True,
            allow_blob_public_access=False,
            allow_shared_key_access=settings.shared_keys,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            is_local_user_enabled=False,
            is_sftp_enabled=False,
            public_network_access="Enabled" if settings.private_endpoint is None else "Disabled",
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=literal("Deny" if limited else "Allow"),
                bypass="AzureServices",
                virtual_network_rules=[
                    storage.VirtualNetworkRuleArgs(virtual_network_resource_id=subnet) for subnet in settings.subnet_ids
                ],
                ip_rules=[storage.IPRuleArgs(i_p_address_or_range=_storage_range(part)) for part in settings.ip_ranges],
            ),
            encryption=storage.EncryptionArgs(
                key_source="Microsoft.Storage",
                require_infrastructure_encryption=True,
                services=storage.EncryptionServicesArgs(
                    blob=storage.EncryptionServiceArgs(enabled=True, key_type="Account")
                ),
            ),
            tags=settings.tags,
            opts=azure_child(self),
        )

    def _blob_service(self) -> Any:
        from pulumi_azure_native import storage

        settings = self._settings
        kept = storage.DeleteRetentionPolicyArgs(
            enabled=settings.soft_delete_days > 0, days=settings.soft_delete_days or None
        )
        return storage.BlobServiceProperties(
            f"{self._name}-blobs",
            resource_group_name=settings.resource_group_name,
            account_name=self.account.name,
            blob_services_name="default",
            delete_retention_policy=kept,
            container_delete_retention_policy=kept,
            is_versioning_enabled=settings.versioning,
            opts=azure_child(self),
        )

    def _container(self, container: str, service: pulumi.Resource) -> Any:
        from pulumi_azure_native import storage

        return storage.BlobContainer(
            f"{self._name}-container-{container}",
            resource_group_name=self._settings.resource_group_name,
            account_name=self.account.name,
            container_name=container,
            public_access=literal("None"),
            opts=azure_child(self, depends_on=[service]),
        )

    def _lifecycle(self) -> pulumi.Resource:
        from pulumi_azure_native import storage

        settings = self._settings
        return storage.ManagementPolicy(
            f"{self._name}-lifecycle",
            resource_group_name=settings.resource_group_name,
            account_name=self.account.name,
            management_policy_name="default",
            policy=storage.ManagementPolicySchemaArgs(
                rules=[
                    storage.ManagementPolicyRuleArgs(
                        name="age",
                        enabled=True,
                        type="Lifecycle",
                        definition=storage.ManagementPolicyDefinitionArgs(
                            filters=storage.ManagementPolicyFilterArgs(blob_types=["blockBlob"]),
                            actions=storage.ManagementPolicyActionArgs(
                                base_blob=storage.ManagementPolicyBaseBlobArgs(
                                    tier_to_cool=_after(settings.cool_after_days),
                                    delete=_after(settings.delete_after_days),
                                )
                            ),
                        ),
                    )
                ]
            ),
            opts=azure_child(self),
        )


def _after(days: int | pulumi.Output[int] | None) -> Any:
    from pulumi_azure_native import storage

    if days is None:
        return None
    return storage.DateAfterModificationArgs(days_after_modification_greater_than=whole(days))


def _storage_range(text: str) -> str:
    # Storage firewalls take single addresses without a length, and nothing between a /30 and a /32:
    # https://learn.microsoft.com/azure/storage/common/storage-network-security-ip-address-range
    return text.removesuffix("/32")


def _blob_endpoint(endpoints: Any) -> str:
    return str(endpoints.blob)
