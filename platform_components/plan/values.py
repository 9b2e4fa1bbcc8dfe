"""Values that are not known before something is created, as plain data that survives JSON.

Two forms stand where a value belongs, in inputs and params alike:

    {"$ref": "postgres-server.shared#main"}                        all outputs of a resource
    {"$ref": "postgres-server.shared#main", "output": "host"}      one output, with its own type
    {"$ref": …, "output": "labels", "keys": ["team"]}              a value inside of it
    {"$template": ["https://", {"$ref": …, "output": "host"}]}     a text: the parts rendered and joined
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

REF = "$ref"
TEMPLATE = "$template"
HIDDEN = "<secret>"
"""What stands where a secret would."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A resource's outputs, one of them, or a value inside of one."""

    resource: str
    """The resource's identity."""
    output: str | None = None
    keys: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form that stands in a plan."""
        form: dict[str, Any] = {REF: self.resource}
        if self.output is not None:
            form["output"] = self.output
        if self.keys:
            form["keys"] = list(self.keys)
        return form

    def __str__(self) -> str:
        return "${" + ".".join([self.resource, *([self.output] if self.output else []), *self.keys]) + "}"


def template(parts: Sequence[str | Ref]) -> dict[str, Any]:
    """The form of a text with references in it."""
    return {TEMPLATE: [part.to_json() if isinstance(part, Ref) else part for part in parts]}


def as_ref(value: Any) -> Ref | None:
    """The reference that a value is, if it is one."""
    if isinstance(value, Mapping) and REF in value:
        return Ref(value[REF], value.get("output"), tuple(value.get("keys", ())))
    return None


def as_template(value: Any) -> tuple[str | Ref, ...] | None:
    """The parts of the text with references that a value is, if it is one."""
    if isinstance(value, Mapping) and TEMPLATE in value:
        return tuple(part if isinstance(part, str) else as_ref(part) or "" for part in value[TEMPLATE])
    return None


def references(value: Any) -> Iterator[Ref]:
    """Every reference in a tree."""
    if ref := as_ref(value):
        yield ref
    elif parts := as_template(value):
        yield from (part for part in parts if isinstance(part, Ref))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def evaluate(value: Any, look_up: Callable[[Ref], Any], join: Callable[[Sequence[Any]], Any]) -> Any:
    """A tree with every reference looked up and every text joined: plain values or an engine's outputs alike."""
    if ref := as_ref(value):
        return look_up(ref)
    if parts := as_template(value):
        return join([look_up(part) if isinstance(part, Ref) else part for part in parts])
    if isinstance(value, Mapping):
        return {key: evaluate(item, look_up, join) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [evaluate(item, look_up, join) for item in value]
    return value


def shown_inputs(
    inputs: Mapping[str, Any], *, secret_outputs: Sequence[str], hide: Callable[[Ref], bool]
) -> dict[str, Any]:
    """Inputs as people read them. What is called like a secret output is hidden even where it is written out."""
    found = {key: HIDDEN if key in secret_outputs else shown(value, hide=hide) for key, value in sorted(inputs.items())}
    return {key: _in_short(value) for key, value in found.items()}


def _in_short(value: Any) -> Any:
    """Kubernetes manifests by kind and name alone: all of them would be pages."""
    if isinstance(value, list) and value and all(isinstance(one, Mapping) and "kind" in one for one in value):
        return [f"{one['kind']} {(one.get('metadata') or {}).get('name', '')}".strip() for one in value]
    return value


def shown(value: Any, *, hide: Callable[[Ref], bool] = lambda _: False) -> Any:
    """A tree as people read it and drivers check it: references as `${identity.output}`, hidden ones as `<secret>`."""
    if ref := as_ref(value):
        return HIDDEN if hide(ref) else str(ref)
    if parts := as_template(value):
        return "".join(HIDDEN if isinstance(part, Ref) and hide(part) else str(part) for part in parts)
    if isinstance(value, Mapping):
        return {key: shown(item, hide=hide) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item, hide=hide) for item in value]
    return value
