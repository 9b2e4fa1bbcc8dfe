"""What ARM does with a request: create, read, update and delete, with every refusal a kind knows.

A resource is recorded as `Creating` in the transaction that checked it; then it really happens (a PostgreSQL server,
a database), under a lock of the resource, so concurrent stacks cannot undo each other; then the record is finished.
One that a killed provider left half made or half deleted is finished by whoever meets it next, as Azure goes on
without its caller.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.azure import ids, keys, locks
from sandbox.azure.admission import check_create, check_delete, check_update
from sandbox.azure.errors import ArmError, UnfinishedError, not_found
from sandbox.azure.faults import Call
from sandbox.azure.kind import Kind, Request, Subscription
from sandbox.azure.kinds import kind_of
from sandbox.azure.store import CREATING, DELETING, SUCCEEDED, Deleted, Resource, Transaction
from sandbox.azure.values import marked_like, merged, plain, redacted, sealed, without_fingerprints

# Provider switches that the engine keeps among the inputs; ARM never sees them.
CREATE_BEFORE_DELETE = "__createBeforeDelete"
API_VERSION = "azureApiVersion"
# Long enough that two writers the program did not order meet, short enough not to be felt.
_WRITE_SECONDS = 0.1


def create(subscription: Subscription, kind: Kind, inputs: dict[str, Any], api_version: str) -> Resource:
    """Make a resource, as azure-native does: it looks first and refuses what exists."""
    resource_id = kind.id_of(subscription.subscription_id, plain(inputs))
    call = _call("create", kind, resource_id, inputs)
    with _operation(subscription, kind, resource_id):
        _raise_before(subscription, call)
        _settle(subscription, resource_id)
        with subscription.store.writing() as transaction:
            request = _request(subscription, transaction, kind, resource_id, inputs, None)
            check_create(request)
            if not kind.singleton:
                transaction.put(_record(request, inputs, api_version, {}, CREATING))
        try:
            _take_time(subscription, "create", kind)
            if kind.effects is not None:
                kind.effects.create(request)
            made = _write(subscription, kind, resource_id, inputs, api_version, None)
        except Exception:
            if not kind.singleton:
                with subscription.store.writing() as transaction:
                    transaction.remove(resource_id)
            raise
    return _answered(subscription, call, made)


def read(subscription: Subscription, kind: Kind, resource_id: str) -> Resource | None:
    """A resource as it is now, or None."""
    _raise_before(subscription, _call("read", kind, resource_id, {}))
    _take_time(subscription, "read", kind)
    found = subscription.store.get(resource_id)
    if found is None or found.provisioning == SUCCEEDED:
        return found
    try:
        with locks.held(subscription.state.azure, ids.key(resource_id), wait=False):
            _settle(subscription, resource_id)
    except locks.BusyError:
        pass  # somebody is at it: it is as far as it is
    return subscription.store.get(resource_id)


def update(
    subscription: Subscription, kind: Kind, resource_id: str, inputs: dict[str, Any], api_version: str
) -> Resource:
    """Change a resource in place."""
    call = _call("update", kind, resource_id, inputs)
    with _operation(subscription, kind, resource_id):
        _raise_before(subscription, call)
        _settle(subscription, resource_id)
        with subscription.store.writing() as transaction:
            old = transaction.get(resource_id)
            if old is None:
                raise not_found(resource_id)
            request = _request(subscription, transaction, kind, old.id, inputs, old)
            check_update(request, old)
        _take_time(subscription, "update", kind)
        if kind.effects is not None:
            kind.effects.update(request)
        changed = _write(subscription, kind, old.id, inputs, api_version, old)
    return _answered(subscription, call, changed)


def delete(subscription: Subscription, kind: Kind, resource_id: str) -> None:
    """Remove a resource and all that lies below it; what is gone already is no error."""
    call = _call("delete", kind, resource_id, {})
    with _operation(subscription, kind, resource_id):
        _raise_before(subscription, call)
        with subscription.store.writing() as transaction:
            resource = transaction.get(resource_id)
            if resource is None:
                return
            content = transaction.list(under=resource_id)
            check_delete(transaction, kind, resource, content)
            transaction.put(replace(resource, provisioning=DELETING))
        _take_time(subscription, "delete", kind)
        try:
            _remove_all(subscription, resource, content)
        except Exception:
            with subscription.store.writing() as transaction:
                transaction.put(resource)
            raise
    fault = subscription.faults.due_after(call) if subscription.faults else None
    if fault is not None:
        raise fault.error(call)


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


def _call(operation: str, kind: Kind, resource_id: str, inputs: Mapping[str, Any]) -> Call:
    principal = inputs.get("principalId") or inputs.get("objectId")
    return Call(
        operation,
        kind.token,
        ids.type_of(resource_id),
        resource_id,
        ids.name_of(resource_id),
        str(plain(principal) or ""),
    )


def _raise_before(subscription: Subscription, call: Call) -> None:
    if subscription.faults is not None:
        subscription.faults.raise_before(call)


def _answered(subscription: Subscription, call: Call, resource: Resource) -> Resource:
    """The answer, unless a fault keeps it from the program."""
    fault = subscription.faults.due_after(call) if subscription.faults else None
    if fault is None:
        return resource
    if fault.when == "after":
        raise UnfinishedError(fault.error(call), resource)
    raise fault.error(call)


def _take_time(subscription: Subscription, operation: str, kind: Kind) -> None:
    if subscription.latency is not None:
        subscription.latency.take(operation, kind.token)


def _request(
    subscription: Subscription,
    transaction: Transaction,
    kind: Kind,
    resource_id: str,
    inputs: Mapping[str, Any],
    old: Resource | None,
) -> Request:
    return Request(subscription, transaction, kind, resource_id, plain(dict(inputs)), old)


def _settle(subscription: Subscription, resource_id: str) -> None:
    """Finish what a killed provider began; the caller holds the resource's lock, so nobody else is at it."""
    left = subscription.store.get(resource_id)
    if left is None or left.provisioning == SUCCEEDED:
        return
    kind = kind_of(left.token)
    with subscription.store.writing() as transaction:
        # What was secret died with the provider; the next update sends it again.
        request = _request(subscription, transaction, kind, left.id, without_fingerprints(left.inputs), None)
        content = transaction.list(under=resource_id)
    if left.provisioning == DELETING:
        _remove_all(subscription, left, content)
        return
    if kind.effects is not None:
        kind.effects.create(request)
    _write(subscription, kind, left.id, left.inputs, left.api_version, None)


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
        stored = transaction.put(_record(request, inputs, api_version, outputs, SUCCEEDED))
        return replace(stored, outputs=outputs)


