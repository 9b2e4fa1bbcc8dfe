"""Names, labels and metadata that all Kubernetes objects of this package share. Pure functions."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from platform_components.open_values import StandIn, concatenated, mapped

Manifest = dict[str, Any]
"""A Kubernetes object, or a part of one, as its API writes it; leaves may be open."""

NAME_LABEL = "app.kubernetes.io/name"
MANAGED_BY = {"app.kubernetes.io/managed-by": "platform-components"}

_LABEL = re.compile(r"\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
_LABEL_VALUE = re.compile(r"\A([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?\Z")


def _label(text: str) -> str:
    if not _LABEL.match(text):
        raise ValueError(f"'{text}' is not 1 to 63 lower-case letters, digits and hyphens, hyphens only inside")
    return text


def _service_name(text: str) -> str:
    if _label(text)[0].isdigit():
        # RFC 1035 rules the names of Services, RFC 1123 all others.
        raise ValueError(f"'{text}' must begin with a letter to name a Service")
    return text


def _label_value(text: str) -> str:
    if not _LABEL_VALUE.match(text):
        raise ValueError(f"'{text}' is no label: up to 63 letters, digits, '-', '_' and '.'; write it as an annotation")
    return text


def _cidr(text: str) -> str:
    ip_network(text)
    return text


PortNumber = Annotated[int, Field(ge=1, le=65535)]
Cidr = Annotated[str, AfterValidator(_cidr)]
Label = Annotated[str, AfterValidator(_label)]
"""What Kubernetes allows as the name of most objects."""
ServiceName = Annotated[str, AfterValidator(_service_name)]
LabelValue = Annotated[str, AfterValidator(_label_value)]


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
    """`name` with a suffix; one that is not known yet stays so."""
    return concatenated(name, "-", suffix)


def merged(first: Manifest, second: Any) -> Any:
    """`first` with the entries of `second`, now or when they are known; a stand-in is an entry itself."""
    if isinstance(second, StandIn):
        return {**first, str(second): {}}
    return mapped(second, lambda known: {**first, **known})


def selector(workload_name: Any) -> Manifest:
    """The labels by which an object finds the pods of a workload; they never change, because selectors cannot."""
    return {NAME_LABEL: workload_name}
