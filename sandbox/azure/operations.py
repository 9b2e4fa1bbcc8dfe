"""What ARM does with a request: create, read, update and delete, with every refusal a kind knows.

A change is checked and written in one transaction each; what really happens for it (a PostgreSQL server, a database)
happens in between, under a lock of the resource, so concurrent stacks cannot undo each other.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.azure import ids, keys, locks
from sandbox.azure.errors import ArmError, not_found
from sandbox.azure.kind import Kind, Request, Subscription
from sandbox.azure.kinds import kind_of
from sandbox.azure.references import require_references, users_of
from sandbox.azure.store import Deleted, Resource, Transaction
from sandbox.azure.values import look_up, marked_like, merged, plain, redacted, sealed

# Provider switches that the engine keeps among the inputs; ARM never sees them.
CREATE_BEFORE_DELETE = "__createBeforeDelete"
API_VERSION = "azureApiVersion"
# Long enough that two writers the program did not order meet, short enough not to be felt.
_WRITE_SECONDS = 0.1


def create(subscription: Subscription, kind: Kind, inputs: dict[str, Any], api_version: str) -> Resource:
    """Make a resource, as azure-native does: it looks first and refuses what exists."""
    resource_id = kind.id_of(subscription.subscription_id, plain(inputs))
    with _operation(subscription, kind, resource_id):
        with subscription.store.writing() as transaction:
            present = transaction.get(resource_id)
            if present is not None and not kind.singleton:
                raise ArmError(409, "Conflict", f"cannot create already existing resource '{present.id}'")
            request = _request(subscription, transaction, kind, resource_id, inputs, None)
            _check(request)
            _check_new(request)
        if kind.effects is not None:
            kind.effects.create(request)
        return _write(subscription, kind, resource_id, inputs, api_version, None)


def read(subscription: Subscription, resource_id: str) -> Resource | None:
    """A resource as it is now, or None."""
    return subscription.store.get(resource_id)


def update(
    subscription: Subscription, kind: Kind, resource_id: str, inputs: dict[str, Any], api_version: str
) -> Resource:
    """Change a resource in place."""
    with _operation(subscription, kind, resource_id):
        with subscription.store.writing() as transaction:
            old = transaction.get(resource_id)
            if old is None:
                raise not_found(resource_id)
            request = _request(subscription, transaction, kind, old.id, inputs, old)
            _check(request)
            _check_change(request, old)
        if kind.effects is not None:
            kind.effects.update(request)
        return _write(subscription, kind, old.id, inputs, api_version, old)


def delete(subscription: Subscription, kind: Kind, resource_id: str) -> None:
    """Remove a resource and all that lies below it; what is gone already is no error."""
    with _operation(subscription, kind, resource_id):
        with subscription.store.writing() as transaction:
            resource = transaction.get(resource_id)
            if resource is None:
                return
            content = transaction.list(under=resource_id)
            _check_locks(transaction, resource.id, "delete")
            for each in content:
                _check_locks(transaction, each.id, "delete")
            _check_dependants(transaction, kind, resource, content)
        # The deepest first, so that nothing is left without its parent if this is interrupted.
        going = [*sorted(content, key=lambda each: -each.id.count("/")), resource]
        for each in going:
            # What is inside something that goes itself needs no effort of its own.
            inside = any(
                kind_of(above.token).effects and ids.key(each.id).startswith(f"{ids.key(above.id)}/") for above in going
            )
            _remove(subscription, each, with_effects=not inside)


def tidy_location(location: str) -> str:
    """ARM's own spelling of a location: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()


@contextmanager
def _operation(subscription: Subscription, kind: Kind, resource_id: str) -> Iterator[None]:
    """One operation at a time on a resource, and one write at a time where ARM takes no more."""
    folder = subscription.state.azure
    with ExitStack() as stack:
        if kind.exclusive is not None:
            values = ids.parse_id(kind.path, resource_id) or {}
            place = ids.key(ids.format_id(kind.exclusive.path, values))
            try:
                stack.enter_context(locks.held(folder, f"{kind.exclusive.code} {place}", wait=False))
            except locks.BusyError:
                raise ArmError(409, kind.exclusive.code, kind.exclusive.message) from None
            stack.callback(time.sleep, _WRITE_SECONDS)
        stack.enter_context(locks.held(folder, ids.key(resource_id)))
        yield


def _request(
    subscription: Subscription,
    transaction: Transaction,
    kind: Kind,
    resource_id: str,
    inputs: Mapping[str, Any],
    old: Resource | None,
) -> Request:
    return Request(subscription, transaction, kind, resource_id, plain(dict(inputs)), old)


def _write(
    subscription: Subscription,
    kind: Kind,
    resource_id: str,
    inputs: dict[str, Any],
    api_version: str,
    old: Resource | None,
) -> Resource:
    with subscription.store.writing() as transaction:
        request = _request(subscription, transaction, kind, resource_id, inputs, old)
        general = {"name": ids.name_of(resource_id), "type": ids.type_of(resource_id), API_VERSION: api_version}
        outputs = shown_outputs(kind, inputs, {**kind.outputs(request), **general})
        secret = keys.sandbox_key(subscription.state)
        kept = {name: value for name, value in inputs.items() if name not in (CREATE_BEFORE_DELETE, API_VERSION)}
        resource = Resource(
            id=resource_id,
            token=kind.token,
            api_version=api_version,
            inputs=redacted(sealed(kept, kind.secrets), secret),
            outputs=redacted(outputs, secret),
            created=old.created if old else "",
        )
        stored = transaction.put(resource)
        return Resource(**{**stored.__dict__, "outputs": outputs})


