"""`python -m sandbox azure …`: look at the simulated subscription, change it behind Pulumi's back, make it fail."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.azure import drift, identities, operations, vaults
from sandbox.azure.errors import ArmError
from sandbox.azure.faults import CODES, OPERATIONS, WHEN, Faults, described
from sandbox.azure.kinds import KINDS, kind_of
from sandbox.azure.store import Store
from sandbox.environment import SUBSCRIPTION_ID, TENANT_ID
from sandbox.errors import SandboxError
from sandbox.state import State

_FAULT_NUMBERS = {"skip": int, "probability": float, "seed": int, "first_seconds": float, "status": int}
_FAULT_TEXTS = ("kind", "name", "when", "message")


def add_verbs(parser: argparse.ArgumentParser) -> None:
    """The verbs below `azure`."""
    parser.set_defaults(run=run)
    verbs = parser.add_subparsers(dest="azure_verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="every resource")
    listing.add_argument("--type", help="ARM's name of the type, a token, or the last part of either")
    listing.add_argument("--json", action="store_true", help="for machines")
    listing.set_defaults(azure=_list)
    show = verbs.add_parser("show", help="one resource, whole, as JSON")
    show.set_defaults(azure=_show)
    change = verbs.add_parser("set", help="change a resource behind Pulumi's back")
    change.set_defaults(azure=_set)
    delete = verbs.add_parser("delete", help="delete a resource behind Pulumi's back, with what is in it")
    delete.set_defaults(azure=_delete)
    for verb in (show, change, delete):
        verb.add_argument("id", help="id, or name where only one has it")
    change.add_argument("assignments", nargs="+", metavar="PATH=VALUE", help="VALUE in JSON or plain; null takes away")
    secret = verbs.add_parser("secret", help="secrets of a Key Vault").add_subparsers(required=True, metavar="set")
    setting = secret.add_parser("set", help="its value comes from standard input")
    setting.add_argument("vault", metavar="VAULT", help="the vault's name")
    setting.add_argument("name", metavar="NAME", help="the secret's name")
    setting.set_defaults(azure=_set_secret)
    verbs.add_parser("deleted", help="what is soft-deleted, and until when").set_defaults(azure=_deleted)
    purge = verbs.add_parser("purge", help="give the name of something soft-deleted free")
    purge.add_argument("name")
    purge.set_defaults(azure=_purge)
    fault = verbs.add_parser("fault", help="make calls fail; see docs/sandbox.md", epilog=f"codes: {', '.join(CODES)}")
    fault.add_argument("code", help="ARM's code, or Timeout")
    fault.add_argument("--operation", action="append", choices=[*OPERATIONS, "*"])
    fault.add_argument("--times", help="how often, or 'always'; default 1")
    for name, kind in _FAULT_NUMBERS.items():
        fault.add_argument(f"--{name.replace('_', '-')}", type=kind)
    for name in _FAULT_TEXTS:
        fault.add_argument(f"--{name}", choices=WHEN if name == "when" else None)
    fault.set_defaults(azure=_fault)
    faults = verbs.add_parser("faults", help="which faults there are, and how often they struck")
    faults.add_argument("--clear", action="store_true", help="remove them all")
    faults.set_defaults(azure=_faults)
    rules = verbs.add_parser("rules", help="what bodies are refused for, with the source of each rule")
    rules.add_argument("--type", help="only this type")
    rules.set_defaults(azure=_rules)


def run(state: State, options: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> None:
    """Run one verb."""
    if options.azure is not _rules:
        state.load_settings()
    verb: Callable[[State, Store, argparse.Namespace, Mapping[str, str]], None] = options.azure
    try:
        verb(state, Store(state), options, environment)
    except ArmError as error:
        raise SandboxError(str(error)) from None


def _list(_: State, store: Store, options: argparse.Namespace, __: Mapping[str, str]) -> None:
    found = [each for each in store.list() if not options.type or drift.type_matches(each, options.type)]
    if options.json:
        print(json.dumps([{"id": each.id, "type": each.type, "state": each.provisioning} for each in found], indent=2))
    else:
        _table([("TYPE", "STATE", "ID"), *((each.type, each.provisioning, each.id) for each in found)])


def _show(_: State, store: Store, options: argparse.Namespace, __: Mapping[str, str]) -> None:
    print(json.dumps(drift.find(store, options.id).__dict__, indent=2))


def _set(state: State, store: Store, options: argparse.Namespace, _: Mapping[str, str]) -> None:
    changed = drift.change(state, store, options.id, options.assignments)
    print(f"changed {changed.id}; pulumi sees it at the next refresh")


def _delete(state: State, store: Store, options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    resource = drift.find(store, options.id)
    login = {"subscriptionId": SUBSCRIPTION_ID, "tenantId": TENANT_ID}
    subscription = identities.subscription(state, store, login, environment)
    operations.delete(replace(subscription, faults=None, latency=None), kind_of(resource.token), resource.id)
    print(f"deleted {resource.id}; pulumi sees it at the next refresh")


def _set_secret(state: State, _: Store, options: argparse.Namespace, __: Mapping[str, str]) -> None:
    # Never as an argument, which everybody on the machine can see
    vaults.set_secret(state, options.vault, options.name, sys.stdin.read().removesuffix("\n"))


def _deleted(_: State, store: Store, __: argparse.Namespace, ___: Mapping[str, str]) -> None:
    with store.reading() as transaction:
        found = transaction.all_deleted()
    rows = [(each.name, each.purge_after, "protected" if each.protected else "", each.id) for _, each in found]
    _table([("NAME", "UNTIL", "PURGE", "ID"), *rows])


def _purge(_: State, store: Store, options: argparse.Namespace, __: Mapping[str, str]) -> None:
    with store.writing() as transaction:
        found = [(kind, each) for kind, each in transaction.all_deleted() if each.name == options.name.lower()]
        if not found:
            raise SandboxError(
                f"nothing soft-deleted is called '{options.name}'", fix="python -m sandbox azure deleted"
            )
        for kind, each in found:
            if each.protected:
                text = (
                    f"Operation 'DeletedVaultPurge' is not allowed: purge protection keeps '{each.name}' until "
                    f"{each.purge_after}."
                )
                raise ArmError(400, "MethodNotAllowed", text)
            transaction.forget_deleted(kind, each.name)
    print(f"purged {options.name}")


def _fault(state: State, store: Store, options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    given = {name: getattr(options, name) for name in ("code", *_FAULT_TEXTS, *_FAULT_NUMBERS)}
    if options.operation:
        given["operation"] = "*" if "*" in options.operation else options.operation
    if options.times:
        given["times"] = int(options.times) if options.times.isdecimal() else options.times
    faults = Faults.of(state, store, environment)
    faults.add({name: value for name, value in given.items() if value is not None})
    print(f"added to {faults.file}; every call reads it")


def _faults(state: State, store: Store, options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    faults = Faults.of(state, store, environment)
    if options.clear:
        faults.clear()
    rows = [(fault.code, met, struck, json.dumps(described(fault))) for fault, met, struck in faults.counted()]
    _table([("CODE", "CALLS", "STRUCK", "FAULT"), *rows])


def _rules(_: State, __: Store, options: argparse.Namespace, ___: Mapping[str, str]) -> None:
    for kind in KINDS.values():
        if not options.type or options.type.lower() in (kind.type.lower(), kind.token.lower()):
            for each in kind.refusals:
                print(f"{kind.type}: {each.status} {each.code}\n  {each.message}\n  {each.source}")


def _table(rows: Sequence[Sequence[Any]]) -> None:
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
