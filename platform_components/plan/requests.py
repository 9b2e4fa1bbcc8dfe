"""Who asks for which resource, where that is written, and with which params."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from platform_components.naming import ResourceIdentity
from platform_components.plan.values import Ref, template
from platform_components.score.placeholders import PlaceholderError, Reference, Template, lookup_in
from platform_components.score.positions import DocumentPath, Position


@dataclass(frozen=True)
class Origin:
    """Why something is in the plan, or waits for something else: what says so, and where."""

    text: str
    position: Position | None = None

    def __str__(self) -> str:
        return f"{self.position}: {self.text}" if self.position else self.text


@dataclass(frozen=True)
class Request:
    """One wish for a resource."""

    identity: ResourceIdentity
    origin: Origin
    params: Mapping[str, Any]
    """In the plan's forms."""
    workload: str | None = None
    """The workload that it is for; None: it is shared."""
    implicit: bool = False
    needs: Mapping[str, Origin] = field(default_factory=dict)
    """The identities that it waits for whatever serves it, each with the place that says so."""

    def with_params_of(self, other: "Request") -> "Request":
        """The same wish with another's params, and what they lead to."""
        return replace(self, params=other.params, needs={**self.needs, **other.needs})


def resolve_params(
    params: Mapping[str, Any],
    metadata: Mapping[str, Any],
    identities: Mapping[str, str],
    fail: Callable[[DocumentPath, str], None],
) -> Mapping[str, Any]:
    """A developer's params: metadata filled in, other resources as references. A placeholder always makes a text."""
    look_up = lookup_in(metadata, {})

    def part(reference: Reference) -> str | Ref:
        if reference.root != "resources" or not reference.keys or reference.keys[0] not in identities:
            return look_up(reference)
        name, *keys = reference.keys
        if not keys:
            raise PlaceholderError([f"${{{reference.text}}}: at least one output's name is needed"])
        return Ref(identities[name], keys[0], tuple(keys[1:]))

    def resolve(value: Any, path: DocumentPath) -> Any:
        if isinstance(value, str):
            try:
                pieces = Template.parse(value).map(part)
            except PlaceholderError as error:
                for message in error.messages:
                    fail(path, message)
                return value
            if any(isinstance(piece, Ref) for piece in pieces):
                return template(pieces)
            return "".join(str(piece) for piece in pieces)
        if isinstance(value, Mapping):
            return {key: resolve(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [resolve(item, (*path, index)) for index, item in enumerate(value)]
        return value

    resolved: Mapping[str, Any] = resolve(params, ())
    return resolved
