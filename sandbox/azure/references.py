"""Which resources point at which, by the ids in their bodies."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.azure import ids
from sandbox.azure.store import Resource, Transaction
from sandbox.azure.values import leaves


def referenced_ids(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every id in a body with its path; also ids that are names of an object, as in `userAssignedIdentities`."""
    for path, value in leaves({name: value for name, value in inputs.items() if name not in ids.SCOPES}):
        if ids.looks_like_id(value):
            yield path, value


def users_of(transaction: Transaction, resource: Resource) -> list[Resource]:
    """The resources that are on or in one, those below it left out.

    A firewall's list of subnets only lets them in: it keeps nobody from deleting one.
    """
    target, below = ids.key(resource.id), ids.key(resource.id) + "/"
    return [
        other
        for other in transaction.list()
        if not ids.key(other.id).startswith(below)
        and any(
            ids.key(value) == target and "virtualNetworkRules" not in path
            for path, value in referenced_ids(other.inputs)
        )
    ]
