"""Turns a manifest into the resource of the Kubernetes SDK that manages it.

Typed classes where the SDK has them: they know the aliases of other API versions; all else is a custom resource.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.secrecy import Sealed

if TYPE_CHECKING:
    import pulumi

Make = Callable[[str, Manifest, Sequence[str]], Any]
"""Makes the object called by a suffix as a manifest says, after those of some other suffixes, and returns its name."""

_MODULES = {
    "apps/v1": "apps.v1",
    "autoscaling/v2": "autoscaling.v2",
    "batch/v1": "batch.v1",
    "networking.k8s.io/v1": "networking.v1",
    "policy/v1": "policy.v1",
    "rbac.authorization.k8s.io/v1": "rbac.v1",
    "v1": "core.v1",
}


def kubernetes_object(
    name: str, manifest: Mapping[str, Any], opts: "pulumi.ResourceOptions | None" = None
) -> "pulumi.CustomResource":
    """The resource `name` that keeps the cluster's object as `manifest` says."""
    module = _MODULES.get(manifest["apiVersion"])
    if module is None:
        custom = import_module("pulumi_kubernetes.apiextensions").CustomResource
        fields = {"api_version": manifest["apiVersion"], "kind": manifest["kind"]}
    else:
        # Reached from the package, its modules are loaded one by one as they are used.
        custom = getattr(import_module(f"pulumi_kubernetes.{module}"), manifest["kind"])
        fields = {}
    fields |= {_argument(key): value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
    if "data" in fields:
        fields["data"] = {key: _unsealed(value) for key, value in fields["data"].items()}
    return cast("pulumi.CustomResource", custom(name, **fields, opts=opts))


def name_of(resource: "pulumi.CustomResource") -> "pulumi.Output[str]":
    """The physical name of an object, known when the object is there (in a preview, when it is planned)."""
    return cast("pulumi.Output[str]", cast(Any, resource).metadata["name"])


def kubernetes_manifest(
    api_version: str, kind: str, metadata: Manifest, spec: Manifest | None = None, **fields: Any
) -> Manifest:
    """A manifest out of its parts, absent ones left out."""
    manifest: Manifest = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, **fields}
    return {key: value for key, value in manifest.items() if value is not None}


def _unsealed(value: Any) -> Any:
    """A sealed value in base64, known to the engine as secret; any other as it is."""
    if not isinstance(value, Sealed):
        return value
    import pulumi

    # `data` and not `stringData`: the API server never returns the latter, so a refresh would see a difference.
    text = pulumi.Output.secret(value.value)
    return text if value.encoded else text.apply(lambda known: base64.b64encode(known.encode()).decode())


def _argument(key: str) -> str:
    """How the SDK spells a field: `binaryData` is `binary_data`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"_{match[1].lower()}", key)
