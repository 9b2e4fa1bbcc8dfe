"""Key vaults: a deleted one keeps its name until it is purged, and lives again with `createMode: recover`."""

from collections.abc import Mapping
from typing import Any

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Kind, NameRule, Refusal, Request, SoftDelete
from sandbox.azure.kinds.resources import is_guid
from sandbox.azure.kinds.storage import subnets_without_endpoint, taken
from sandbox.azure.values import look_up


def _property(request: Request, name: str) -> Any:
    return look_up(request.inputs, f"properties.{name}")


def _before(request: Request, name: str) -> Any:
    return look_up(request.old.inputs, f"properties.{name}") if request.old else None


def _recover(request: Request) -> None:
    """A name that is taken by a deleted vault is refused, unless that vault is to live again, where it was."""
    if request.old is not None:
        return
    deleted = request.transaction.soft_deleted(request.kind.token, request.name)
    wanted = _property(request, "createMode") == "recover"
    if deleted is not None and not wanted:
        text = (
            "A vault with the same name already exists in deleted state. You need to either recover or purge existing "
            "key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft "
            "delete."
        )
        raise ArmError(409, "ConflictError", text)
    if wanted and (deleted is None or ids.key(deleted.id) != ids.key(request.id)):
        text = (
            "A soft deleted vault with the given name does not exist. Ensure that the name for the vault that is being "
            "attempted to recover is in a recoverable state."
        )
        raise ArmError(400, "SoftDeletedVaultDoesNotExist", text)
    request.transaction.forget_deleted(request.kind.token, request.name)


def _days(inputs: Mapping[str, Any]) -> int:
    days = look_up(inputs, "properties.softDeleteRetentionInDays")
    return days if isinstance(days, int) else 90


_REFUSALS = (
    Refusal(
        "BadRequest",
        "An invalid value was provided for 'tenantId'.",
        "key-vault: what users of the API were told",
        lambda request: not is_guid(_property(request, "tenantId")),
    ),
    Refusal(
        "BadRequest",
        'The property "enableSoftDelete" cannot be set to false: soft delete cannot be turned off.',
        "key-vault/general/soft-delete-change; approximate",
        lambda request: _property(request, "enableSoftDelete") is False,
    ),
    Refusal(
        "BadRequest",
        'The property "softDeleteRetentionInDays" must be from 7 to 90, not {found}.',
        "key-vault/general/soft-delete-overview; approximate",
        lambda request: (
            isinstance(days := _property(request, "softDeleteRetentionInDays"), int)
            and not 7 <= days <= 90
            and str(days)
        ),
    ),
    Refusal(
        "BadRequest",
        'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.',
        "terraform-provider-azurerm: key_vault_resource.go",
        lambda request: (
            request.old is not None
            and _property(request, "softDeleteRetentionInDays") is not None
            and _property(request, "softDeleteRetentionInDays") != _days(request.old.inputs)
        ),
    ),
    Refusal(
        "BadRequest",
        'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an '
        "irreversible action.",
        "key-vault/general/soft-delete-overview, purge protection",
        lambda request: (
            _property(request, "enablePurgeProtection") is False
            or (_before(request, "enablePurgeProtection") is True and not _property(request, "enablePurgeProtection"))
        ),
    ),
    Refusal(
        "VirtualNetworkNotValid",
        "{found} does not have the service endpoint Microsoft.KeyVault.",
        "key-vault/general/vnet-service-endpoints; approximate",
        lambda request: subnets_without_endpoint(
            request, _property(request, "networkAcls.virtualNetworkRules"), "id", "Microsoft.KeyVault"
        ),
    ),
)

KINDS = (
    Kind(
        token="azure-native:keyvault:Vault",
        api_version="2024-11-01",
        path=(
            "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers"
            "/Microsoft.KeyVault/vaults/{vaultName}"
        ),
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
        rules=(_recover,),
        refusals=_REFUSALS,
        globally_unique=taken(
            "VaultAlreadyExists",
            "The vault name '{}' is already in use. Vault names are globally unique so it is possible that the name is "
            "already taken.",
        ),
        # key-vault/general/soft-delete-overview: always on, 90 days when nothing is said
        soft_delete=SoftDelete(_days, lambda inputs: look_up(inputs, "properties.enablePurgeProtection") is True),
    ),
)
