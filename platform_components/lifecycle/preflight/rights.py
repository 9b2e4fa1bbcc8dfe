"""Whether whoever is signed in may make what the plan makes: role assignments on the subscription and above."""

from collections.abc import Iterator

from platform_components.lifecycle.azure_cli import az
from platform_components.lifecycle.preflight.findings import Check, Finding
from platform_components.plan import Plan

NAME = "rights"
_MAKES = {"Owner", "Contributor"}
_ASSIGNS = {"Owner", "User Access Administrator", "Role Based Access Control Administrator"}
_NEITHER = {"Reader"}
_ASSIGNING_DRIVERS = {"azure/s3", "azure/aks-cluster", "azure/gateway", "azure/workload-identity"}
"""Drivers that give an identity a role."""


def checks(plan: Plan) -> Iterator[Check]:
    """One, if the plan makes anything in Azure."""
    drivers = {resource.driver for resource in plan.resources if resource.driver.startswith("azure/")}
    if drivers:
        yield Check(NAME, "role assignments", lambda: _asked(assigns=bool(drivers & _ASSIGNING_DRIVERS)))


def _asked(*, assigns: bool) -> Iterator[Finding]:
    account = az("account", "show")
    who, scope = str(account["user"]["name"]), f"/subscriptions/{account['id']}"
    found = az(
        "role", "assignment", "list", "--assignee", who, "--scope", scope, "--include-inherited", "--include-groups"
    )
    roles = {str(one["roleDefinitionName"]) for one in found}
    subject = f"{who} in {account['name']}"
    custom = roles - _MAKES - _ASSIGNS - _NEITHER
    missing = [
        what
        for what, enough in (
            ("make resources: Contributor", _MAKES),
            ("give roles: User Access Administrator", _ASSIGNS),
        )
        if not roles & enough and (enough is _MAKES or assigns)
    ]
    if not missing:
        yield Finding(NAME, subject, "ok", f"is {' and '.join(sorted(roles & (_MAKES | _ASSIGNS)))}")
    elif custom:
        listed = ", ".join(sorted(custom))
        yield Finding(NAME, subject, "unknown", f"could not ask what these roles allow: {listed}")
    else:
        yield Finding(
            NAME,
            subject,
            "problem",
            f"may not {' nor '.join(one.partition(':')[0] for one in missing)}",
            "\n".join(
                f'az role assignment create --assignee {who} --scope {scope} --role "{one.partition(": ")[2]}"'
                for one in missing
            ),
        )
