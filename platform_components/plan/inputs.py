"""What a definition's placeholders stand for: plain values now, references where something has to be created first.

A placeholder that is a whole value keeps its type; inside a text it is rendered. A param that nobody set takes its
contract's default; without one the key that names it is left out, so that the driver's own default counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from platform_components.catalog import Definition, ResourceType
from platform_components.environment import Environment
from platform_components.naming import ResourceIdentity
from platform_components.plan.values import Ref, as_ref, as_template, references, template
from platform_components.score.placeholders import Reference, Template, render_value, value_at
from platform_components.score.positions import DocumentPath


class _Omitted:
    def __repr__(self) -> str:
        return "OMITTED"


OMITTED = _Omitted()
"""A value that nobody set; the key that holds it is left out."""


class UnresolvedError(Exception):
    """A placeholder that doesn't resolve."""

    def __init__(self, path: DocumentPath, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Scope:
    """What the placeholders of one definition, chosen for one resource, may name."""

    environment: Environment
    resource: ResourceIdentity
    type: ResourceType
    params: Mapping[str, Any]
    uses: Mapping[str, str] = field(default_factory=dict)
    """Identities by alias."""

    def using(self, uses: Mapping[str, str]) -> "Scope":
        """The same scope, once it is known which resources are used."""
        return replace(self, uses=uses)

    def value(self, reference: Reference, path: DocumentPath) -> Any:
        """What a placeholder stands for: a plain value, a `Ref`, a tree with such in it, or `OMITTED`."""
        root, keys = reference.root, reference.keys
        if root == "uses":
            output = keys[1] if len(keys) > 1 else None
            return Ref(self.uses[keys[0]], output, keys[2:])
        if root == "params":
            return self._param(reference, path)
        if root == "environment":
            value = self._setting(reference, path)
            return OMITTED if value is None else value
        known = self._context if root == "context" else self.environment.stack
        name = ".".join(keys)
        if known[name] is None:
            raise UnresolvedError(path, f"${{{reference.text}}}: this environment has none", self._remedy(root, name))
        return known[name]

    @property
    def _context(self) -> Mapping[str, str | None]:
        context = self.environment.context(self.resource.res_id)
        return {
            "env_type": context.env_type,
            "app_id": context.app_id,
            "env_id": context.env_id,
            "res_id": context.res_id,
            "class": self.resource.class_,
        }

    def _param(self, reference: Reference, path: DocumentPath) -> Any:
        name, *rest = reference.keys
        if name not in self.params:
            default = self.type.params.get(name, {}).get("default")
            return OMITTED if default is None else default
        value = self.params[name]
        if not rest:
            return value
        if as_ref(value) or as_template(value):
            raise UnresolvedError(path, f"${{{reference.text}}}: '{name}' is not known yet, so nothing inside it is")
        return self._inside(value, rest, reference, path)

    def _setting(self, reference: Reference, path: DocumentPath) -> Any:
        return self._inside(self.environment.settings, reference.keys, reference, path)

    def _inside(self, value: Any, keys: Sequence[str], reference: Reference, path: DocumentPath) -> Any:
        try:
            return value_at(value, keys)
        except LookupError as error:
            hint = f"environment type '{self.environment.type.name}'" if reference.root == "environment" else ""
            raise UnresolvedError(path, f"${{{reference.text}}}: {error.args[0]}", hint) from None

    def _remedy(self, root: str, name: str) -> str:
        key = {"app_id": "app", "env_id": "name"}.get(name, name) if root == "context" else name
        if key in ("foundation", "location", "domain"):
            return f"set `{key}` of the environment type '{self.environment.type.name}', or platform:{key}"
        return f"set platform:{key}"


def resolved_inputs(definition: Definition, scope: Scope) -> dict[str, Any]:
    """A definition's inputs; templates of the driver's own stay as they are written."""
    resolved: dict[str, Any] = resolve(definition.plain_inputs, scope, ("inputs",))
    return {**resolved, **{name: definition.inputs[name] for name in definition.templates if name in definition.inputs}}


def resolve(value: Any, scope: Scope, path: DocumentPath = ()) -> Any:
    """A tree as a definition has it, with every placeholder replaced; what is not known yet in the plan's forms."""
    if isinstance(value, str):
        return _text(value, scope, path) if "$" in value else value
    if isinstance(value, Mapping):
        resolved = {key: resolve(item, scope, (*path, key)) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not OMITTED}
    if isinstance(value, list | tuple):
        items = [resolve(item, scope, (*path, index)) for index, item in enumerate(value)]
        return [item for item in items if item is not OMITTED]
    return value


def resolve_text(text: str, scope: Scope, path: DocumentPath) -> str:
    """A text that has to be known before anything is created."""
    value = resolve(text, scope, path)
    if value is OMITTED:
        raise UnresolvedError(path, f"{text}: has no value here")
    if not isinstance(value, str):
        if as_ref(value) or as_template(value):
            raise UnresolvedError(path, f"{text}: is known only when something else has been created")
        return render_value(value)
    return value


def _text(text: str, scope: Scope, path: DocumentPath) -> Any:
    parts = Template.parse(text).parts
    if len(parts) == 1 and isinstance(parts[0], Reference):
        value = scope.value(parts[0], path)
        return value.to_json() if isinstance(value, Ref) else value
    flat: list[str | Ref] = []
    for part in parts:
        for piece in [part] if isinstance(part, str) else _pieces(part, scope, path):
            if isinstance(piece, str) and flat and isinstance(flat[-1], str):
                flat[-1] += piece
            else:
                flat.append(piece)
    if all(isinstance(piece, str) for piece in flat):
        return "".join(map(str, flat))
    return template(flat)


def _pieces(reference: Reference, scope: Scope, path: DocumentPath) -> Sequence[str | Ref]:
    """What a placeholder stands for inside a text."""
    told = f"${{{reference.text}}}"
    value = scope.value(reference, path)
    if value is OMITTED:
        raise UnresolvedError(path, f"{told}: has no value, and a text needs one", "give the param a default")
    ref = value if isinstance(value, Ref) else as_ref(value)
    if ref is not None:
        if ref.output is None:
            raise UnresolvedError(path, f"{told}: is a resource as a whole; a text needs one of its outputs")
        return [ref]
    parts = as_template(value)
    if parts is not None:
        return parts
    if isinstance(value, Mapping | list) and any(references(value)):
        raise UnresolvedError(path, f"{told}: holds what is not known yet, and can't be written into a text")
    return [render_value(value)]
