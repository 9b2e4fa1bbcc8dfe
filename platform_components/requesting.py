"""What each driver is asked for: a planned resource with what was made before it filled in.

The same for a stack's program, which creates, and for a rendering, which only writes down.
"""

from collections.abc import Mapping
from typing import Any

from platform_components import naming
from platform_components.drivers.custom import Available, CustomDriver
from platform_components.drivers.driver import Driver
from platform_components.drivers.request import Injected, Request
from platform_components.injection import Made, edges_of, filled, injected
from platform_components.naming import ResourceIdentity
from platform_components.plan import PlannedResource
from platform_components.repository import Matched
from platform_components.score import Workload


class Requests:
    """The requests of one environment's resources."""

    def __init__(self, environment: Matched) -> None:
        self._matched = environment
        self._drivers = Available()
        # As planned: with the images and overrides that the stack's config names
        self._workloads = {
            workload.name: Workload.model_validate(workload.document) for workload in environment.plan.workloads
        }
        self._planned = {workload.name: workload for workload in environment.plan.workloads}

    def driver(self, resource: PlannedResource) -> Driver | CustomDriver:
        """The driver that makes the resource."""
        return self._drivers[resource.driver]

    def request(self, resource: PlannedResource, made: Made, **engine: Any) -> Request:
        """The request for a resource; `engine` is what only the engine gives: `provider` and `namespace`."""
        outputs = self._matched.catalog.types[resource.type].outputs
        optional = {name: spec.optional for name, spec in outputs.items() if spec.alias_of is None}
        return Request(
            resource=resource,
            name=naming.logical(ResourceIdentity.parse(resource.id)),
            inputs=self.driver(resource).settled(filled(resource.inputs, made)),
            expected=tuple(name for name in optional if not optional[name]),
            optional=tuple(name for name in optional if optional[name]),
            environment=self._matched.environment,
            plan=self._matched.plan,
            workload=self._workloads.get(resource.workload or ""),
            injected=self._injected(resource, made),
            edges=edges_of(resource, self._matched.plan, made),
            **engine,
        )

    def _injected(self, resource: PlannedResource, made: Mapping[str, Any]) -> Injected | None:
        if resource.type != "workload":
            return None
        name = resource.res_id
        return injected(self._planned[name], self._workloads[name], made)
