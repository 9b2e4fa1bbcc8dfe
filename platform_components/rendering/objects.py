"""Rendered objects: manifests whose every leaf is plain data, under names that follow from what they hold."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.objects import Make
from platform_components.kubernetes.secrecy import Sealed
from platform_components.open_values import StandIn
from platform_components.plan.values import HIDDEN
from platform_components.rendering.yaml_text import yaml_text

_NAMED_LATER = re.compile(r"<(?:app|env|hash)>")
"""What names hold where nobody said for which app or environment they are."""
_DIGITS = 8


@dataclass(frozen=True)
class RenderedObject:
    """One object of the cluster."""

    resource: str
    """The identity of the resource that it belongs to."""
    manifest: Manifest

    @cached_property
    def text(self) -> str:
        """The manifest as YAML."""
        return yaml_text(self.manifest)


@dataclass
class Objects:
    """Collects what is rendered of one resource after the other, as the engine would make it."""

    made: list[RenderedObject] = field(default_factory=list)

    def maker(self, resource: str, name: str) -> Make:
        """Renders the objects of the component called `name` and returns their names."""

        def make(suffix: str, manifest: Manifest, _after: Sequence[str]) -> Any:
            return self.add(resource, f"{name}-{suffix}", manifest)

        return make

    def add(self, resource: str, name: str, manifest: Manifest) -> Any:
        """Renders one object; its name, which follows from `name` and its content where it has none of its own."""
        manifest = _readable(manifest)
        if "name" not in manifest["metadata"]:
            content = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            digest = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
            manifest["metadata"] = {"name": f"{name}-{digest}", **manifest["metadata"]}
        self.made.append(RenderedObject(resource, manifest))
        return opened(manifest["metadata"]["name"])


def opened(value: Any) -> Any:
    """A tree in which texts that hold `<app>`, `<env>` or `<hash>` are stand-ins: they are no names yet."""
    if isinstance(value, StandIn):
        return value
    if isinstance(value, str):
        return StandIn(value) if _NAMED_LATER.search(value) else value
    if isinstance(value, Mapping):
        return {key: opened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [opened(item) for item in value]
    return value


def _readable(manifest: Manifest) -> Manifest:
    """The manifest as plain data; what is sealed in it as text, because a stand-in in base64 tells nobody anything."""
    data: Mapping[str, Any] = manifest.get("data", {})
    sealed = {key: value for key, value in data.items() if isinstance(value, Sealed)}
    if not sealed:
        return dict(manifest)
    plain = {key: value for key, value in data.items() if key not in sealed}
    binary = {key: _masked(value) for key, value in sealed.items() if value.encoded}
    text = {key: _masked(value) for key, value in sealed.items() if not value.encoded}
    shown = {"data": plain | binary, "stringData": text}
    rest = {key: value for key, value in manifest.items() if key != "data"}
    return rest | {key: value for key, value in shown.items() if value}


def _masked(sealed: Sealed) -> str:
    """A stand-in, which holds no secret, as it is; anything else is one, whoever may have written it."""
    text = sealed.value if isinstance(sealed.value, StandIn) else HIDDEN
    return base64.b64encode(text.encode()).decode() if sealed.encoded else str(text)
