"""A paused environment: everything that the program makes is there, and no pod of it runs.

It is held at zero where the objects are registered, so this goes for what any driver makes, and what drivers say stays
as it is: without `platform:paused` the next run brings it back. A HorizontalPodAutoscaler lets go of what is at zero:
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation
"""

from collections.abc import Mapping
from typing import Any

import pulumi

SCALED = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
SUSPENDED = "kubernetes:batch/v1:CronJob"
SERVICE = "kubernetes:core/v1:Service"
_SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
"""The provider waits ten minutes for something that answers: pulumi-kubernetes, await logic of Services."""


def hold_at_zero() -> None:
    """From here on everything that this program registers stands still."""

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        props = at_zero(args.type_, args.props)
        return None if props is None else pulumi.ResourceTransformResult(props, args.opts)

    pulumi.runtime.register_resource_transform(transform)


def at_zero(type_: str, props: Mapping[str, Any]) -> dict[str, Any] | None:
    """A resource's properties with which it is there and runs nothing; None: it runs nothing anyway."""
    if type_ in SCALED:
        return {**props, "spec": {**props["spec"], "replicas": 0}}
    if type_ == SUSPENDED:
        return {**props, "spec": {**props["spec"], "suspend": True}}
    if type_ == SERVICE:
        metadata = props.get("metadata") or {}
        annotations = {**(metadata.get("annotations") or {}), **_SKIP_AWAIT}
        return {**props, "metadata": {**metadata, "annotations": annotations}}
    return None
