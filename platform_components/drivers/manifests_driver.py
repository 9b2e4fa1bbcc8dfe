"""The driver `kubernetes/manifests`: on the cluster what `manifests_objects` has worked out, with new credentials."""

from collections.abc import Sequence
from typing import Any

import pulumi

from platform_components.component import child
from platform_components.drivers.manifests_objects import manifest_objects
from platform_components.drivers.request import Deployed, Request
from platform_components.kubernetes.objects import kubernetes_object
from platform_components.passwords import GeneratedPassword


def manifests(request: Request) -> Deployed:
    """The objects of a definition's manifests; outputs as the definition says."""
    return Deployed(_Manifests(request).given)


class _Manifests(pulumi.ComponentResource):
    """One resource's objects, each after those that it needs, and its credentials."""

    def __init__(self, request: Request) -> None:
        name = request.name
        options = request.options(in_namespace=True, holds_data=False)
        super().__init__("platform-components:index:Manifests", name, {}, options)
        guarded = request.options().protect
        # Whoever loses a password loses the data as well
        kept = child(self, protect=guarded)
        secrets = {
            key: GeneratedPassword(f"{name}-{key.replace('_', '-')}", kept).value for key in request.inputs["secrets"]
        }
        found = manifest_objects(request, secrets)
        made: list[tuple[int, pulumi.Resource]] = []
        for one in found.objects:
            before = [resource for stage, resource in made if stage < one.stage]
            options = child(self, depends_on=before, protect=guarded if one.holds_data else None)
            made.append((one.stage, kubernetes_object(f"{name}-{one.suffix}", one.manifest, options)))
        # Known once all is there and ready: what uses the resource waits for that. URNs, because a preview knows them
        ready = [resource.urn for _, resource in made]
        self.given = {key: _after(value, ready) for key, value in found.outputs.items()}
        self.register_outputs({})


def _after(value: Any, ready: Sequence[pulumi.Output[str]]) -> Any:
    return pulumi.Output.all(value, *ready).apply(lambda known: known[0])
