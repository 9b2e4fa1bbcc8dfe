"""Kubernetes manifests as templates: what the driver `kubernetes/manifests` makes of a definition's file. Pure.

A template is a list of manifests as any YAML file has them. Placeholders are `${…}` as everywhere:

    ${name}  ${namespace}          the resource's own name, and where it lives
    ${values.<key>…}               the definition's `values`; what no value was set for is left out
    ${secrets.<name>}              generated credentials; in a Kubernetes Secret's `stringData` alone

One as the whole value keeps its type. A map with `$if: ${values.<key>}` (or `$unless:`) is left out when that value is
null or false (or neither). Placeholders in keys are not replaced. What is wrong with a template: `manifests_checks`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_components.drivers.manifest_kinds import POD_TEMPLATES
from platform_components.drivers.manifest_pods import hardened, text
from platform_components.open_values import is_open
from platform_components.score.placeholders import Reference, Template, render_value, value_at

ROOTS = ("name", "namespace", "values", "secrets")
CONDITIONS = ("$if", "$unless")
NAME = "${name}"
"""What every object's name begins with, so that two resources never share one."""
CONFIG_ANNOTATION = "platform-components/config"
"""Annotation of pods: another value rolls them, because they read other configuration."""
NAME_LABEL = "app.kubernetes.io/name"
"""Label of every object and pod of a resource, with its `${name}`; network policies select pods by it."""

Path = tuple[str | int, ...]
Manifest = dict[str, Any]
Join = Callable[[Sequence[Any]], Any]
"""Puts a text together of parts that are known and parts that are not."""


class TemplateError(Exception):
    """A placeholder that has no value."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


@dataclass(frozen=True)
class Scope:
    """What the placeholders of one template stand for; values may be an engine's outputs."""

    name: str
    namespace: Any
    values: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, Any] = field(default_factory=dict)
    join: Join = lambda parts: "".join(render_value(part) for part in parts)

    def value(self, reference: Reference, path: Path) -> Any:
        """What a placeholder stands for; None: no value was set."""
        root, keys = reference.root, reference.keys
        if root in ("name", "namespace") and not keys:
            return self.name if root == "name" else self.namespace
        known = {"values": self.values, "secrets": self.secrets}.get(root)
        if known is None or not keys:
            raise TemplateError(path, f"${{{reference.text}}}: is not known")
        if root == "values" and keys[0] not in known:
            return None  # a setting or param that nobody has set
        try:
            return value_at(known, keys)
        except LookupError as error:
            raise TemplateError(path, f"${{{reference.text}}}: {error.args[0]}") from None


class _Left:
    """What is left out of a manifest."""


_LEFT = _Left()


def rendered(
    manifests: Sequence[Any], scope: Scope, *, labels: Mapping[str, Any], annotations: Mapping[str, Any]
) -> list[Manifest]:
    """The manifests, complete: namespace, labels of the owner, and pods as Pod Security `restricted` admits them.

    Raises `TemplateError` for a text that needs a value that is not there.
    """
    found: list[Manifest] = []
    config = _config(manifests, scope)
    for index, template in enumerate(manifests):
        manifest = filled(template, scope, (index,))
        if isinstance(manifest, dict):
            found.append(_complete(manifest, scope, dict(labels), dict(annotations), config))
    return found


def filled(value: Any, scope: Scope, path: Path = ()) -> Any:
    """A tree with its placeholders replaced."""
    filled_in = _filled(value, scope, path)
    return None if filled_in is _LEFT else filled_in


def child_name(manifest: Mapping[str, Any], name: str) -> str:
    """What an object is called beside the others of its resource: its kind, and what its name adds."""
    rest = str(manifest["metadata"]["name"]).removeprefix(name)
    return f"{str(manifest['kind']).lower()}{rest}"


