"""The part of the Azure CLI that programs use on a runner; anything else is a clear error.

`az account get-access-token` for PostgreSQL gives the sandbox's one current token and makes every server take it.
`az resource list --tag`, `az group list`, `az group show` and `az network dns record-set list` show what the Azure
stand-in holds; `az keyvault secret show` what `python -m sandbox azure secret set` has put into a vault. What changes
something is in `az_changes`, what is asked before anything is made in `asking`.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

from sandbox.azure import vaults
from sandbox.azure.store import Resource, Store
from sandbox.credentials import asking, az_changes, tokens
from sandbox.errors import SandboxError
from sandbox.state import State

_LOGIN = "Please run 'az login' to setup account."
_POSTGRES = "oss-rdbms"
_POSTGRES_RESOURCES = ("https://ossrdbms-aad.database.windows.net", "https://ossrdbms-aad.database.windows.net/")
# The Azure Resource Manager: what a token is for when nothing else is said
_MANAGER = "https://management.core.windows.net/"
_RECORDS = {"A": "ARecords", "AAAA": "AAAARecords", "CNAME": "CNAMERecord", "TXT": "TXTRecords", "NS": "NSRecords"}


class _UsageError(Exception):
    """The command is not one the stand-in has."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def main(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> int:
    """Run one command; the exit codes are those of the real one (2 usage, 1 failed, 3 not found)."""
    try:
        options = _parser().parse_args(arguments)
        state = State.of(environment)
        state.load_settings()
        command: Callable[[State, Mapping[str, str], argparse.Namespace], Any] = options.command
        result = _queried(command(state, environment, options), options.query)
    except _UsageError as error:
        print(f"ERROR: {error}: the sandbox's az has no such command or option", file=sys.stderr)
        return 2
    except LookupError as error:
        print(f"ERROR: {error.args[0]}", file=sys.stderr)
        return 3
    except SandboxError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    if result is not None:
        _show(result, options.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    shared = _Parser(add_help=False)
    shared.add_argument("-o", "--output", choices=("json", "tsv"), default="json")
    shared.add_argument("--query")
    shared.add_argument("--subscription")
    shared.add_argument("--only-show-errors", action="store_true")
    parser = _Parser(prog="az")
    groups = parser.add_subparsers(required=True, metavar="GROUP")

    account = groups.add_parser("account").add_subparsers(required=True, metavar="COMMAND")
    token = account.add_parser("get-access-token", parents=[shared])
    token.add_argument("--resource-type")
    token.add_argument("--resource")
    token.add_argument("--scope", nargs="*")
    token.add_argument("--tenant", "-t")
    token.set_defaults(command=_access_token)
    account.add_parser("show", parents=[shared]).set_defaults(command=_account)

    resource = groups.add_parser("resource").add_subparsers(required=True, metavar="COMMAND")
    listing = resource.add_parser("list", parents=[shared])
    listing.add_argument("--tag")
    listing.add_argument("-g", "--resource-group")
    listing.set_defaults(command=_resources)

    group = groups.add_parser("group").add_subparsers(required=True, metavar="COMMAND")
    shown = group.add_parser("show", parents=[shared])
    shown.add_argument("-n", "-g", "--name", "--resource-group", required=True)
    shown.set_defaults(command=_group)
    listed = group.add_parser("list", parents=[shared])
    listed.add_argument("--tag")
    listed.set_defaults(command=_groups)

    network = groups.add_parser("network").add_subparsers(required=True, metavar="COMMAND")
    dns = network.add_parser("dns").add_subparsers(required=True, metavar="COMMAND")
    record_set = dns.add_parser("record-set").add_subparsers(required=True, metavar="COMMAND")
    records = record_set.add_parser("list", parents=[shared])
    records.add_argument("-g", "--resource-group", required=True)
    records.add_argument("-z", "--zone-name", required=True)
    records.set_defaults(command=_records)

    flexible_servers = az_changes.add_to(groups, group, resource, shared)

    vault = groups.add_parser("keyvault").add_subparsers(required=True, metavar="COMMAND")
    secret = vault.add_parser("secret").add_subparsers(required=True, metavar="COMMAND")
    value = secret.add_parser("show", parents=[shared])
    value.add_argument("--vault-name")
    value.add_argument("-n", "--name")
    value.add_argument("--id")
    value.set_defaults(command=_secret)
    _add_asking(groups, vault, flexible_servers, shared)
    return parser


def _add_asking(groups: Any, vault: Any, flexible: Any, shared: argparse.ArgumentParser) -> None:
    """The commands that are asked before anything is made, with their options."""
    storage = groups.add_parser("storage").add_subparsers(required=True, metavar="COMMAND")
    machine = groups.add_parser("vm").add_subparsers(required=True, metavar="COMMAND")
    role = groups.add_parser("role").add_subparsers(required=True, metavar="COMMAND")
    accounts = storage.add_parser("account").add_subparsers(required=True, metavar="COMMAND")
    assignments = role.add_parser("assignment").add_subparsers(required=True, metavar="COMMAND")
    commands: tuple[tuple[Any, str, asking.Answer, tuple[str, ...], tuple[str, ...]], ...] = (
        (accounts, "check-name", asking.storage_name, ("--name",), ()),
        (vault, "check-name", asking.vault_name, ("--name",), ()),
        (vault, "list-deleted", asking.deleted_vaults, ("--resource-type",), ()),
        (assignments, "list", asking.roles, ("--assignee", "--scope"), ("--include-inherited", "--include-groups")),
        (machine, "list-usage", asking.machine_usage, ("--location",), ()),
        (machine, "list-skus", asking.machines, ("--location", "--size", "--resource-type"), ("--all",)),
        (flexible, "list-skus", asking.servers, ("--location",), ()),
        (groups, "rest", asking.rest, ("--method", "--url", "--body"), ()),
    )
    for place, name, answer, options, flags in commands:
        command = place.add_parser(name, parents=[shared])
        for option in options:
            command.add_argument(option, required=option != "--body")
        for flag in flags:
            command.add_argument(flag, action="store_true")
        command.set_defaults(command=_for_the_signed_in(answer))


def _for_the_signed_in(answer: asking.Answer) -> asking.Answer:
    def command(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> Any:
        logged_in(environment)
        return answer(state, environment, options)

    return command


def _access_token(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    subscription, tenant = logged_in(environment)
    scope = (options.scope or [None])[0]
    resource = options.resource or (scope.removesuffix("/.default") if scope else None)
    if options.resource_type == _POSTGRES or resource in _POSTGRES_RESOURCES:
        token = _postgres_token(state)
    elif options.resource_type in (None, "arm") and resource in (None, _MANAGER, "https://management.azure.com/"):
        # Nothing in the sandbox takes it: the Azure stand-in is a provider, not a web service.
        token = tokens.derived(state, int(time.time()) + tokens.LIFETIME_SECONDS, audience=_MANAGER)
    else:
        raise SandboxError(f"the sandbox gives no token for '{options.resource_type or resource}'")
    expires = datetime.fromtimestamp(token.expires, UTC)
    return {
        "accessToken": token.text,
        # The Azure CLI gives local time here, and the second beside it: azure-cli, `account get-access-token`
        "expiresOn": expires.astimezone().strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": token.expires,
        "subscription": subscription,
        "tenant": tenant,
        "tokenType": "Bearer",
    }


def _postgres_token(state: State) -> tokens.Token:
    """The current token, taken by every server before it is given out."""
    from sandbox.postgres import instance

    with state.locked("postgres-token"):
        token = tokens.current(state) or tokens.renewed(state)
        behind = [
            server
            for server in instance.load_all(state)
            if server.entra_administrators and server.token_expires != token.expires and not server.stopped
        ]
        for server in behind:
            _give(state, server.server, token)
    return token


def _give(state: State, server: str, token: tokens.Token) -> None:
    from sandbox.postgres import administration, instance

    with instance.locked(state, server):
        try:
            administration.give_token(state, instance.load(state, server), token.text, token.expires)
        except administration.UnreachableError as error:
            # One that is down takes the token with the next call; logging in to it fails by itself.
            print(f"WARNING: {error.what}", file=sys.stderr)
            return
        instance.change(state, server, token_expires=token.expires)


def _account(_state: State, environment: Mapping[str, str], _options: argparse.Namespace) -> dict[str, Any]:
    subscription, tenant = logged_in(environment)
    return {
        "environmentName": "AzureCloud",
        "homeTenantId": tenant,
        "id": subscription,
        "isDefault": True,
        "name": "sandbox",
        "state": "Enabled",
        "tenantId": tenant,
        "user": {"name": "sandbox", "type": "servicePrincipal"},
    }


def _resources(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> list[dict[str, Any]]:
    subscription, _ = logged_in(environment)
    under = _group_id(subscription, options.resource_group) if options.resource_group else None
    found = Store(state).list(tag=_tag(options), under=under)
    # As in Azure, groups, parts of other resources, and what is put on a scope are no resources of this list.
    return [_shown(each) for each in found if _is_top_level(each)]


def _is_top_level(resource: Resource) -> bool:
    return resource.type.count("/") == 1 and not resource.type.startswith(("Microsoft.Resources", "Microsoft.Auth"))


def _tag(options: argparse.Namespace) -> dict[str, str] | None:
    name, _, value = (options.tag or "").partition("=")
    return {name: value} if name else None


def _groups(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> list[dict[str, Any]]:
    logged_in(environment)
    found = Store(state).list(tag=_tag(options), tokens=["azure-native:resources:ResourceGroup"])
    return [_shown(each) for each in found]


def _group(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    subscription, _ = logged_in(environment)
    found = Store(state).get(_group_id(subscription, options.name))
    if found is None:
        raise LookupError(f"(ResourceGroupNotFound) Resource group '{options.name}' could not be found.")
    return {**_shown(found), "properties": {"provisioningState": found.provisioning}, "managedBy": None}


def _records(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> list[dict[str, Any]]:
    subscription, _ = logged_in(environment)
    zone = f"{_group_id(subscription, options.resource_group)}/providers/Microsoft.Network/dnsZones/{options.zone_name}"
    store = Store(state)
    if store.get(zone) is None:
        raise LookupError(f"(ParentResourceNotFound) The zone '{options.zone_name}' was not found.")
    found = store.list(tokens=["azure-native:dns:RecordSet"], under=zone)
    return [_shown_records(each, options.resource_group) for each in found]


def _secret(state: State, environment: Mapping[str, str], options: argparse.Namespace) -> dict[str, Any]:
    logged_in(environment)
    address = options.id or f"https://{options.vault_name}.vault.azure.net/secrets/{options.name}"
    found = re.fullmatch(r"https://([0-9A-Za-z-]+)\.vault\.azure\.net/secrets/([0-9A-Za-z-]+)", address)
    if found is None or (options.id and (options.vault_name or options.name)):
        raise _UsageError("keyvault secret show takes --vault-name and --name, or --id")
    vault, name = found.groups()
    if not vaults.exists(state, vault):
        raise SandboxError(f"<urlopen error> Failed to resolve '{vault.lower()}.vault.azure.net'")
    value = vaults.secret(state, vault, name)
    if value is None:
        raise LookupError(f"(SecretNotFound) A secret with (name/id) {name} was not found in this key vault.")
    return {"id": address, "name": name, "value": value, "attributes": {"enabled": True}}


def _shown_records(resource: Resource, group: str) -> dict[str, Any]:
    records = {}
    for record_type, name in _RECORDS.items():
        wire = name[0].lower() + name[1:] if record_type == "A" else record_type.lower() + name[len(record_type) :]
        if resource.inputs.get(wire):
            records[name] = resource.inputs[wire]
    return {
        "fqdn": resource.outputs["fqdn"],
        "id": resource.id,
        "metadata": resource.inputs.get("metadata") or {},
        "name": resource.name,
        "provisioningState": resource.provisioning,
        "resourceGroup": group,
        "TTL": resource.inputs.get("ttl"),
        "type": resource.type.replace("dnsZones", "dnszones"),
        **records,
    }


def _shown(resource: Resource) -> dict[str, Any]:
    return {
        "createdTime": resource.created,
        "changedTime": resource.changed,
        "id": resource.id,
        "location": resource.location,
        "name": resource.name,
        "provisioningState": resource.provisioning,
        "resourceGroup": resource.id.split("/")[4],
        "tags": resource.tags or None,
        "type": resource.type,
    }


def _group_id(subscription: str, group: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def logged_in(environment: Mapping[str, str]) -> tuple[str, str]:
    """Subscription and tenant."""
    subscription = environment.get("ARM_SUBSCRIPTION_ID") or environment.get("AZURE_SUBSCRIPTION_ID")
    tenant = environment.get("ARM_TENANT_ID") or environment.get("AZURE_TENANT_ID")
    if not subscription or not tenant:
        raise SandboxError(_LOGIN, fix="or take over the sandbox's environment: python -m sandbox env")
    return subscription, tenant


def _queried(result: Any, query: str | None) -> Any:
    """The result, or one of its properties: of JMESPath the stand-in has names and `[].name`."""
    if query is None or result is None:
        return result
    if query.startswith("[].") and isinstance(result, list):
        return [each.get(query[3:]) for each in result]
    if not query.isidentifier() or not isinstance(result, dict):
        raise SandboxError(f"the sandbox's az takes one property's name as --query, not '{query}'")
    return result.get(query)


def _show(result: Any, output: str) -> None:
    if output == "json":
        print(json.dumps(result, indent=2))
        return
    rows = result if isinstance(result, list) else [result]
    for row in rows:
        values = row.values() if isinstance(row, dict) else [row]
        print("\t".join("" if value is None else str(value) for value in values))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
