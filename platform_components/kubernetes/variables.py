"""Environment variables of containers: plain ones in the pod template, secret ones by reference to a Secret. Pure."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.secrecy import plain
from platform_components.open_values import mapped

# The kubelet reads `$(NAME)` as a reference and `$$` as one `$`:
# https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
_EXPANDED = re.compile(r"\$\$+|\$(?=\()")
_KEY = re.compile(r"\A[-._a-zA-Z0-9]{1,190}\Z")


def literal(text: str) -> str:
    """`text` so that what the kubelet makes of it is `text`."""
    return _EXPANDED.sub(lambda match: match[0] * 2, text)


def environment(
    container: str, variables: Mapping[str, Any], secret_variables: Mapping[str, Any], secret_name: Any
) -> list[Manifest]:
    """The container's `env`, in the order of the names."""
    entries: dict[str, Manifest] = {
        name: {"name": name, "value": mapped(plain(value, f"containers.{container}.variables.{name}"), literal)}
        for name, value in variables.items()
    }
    entries |= {
        name: {
            "name": name,
            "valueFrom": {"secretKeyRef": {"name": secret_name, "key": variable_key(container, name)}},
        }
        for name in secret_variables
    }
    return [entries[name] for name in sorted(entries)]


def variable_key(container: str, name: str) -> str:
    """Under which key the workload's Secret holds a variable of a container."""
    if _KEY.match(name):
        return f"{container}.{name}"
    return f"{container}.variable-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
