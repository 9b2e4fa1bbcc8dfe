"""The commands of the Azure CLI that change something: deleting groups and resources, stopping database servers.

What does it is imported when it is asked for: most calls of `az` only look.
"""

import argparse
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.azure.store import Resource, Store
from sandbox.errors import SandboxError
from sandbox.state import State

RUNNING, STOPPED = "Ready", "Stopped"
_SERVER = re.compile(r".*/providers/Microsoft\.DBforPostgreSQL/flexibleServers/[^/]+", re.IGNORECASE)


def add_to(groups: Any, group: Any, resource: Any, shared: argparse.ArgumentParser) -> Any:
    """Add the commands to those of `az`; where those about flexible servers are is returned, for others."""
    deletion = group.add_parser("delete", parents=[shared])
    deletion.add_argument("-n", "-g", "--name", "--resource-group", required=True)
    deletion.add_argument("--yes", "-y", action="store_true")
    deletion.set_defaults(command=_delete_group)
    single = resource.add_parser("delete", parents=[shared])
    single.add_argument("--ids", nargs="+", required=True)
    single.set_defaults(command=_delete_resources)
    postgres = groups.add_parser("postgres").add_subparsers(required=True, metavar="COMMAND")
    servers = postgres.add_parser("flexible-server").add_subparsers(required=True, metavar="COMMAND")
    for name, command in (("show", _server), ("stop", _stop), ("start", _start)):
        verb = servers.add_parser(name, parents=[shared])
        verb.add_argument("--ids", required=True)
        verb.set_defaults(command=command)
    return servers


def _delete_group(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> None:
    if not options.yes:
        raise SandboxError("a group is deleted after a question, and the sandbox's az asks none: add --yes")
    subscription = _subscription(environment)
    _delete(state, environment, f"/subscriptions/{subscription}/resourceGroups/{options.name}")


def _delete_resources(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> None:
    _subscription(environment)
    for identity in options.ids:
        _delete(state, environment, identity)


def _delete(state: State, environment: Mapping[str, str], identity: str) -> None:
    from sandbox.azure import identities, operations
    from sandbox.azure.errors import ArmError
    from sandbox.azure.kinds import kind_of

    store = Store(state)
    found = store.get(identity)
    if found is None:
        raise LookupError(f"(ResourceNotFound) The resource '{identity}' was not found.")
    login = {"subscriptionId": environment["ARM_SUBSCRIPTION_ID"], "tenantId": environment["ARM_TENANT_ID"]}
    subscription = identities.subscription(state, store, login, environment)
    try:
        operations.delete(replace(subscription, latency=None), kind_of(found.token), found.id)
    except ArmError as error:
        raise SandboxError(str(error)) from None


def _server(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    found = _found(state, environment, options.ids)
    return {
        "id": found.id,
        "name": found.name,
        "location": found.location,
        "state": found.outputs.get("state"),
        "tags": found.tags or None,
        "type": found.type,
    }


def _stop(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> None:
    from sandbox import processes
    from sandbox.postgres import instance

    found = _found(state, environment, options.ids)
    _expect(found, RUNNING)
    with instance.locked(state, found.name):
        processes.stop(state, instance.process_name(found.name), signal=2)
        instance.change(state, found.name, stopped=True)
    _remember(state, found, STOPPED)


def _start(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> None:
    from sandbox.postgres import instance, service

    found = _found(state, environment, options.ids)
    _expect(found, STOPPED)
    with instance.locked(state, found.name):
        service.start(state, instance.change(state, found.name, stopped=False))
    _remember(state, found, RUNNING)


def _found(state: State, environment: Mapping[str, str], identity: str) -> Resource:
    _subscription(environment)
    found = Store(state).get(identity) if _SERVER.fullmatch(identity) else None
    if found is None:
        raise LookupError(f"(ResourceNotFound) The Resource '{identity}' was not found.")
    return found


def _expect(server: Resource, wanted: str) -> None:
    if server.outputs.get("state") != wanted:
        raise SandboxError(
            f"(ServerIsBusyOrNotInExpectedState) The server '{server.name}' is {server.outputs.get('state')}."
        )


def _remember(state: State, server: Resource, value: str) -> None:
    with Store(state).writing() as transaction:
        found = transaction.get(server.id)
        if found is not None:
            transaction.put(replace(found, outputs={**found.outputs, "state": value}))


def _subscription(environment: Mapping[str, str]) -> str:
    from sandbox.credentials.az import logged_in

    return logged_in(environment)[0]
