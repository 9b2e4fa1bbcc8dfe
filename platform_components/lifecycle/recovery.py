"""After a killed run: what it was about to make is entered in the stack's state, so that the next operation goes on.

The engine notes every operation before it begins, and takes the note away when it has ended. The notes that a killed
run left say what may have been made, but not whether it was. So each such resource is entered under the id that it has
if it is there, marked as not verified, and the provider is asked (`pulumi refresh`): what is not there drops out again,
what is somebody else's is taken out. Writing a state takes the notes away, so the mark is what makes this repeatable:
a recovery that was killed, or that could not ask, is done again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_components.azure.arm_ids import arm_id, subscription_of
from platform_components.lifecycle.engine import Engine
from platform_components.ownership import STACK_LABEL, STACK_TAG

DATABASE = "pulumi-python:dynamic/platform-components:PostgresDatabase"
GENERATED = "pulumi-python:dynamic/platform-components:GeneratedPassword"
"""It is nowhere but in the state, so one that is not there yet is made again."""
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
"""Its name is made of its scope, role and principal, so one of the same name says the same."""
UNVERIFIED = "pave: nobody has looked yet whether this is there, and whose it is"
"""Among a resource's `initErrors`, which a refresh replaces by what it finds."""
_AUTONAMED = "pulumi.com/autonamed"
"""pulumi-kubernetes: the annotation of objects whose name the provider chose."""
_NOTES = "pending_operations"
_ASKED = ("creating", "updating", "deleting")
"""Kinds of notes after which only the provider knows what is there."""

Entry = Mapping[str, Any]
"""A resource as the state has it."""


@dataclass(frozen=True)
class Repair:
    """A state that knows what a killed run may have made, and what the provider is to be asked about."""

    deployment: Mapping[str, Any]
    entered: tuple[Entry, ...]
    """The resources that were entered, as the killed run wanted them."""
    asked: tuple[str, ...]
    """URNs."""


def was_killed(state: Mapping[str, Any]) -> bool:
    """Whether the last run on this stack left notes of what it was doing, or a recovery what it had not finished."""
    deployment = state.get("deployment") or {}
    return bool(deployment.get(_NOTES)) or any(map(_unverified, deployment.get("resources") or ()))


def recover(
    engine: Engine,
    stack: str,
    state: Mapping[str, Any],
    *,
    subscription: Callable[[], str],
    removing: bool = False,
) -> tuple[str, ...]:
    """Make the state know what a killed run made; the logical names of what was found.

    The caller holds that nobody else is at the stack. `subscription`: the Azure subscription, asked for only if the
    state names none. `removing`: the stack is about to be destroyed. Raises `OutsideError` when a provider can't be
    asked; the state says so, and the next run asks again.
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
    known = list(deployment.get("resources") or ())
    urns = {str(one["urn"]) for one in known}
    ids = [str(one.get("id", "")).lower() for one in known]
    notes = [
        {"resource": one, "type": "creating"}
        for one in existing
        if str(one["urn"]) not in urns
        and (owner(one["inputs"]) or one["type"] == ROLE_ASSIGNMENT or _inside(str(one["id"]).lower(), ids))
    ]
    if not notes:
        return ()
    repair = repaired({**deployment, _NOTES: [*(deployment.get(_NOTES) or ()), *notes]})
    return _asked_for(engine, stack, state, repair)


def _inside(identity: str, ids: Sequence[str]) -> bool:
    return any(other and identity.startswith(f"{other}/") for other in ids)


def _asked_for(engine: Engine, stack: str, state: Mapping[str, Any], repair: Repair) -> tuple[str, ...]:
    engine.put_state(stack, {**state, "deployment": {**repair.deployment, _NOTES: []}})
    if repair.asked:
        targets = [argument for urn in repair.asked for argument in ("--target", urn)]
        engine.run("refresh", "--yes", "--skip-preview", "--stack", stack, *targets)
    after = engine.state(stack)
    kept, found = settled(after["deployment"], repair.entered)
    if kept != after["deployment"]:
        engine.put_state(stack, {**after, "deployment": kept})
    return found


def repaired(
    deployment: Mapping[str, Any], *, subscription: Callable[[], str] = lambda: "", removing: bool = False
) -> Repair:
    """The state with what the notes tell of entered."""
    resources: list[Entry] = list(deployment.get("resources") or ())
    entered: list[Entry] = [one for one in resources if _unverified(one)]
    asked: list[str] = [str(one["urn"]) for one in entered if one["type"] != DATABASE]
    known: list[str] = []

    def found_subscription() -> str:
        if not known:
            known.append(next(_subscriptions(resources), None) or subscription())
        return known[0]

    for note in deployment.get(_NOTES) or ():
        resource = note["resource"]
        urn = str(resource["urn"])
        if not resource.get("custom") or note["type"] not in _ASKED or resource["type"] == GENERATED:
            continue
        if note["type"] != "creating":
            asked += [] if resource["type"] == DATABASE else [urn]
            continue
        if resource["type"] == DATABASE and not removing:
            continue  # making it again takes over what is there; only removing has to know of it
        identity = resource.get("id") or id_of(resource, found_subscription)
        if identity is None:
            continue
        entry = {**resource, "id": identity, "outputs": resource.get("inputs", {}), "initErrors": [UNVERIFIED]}
        if str(resource["type"]).endswith(":Secret"):  # what is read back is not secret by itself
            entry["additionalSecretOutputs"] = ["data", "stringData"]
        places = [number for number, one in enumerate(resources) if one["urn"] == urn and not one.get("delete")]
        if not places:
            resources.append(entry)
        elif resources[places[0]].get("pendingReplacement"):
            resources[places[0]] = entry  # the one before it is gone, and others stand between in the right order
        else:
            # Beside the one in use. What the provider named goes, and is made again under another name; of anything
            # else nobody can say that it is not the one in use.
            if _autonamed(resource) and str(resources[places[0]].get("id")) != identity:
                resources.append({**entry, "delete": True, "initErrors": []})
            continue
        entered.append(entry)
        asked += [] if resource["type"] == DATABASE else [urn]
    return Repair({**deployment, "resources": resources}, tuple(entered), tuple(dict.fromkeys(asked)))


def settled(deployment: Mapping[str, Any], entered: Sequence[Entry]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The state without what turned out to be another's, and the names of what was found."""
    wanted = {(str(one["urn"]), str(one["id"]).lower()): owner(one.get("inputs", {})) for one in entered}
    resources, found = [], []
    for one in deployment.get("resources") or ():
        key = (str(one["urn"]), str(one.get("id", "")).lower())
        if key in wanted and not one.get("delete"):
            if owner(one.get("outputs", {})) != wanted[key]:
                continue
            found.append(key[0].rpartition("::")[2])
        resources.append(
            {name: value for name, value in one.items() if name != "initErrors"} if _unverified(one) else one
        )
    return {**deployment, "resources": resources}, tuple(sorted(found))


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


def _unverified(resource: Entry) -> bool:
    return UNVERIFIED in (resource.get("initErrors") or ())


def _autonamed(resource: Entry) -> bool:
    metadata = (resource.get("inputs") or {}).get("metadata") or {}
    return str(resource["type"]).startswith("kubernetes:") and _AUTONAMED in (metadata.get("annotations") or {})


def _subscriptions(resources: Sequence[Entry]) -> Iterator[str]:
    """Of the stack's own resource groups: what else it has may be scoped to another subscription."""
    for one in resources:
        group = str(one["type"]) == "azure-native:resources:ResourceGroup"
        found = subscription_of(str(one.get("id", ""))) if group else None
        if found:
            yield found
