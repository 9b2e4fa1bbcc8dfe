"""Steps three and four of the golden path: planned resources are made one after another, workloads last.

The same for the program of a stack and for the component `Environment`.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from platform_components import __version__, naming
from platform_components.component import at_least
from platform_components.drivers.generic import component
from platform_components.drivers.registry import DRIVERS
from platform_components.drivers.request import Deployed, Implementation, Outputs, StoredSecret
from platform_components.errors import InputError
from platform_components.exports import (
    CONTRACT,
    CONTRACT_OUTPUT,
    NAMESPACE_OUTPUT,
    PAUSED_OUTPUT,
    PLAN_OUTPUT,
    URL_OUTPUT,
    output_name,
)
from platform_components.injection import held_to_contract
from platform_components.naming import ResourceIdentity
from platform_components.open_values import is_open
from platform_components.plan import Plan, PlannedResource
from platform_components.repository import Matched
from platform_components.requesting import Requests

_FIRST_UPSERTING = (4, 30)
"""The pulumi-kubernetes whose provider can take over objects that are there."""


class Creation:
    """Makes planned resources one after another; each finds what it refers to already made."""

    def __init__(self, environment: Matched, parent: pulumi.Resource | None = None) -> None:
        """`parent`: what all of it belongs to; None: the stack itself."""
        self._parent = parent
        self._plan = environment.plan
        self._environment = environment.environment
        self._types = environment.catalog.types
        self._requests = Requests(environment)
        self._made: dict[str, Outputs] = {}
        self._providers: dict[str, pulumi.ProviderResource] = {}
        self._namespaces: dict[str, pulumi.Resource] = {}
        self._done: dict[str, pulumi.Resource] = {}
        self._references: dict[str, pulumi.StackReference] = {}

    def create_all(self) -> None:
        """Make everything that is planned, in the plan's order."""
        for resource in self._plan.resources:
            self._create(resource)

    def _create(self, resource: PlannedResource) -> None:
        """Make one resource out of components and keep its outputs to the type's contract."""
        type_ = self._types[resource.type]
        request = self._requests.request(
            resource,
            self._made_before(resource),
            provider=self._inherited(resource, self._providers),
            namespace=self._inherited(resource, self._namespaces),
            parent=self._parent,
            references=self._references,
        )
        deployed = _implementation(self._requests.driver(resource).implementation)(request)
        self._made[resource.id] = held_to_contract(resource, type_, deployed.outputs)
        self._offer(resource, deployed)

    def outputs(self) -> Iterator[tuple[str, Any]]:
        """Everything that is not secret, under flat names, and the plan itself."""
        for identity, outputs in self._made.items():
            type_ = self._types[ResourceIdentity.parse(identity).type]
            for name, value in outputs.items():
                spec = type_.outputs.get(name)
                if not type_.secret(name) and (spec is None or spec.alias_of is None):
                    yield output_name(identity, name), value
        if self._environment.type.kind == "foundation":
            yield CONTRACT_OUTPUT, CONTRACT
        else:
            yield from self._first(NAMESPACE_OUTPUT, "name", ("k8s-namespace",))
            yield from self._first(URL_OUTPUT, "url", ("workload", "route"))
        if self._environment.paused:
            yield PAUSED_OUTPUT, True
        yield PLAN_OUTPUT, self._deployed_plan()

    def _deployed_plan(self) -> dict[str, Any]:
        """Without the places where things are written: moving a comment in a definition changes no environment."""
        versions = {"platform-components": __version__}
        return self._plan.model_copy(update={"versions": versions}).to_document(places=False)

    def _first(self, exported: str, output: str, types: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """What people look for first, under a short name."""
        for identity, outputs in self._made.items():
            if output in outputs and ResourceIdentity.parse(identity).type in types:
                yield exported, outputs[output]
                return

    def _made_before(self, resource: PlannedResource) -> Mapping[str, Outputs]:
        """What was made, its outputs known to this resource only once all is done that the plan makes it wait for."""
        # Of a URN, which a preview knows, unlike most outputs of what is not there yet
        done = [self._done[each].urn for each in resource.depends_on if each in self._done]
        if not done:
            return self._made

        def after(value: Any) -> Any:
            if isinstance(value, StoredSecret):
                return replace(value, provider_class=after(value.provider_class))
            return pulumi.Output.all(value, *done).apply(lambda known: known[0])

        return {
            identity: {name: after(value) for name, value in outputs.items()}
            for identity, outputs in self._made.items()
        }

    def _offer(self, resource: PlannedResource, deployed: Deployed) -> None:
        """A cluster brings a Kubernetes provider, a namespace itself, to whatever uses them directly or not."""
        if deployed.done is not None:
            self._done[resource.id] = deployed.done
        if resource.type == "k8s-cluster":
            outputs = self._made[resource.id]
            self._providers[resource.id] = kubernetes.Provider(
                f"{naming.logical(ResourceIdentity.parse(resource.id))}-provider",
                kubeconfig=outputs["kubeconfig"],
                # Of a file; another stack's are of no file, and have none
                context=None if is_open(outputs.get("context")) else outputs.get("context"),
                # Without it an unknown kubeconfig in a preview plans to replace all that is on the cluster
                # (pulumi-kubernetes#4019)
                cluster_identifier=outputs["id"],
                **_upserting(bool(self._environment.setting("upsert"))),
                opts=pulumi.ResourceOptions(parent=self._parent),
            )
        if deployed.namespace is not None:
            self._namespaces[resource.id] = deployed.namespace

    def _inherited(self, resource: PlannedResource, offered: Mapping[str, Any]) -> Any:
        """The provider or namespace of the nearest resource among those used, directly before indirectly."""
        layer, seen = list(resource.uses.values()), {resource.id}
        while layer:
            for identity in layer:
                if identity in offered:
                    return offered[identity]
            seen.update(layer)
            layer = [
                below
                for identity in layer
                for below in self._plan.resource(identity).uses.values()
                if below not in seen
            ]
        return None


def load_drivers(plan: Plan) -> None:
    """Load the built-in drivers of a plan, with the SDKs that they need: while others are waited for.

    Others' drivers are loaded in the program alone, where they may ask for its config.
    """
    for driver in dict.fromkeys(resource.driver for resource in plan.resources):
        if driver in DRIVERS:
            importlib.import_module(DRIVERS[driver].implementation.partition(":")[0])


def _upserting(wanted: bool) -> dict[str, Any]:
    """Whether objects that are there are taken over, as the SDK is told; older ones don't know of it."""
    installed = version("pulumi-kubernetes")
    if at_least(installed, _FIRST_UPSERTING):
        return {"upsert_existing_objects": wanted}
    if wanted:
        needed = ".".join(map(str, _FIRST_UPSERTING))
        raise InputError(
            f"the setting `upsert` needs pulumi-kubernetes {needed} or newer; {installed} is installed",
            fix="install a newer one, or turn the setting off: a run that was killed is then not taken on by the next",
        )
    return {}


def _implementation(path: str) -> Implementation:
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(f"the driver {path} can't be imported: {error}", fix="mend its package") from error
    if isinstance(found, type) and issubclass(found, pulumi.ComponentResource):
        return component(found)
    if not callable(found):
        raise InputError(f"the driver {path} is neither a component nor a function", fix="mend its package")
    implementation: Implementation = found
    return implementation
