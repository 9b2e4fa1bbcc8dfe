"""What a definition's manifests become for one resource: objects in the order they are made in, and outputs. Pure.

The same for the driver, which has the engine make them, and for a rendering.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_components import ownership
from platform_components.drivers.manifest_kinds import stage
from platform_components.drivers.manifests import Manifest, Scope, TemplateError, child_name, filled, rendered
from platform_components.drivers.network import network_policy
from platform_components.drivers.request import Request
from platform_components.errors import InputError
from platform_components.kubernetes.metadata import MANAGED_BY
from platform_components.kubernetes.secrecy import Sealed, plain
from platform_components.open_values import combined
from platform_components.score import render_value

CLAIM = "PersistentVolumeClaim"


@dataclass(frozen=True)
class ManifestObject:
    """One object."""

    suffix: str
    """What it is called beside the others of its resource."""
    stage: int
    """It is made after all of the stages before."""
    manifest: Manifest

    @property
    def holds_data(self) -> bool:
        """Whether data is gone with it."""
        return str(self.manifest["kind"]) == CLAIM


@dataclass(frozen=True)
class ManifestObjects:
    """All objects of a resource, and its outputs."""

    objects: tuple[ManifestObject, ...]
    outputs: Mapping[str, Any]


def manifest_objects(request: Request, secrets: Mapping[str, Any]) -> ManifestObjects:
    """The objects of a resource; `secrets` are its generated credentials, each open and secret.

    Raises `InputError` for a text that needs a value that is not there, and for a secret outside of a Secret.
    """
    inputs = request.inputs
    scope = Scope(request.names["name"], inputs["namespace"]["name"], inputs["values"], secrets, _joined)
    labels = {**MANAGED_BY, **ownership.labels(request.environment)}
    annotations = ownership.annotations(request.environment)
    try:
        manifests = rendered(inputs["manifests"], scope, labels=labels, annotations=annotations)
        outputs = filled(inputs["outputs"], scope, ("outputs",))
    except TemplateError as error:
        raise InputError(error.message, where=request.resource.definition_at) from None
    objects = [
        ManifestObject(child_name(one, scope.name), stage(one["kind"]), _guarded(one, request.resource.id))
        for one in manifests
    ]
    objects.append(ManifestObject("network", 0, network_policy(request, scope.namespace)))
    return ManifestObjects(tuple(sorted(objects, key=lambda one: one.stage)), outputs)


def _guarded(manifest: Manifest, resource: str) -> Manifest:
    """A Secret with its texts sealed; of anything else no value may turn out to be secret."""
    where = f"{resource}: {manifest['kind']}"
    if (manifest["apiVersion"], manifest["kind"]) != ("v1", "Secret"):
        return {key: _plain(value, f"{where}.{key}") for key, value in manifest.items()}
    data = {key: Sealed(value) for key, value in manifest.get("stringData", {}).items()}
    kept = {key: Sealed(value, encoded=True) for key, value in manifest.get("data", {}).items()}
    rest = {key: _plain(value, where) for key, value in manifest.items() if key not in ("stringData", "data")}
    return {"type": "Opaque", **rest, "data": {**kept, **data}}


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return plain(value, where, fix="put it under `stringData` of a Secret, and let the pods refer to that")


def _joined(parts: Sequence[Any]) -> Any:
    return combined(lambda *known: "".join(render_value(part) for part in known), *parts)
