"""After a killed run: what it was about to make is entered in the stack's state, so that the next operation goes on.

The engine notes every operation before it begins, and takes the note away when it has ended. The notes that a killed
run left say what may have been made, but not whether it was. So each such resource is entered under the id that it has
if it is there, and the provider is asked (`pulumi refresh`): what is not there drops out again, what is somebody
else's is taken out. The notes go last, so that this, too, can be killed and done again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_components.azure.arm_ids import arm_id, subscription_of
from platform_components.lifecycle.engine import Engine
from platform_components.ownership import STACK_LABEL, STACK_TAG

DATABASE = "pulumi-python:dynamic/platform-components:PostgresDatabase"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
"""Its name is made of its scope, role and principal, so one of the same name says the same."""
_NOTES = "pending_operations"
_ASKED = ("creating", "updating", "deleting")
"""Kinds of notes after which only the provider knows what is there."""

Entry = Mapping[str, Any]
"""A resource as the state has it."""


@dataclass(frozen=True)
class Repair:
    """A state that knows what a killed run may have made, and what the provider is to be asked about."""

    deployment: Mapping[str, Any]
    """With the notes still in it."""
    entered: tuple[Entry, ...]
    """The resources that were entered, as the killed run wanted them."""
    asked: tuple[str, ...]
    """URNs."""


def was_killed(state: Mapping[str, Any]) -> bool:
    """Whether the last run on this stack left notes of what it was doing."""
    return bool((state.get("deployment") or {}).get(_NOTES))


def recover(
    engine: Engine,
    stack: str,
    state: Mapping[str, Any],
    *,
    subscription: Callable[[], str],
    removing: bool = False,
) -> tuple[str, ...]:
    """Make the state know what a killed run made; the logical names of what was found.

    `subscription`: the Azure subscription, asked for only if the state names none. `removing`: the stack is about to
    be destroyed. Raises `OutsideError` when a provider can't be asked.
    """
    repair = repaired(state["deployment"], subscription=subscription, removing=removing)
    return _asked_for(engine, stack, state, repair)


def adopt(engine: Engine, stack: str, existing: Sequence[Entry]) -> tuple[str, ...]:
    """Enter what was to be created and is there already, if it is this stack's own; the logical names of what was.

    So it is when an answer of Azure's got lost: the thing was made, and the run that made it was told of a failure.
    What is marked for a stack has to bear this one's mark; what can't be marked has to lie inside something of it.
    """
    state = engine.state(stack)
    deployment = state["deployment"]
    ids = [str(one.get("id", "")).lower() for one in deployment.get("resources") or ()]
    notes = [
        {"resource": one, "type": "creating"}
        for one in existing
        if owner(one["inputs"]) is not None or one["type"] == ROLE_ASSIGNMENT or _inside(str(one["id"]).lower(), ids)
    ]
    if not notes:
        return ()
    repair = repaired({**deployment, _NOTES: [*(deployment.get(_NOTES) or ()), *notes]})
    return _asked_for(engine, stack, state, repair)


def _inside(identity: str, ids: Sequence[str]) -> bool:
    return any(other and identity.startswith(f"{other}/") for other in ids)


def _asked_for(engine: Engine, stack: str, state: Mapping[str, Any], repair: Repair) -> tuple[str, ...]:
    if repair.entered:
        engine.put_state(stack, {**state, "deployment": repair.deployment})
    if repair.asked:
        targets = [argument for urn in repair.asked for argument in ("--target", urn)]
        engine.run("refresh", "--yes", "--skip-preview", "--stack", stack, *targets)
    after = engine.state(stack)
    kept, found = settled(after["deployment"], repair.entered)
    engine.put_state(stack, {**after, "deployment": kept})
    return found


def repaired(
    deployment: Mapping[str, Any], *, subscription: Callable[[], str] = lambda: "", removing: bool = False
) -> Repair:
    """The state with what the notes tell of entered."""
    resources: list[Entry] = list(deployment.get("resources") or ())
    entered: list[Entry] = []
    asked: list[str] = []
    known: list[str] = []

    def found_subscription() -> str:
        if not known:
            known.append(next(_subscriptions(resources), None) or subscription())
        return known[0]

    for note in deployment.get(_NOTES) or ():
        resource = note["resource"]
        urn = str(resource["urn"])
        if not resource.get("custom") or note["type"] not in _ASKED:
            continue
        if note["type"] != "creating":
            asked += [] if resource["type"] == DATABASE else [urn]
            continue
        if resource["type"] == DATABASE and not removing:
            continue  # making it again takes over what is there; only removing has to know of it
        identity = resource.get("id") or id_of(resource, found_subscription)
        if identity is None:
            continue
        entry = {**resource, "id": identity, "outputs": resource.get("inputs", {})}
        live = [one for one in resources if one["urn"] == urn and not one.get("delete")]
        if any(one.get("id") == identity for one in live):
            asked.append(urn)  # entered by a recovery that did not end
            entered.append(entry)
            continue
        if any(not one.get("pendingReplacement") for one in live):
            # A replacement beside the one that is still used: it goes, and is made again under another name
            resources.append({**entry, "delete": True})
            entered.append(entry)
            continue
        resources = [one for one in resources if one not in live]
        resources.append(entry)
        entered.append(entry)
        asked += [] if resource["type"] == DATABASE else [urn]
    return Repair({**deployment, "resources": resources}, tuple(entered), tuple(dict.fromkeys(asked)))


def settled(deployment: Mapping[str, Any], entered: Sequence[Entry]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The state without notes and without what turned out to be another's; and the names of what was found."""
    wanted = {str(one["urn"]): owner(one.get("inputs", {})) for one in entered}
    resources, found = [], []
    for one in deployment.get("resources") or ():
        urn = str(one["urn"])
        if urn in wanted and not one.get("delete"):
            if owner(one.get("outputs", {})) != wanted[urn]:
                continue
            found.append(urn.rpartition("::")[2])
        resources.append(one)
    return {**deployment, "resources": resources, _NOTES: []}, tuple(sorted(found))


def id_of(resource: Entry, subscription: Callable[[], str]) -> str | None:
    """The id that a resource has once it is made; None for what leaves nothing behind outside the state."""
    kind, inputs = str(resource["type"]), resource.get("inputs", {})
    if kind.startswith("azure-native:"):
        return arm_id(kind, inputs, subscription())
    if kind.startswith("kubernetes:"):
        metadata = inputs.get("metadata") or {}
        name = metadata.get("name")
        # pulumi-kubernetes: the id is `namespace/name`, or the name alone
        return "/".join(filter(None, [metadata.get("namespace"), name])) if isinstance(name, str) else None
    if kind == DATABASE:
        return f"{inputs['host']}:{int(inputs['port'])}/{inputs['database_name']}"
    return None


def owner(values: Mapping[str, Any]) -> str | None:
    """The stack that an Azure resource's tags, a record's metadata or an object's labels name; None: they name none."""
    metadata = values.get("metadata")
    places = [values.get("tags"), metadata, metadata.get("labels") if isinstance(metadata, Mapping) else None]
    for place, key in zip(places, (STACK_TAG, STACK_TAG, STACK_LABEL), strict=True):
        if isinstance(place, Mapping) and isinstance(place.get(key), str):
            return str(place[key])
    return None


def _subscriptions(resources: Sequence[Entry]) -> Iterator[str]:
    for one in resources:
        found = subscription_of(str(one.get("id", ""))) if str(one["type"]).startswith("azure-native:") else None
        if found:
            yield found
