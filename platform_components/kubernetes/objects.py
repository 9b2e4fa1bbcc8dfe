"""Turns a manifest into the resource of Kubernetes' provider that manages it.

Without the classes of the SDK, whose types for one object of `v1` take a third of a second to load: what they would
send is the manifest, field by field.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.secrecy import Sealed

if TYPE_CHECKING:
    import pulumi

Make = Callable[[str, Manifest, Sequence[str]], Any]
"""Makes the object called by a suffix as a manifest says, after those of some other suffixes, and returns its name."""

_SECRET = ("data", "stringData")
"""What of a Secret the engine keeps secret, whatever it holds."""


def kubernetes_object(
    name: str, manifest: Mapping[str, Any], opts: "pulumi.ResourceOptions | None" = None
) -> "pulumi.CustomResource":
    """The resource `name` that keeps the cluster's object as `manifest` says."""
    import pulumi
    from pulumi_kubernetes import _utilities

    api_version, kind = manifest["apiVersion"], manifest["kind"]
    group = api_version if "/" in api_version else f"core/{api_version}"
    fields = dict(manifest)
    if "data" in fields:
        fields["data"] = {key: _unsealed(value) for key, value in fields["data"].items()}
    hidden = _SECRET if (group, kind) == ("core/v1", "Secret") else ()
    fields |= {key: pulumi.Output.secret(fields[key]) for key in hidden if key in fields}
    # Without a provider of its own it gets that of the SDK's version
    defaults = pulumi.ResourceOptions(
        version=str(_utilities.get_version()),  # type: ignore[no-untyped-call]
        additional_secret_outputs=list(hidden) or None,
    )
    options = pulumi.ResourceOptions.merge(defaults, opts)
    return pulumi.CustomResource(f"kubernetes:{group}:{kind}", name, fields, options)


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
