"""What the stand-in for `az` answers before anything is made: names, roles, quotas and offers of the subscription.

Names and what is used come from the Azure stand-in's store, limits from `SANDBOX_AZURE_QUOTAS`, as its provider has
them. `SANDBOX_AZURE_ROLES` names the runner's roles (default: Owner), `SANDBOX_AZURE_UNOFFERED` the sizes that the
regions do not sell.
"""

import argparse
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.azure.quotas import Quotas, size_of
from sandbox.azure.store import Store, Transaction
from sandbox.azure.values import look_up
from sandbox.errors import SandboxError
from sandbox.state import State

Answer = Callable[[State, Mapping[str, str], argparse.Namespace], Any]

_ACCOUNT, _VAULT, _SERVER = (
    "azure-native:storage:StorageAccount",
    "azure-native:keyvault:Vault",
    "azure-native:dbforpostgresql:Server",
)
_CLUSTER, _POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
_SIZES = {
    "Burstable": ("Standard_B1ms", "Standard_B2s", "Standard_B2ms", "Standard_B4ms"),
    "GeneralPurpose": ("Standard_D2ds_v5", "Standard_D4ds_v5", "Standard_D8ds_v5"),
    "MemoryOptimized": ("Standard_E2ds_v5", "Standard_E4ds_v5", "Standard_E8ds_v5"),
}


def storage_name(state: State, _environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """`az storage account check-name`"""
    with Store(state).reading() as transaction:
        taken = _taken(transaction, _ACCOUNT, options.name)
    said = f"The storage account named {options.name} is already taken." if taken else None
    return {"nameAvailable": not taken, "reason": "AlreadyExists" if taken else None, "message": said}


def vault_name(state: State, _environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """`az keyvault check-name`"""
    with Store(state).reading() as transaction:
        taken = _taken(transaction, _VAULT, options.name)
        deleted = transaction.soft_deleted(_VAULT, options.name) is not None
    said = "VaultAlreadyExists" if taken else "The vault name is kept by a deleted vault." if deleted else None
    free = not taken and not deleted
    return {"nameAvailable": free, "reason": None if free else "AlreadyExists", "message": said}


def deleted_vaults(state: State, _environment: Mapping[str, str], _options: argparse.Namespace) -> list[dict[str, Any]]:
    """`az keyvault list-deleted`"""
    with Store(state).reading() as transaction:
        found = [deleted for kind, deleted in transaction.all_deleted() if kind == _VAULT]
    return [
        {
            "id": one.id,
            "name": one.name,
            "properties": {
                "location": one.location,
                "scheduledPurgeDate": one.purge_after,
                "purgeProtectionEnabled": one.protected,
            },
        }
        for one in found
    ]


def roles(_state: State, environment: Mapping[str, str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """`az role assignment list`, of the runner alone."""
    from sandbox.azure import identities  # slow to load, and only needed here

    subscription = environment.get("ARM_SUBSCRIPTION_ID") or environment.get("AZURE_SUBSCRIPTION_ID") or ""
    names = [name for name in environment.get("SANDBOX_AZURE_ROLES", "Owner").split(",") if name]
    return [
        {
            "principalId": identities.OBJECT_ID,
            "principalName": options.assignee,
            "roleDefinitionName": name.strip(),
            "scope": f"/subscriptions/{subscription}",
        }
        for name in names
    ]


def machine_usage(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """`az vm list-usage`: the vCPUs of clusters' nodes, by size family and in all."""
    quotas, used = Quotas.of(environment), {"cores": 0}
    with Store(state).reading() as transaction:
        clusters = transaction.list(tokens=[_CLUSTER])
        pools = [pool for one in clusters if _is_here(one.inputs, options) for pool in _pools(one.inputs)]
        here = {one.id for one in clusters if _is_here(one.inputs, options)}
        pools += [one.inputs for one in transaction.list(tokens=[_POOL]) if one.id.rsplit("/", 2)[0] in here]
    # A family that nothing is used of is listed, too
    families = {size.family for names in _SIZES.values() for name in names if (size := size_of(name))}
    used |= dict.fromkeys(sorted(families), 0)
    for pool in pools:
        size = size_of(str(pool.get("vmSize")))
        if size is not None:
            cores = size.vcpus * int(pool.get("count") or pool.get("minCount") or 1)
            used["cores"] += cores
            used[size.family] = used.get(size.family, 0) + cores
    return [
        _usage(name, count, quotas.regional_vcpus if name == "cores" else quotas.family_vcpus)
        for name, count in used.items()
    ]


def machines(_state: State, environment: Mapping[str, str], options: argparse.Namespace) -> list[dict[str, Any]]:
    """`az vm list-skus`, of one size."""
    if size_of(options.size) is None:
        return []
    restrictions = (
        [{"type": "Location", "reasonCode": "NotAvailableForSubscription", "values": [options.location]}]
        if options.size in _unoffered(environment)
        else []
    )
    return [{"name": options.size, "resourceType": "virtualMachines", "restrictions": restrictions}]


def servers(_state: State, environment: Mapping[str, str], _options: argparse.Namespace) -> list[dict[str, Any]]:
    """`az postgres flexible-server list-skus`"""
    left_out = _unoffered(environment)
    editions = [
        {"name": tier, "supportedServerSkus": [{"name": size} for size in sizes if size not in left_out]}
        for tier, sizes in _SIZES.items()
    ]
    return [{"name": "FlexibleServerCapabilities", "supportedServerEditions": editions}]


def rest(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    """`az rest`, for the two questions about database servers that the CLI has no command for."""
    path = options.url.partition("?")[0]
    if options.method == "post" and path.endswith("/providers/Microsoft.DBforPostgreSQL/checkNameAvailability"):
        name = str(json.loads(options.body)["name"])
        with Store(state).reading() as transaction:
            taken = _taken(transaction, _SERVER, name)
        said = f"Specified server name is already used: {name}." if taken else ""
        return {"name": name, "nameAvailable": not taken, "reason": "AlreadyExists" if taken else None, "message": said}
    found = re.search(r"/Microsoft\.DBforPostgreSQL/locations/([^/]+)/resourceType/flexibleServers/usages$", path)
    if options.method == "get" and found:
        used = 0
        with Store(state).reading() as transaction:
            for server in transaction.list(tokens=[_SERVER]):
                size = size_of(str(look_up(server.inputs, "sku.name")))
                if size is not None and server.location == found[1]:
                    mode = look_up(server.inputs, "highAvailability.mode") or "Disabled"
                    used += size.vcpus * (1 if mode == "Disabled" else 2)
        return {"value": [_usage("cores", used, Quotas.of(environment).postgres_vcores)]}
    raise SandboxError(f"the sandbox's az does not know the address {path}")


def _taken(transaction: Transaction, token: str, name: str) -> bool:
    return any(one.name.lower() == name.lower() for one in transaction.list(tokens=[token]))


def _is_here(inputs: Mapping[str, Any], options: argparse.Namespace) -> bool:
    return bool(inputs.get("location") == options.location)


def _pools(cluster: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(cluster.get("agentPoolProfiles") or [])


def _usage(name: str, used: int, limit: int) -> dict[str, Any]:
    return {"name": {"value": name, "localizedValue": name}, "currentValue": used, "limit": limit, "unit": "Count"}


def _unoffered(environment: Mapping[str, str]) -> set[str]:
    return {name.strip() for name in environment.get("SANDBOX_AZURE_UNOFFERED", "").split(",")}
