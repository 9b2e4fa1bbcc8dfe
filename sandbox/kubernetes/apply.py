"""Writing objects: creation, server-side apply, and who manages which field.

As the official provider since 4.29: objects are created by POST, and applied to from then on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.kubernetes import paths
from sandbox.kubernetes.difference import projected
from sandbox.kubernetes.errors import ApiError, ProviderError
from sandbox.kubernetes.objects import PATCH_FORCE, Kind, annotation, dig, name_of, unique_name
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest

CREATOR: Final = "pulumi-kubernetes"
"""The field manager of objects made by POST, whose fields the first apply takes over."""

_DRY_RUN: Final = {"dryRun": "All"}
_CONFLICT_HELP: Final = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources"
)

_OWN_NAMES: Final = frozenset({CREATOR, "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"})
# Managers whose fields the provider takes over before its first apply: its own under other names, and kubectl's.
# pulumi-kubernetes:provider/pkg/await/await.go, fixCSAFieldManagers
_TAKEN_OVER: Final = frozenset(
    {
        ("kubectl", "Apply"),
        ("kubectl", "Update"),
        ("before-first-apply", "Update"),
        *((name, "Update") for name in _OWN_NAMES),
    }
)
_CONCURRENT_CHANGES: Final = 5

# POST drops fields that a kind does not have, server-side apply refuses them; the official provider sends neither.
_UNKNOWN_FIELD: Final = "field not declared in schema"


def create(resources: Resources, kind: Kind, inputs: Manifest, *, manager: str, preview: bool) -> Manifest:
    """POST the object; what exists already is an error."""
    return resources.create(kind, inputs, {"fieldManager": manager, **(_DRY_RUN if preview else {})})


def upsert(
    resources: Resources, kind: Kind, inputs: Manifest, *, manager: str, preview: bool, force: bool | None
) -> Manifest:
    """Apply the object, whether it exists or not."""
    # A preview never conflicts here: what it meets may be about to be replaced.
    forced = _forced(inputs, force, otherwise=preview)
    try:
        return _apply(resources, kind, inputs, manager=manager, preview=preview, force=forced)
    except ApiError as error:
        if not preview or error.code != 422 or "field is immutable" not in error.message:
            raise
        # A replacement cannot be tried out under its own name while the old object is there.
        return _apply(resources, kind, _under_another_name(inputs), manager=manager, preview=True, force=True)


def update(
    resources: Resources,
    kind: Kind,
    inputs: Manifest,
    live: Manifest,
    *,
    manager: str,
    preview: bool,
    force: bool | None,
    ignored: Sequence[str],
    patch: bool,
) -> Manifest:
    """Apply the object over `live`; fields that the inputs no longer have disappear."""
    if kind.name == "CustomResourceDefinition":
        version = dig(live, "metadata", "resourceVersion")
        replacement = {**inputs, "metadata": {**inputs["metadata"], "resourceVersion": version}}
        return resources.replace(kind, replacement, {"fieldManager": manager, **(_DRY_RUN if preview else {})})
    if not preview and not patch:
        live = _taken_over(resources, kind, live, manager)
    sent = _without_ignored(inputs, live, manager, ignored)
    # The take-over happens in the update only, so a preview overrules the managers it would take over.
    created_here = any(_is_own_update(entry) for entry in dig(live, "metadata", "managedFields") or [])
    forced = _forced(inputs, force, otherwise=preview and created_here)
    try:
        return _apply(resources, kind, sent, manager=manager, preview=preview, force=forced)
    except ApiError as error:
        if not (preview and created_here and error.code == 422):
            raise
        # Nor has it dropped what they set: a list may hold the old item beside the new one, which is no error of the
        # user's. Then the object is tried out by itself.
        _tried_out(resources, kind, sent, manager, error)
        return inputs


def relinquish(resources: Resources, kind: Kind, live: Manifest, manager: str) -> None:
    """Give up every field that `manager` has applied; those nobody else has disappear."""
    metadata = {key: live["metadata"][key] for key in ("name", "namespace") if key in live["metadata"]}
    nothing = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}
    resources.apply(kind, nothing, {"fieldManager": manager, "force": "false"})


def _apply(resources: Resources, kind: Kind, inputs: Manifest, *, manager: str, preview: bool, force: bool) -> Manifest:
    query = {"fieldManager": manager, "force": str(force).lower(), **(_DRY_RUN if preview else {})}
    try:
        return resources.apply(kind, inputs, query)
    except ApiError as error:
        if kind.built_in and _UNKNOWN_FIELD in error.message:
            known = projected(_tried_out(resources, kind, inputs, manager, error), inputs)
            return _apply(resources, kind, known, manager=manager, preview=preview, force=force)
        if not error.conflict:
            raise
        raise ProviderError(
            f"Server-Side Apply field conflict detected. See {_CONFLICT_HELP} for troubleshooting help.\n"
            f'The resource managed by field manager "{manager}" had an apply conflict: {error.message}'
        ) from error


def _tried_out(resources: Resources, kind: Kind, inputs: Manifest, manager: str, error: ApiError) -> Manifest:
    """What the API server would make of the inputs if there were no such object; its refusal instead of `error`."""
    stranger = _under_another_name(inputs)
    try:
        made = create(resources, kind, stranger, manager=manager, preview=True)
    except ApiError as refused:
        message = refused.message.replace(name_of(stranger), name_of(inputs))
        raise ApiError(refused.code, refused.reason, message, refused.details) from error
    return {**made, "metadata": {**made["metadata"], "name": name_of(inputs)}}


def _under_another_name(inputs: Manifest) -> Manifest:
    return {**inputs, "metadata": {**inputs["metadata"], "name": unique_name(name_of(inputs) + "-")}}


def _forced(inputs: Manifest, force: bool | None, *, otherwise: bool) -> bool:
    if annotation(inputs, PATCH_FORCE) == "true":
        return True
    return otherwise if force is None else force


def _taken_over(resources: Resources, kind: Kind, live: Manifest, manager: str) -> Manifest:
    """The live object with the fields of `_TAKEN_OVER` in the hands of `manager`, as something it applied.

    The same name with another operation is another manager to the API server (kubernetes/kubernetes#107417), so
    without this the first apply would conflict with the creation.
    """
    for attempt in range(_CONCURRENT_CHANGES):
        entries = dig(live, "metadata", "managedFields") or []
        if not any(_is_taken_over(entry) for entry in entries):
            return live
        operations = [
            {"op": "replace", "path": "/metadata/managedFields", "value": _merged(entries, kind, manager)},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]
        try:
            return resources.patch(kind, live, operations)
        except ApiError as error:
            if not error.conflict or attempt == _CONCURRENT_CHANGES - 1:
                raise
        # Somebody wrote in between, a controller its status for instance.
        live = resources.get(kind, live["metadata"].get("namespace", ""), name_of(live))
    return live


def _is_taken_over(entry: Mapping[str, Any]) -> bool:
    return (entry.get("manager"), entry.get("operation")) in _TAKEN_OVER and not entry.get("subresource")


def _is_own_update(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") in _OWN_NAMES and entry.get("operation") == "Update"


def _merged(entries: Sequence[Manifest], kind: Kind, manager: str) -> list[Manifest]:
    ours: Manifest = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": kind.api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    }
    others = []
    for entry in entries:
        applied_by_us = (entry.get("manager"), entry.get("operation")) == (manager, "Apply")
        if _is_taken_over(entry) or (applied_by_us and not entry.get("subresource")):
            ours["fieldsV1"] = _union(ours["fieldsV1"], entry.get("fieldsV1") or {})
            if entry.get("time"):
                ours["time"] = max(ours.get("time", ""), entry["time"])
        else:
            others.append(entry)
    return [ours, *others]


def _union(one: Manifest, other: Manifest) -> Manifest:
    """Both sets of fields: FieldsV1 is a tree of names with empty leaves."""
    return {
        key: _union(one.get(key, {}), other.get(key, {})) for key in [*one, *(key for key in other if key not in one)]
    }


def _without_ignored(inputs: Manifest, live: Manifest, manager: str, ignored: Sequence[str]) -> Manifest:
    """The inputs to send: an ignored path is left out where others alone manage it, and as it is live elsewhere."""
    entries = dig(live, "metadata", "managedFields") or []
    for written in ignored:
        path = paths.parsed(written)
        # As in the official provider, paths into lists are not looked up.
        if not all(isinstance(step, str) and step != paths.ANY for step in path):
            continue
        managers = {entry.get("manager") for entry in entries if _manages(entry.get("fieldsV1") or {}, path)}
        if managers and manager not in managers:
            inputs = _replaced(inputs, path, None)
        elif (value := dig(live, *map(str, path))) is not None:
            inputs = _replaced(inputs, path, value)
    return inputs


def _manages(fields: Manifest, path: paths.Path) -> bool:
    return not path or (f"f:{path[0]}" in fields and _manages(fields[f"f:{path[0]}"], path[1:]))


def _replaced(manifest: Manifest, path: paths.Path, value: Any) -> Manifest:
    """A copy with `value` at `path`; without it when `value` is None."""
    key = str(path[0])
    if len(path) > 1:
        below = manifest.get(key)
        if not isinstance(below, dict):
            if value is None:
                return manifest
            below = {}
        return {**manifest, key: _replaced(below, path[1:], value)}
    if value is None:
        return {name: item for name, item in manifest.items() if name != key}
    return {**manifest, key: value}
