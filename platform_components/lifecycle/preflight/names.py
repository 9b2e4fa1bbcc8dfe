"""Whether names that are unique in all of Azure are still free, and not kept by something soft-deleted.

Names of other kinds need no look: they are this resource group's own. AKS adds a hash of its own to a DNS prefix, and
no component gives a public address a DNS label.
"""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from platform_components.errors import InputError
from platform_components.lifecycle.azure_cli import az, subscription
from platform_components.lifecycle.preflight.findings import Check, Finding, answers
from platform_components.plan import Plan

NAME = "name"
_POSTGRES_API = "2024-08-01"


def checks(plan: Plan) -> Iterator[Check]:
    """One for each such name of the plan."""
    for resource in plan.resources:
        for kind, name in resource.names.items():
            ask = _KINDS.get((resource.driver.partition("/")[0], kind))
            if ask is not None:
                title, look = ask
                yield Check(NAME, f"{title} {name}", partial(look, title, name))


def refuse_taken(plan: Plan) -> None:
    """Raise `InputError` when a name of a new environment is taken; what can't be asked is left to the engine."""
    found = [one for one in answers(list(checks(plan))) if one.state == "problem"]
    if found:
        raise InputError(
            "; ".join(f"{one.subject} {one.what}" for one in found),
            fix="\n".join(dict.fromkeys(one.fix for one in found)),
        )


def _storage_account(title: str, name: str) -> Iterator[Finding]:
    yield _finding(title, name, az("storage", "account", "check-name", "--name", name))


def _postgres_server(title: str, name: str) -> Iterator[Finding]:
    # The CLI has no command for it: Microsoft.DBforPostgreSQL, Check Name Availability
    body = {"name": name, "type": "Microsoft.DBforPostgreSQL/flexibleServers"}
    url = f"/subscriptions/{subscription()}/providers/Microsoft.DBforPostgreSQL/checkNameAvailability"
    answer = az("rest", "--method", "post", "--url", f"{url}?api-version={_POSTGRES_API}", "--body", json.dumps(body))
    yield _finding(title, name, answer)


def _key_vault(title: str, name: str) -> Iterator[Finding]:
    answer = az("keyvault", "check-name", "--name", name)
    deleted = not answer["nameAvailable"] and [
        one for one in az("keyvault", "list-deleted", "--resource-type", "vault") if one["name"].lower() == name.lower()
    ]
    if deleted:
        until = str(deleted[0]["properties"]["scheduledPurgeDate"])[:10]
        yield Finding(
            NAME,
            f"{title} {name}",
            "problem",
            f"is kept by a deleted vault until {until}",
            f"recover it (az keyvault recover --name {name}), purge it (az keyvault purge --name {name}), "
            "or set another `salt` of the environment type",
        )
        return
    yield _finding(title, name, answer)


def _finding(title: str, name: str, answer: Mapping[str, Any]) -> Finding:
    if answer["nameAvailable"]:
        return Finding(NAME, f"{title} {name}", "ok", "is free")
    said = str(answer.get("message") or answer.get("reason") or "").strip()
    return Finding(
        NAME,
        f"{title} {name}",
        "problem",
        f"is taken{f': {said}' if said else ''}",
        "if it is left over from an earlier environment, remove it; "
        "otherwise set a `salt` of your own in the environment type",
    )


_KINDS = {
    ("azure", "account"): ("storage account", _storage_account),
    ("azure", "server"): ("PostgreSQL server", _postgres_server),
    ("azure", "vault"): ("key vault", _key_vault),
}
