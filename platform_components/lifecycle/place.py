"""Where an environment's workloads are: which cluster, which namespace, and what must not be shown of them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from platform_components.errors import PlatformError
from platform_components.exports import output_name
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.masking import Mask, secrets_in
from platform_components.lifecycle.survivors import foundation_places
from platform_components.plan import Plan

NOT_SHOWN = "(not shown: what must not be in it can't be decrypted)"
_PROVIDER = "pulumi:providers:kubernetes"


@dataclass(frozen=True)
class Place:
    """A namespace of a cluster."""

    kubeconfig: str = field(repr=False)
    namespace: str


def place_of(engine: Engine, plan: Plan, outputs: Mapping[str, Any]) -> Place | None:
    """Where the environment is, by its outputs or else its foundation's; None when it has no namespace there (yet)."""
    namespace = _namespace(plan, outputs)
    if namespace is None:
        return None
    clusters = [output_name(one.id, "kubeconfig") for one in plan.resources if one.type == "k8s-cluster"]
    found = next((outputs[name] for name in clusters if name in outputs), None)
    if found is None:
        below = foundation_places(engine, plan)
        found = next((below[name] for name in clusters if name in below), None)
    return None if found is None else Place(str(found), namespace)


@dataclass(frozen=True)
class Opened:
    """What a stack's state says once its secrets are decrypted."""

    kubeconfig: str | None = field(repr=False)
    """Of the provider that the last run used, where it is known."""
    mask: Mask = field(repr=False)


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
    kubeconfigs = [_plain((one.get("inputs") or {}).get("kubeconfig")) for one in resources if one["type"] == _PROVIDER]
    return Opened(next((one for one in kubeconfigs if one), None), Mask(secrets_in(state)))


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
