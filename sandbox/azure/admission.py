"""What ARM checks before it makes, changes or deletes something: locks, parents, references, names, a kind's own rules.

`operations` calls it inside the transaction in which it writes, so what was checked still holds.
"""

from collections.abc import Iterator

from sandbox.azure import ids
from sandbox.azure.errors import AlreadyExistsError, ArmError, not_found
from sandbox.azure.kind import Kind, Request
from sandbox.azure.kinds import kind_of, kind_of_id
from sandbox.azure.references import referenced_ids, users_of
from sandbox.azure.store import SUCCEEDED, Resource, Transaction
from sandbox.azure.values import look_up

_LOCK = "azure-native:authorization:ManagementLockByScope"


def check_create(request: Request) -> None:
    """Refuse what ARM would not make."""
    present = request.transaction.get(request.id)
    if present is not None and not request.kind.singleton:
        raise AlreadyExistsError(present.id)
    _check_write(request)
    if request.kind.globally_unique is not None:
        for other in request.transaction.list(tokens=[request.kind.token]):
            if other.name.lower() == request.name.lower():
                raise request.kind.globally_unique(request.name)


def check_update(request: Request, old: Resource) -> None:
    """Refuse what ARM would not change."""
    _check_write(request)
    for path, code in request.kind.unchangeable.items():
        if look_up(old.inputs, path) != look_up(request.inputs, path):
            raise ArmError(400, code, f"Changing property '{path}' of {request.id} is not allowed.")


def check_delete(transaction: Transaction, kind: Kind, resource: Resource, content: list[Resource]) -> None:
    """Refuse to delete what is locked, used, or not empty where it must be."""
    for each in [resource, *content]:
        _check_locks(transaction, each.id, "delete")
    for rule in kind.delete_rules:
        rule(transaction, resource)
    going = {ids.key(each.id) for each in [resource, *content]}
    nested = next(_nested(resource, content), None)
    if kind.children_block is not None and nested is not None:
        text = f"Can not delete resource '{resource.id}' before nested resources are deleted: {nested.id}."
        raise ArmError(409, kind.children_block, text)
    for each in [resource, *content]:
        code = kind_of(each.token).in_use
        users = [user for user in users_of(transaction, each) if ids.key(user.id) not in going] if code else []
        if code and users:
            raise ArmError(400, code, f"{each.id} is in use by {users[0].id} and cannot be deleted.")


def _check_write(request: Request) -> None:
    _check_locks(request.transaction, request.id, "write")
    _check_location(request)
    group = ids.resource_group_id(request.id)
    if group is not None and ids.key(group) != ids.key(request.id) and request.transaction.get(group) is None:
        raise not_found(group)
    _check_parent(request)
    _require_references(request)
    for rule in request.kind.rules:
        rule(request)
    for refusal in request.kind.refusals:
        refusal.check(request)


def _check_location(request: Request) -> None:
    location, fixed = request.inputs.get("location"), request.kind.fixed_location
    if fixed and str(location).lower() != fixed:
        text = (
            f"The provided location '{location}' is not available for resource type '{request.kind.type}'. "
            f"List of available regions for the resource type is '{fixed}'."
        )
        raise ArmError(400, "LocationNotAvailableForResourceType", text)


def _check_parent(request: Request) -> None:
    path = request.kind.parent_path
    values = ids.parse_id(request.kind.path, request.id) or {}
    if path is None or any(name in values for name in ids.SCOPES):
        return
    parent_id = ids.format_id(path, values)
    parent = request.transaction.get(parent_id)
    if parent is not None and parent.provisioning == SUCCEEDED:
        return
    if parent is None and path.lower().endswith("{resourcegroupname}"):
        raise not_found(parent_id)
    text = (
        f"Failed to perform 'write' on resource(s) of type '{request.kind.type}', "
        f"because the parent resource '{parent_id}' could not be found."
    )
    raise ArmError(404, "ParentResourceNotFound", text)


def _check_locks(transaction: Transaction, resource_id: str, operation: str) -> None:
    """Refuse what a management lock on the resource or above it forbids; locks themselves can be taken away."""
    if ids.type_of(resource_id).lower() == "microsoft.authorization/locks":
        return
    for lock in transaction.list(tokens=[_LOCK]):
        scope = ids.key(str(lock.inputs["scope"]))
        covers = f"{ids.key(resource_id)}/".startswith(f"{scope}/")
        if covers and (operation == "delete" or lock.inputs["level"] == "ReadOnly"):
            text = (
                f"The scope '{resource_id}' cannot perform {operation} operation because following scope(s) are "
                f"locked: '{lock.inputs['scope']}'. Please remove the lock and try again."
            )
            raise ArmError(409, "ScopeLocked", text)


def _nested(resource: Resource, content: list[Resource]) -> Iterator[Resource]:
    """What lies below a resource, without what was put on it (roles, locks, diagnostic settings)."""
    return (each for each in content if not ids.key(each.id)[len(ids.key(resource.id)) :].startswith("/providers/"))


def _require_references(request: Request) -> None:
    """Refuse a body that points at something that is not there, or not ready.

    Only ids of this subscription and of kinds the sandbox has are looked at; others cannot be known here.
    """
    own = ids.key(f"/subscriptions/{request.subscription.subscription_id}") + "/"
    for path, target in referenced_ids(request.inputs):
        if not ids.key(target).startswith(own) or kind_of_id(target) is None:
            continue
        found = request.transaction.get(target)
        if found is None:
            text = f"Resource {target} referenced by resource {request.id} ({path}) was not found."
            raise ArmError(400, "InvalidResourceReference", text)
        if found.provisioning != SUCCEEDED:
            text = (
                f"Cannot proceed with operation because resource {target} used by resource {request.id} is not in "
                f"Succeeded state. Resource is in {found.provisioning} state."
            )
            raise ArmError(409, "ReferencedResourceNotProvisioned", text)
