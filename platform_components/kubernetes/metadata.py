"""Names, labels and metadata that all Kubernetes objects of this package share. Pure functions."""

from collections.abc import Mapping
from typing import Annotated, Any

import pulumi
from pydantic import Field

Manifest = dict[str, Any]
"""A Kubernetes object, or a part of one, as its API writes it; leaves may be Outputs."""

NAME_LABEL = "app.kubernetes.io/name"
MANAGED_BY = {"app.kubernetes.io/managed-by": "platform-components"}

Label = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A name of up to 63 characters: lower-case letters, digits and hyphens, not at the ends."""
ServiceName = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A label that begins with a letter: RFC 1035 rules the names of Services, RFC 1123 all others."""
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$")]


def metadata(
    name: Any = None,
    namespace: Any = None,
    labels: Mapping[str, Any] | None = None,
    annotations: Mapping[str, Any] | None = None,
) -> Manifest:
    """The `metadata` of an object, without what is absent; no name: the engine makes one."""
    manifest: Manifest = {}
    if name is not None:
        manifest["name"] = name
    if namespace is not None:
        manifest["namespace"] = namespace
    if labels:
        manifest["labels"] = dict(labels)
    if annotations:
        manifest["annotations"] = dict(annotations)
    return manifest


def joined(name: Any, suffix: str) -> Any:
    """`name` with a suffix; an Output stays one."""
    return pulumi.Output.concat(name, "-", suffix) if isinstance(name, pulumi.Output) else f"{name}-{suffix}"


def selector(workload_name: Any) -> Manifest:
    """The labels by which an object finds the pods of a workload; they never change, because selectors cannot."""
    return {NAME_LABEL: workload_name}