def _record(
    request: Request, inputs: Mapping[str, Any], api_version: str, outputs: dict[str, Any], provisioning: str
) -> Resource:
    """What is stored: no secret in the clear."""
    secret = keys.sandbox_key(request.subscription.state)
    kept = {name: value for name, value in inputs.items() if name not in (CREATE_BEFORE_DELETE, API_VERSION)}
    return Resource(
        id=request.id,
        token=request.kind.token,
        api_version=api_version,
        inputs=redacted(sealed(kept, request.kind.secrets), secret),
        outputs=redacted(outputs, secret),
        created=request.old.created if request.old else "",
        provisioning=provisioning,
    )


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


def _remove_all(subscription: Subscription, resource: Resource, content: list[Resource]) -> None:
    """Take away a resource and what lies below it, the deepest first, so that nothing is left without its parent."""
    going = [*sorted(content, key=lambda each: -each.id.count("/")), resource]
    for each in going:
        # What is inside something that goes itself needs no effort of its own.
        inside = any(
            kind_of(above.token).effects and ids.key(each.id).startswith(f"{ids.key(above.id)}/") for above in going
        )
        _remove(subscription, each, with_effects=not inside)


def _remove(subscription: Subscription, resource: Resource, *, with_effects: bool) -> None:
    kind = kind_of(resource.token)
    if kind.effects is not None and with_effects:
        kind.effects.delete(subscription, resource)
    with subscription.store.writing() as transaction:
        transaction.release_address(ids.key(resource.id))
        transaction.remove(resource.id)
        if kind.soft_delete is not None:
            until = datetime.now(UTC) + timedelta(days=kind.soft_delete.days(resource.inputs))
            transaction.soft_delete(
                kind.token,
                Deleted(
                    resource.name,
                    resource.id,
                    resource.location or "",
                    until.isoformat(timespec="seconds"),
                    kind.soft_delete.purge_protected(resource.inputs),
                ),
            )
