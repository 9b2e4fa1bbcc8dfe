"""Pods of manifests as Pod Security `restricted` admits them, hardened as workloads are where a template says nothing.

What a template says itself counts. https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from collections.abc import Mapping
from typing import Any

from platform_components.open_values import is_open, mapped
from platform_components.score.placeholders import render_value

NONROOT = 65532
"""Who containers are, unless the template says another user."""


def hardened(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A pod's spec with everything that it does not say set to what is safe."""
    said = spec.get("securityContext", {})
    user = said.get("runAsUser", NONROOT)
    group = said.get("runAsGroup", user)
    security = {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        "fsGroup": group,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
        **said,
    }
    pod = {"automountServiceAccountToken": False, "enableServiceLinks": False, **spec, "securityContext": security}
    for kind in ("initContainers", "containers"):
        if kind in spec:
            pod[kind] = [_container(one) for one in spec[kind]]
    return pod


def text(value: Any) -> Any:
    """What stands where Kubernetes takes texts alone: a placeholder keeps its value's type, and may be a number."""
    return mapped(value, render_value) if is_open(value) else render_value(value)


def _container(container: Mapping[str, Any]) -> dict[str, Any]:
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
        **container.get("securityContext", {}),
    }
    texts: dict[str, Any] = {
        key: [text(word) for word in container[key]] for key in ("command", "args") if container.get(key)
    }
    if container.get("env"):
        texts["env"] = [{**one, "value": text(one["value"])} if "value" in one else one for one in container["env"]]
    return {**container, **texts, "securityContext": security}
