"""Storage accounts, their blob containers and policies, and key vaults."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Request
from sandbox.azure.values import look_up

_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers"
_ACCOUNT = f"{_GROUP}/Microsoft.Storage/storageAccounts/{{accountName}}"
_VERSION = "2024-01-01"


def _account_outputs(request: Request) -> dict[str, Any]:
    services = ("blob", "dfs", "file", "queue", "table")
    created = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "provisioningState": "Succeeded",
        "primaryLocation": request.inputs["location"],
        "statusOfPrimary": "available",
        "creationTime": request.kept("creationTime", lambda: created),
        "primaryEndpoints": {
            **{service: f"https://{request.name}.{service}.core.windows.net/" for service in services},
            "web": f"https://{request.name}.z6.web.core.windows.net/",
        },
    }


def _check_container(request: Request) -> None:
    account = request.transaction.get(request.id.rsplit("/", 4)[0])
    public = request.inputs.get("publicAccess", "None") != "None"
    if public and account is not None and account.inputs.get("allowBlobPublicAccess") is not True:
        text = "Public access is not permitted on this storage account."
        raise ArmError(409, "PublicAccessNotPermitted", text)


def _check_default(request: Request) -> None:
    if request.name != "default":
        text = f"The name '{request.name}' is not valid: the resource is always called 'default'."
        raise ArmError(400, "InvalidResourceName", text)


def _check_vault(request: Request) -> None:
    if request.old is None and request.transaction.soft_deleted(request.kind.token, request.name):
        recover = look_up(request.inputs, "properties.createMode") == "recover"
        if not recover:
            text = (
                "A vault with the same name already exists in deleted state. "
                "You need to either recover or purge existing key vault."
            )
            raise ArmError(409, "ConflictError", text)
        request.transaction.forget_deleted(request.kind.token, request.name)


def _soft_delete_days(inputs: Mapping[str, Any]) -> int:
    # azure-docs: key-vault soft-delete-overview; it cannot be switched off any more
    days = look_up(inputs, "properties.softDeleteRetentionInDays")
    return days if isinstance(days, int) else 90


def _taken(code: str, text: str) -> Any:
    return lambda name: ArmError(409, code, text.format(name))


KINDS = (
    Kind(
        token="azure-native:storage:StorageAccount",
        api_version=_VERSION,
        path=_ACCOUNT,
        name=NameRule(r"[a-z0-9]+", 3, 24, "lower-case letters and digits only"),
        has_location=True,
        required=("kind", "sku"),
        # pulumi-azure-native: gen/replacement.go
        immutable=("isHnsEnabled", "location"),
        read_only=("provisioningState", "primaryLocation", "statusOfPrimary", "creationTime", "primaryEndpoints"),
        outputs=_account_outputs,
        globally_unique=_taken("StorageAccountAlreadyTaken", "The storage account named {} is already taken."),
    ),
    Kind(
        token="azure-native:storage:BlobContainer",
        api_version=_VERSION,
        path=f"{_ACCOUNT}/blobServices/default/containers/{{containerName}}",
        parent=_ACCOUNT,
        name=NameRule(
            r"\$root|\$web|\$logs|[a-z0-9](-?[a-z0-9])*", 3, 63, "lower-case letters, digits and single hyphens between"
        ),
        unchangeable={"enableNfsV3AllSquash": "PropertyImmutable", "enableNfsV3RootSquash": "PropertyImmutable"},
        read_only=("hasImmutabilityPolicy", "hasLegalHold", "leaseState", "leaseStatus"),
        outputs=lambda _: {
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "leaseState": "Available",
            "leaseStatus": "Unlocked",
        },
        rules=(_check_container,),
    ),
    Kind(
        token="azure-native:storage:ManagementPolicy",
        api_version=_VERSION,
        path=f"{_ACCOUNT}/managementPolicies/{{managementPolicyName}}",
        required=("policy",),
        read_only=("lastModifiedTime",),
        outputs=lambda _: {"lastModifiedTime": datetime.now(UTC).isoformat(timespec="seconds")},
        rules=(_check_default,),
    ),
    Kind(
        token="azure-native:storage:BlobServiceProperties",
        api_version=_VERSION,
        path=f"{_ACCOUNT}/blobServices/{{blobServicesName}}",
        rules=(_check_default,),
        singleton=True,
    ),
    Kind(
        token="azure-native:keyvault:Vault",
        api_version="2024-11-01",
        path=f"{_GROUP}/Microsoft.KeyVault/vaults/{{vaultName}}",
        name=NameRule(
            r"[a-zA-Z](-?[a-zA-Z0-9])*", 3, 24, "letters, digits and single hyphens; a letter first, no hyphen last"
        ),
        has_location=True,
        required=("properties",),
        immutable=("location",),
        read_only=("properties.vaultUri", "properties.provisioningState"),
        outputs=lambda request: {
            "properties": {
                "vaultUri": f"https://{request.name.lower()}.vault.azure.net/",
                "provisioningState": "Succeeded",
            }
        },
        rules=(_check_vault,),
        globally_unique=_taken("VaultAlreadyExists", "The vault name '{}' is already in use."),
        soft_delete_days=_soft_delete_days,
    ),
)
