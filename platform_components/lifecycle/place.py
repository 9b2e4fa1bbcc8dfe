"""Where an environment's workloads are: which cluster, which namespace, and what must not be shown of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_components.drivers.kubeconfig import AT_HAND, at_hand
from platform_components.errors import InputError, OutsideError, PlatformError
from platform_components.exports import output_name
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.masking import Mask, secrets_in
from platform_components.lifecycle.survivors import foundation_places
from platform_components.plan import Plan, PlannedResource

NOT_SHOWN = "(not shown: what must not be in it can't be decrypted)"
_PROVIDER = "pulumi:providers:kubernetes"


@dataclass(frozen=True)
class Place:
    """A namespace of a cluster."""

    kubeconfig: str = field(repr=False)
    namespace: str
    context: str | None = None
    """Of a kubeconfig's file; None: its current one."""


def place_of(engine: Engine, plan: Plan, outputs: Mapping[str, Any]) -> Place | None:
    """Where the environment is, by its outputs or else its foundation's; None when it has no namespace there (yet)."""
    namespace = _namespace(plan, outputs)
    if namespace is None:
        return None
    clusters = [one for one in plan.resources if one.type == "k8s-cluster"]
    return (
        _of_outputs(clusters, outputs, namespace)
        or _of_outputs(clusters, foundation_places(engine, plan), namespace)
        or _at_hand(clusters, namespace)
    )


def _of_outputs(clusters: Sequence[PlannedResource], outputs: Mapping[str, Any], namespace: str) -> Place | None:
    for one in clusters:
        kubeconfig = outputs.get(output_name(one.id, "kubeconfig"))
        if kubeconfig is not None:
            context = outputs.get(output_name(one.id, "context"))
            return Place(str(kubeconfig), namespace, None if context is None else str(context))
    return None


def _at_hand(clusters: Sequence[PlannedResource], namespace: str) -> Place | None:
    """In the cluster of this machine's kubeconfig, which is known before anything is deployed."""
    for one in clusters:
        if one.driver == AT_HAND:
            try:
                found = at_hand(one.inputs.get("path"), one.inputs.get("context"))
            except InputError as error:
                raise OutsideError(str(error)) from error
            return Place(found.path, namespace, found.context)
    return None


@dataclass(frozen=True)
class Opened:
    """What a stack's state says once its secrets are decrypted."""

    kubeconfig: str | None = field(repr=False)
    """Of the provider that the last run used, where it is known."""
    mask: Mask = field(repr=False)
    context: str | None = None
    """Of that kubeconfig, if it is a file's."""


def hiding(secrets: Opened | None) -> Callable[[str], str]:
    """What takes secrets out of texts that containers may have written; all of a text, where nobody knows them."""
    return secrets.mask if secrets else lambda _: NOT_SHOWN


def opened(engine: Engine, stack: str) -> Opened | None:
    """None where the secrets can't be decrypted: nobody can say then what must not be shown."""
    try:
        state = json.loads(engine.run_privately("stack", "export", "--show-secrets", "-s", stack))
    except (PlatformError, ValueError):
        return None
    resources = (state.get("deployment") or {}).get("resources") or ()
    inputs = [one.get("inputs") or {} for one in resources if one["type"] == _PROVIDER]
    known = next((one for one in inputs if _plain(one.get("kubeconfig"))), {})
    return Opened(_plain(known.get("kubeconfig")), Mask(secrets_in(state)), _plain(known.get("context")))


def _namespace(plan: Plan, outputs: Mapping[str, Any]) -> str | None:
    for resource in plan.resources:
        if resource.type == "k8s-namespace":
            name = outputs.get(output_name(resource.id, "name")) or resource.names.get("namespace")
            if name:
                return str(name)
    return None


def _plain(value: Any) -> str | None:
    """A text of the state, secret or not."""
    if isinstance(value, Mapping) and "plaintext" in value:
        value = json.loads(value["plaintext"])
    return value if isinstance(value, str) else None