def references_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, Reference]]:
    """Every placeholder in a tree, with the path of its text."""
    if isinstance(value, str):
        for reference in Template.parse(value).references if "${" in value else ():
            yield path, reference
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from references_in(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from references_in(item, (*path, index))


def pod_templates(manifest: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What pods are made from in a manifest: each pod template, with its path."""
    path = POD_TEMPLATES.get(str(manifest.get("kind")))
    if path is not None:
        template: Any = manifest
        for key in path:
            template = template.get(key) if isinstance(template, Mapping) else None
        yield path, template


def _filled(value: Any, scope: Scope, path: Path) -> Any:
    if isinstance(value, str):
        return _text(value, scope, path) if "$" in value else value
    if isinstance(value, Mapping):
        for condition, wanted in zip(CONDITIONS, (True, False), strict=True):
            if condition in value:
                found = _filled(value[condition], scope, (*path, condition))
                if (found not in (_LEFT, False)) != wanted:
                    return _LEFT
        items = {key: _filled(item, scope, (*path, str(key))) for key, item in value.items() if key not in CONDITIONS}
        return {key: item for key, item in items.items() if item is not _LEFT}
    if isinstance(value, list | tuple):
        listed = [_filled(item, scope, (*path, index)) for index, item in enumerate(value)]
        return [item for item in listed if item is not _LEFT]
    return value


def _text(text: str, scope: Scope, path: Path) -> Any:
    parts = Template.parse(text).parts
    if len(parts) == 1 and isinstance(parts[0], Reference):
        value = scope.value(parts[0], path)
        return _LEFT if value is None else value
    pieces = []
    for part in parts:
        value = scope.value(part, path) if isinstance(part, Reference) else part
        if value is None and isinstance(part, Reference):
            raise TemplateError(path, f"${{{part.text}}}: has no value here, and a text needs one")
        pieces.append(value)
    return "".join(pieces) if all(type(piece) is str for piece in pieces) else scope.join(pieces)


def _complete(manifest: Manifest, scope: Scope, labels: Manifest, annotations: Manifest, config: str) -> Manifest:
    """What every object of a resource has, beside what its template says."""
    own = manifest.get("metadata", {})
    named = {NAME_LABEL: scope.name}
    if manifest["kind"] == "PersistentVolumeClaim":
        # Most storage classes bind a claim only when a pod uses it: to wait for that before the pod would be forever
        annotations = {"pulumi.com/skipAwait": "true", **annotations}
    described = {
        "labels": {**named, **own.get("labels", {}), **labels},
        "annotations": {**annotations, **own.get("annotations", {})},
    }
    metadata = {"namespace": scope.namespace, **own, **{key: value for key, value in described.items() if value}}
    complete: Manifest = {**manifest, "metadata": metadata}
    for kind, key in (("Secret", "stringData"), ("ConfigMap", "data")):
        if manifest["kind"] == kind and key in manifest:
            complete[key] = {name: text(value) for name, value in manifest[key].items()}
    for path, template in pod_templates(complete):
        said = template.get("metadata", {})
        about = {"labels": {**said.get("labels", {}), **labels, **named}, "annotations": said.get("annotations", {})}
        if config:
            about["annotations"] = {CONFIG_ANNOTATION: config, **about["annotations"]}
        pod = {
            **template,
            "metadata": {**said, **{key: value for key, value in about.items() if value}},
            "spec": hardened(template["spec"]),
        }
        complete = _replaced(complete, path, pod)
    return complete


def _replaced(manifest: Any, path: Path, value: Manifest) -> Manifest:
    """The manifest with another value at the path."""
    return {**manifest, str(path[0]): _replaced(manifest[path[0]], path[1:], value)} if path else value


def _config(manifests: Sequence[Any], scope: Scope) -> str:
    """What the configuration of the pods amounts to, without what is secret in it; empty where there is none."""
    config = [one for one in manifests if isinstance(one, Mapping) and one.get("kind") in ("ConfigMap", "Secret")]
    if not config:
        return ""
    values = {}
    for path, reference in references_in(config):
        if reference.root == "values":
            value = scope.value(reference, path)
            values[reference.text] = "" if is_open(value) else value
    text = json.dumps([config, values], sort_keys=True, default=lambda _: "")
    return hashlib.sha256(text.encode()).hexdigest()[:12]
