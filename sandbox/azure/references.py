"""Which resources point at which: an id in a body must exist, and what is pointed at cannot be deleted.

Only ids of this subscription and of kinds the sandbox has are looked at; others cannot be known here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.azure import ids
from sandbox.azure.errors import ArmError
from sandbox.azure.kind import Request
from sandbox.azure.kinds import kind_of_id
from sandbox.azure.store import Resource, Transaction
from sandbox.azure.values import leaves


def referenced_ids(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every id in a body with its path; also ids that are names of an object, as in `userAssignedIdentities`."""
    beside = {name: value for name, value in inputs.items() if name not in {"scope", "resourceUri"}}
    for path, value in leaves(beside):
        if ids.looks_like_id(value):
            yield path, value


def require_references(request: Request) -> None:
    """Refuse a body that points at something that is not there."""
    own = ids.key(f"/subscriptions/{request.subscription.subscription_id}") + "/"
    for path, target in referenced_ids(request.inputs):
        if not ids.key(target).startswith(own) or kind_of_id(target) is None:
            continue
        if request.transaction.get(target) is None:
            text = f"Resource {target} referenced by resource {request.id} ({path}) was not found."
            raise ArmError(400, "InvalidResourceReference", text)


def users_of(transaction: Transaction, resource: Resource) -> list[Resource]:
    """The resources that point at one, those below it left out."""
    target, below = ids.key(resource.id), ids.key(resource.id) + "/"
    return [
        other
        for other in transaction.list()
        if not ids.key(other.id).startswith(below)
        and any(ids.key(value) == target for _, value in referenced_ids(other.inputs))
    ]
