"""Renders a plan: each resource after those it needs, what is not known yet with a stand-in in its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from platform_components.drivers.custom import CustomDriver
from platform_components.drivers.kubeconfig import AT_HAND
from platform_components.drivers.request import Request
from platform_components.environment import Environment
from platform_components.exports import output_name
from platform_components.injection import held_to_contract
from platform_components.open_values import StandIn
from platform_components.plan import PlannedResource
from platform_components.rendering.drivers import EMPTY, KNOWN, PARTLY, RENDERED, Rendering, referenced
from platform_components.rendering.objects import Objects, RenderedObject
from platform_components.repository import Matched
from platform_components.requesting import Requests


@dataclass(frozen=True)
class Elsewhere:
    """A resource of which not everything, or nothing, is among the rendered objects."""

    resource: str
    """Its identity."""
    driver: str


@dataclass(frozen=True)
class Rendered:
    """What of an environment is on the cluster, and what is not."""

    environment: Environment
    objects: tuple[RenderedObject, ...]
    """In the order in which they are made."""
    outside: tuple[Elsewhere, ...]
    """What drivers make outside of Kubernetes."""
    unknown: tuple[Elsewhere, ...]
    """What drivers of the platform's own make: where, only their code says."""


def render(matched: Matched, outputs: Mapping[str, Any] | None = None) -> Rendered:
    """The Kubernetes objects that `pave up` makes for an environment.

    `outputs` are known values, under the names under which stacks export them: they stand where stand-ins would.
    """
    return _Walk(matched, outputs or {}).rendered()


class _Walk:
    def __init__(self, matched: Matched, outputs: Mapping[str, Any]) -> None:
        self._matched = matched
        self._known = outputs
        self._requests = Requests(matched)
        self._objects = Objects()
        self._made: dict[str, Mapping[str, Any]] = {}

    def rendered(self) -> Rendered:
        plan = self._matched.plan
        for resource in plan.resources:
            self._render(resource)
        others = [resource for resource in plan.resources if self._is_elsewhere(resource)]
        return Rendered(
            environment=self._matched.environment,
            objects=tuple(self._objects.made),
            outside=tuple(Elsewhere(each.id, each.driver) for each in others if not self._is_custom(each)),
            unknown=tuple(Elsewhere(each.id, each.driver) for each in others if self._is_custom(each)),
        )

    def _render(self, resource: PlannedResource) -> None:
        type_ = self._matched.catalog.types[resource.type]
        request = self._requests.request(resource, self._made)

        def stand_in(output: str) -> StandIn:
            secret = type_.secret(output)
            return StandIn(f"<{'secret ' if secret else ''}{resource.id}.{output}>", secret=secret)

        told = RENDERED.get(resource.driver) or KNOWN.get(resource.driver)
        outputs = dict(told(Rendering(request, self._objects, stand_in))) if told else {}
        if resource.driver not in RENDERED and resource.driver != "static":  # those give what they give, and no more
            optional = () if resource.driver == AT_HAND else request.optional
            others = {*request.expected, *optional, *resource.wanted_outputs} - outputs.keys()
            outputs |= {output: stand_in(output) for output in sorted(others)}
        exported = self._exported(request)
        for output in outputs:
            if not type_.secret(output) and (known := self._known.get(exported(output))) is not None:
                outputs[output] = known
        self._made[resource.id] = held_to_contract(resource, type_, outputs)

    def _exported(self, request: Request) -> Callable[[str], str]:
        """The names under which a resource's outputs are exported, by its own stack or the one it stands in."""
        if request.resource.driver == "stack-reference":
            return referenced(request)
        return lambda output: output_name(request.resource.id, output)

    def _is_elsewhere(self, resource: PlannedResource) -> bool:
        return resource.driver in PARTLY or resource.driver not in {*RENDERED, *EMPTY}

    def _is_custom(self, resource: PlannedResource) -> bool:
        return isinstance(self._requests.driver(resource), CustomDriver)
