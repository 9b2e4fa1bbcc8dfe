"""What the engine keeps of an object: its live state, its inputs, what is secret, and the provider's own notes."""

from typing import Final

from sandbox.kubernetes.objects import PATCH_FIELD_MANAGER, annotation, completed, dig, kind_of, unique_name
from sandbox.kubernetes.values import Manifest, Secret

_FIELD_MANAGER: Final = "__fieldManager"
_INITIAL_API_VERSION: Final = "__initialApiVersion"
# Written by controllers and by kubectl, not by the person whose object is imported.
_NOT_IMPORTED: Final = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


def outputs(live: Manifest, *, initial_api_version: str, manager: str) -> Manifest:
    """The resource's outputs: the live object and the notes for the next operation."""
    return {**with_secrets(live), _INITIAL_API_VERSION: initial_api_version, _FIELD_MANAGER: manager}


def live_object(state: Manifest) -> Manifest:
    """The live object as the state has it."""
    return {key: value for key, value in state.items() if not key.startswith("__")}


def with_secrets(manifest: Manifest) -> Manifest:
    """The object with what a Secret holds marked as secret, whether the program said so or not."""
    if manifest.get("kind") != "Secret":
        return manifest
    return {key: Secret(value) if key in ("data", "stringData") else value for key, value in manifest.items()}


def field_manager(inputs: Manifest, state: Manifest, *, server_side_apply: bool, client_side: str) -> str:
    """Who the API server is told manages the fields: the annotation's word, the state's, or a new name."""
    if not server_side_apply:
        return client_side
    kept = state.get(_FIELD_MANAGER)
    return annotation(inputs, PATCH_FIELD_MANAGER) or (
        kept if isinstance(kept, str) else unique_name(f"{client_side}-")
    )


def initial_api_version(state: Manifest, inputs: Manifest) -> str:
    """The apiVersion that the object was created with."""
    return str(state.get(_INITIAL_API_VERSION) or inputs.get("apiVersion") or "")


def imported_inputs(live: Manifest) -> Manifest:
    """The inputs that a program would have written to get the live object."""
    inputs = completed({key: value for key, value in live.items() if key != "status"}, kind_of(live))
    annotations = dig(inputs, "metadata", "annotations")
    if annotations is None:
        return inputs
    kept = {key: value for key, value in annotations.items() if key not in _NOT_IMPORTED}
    metadata = {key: value for key, value in inputs["metadata"].items() if key != "annotations"}
    return {**inputs, "metadata": {**metadata, **({"annotations": kept} if kept else {})}}