def shown_outputs(kind: Kind, inputs: Mapping[str, Any], computed: Mapping[str, Any]) -> dict[str, Any]:
    """What ARM returns: the body that was sent, without the id's parts and the secrets, with what it adds."""
    hidden = {*kind.parameters, CREATE_BEFORE_DELETE, API_VERSION}
    shown = {name: value for name, value in inputs.items() if name not in hidden}
    for path in kind.secrets:
        shown = _without(shown, path.split("."))
    return merged(shown, marked_like(computed, inputs))


def _without(properties: Mapping[str, Any], path: list[str]) -> dict[str, Any]:
    rest = dict(properties)
    if path[0] in rest:
        if len(path) == 1:
            del rest[path[0]]
        elif isinstance(rest[path[0]], dict):
            rest[path[0]] = _without(rest[path[0]], path[1:])
    return rest


def _check(request: Request) -> None:
    _check_locks(request.transaction, request.id, "write")
    location = request.inputs.get("location")
    if request.kind.fixed_location and str(location).lower() != request.kind.fixed_location:
        text = (
            f"The provided location '{location}' is not available for resource type '{request.kind.type}'. "
            f"List of available regions for the resource type is '{request.kind.fixed_location}'."
        )
        raise ArmError(400, "LocationNotAvailableForResourceType", text)
    group = ids.resource_group_id(request.id)
    if group is not None and ids.key(group) != ids.key(request.id) and request.transaction.get(group) is None:
        raise not_found(group)
    _check_parent(request)
    require_references(request)
    for rule in request.kind.rules:
        rule(request)


def _check_parent(request: Request) -> None:
    path = request.kind.parent_path
    values = ids.parse_id(request.kind.path, request.id) or {}
    if path is None or "scope" in values:
        return
    parent = ids.format_id(path, values)
    if request.transaction.get(parent) is None:
        if path.lower().endswith("{resourcegroupname}"):
            raise not_found(parent)
        text = (
            f"Failed to perform 'write' on resource(s) of type '{request.kind.type}', "
            f"because the parent resource '{parent}' could not be found."
        )
        raise ArmError(404, "ParentResourceNotFound", text)


def _check_new(request: Request) -> None:
    if request.kind.globally_unique is None:
        return
    for other in request.transaction.list(tokens=[request.kind.token]):
        if other.name.lower() == request.name.lower():
            raise request.kind.globally_unique(request.name)


def _check_change(request: Request, old: Resource) -> None:
    for path, code in request.kind.unchangeable.items():
        before, after = look_up(old.inputs, path), look_up(request.inputs, path)
        if before != after:
            raise ArmError(400, code, f"Changing property '{path}' of {request.id} is not allowed.")


def _check_locks(transaction: Transaction, resource_id: str, operation: str) -> None:
    """Refuse what a management lock on the resource or above it forbids; locks themselves can be taken away."""
    if ids.type_of(resource_id).lower() == "microsoft.authorization/locks":
        return
    for lock in transaction.list(tokens=["azure-native:authorization:ManagementLockByScope"]):
        scope = ids.key(str(lock.inputs["scope"]))
        covers = f"{ids.key(resource_id)}/".startswith(f"{scope}/")
        if covers and (operation == "delete" or lock.inputs["level"] == "ReadOnly"):
            text = (
                f"The scope '{resource_id}' cannot perform {operation} operation because following scope(s) are "
                f"locked: '{lock.inputs['scope']}'. Please remove the lock and try again."
            )
            raise ArmError(409, "ScopeLocked", text)


def _check_dependants(transaction: Transaction, kind: Kind, resource: Resource, content: list[Resource]) -> None:
    going = {ids.key(each.id) for each in [resource, *content]}
    if kind.children_block is not None and content:
        text = f"Can not delete resource '{resource.id}' before nested resources are deleted."
        raise ArmError(409, kind.children_block, text)
    for each in [resource, *content]:
        code = kind_of(each.token).in_use
        if code is None:
            continue
        users = [user for user in users_of(transaction, each) if ids.key(user.id) not in going]
        if users:
            text = f"{each.id} is in use by {users[0].id} and cannot be deleted."
            raise ArmError(400, code, text)


def _remove(subscription: Subscription, resource: Resource, *, with_effects: bool) -> None:
    kind = kind_of(resource.token)
    if kind.effects is not None and with_effects:
        kind.effects.delete(subscription, resource)
    with subscription.store.writing() as transaction:
        transaction.release_address(ids.key(resource.id))
        transaction.remove(resource.id)
        if kind.soft_delete_days is not None:
            until = datetime.now(UTC) + timedelta(days=kind.soft_delete_days(resource.inputs))
            location = resource.location or ""
            transaction.soft_delete(
                kind.token, Deleted(resource.name, resource.id, location, until.isoformat(timespec="seconds"))
            )
