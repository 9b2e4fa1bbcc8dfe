"""Data that a run made which did not end well: no deployed plan knows it, so the guard over plans can't.

A later run whose plan does not have it would remove it as the engine removes whatever a program no longer names.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from platform_components.lifecycle.recovery import DATABASE
from platform_components.naming import ResourceIdentity, logical
from platform_components.plan import Plan
from platform_components.plan.guard import DataLossError, Loss

KINDS: Mapping[str, str] = {
    DATABASE: "a database",
    "azure-native:dbforpostgresql:Server": "a PostgreSQL server",
    "azure-native:storage:StorageAccount": "a storage account",
}
"""What holds data, by the engine's type, as it is told."""


def refuse_unplanned_losses(
    state: Mapping[str, Any], wanted: Plan, deployed: Plan | None, *, replace: Collection[str] = ()
) -> frozenset[str]:
    """Raise `DataLossError` for data in the state that neither plan knows, but for what a person has named.

    Returns the names of what was found and may go, which are logical names, not identities: no plan has one.
    """
    known = {*_names(wanted), *(_names(deployed) if deployed else ())}
    found = {
        name: kind
        for name, kind in _holding_data(state)
        if not any(name == one or name.startswith(f"{one}-") for one in known)
    }
    lost = [
        Loss(
            name, ("it was made by a run that did not end well, and nothing asks for it any more",), kind, "no plan", ""
        )
        for name, kind in sorted(found.items())
        if name not in replace
    ]
    if lost:
        raise DataLossError(wanted.environment.name, lost)
    return frozenset(found)


def _names(plan: Plan) -> Iterator[str]:
    return (logical(ResourceIdentity.parse(resource.id)) for resource in plan.resources)


def _holding_data(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for one in (state.get("deployment") or {}).get("resources") or ():
        if one["type"] in KINDS and not one.get("delete") and not one.get("external"):
            yield str(one["urn"]).rpartition("::")[2], KINDS[one["type"]]
