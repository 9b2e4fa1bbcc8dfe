"""What is wrong with the inputs of `kubernetes/manifests`, told when definitions are loaded. Pure.

Everything here could also fail on the cluster, or worse, not fail there: a secret in a ConfigMap is nothing to an API
server. Problems are (dotted path into the inputs, message); a hint stands on the message's second line.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from platform_components.drivers import manifest_kinds as kinds
from platform_components.drivers.manifests import (
    CONDITIONS,
    NAME,
    NAME_LABEL,
    ROOTS,
    Path,
    Scope,
    TemplateError,
    filled,
    pod_templates,
    references_in,
)
from platform_components.score.placeholders import Reference, Template
from platform_components.score.problems import did_you_mean

Problem = tuple[str, str]

_SECRET_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_OBJECT_NAME = re.compile(r"\$\{name\}(-[a-z0-9]([a-z0-9-]{0,14}[a-z0-9])?)?")
_ONLY_VALUE = "must be one placeholder of a value, such as ${values.storage}"


def problems(inputs: Mapping[str, Any], resolved: bool) -> list[Problem]:
    """Every problem of the inputs of a definition; `resolved`: of a plan, where more of them is known."""
    return _unresolved(inputs) if resolved else _written(inputs)


def _written(inputs: Mapping[str, Any]) -> list[Problem]:
    manifests = inputs.get("manifests")
    if "file" in inputs and manifests is not None:
        return [("file", "is given beside `manifests`\nkeep one of the two")]
    if "file" in inputs:
        return []  # it could not be read, which is told where that was tried
    if not manifests:
        return [("manifests", "are missing, or there are none\nname a file of them: `file: manifests/….yaml`")]
    found = [*_secrets(inputs)]
    seen: set[tuple[str, str]] = set()
    for index, manifest in enumerate(manifests):
        found += _manifest(manifest, index, seen, cluster_scoped=inputs.get("cluster_scoped") is True)
    known = _Known(inputs)
    for part in ("manifests", "outputs"):
        for path, reference in references_in(inputs.get(part, {})):
            found += known.problems((part, *path), reference)
    found += [(_dotted(path), text) for path, text in _misplaced(manifests)]
    if not found:
        found += known.unused()
    return found


def _unresolved(inputs: Mapping[str, Any]) -> list[Problem]:
    """Texts that need a value that nobody has set, and conditions on what is known too late."""
    values = inputs.get("values", {})
    scope = Scope("name", "namespace", values, dict.fromkeys(inputs.get("secrets", ()), ""))
    found: list[Problem] = []
    for part in ("manifests", "outputs"):
        for path, reference in references_in(inputs.get(part, {})):
            if path[-1] in CONDITIONS and _stands_open(reference, values):
                told = "is known only when something else has been created, so nothing can be left out by it"
                found.append((_dotted((part, *path)), f"${{{reference.text}}}: {told}"))
        try:
            filled(inputs.get(part, {}), scope, (part,))
        except TemplateError as error:
            found.append((_dotted(error.path), error.message))
    return found


def outputs(inputs: Mapping[str, Any]) -> Mapping[str, bool | None]:
    """The outputs that a definition gives, and whether each is secret; None: a value that is not known yet is in it."""
    given: dict[str, bool | None] = {}
    for name, value in inputs.get("outputs", {}).items():
        references = [reference for _, reference in references_in(value)]
        if any(reference.root == "secrets" for reference in references):
            given[name] = True
        else:
            open_ = any(_stands_open(reference, inputs.get("values", {})) for reference in references)
            given[name] = None if open_ else False
    return given


def _secrets(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    for index, name in enumerate(inputs.get("secrets", ())):
        if not isinstance(name, str) or not _SECRET_NAME.fullmatch(name):
            yield f"secrets.{index}", f"'{name}' can't be a secret's name\nuse 1 to 32 of a-z, 0-9 and '_'"


def _manifest(manifest: Any, index: int, seen: set[tuple[str, str]], *, cluster_scoped: bool) -> Iterator[Problem]:
    where = f"manifests.{index}"
    if not isinstance(manifest, Mapping):
        yield where, "is no Kubernetes manifest: it must be a map"
        return
    for key in ("apiVersion", "kind", "metadata"):
        if key not in manifest:
            yield where, f"is no Kubernetes manifest: it has no `{key}`"
            return
    yield from _kind(manifest, where, cluster_scoped=cluster_scoped)
    yield from _metadata(manifest, where, seen)
    for path, template in pod_templates(manifest):
        yield from _pod(template, ".".join([where, *map(str, path)]))
    for path, key in _keys(manifest):
        if "${" in key and key not in CONDITIONS:
            yield _dotted(("manifests", index, *path)), "placeholders in keys are not replaced"


def _kind(manifest: Mapping[str, Any], where: str, *, cluster_scoped: bool) -> Iterator[Problem]:
    version, kind = str(manifest["apiVersion"]), str(manifest["kind"])
    if kind in kinds.NAMESPACED.get(version, ()):
        return
    if kind in kinds.CLUSTER_SCOPED.get(version, ()):
        if not cluster_scoped:
            yield (
                f"{where}.kind",
                f"a {kind} belongs to no namespace\nallow it with `cluster_scoped: true`, if it has to be",
            )
        return
    group = version.rpartition("/")[0]
    if "." not in group or version in {**kinds.NAMESPACED, **kinds.CLUSTER_SCOPED}:
        known = {
            kind: version
            for table in (kinds.NAMESPACED, kinds.CLUSTER_SCOPED)
            for version, all_ in table.items()
            for kind in all_
        }
        if kind in known:
            yield f"{where}.apiVersion", f"a {kind} is of {known[kind]}, not of {version}"
        else:
            hint = did_you_mean(kind, kinds.NAMESPACED.get(version, known))
            yield f"{where}.kind", f"{version} has no kind '{kind}'\n{hint}"
    elif not re.fullmatch(r"[a-z0-9.-]+/v[0-9]+((alpha|beta)[0-9]+)?", version):
        yield f"{where}.apiVersion", f"'{version}' is no API version\nwrite it as group/version, such as example.com/v1"


def _metadata(manifest: Mapping[str, Any], where: str, seen: set[tuple[str, str]]) -> Iterator[Problem]:
    metadata = manifest["metadata"]
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("name"), str):
        yield f"{where}.metadata", f"has no name\nbegin it with {NAME}, so that two resources never share it"
        return
    name = metadata["name"]
    if not _OBJECT_NAME.fullmatch(name):
        hint = f"write {NAME}, or {NAME}-<16 of a-z, 0-9 and '-' at most>: it is the resource's own, and unique"
        yield f"{where}.metadata.name", f"'{name}' does not follow from the resource\n{hint}"
    if "namespace" in metadata:
        yield f"{where}.metadata.namespace", "is the environment's own\ntake the key out"
    for key in ("labels", "annotations"):
        if not isinstance(metadata.get(key, {}), Mapping):
            yield f"{where}.metadata.{key}", "must be a map"
    identity = (str(manifest["kind"]), name)
    if identity in seen and not any(condition in manifest for condition in CONDITIONS):
        yield f"{where}.metadata.name", f"there is a {manifest['kind']} of this name already"
    seen.add(identity)


def _pod(template: Any, where: str) -> Iterator[Problem]:
    said = template.get("metadata") if isinstance(template, Mapping) else None
    labels = said.get("labels") if isinstance(said, Mapping) else None
    if isinstance(labels, Mapping) and labels.get(NAME_LABEL, NAME) != NAME:
        yield f"{where}.metadata.labels.{NAME_LABEL}", f"is {NAME} in all pods of a resource\nuse another label"
    spec = template.get("spec") if isinstance(template, Mapping) else None
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or not isinstance(containers, list) or not containers:
        yield where, "has no containers"
        return
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind, ())):
            place = f"{where}.spec.{kind}.{index}"
            if not isinstance(container, Mapping):
                yield place, "must be a map"
                continue
            resources = container.get("resources")
            given = resources if isinstance(resources, Mapping) else {}
            lacking = [
                f"{part}.{what}"
                for part, whats in (("requests", ("cpu", "memory")), ("limits", ("memory",)))
                for what in whats
                if not isinstance(given.get(part), Mapping) or what not in given[part]
            ]
            if lacking:
                told = "quotas count what is asked for, and one pod must not take its node's memory"
                yield place, f"sets no resources.{', resources.'.join(lacking)}\n{told}"


def _keys(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield (*path, str(key)), str(key)
            yield from _keys(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _keys(item, (*path, index))


def _misplaced(manifests: Any) -> Iterator[tuple[Path, str]]:
    """Secrets outside of `stringData` of a Secret, and conditions that are none."""
    for path, reference in references_in(manifests):
        if reference.root != "secrets":
            continue
        manifest = manifests[path[0]]
        is_secret = (manifest.get("apiVersion"), manifest.get("kind")) == ("v1", "Secret")
        if not is_secret or path[1:2] != ("stringData",) or len(path) < 3:
            hint = "put it under `stringData` of a Secret, and refer to that: valueFrom.secretKeyRef, or a volume"
            yield (
                ("manifests", *path),
                f"${{{reference.text}}}: a secret may stand in a Kubernetes Secret alone\n{hint}",
            )
    for path, key in _keys(manifests):
        if key in CONDITIONS and not _is_condition(_at(manifests, path)):
            yield ("manifests", *path), _ONLY_VALUE


def _is_condition(value: Any) -> bool:
    parts = Template.parse(value).parts if isinstance(value, str) else ()
    return len(parts) == 1 and isinstance(parts[0], Reference) and parts[0].root == "values"


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


class _Known:
    """Which placeholders resolve; and which values and secrets nothing asks for."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self._values: Mapping[str, Any] = inputs.get("values", {})
        self._secrets = tuple(inputs.get("secrets", ()))
        self._used: set[tuple[str, str]] = set()

    def problems(self, path: Path, reference: Reference) -> Iterator[Problem]:
        told, keys = f"${{{reference.text}}}: ", reference.keys
        where = _dotted(path)
        if reference.root not in ROOTS:
            hint = f"one of: {', '.join(ROOTS)}; a literal ${{ is written $${{"
            yield where, f"{told}unknown root '{reference.root}'\n{hint}"
        elif reference.root in ("name", "namespace"):
            if keys:
                yield where, f"{told}is a text, with nothing inside"
        elif not keys:
            yield where, f"{told}says nothing more than the root"
        else:
            names: Mapping[str, Any] = self._values if reference.root == "values" else dict.fromkeys(self._secrets)
            self._used.add((reference.root, keys[0]))
            if keys[0] not in names:
                hint = did_you_mean(keys[0], names, of=reference.root)
                yield where, f"{told}`{reference.root}` has no '{keys[0]}'\n{hint}"
            elif reference.root == "secrets" and len(keys) > 1:
                yield where, f"{told}is a text, with nothing inside"
            elif missing := _missing(names[keys[0]], keys[1:]):
                yield where, f"{told}`values.{keys[0]}` has no '{missing}'"

    def unused(self) -> Iterator[Problem]:
        for index, name in enumerate(self._secrets):
            if ("secrets", name) not in self._used:
                yield f"secrets.{index}", f"nothing uses the secret '{name}'"
        for name in self._values:
            if ("values", name) not in self._used:
                yield f"values.{name}", f"nothing uses the value '{name}'"


def _missing(value: Any, keys: tuple[str, ...]) -> str:
    """The first key that a plain value does not have; of one that is not known yet nothing can be said."""
    for key in keys:
        if isinstance(value, str) and "${" in value:
            return ""
        if not isinstance(value, Mapping) or key not in value:
            return key
        value = value[key]
    return ""


def _stands_open(reference: Reference, values: Mapping[str, Any]) -> bool:
    """Whether a value comes from elsewhere, so that what it is shows later."""
    if reference.root != "values" or not reference.keys:
        return False
    value: Any = values
    for key in reference.keys:
        if not isinstance(value, Mapping) or key not in value:
            break
        value = value[key]
    return isinstance(value, str) and "${" in value


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
