"""The sandbox's directory: which principals there are, since when, and of what type."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.azure.store import Resource, Transaction

# Kinds that bring a service principal: user-assigned identities, and what has a managed identity of its own.
_BRINGERS = ("azure-native:managedidentity:UserAssignedIdentity", "azure-native:containerservice:ManagedCluster")


def known(transaction: Transaction) -> dict[str, Resource]:
    """The service principals of managed identities, in lower case, with the resource that brought each."""
    return {
        principal.lower(): resource
        # The oldest wins: a cluster shows the principals of identities that were there before it.
        for resource in sorted(transaction.list(tokens=_BRINGERS), key=lambda each: each.created, reverse=True)
        for principal in _values_named(resource.outputs, {"principalId", "objectId"})
    }


def created(transaction: Transaction, principal: str) -> datetime | None:
    """When a principal came into being; None for one that the directory does not have."""
    resource = known(transaction).get(principal.lower())
    return datetime.fromisoformat(resource.created) if resource else None


def _values_named(value: Any, names: set[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name in names and isinstance(each, str):
                yield each
            else:
                yield from _values_named(each, names)
    elif isinstance(value, list):
        for each in value:
            yield from _values_named(each, names)
