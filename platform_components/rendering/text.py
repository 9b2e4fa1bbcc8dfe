"""A rendering as one stream of YAML, as one document for programs, and as files of a folder."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from platform_components.rendering.environment import Elsewhere, Rendered

MARK = "# rendered by pave"
"""How files begin that a later rendering may replace or take away."""
_STAND_IN = re.compile(r"<(?:secret )?[a-z][a-z0-9-]*\.[^<>\s]+#[^<>\s]+>|<(?:app|env|hash)>")
_FIRST = ("Namespace",)
_BEFORE_PODS = frozenset(
    {"ConfigMap", "LimitRange", "NetworkPolicy", "PersistentVolumeClaim", "ResourceQuota", "RoleBinding", "Secret"}
    | {"ServiceAccount", "SecretProviderClass"}
)
_PODS = frozenset({"CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet"})


def as_yaml(rendered: Rendered) -> str:
    """All objects as documents of one stream, below what is to be known of them."""
    head = "".join(f"{line}\n" for line in heading(rendered))
    return head + "".join(f"---\n# {each.resource}\n{each.text}" for each in rendered.objects)


def as_document(rendered: Rendered) -> Mapping[str, Any]:
    """All objects as the list that `kubectl apply` takes."""
    return {"apiVersion": "v1", "kind": "List", "items": [each.manifest for each in rendered.objects]}


def as_files(rendered: Rendered) -> dict[str, str]:
    """One text for each object, by the name of its file; in the order of names they can be applied."""
    files: dict[str, str] = {}
    for each in rendered.objects:
        files[_file(each.manifest)] = f"{MARK}\n# {each.resource}\n{each.text}"
    return dict(sorted(files.items()))


def heading(rendered: Rendered) -> Iterator[str]:
    """What a reader has to know of the objects, as comments."""
    environment = rendered.environment
    yield MARK
    yield f"# {environment.name} ({environment.type.name}): {len(rendered.objects)} Kubernetes objects"
    yield from _listed("Made outside of Kubernetes, and not here", rendered.outside)
    yield from _listed("Cannot be rendered: only its own code says what it makes", rendered.unknown)
    if stand_ins := sorted({found for each in rendered.objects for found in _STAND_IN.findall(each.text)}):
        yield "# Known once it is created; until then this stands for it:"
        yield from (f"#   {text}" for text in stand_ins)


def _listed(title: str, resources: Sequence[Elsewhere]) -> Iterator[str]:
    if resources:
        width = max(len(each.resource) for each in resources)
        yield f"# {title}:"
        yield from (f"#   {each.resource:{width}}  {each.driver}" for each in resources)


def _file(manifest: Mapping[str, Any]) -> str:
    kind = manifest["kind"]
    rank = 0 if kind in _FIRST else 1 if kind in _BEFORE_PODS else 2 if kind in _PODS else 3
    name = re.sub(r"[^a-z0-9.-]+", "-", manifest["metadata"]["name"])
    return f"{rank}-{kind.lower()}-{name}.yaml"
