"""The engine's `Check`: inputs completed (name, location, API version), and everything wrong with them.

What needs a look at what exists is checked when a resource is made. Values that are not known yet pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.runtime.proto import provider_pb2

from sandbox.azure import api_versions
from sandbox.azure.arm_types import ArmTypes
from sandbox.azure.kind import Kind, Subscription
from sandbox.azure.naming import made_up_name
from sandbox.azure.operations import API_VERSION, CREATE_BEFORE_DELETE
from sandbox.azure.values import UNKNOWN, look_up, plain, sealed

_UNCHECKED = "bodies are not checked against Azure's types; set SANDBOX_ARM_TYPES to a folder of them"


@dataclass
class Checked:
    """Inputs as they will be used, and what is wrong with them: (property, reason)."""

    inputs: dict[str, Any]
    failures: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchecked: str = ""
    """What could not be checked, if something could not."""


def check(
    subscription: Subscription,
    kind: Kind,
    api_version: str,
    news: Mapping[str, Any],
    olds: Mapping[str, Any],
    request: provider_pb2.CheckRequest,
    arm_types: ArmTypes | None,
) -> Checked:
    """Complete and check the inputs of one resource."""
    # Passwords are secret whether or not the program says so: azure-native's schema marks them.
    checked = Checked(sealed(dict(news), kind.secrets))
    _fill_name(kind, checked, olds, request)
    _fill_location(subscription, kind, checked, olds)
    checked.inputs.setdefault(API_VERSION, api_version)
    _require(kind, checked)
    _check_name(kind, checked)
    if arm_types is not None:
        found = arm_types.check(kind, api_version, checked.inputs)
        checked.failures += found.errors
        checked.warnings += found.warnings
        checked.unchecked = found.unchecked
    else:
        checked.unchecked = _UNCHECKED
    checked.failures += api_versions.problems(kind, api_version, checked.inputs)
    return checked


def _fill_name(kind: Kind, checked: Checked, olds: Mapping[str, Any], request: provider_pb2.CheckRequest) -> None:
    name = kind.name_input
    if name in checked.inputs:
        return
    if name in olds:
        checked.inputs[name] = olds[name]
        if olds.get(CREATE_BEFORE_DELETE):
            checked.inputs[CREATE_BEFORE_DELETE] = True
        return
    autonaming = request.autonaming if request.HasField("autonaming") else None
    made_up = made_up_name(kind.auto_name, request.urn.rsplit("::", 1)[-1], request.randomSeed, autonaming)
    if made_up is not None:
        checked.inputs[name] = made_up.name
        if made_up.random:
            checked.inputs[CREATE_BEFORE_DELETE] = True


def _fill_location(subscription: Subscription, kind: Kind, checked: Checked, olds: Mapping[str, Any]) -> None:
    if not kind.has_location or "location" in checked.inputs:
        return
    if "location" in olds:
        checked.inputs["location"] = olds["location"]
    elif subscription.location:
        checked.inputs["location"] = subscription.location
    elif "resourceGroupName" in checked.inputs and kind.name_input != "resourceGroupName":
        group = plain(checked.inputs["resourceGroupName"])
        if group is UNKNOWN:
            checked.inputs["location"] = UNKNOWN
            return
        found = subscription.store.get(f"/subscriptions/{subscription.subscription_id}/resourceGroups/{group}")
        if found is not None and found.location:
            checked.inputs["location"] = found.location


def _require(kind: Kind, checked: Checked) -> None:
    location = ("location",) if kind.has_location else ()
    for name in (*kind.parameters, *location, *kind.required):
        if look_up(checked.inputs, name) is None:
            reason = f"missing required property '{name}'"
            if name == "location":
                reason += (
                    ". Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
                )
            checked.failures.append((name, reason))


def _check_name(kind: Kind, checked: Checked) -> None:
    name = plain(checked.inputs.get(kind.name_input))
    if isinstance(name, str):
        problem = kind.name.problem(name)
        if problem is not None:
            checked.failures.append((kind.name_input, f"the name {problem}"))
