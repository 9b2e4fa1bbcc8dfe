"""A workload: its pods, what is injected into them, and how others reach them.

Everything it is given is resolved: values, images, host names. Which resources those come from is not its business.
"""

from collections.abc import Sequence

import pulumi

from platform_components.component import child, validated
from platform_components.kubernetes.metadata import Manifest
from platform_components.kubernetes.objects import kubernetes_object, name_of
from platform_components.kubernetes.workload_args import WorkloadArgs
from platform_components.kubernetes.workload_objects import workload_objects
from platform_components.kubernetes.workload_settings import WorkloadSettings


class Workload(pulumi.ComponentResource):
    """A Deployment, StatefulSet, Job or CronJob with ServiceAccount, Secret, ConfigMap, Service and routes.

    What it consists of is in the attribute `objects`: `controller` (the Deployment or its like), `account`, and where
    needed `secret`, `config-map`, `network`, `service`, `route-…` and others, each a `pulumi.CustomResource` with the
    fields of the manifest: `objects["controller"].metadata["name"]`.

    Source: https://kubernetes.io/docs/concepts/workloads/
    """

    name: pulumi.Output[str]
    """Its name."""
    kind: pulumi.Output[str]
    """`Deployment`, `StatefulSet`, `Job` or `CronJob`."""
    service: pulumi.Output[str | None]
    """The Service's host name in the cluster; none without ports."""
    port: pulumi.Output[int | None]
    """The first port by name; none without ports."""
    urls: pulumi.Output[list[str]]
    """Where its routes are reached, in the order they were given."""
    secret_name: pulumi.Output[str | None]
    """The Secret that holds its secret variables and files; another one after every change."""

    def __init__(self, name: str, args: WorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Workload", name, {}, opts)
        settings = validated(WorkloadSettings, "Workload", name, args)
        self.objects: dict[str, pulumi.CustomResource] = {}

        def make(suffix: str, manifest: Manifest, after: Sequence[str]) -> pulumi.Output[str]:
            before = [self.objects[each] for each in after]
            deadline = _deadline(settings.deadline_seconds) if suffix == "controller" else None
            options = child(self, depends_on=before or None, custom_timeouts=deadline)
            self.objects[suffix] = kubernetes_object(f"{name}-{suffix}", manifest, options)
            return name_of(self.objects[suffix])

        made = workload_objects(settings, make)
        self.name = made.name
        self.kind = pulumi.Output.from_input(made.kind)
        self.service = pulumi.Output.from_input(made.service)
        self.port = pulumi.Output.from_input(made.port)
        self.urls = pulumi.Output.all(*made.urls)
        self.secret_name = pulumi.Output.from_input(made.secret_name)
        self.register_outputs(
            {
                "name": self.name,
                "kind": self.kind,
                "service": self.service,
                "port": self.port,
                "urls": self.urls,
                "secret_name": self.secret_name,
            }
        )


def _deadline(seconds: int) -> pulumi.CustomTimeouts:
    # A little later than the cluster itself gives up, which says why.
    limit = f"{seconds + 30}s"
    return pulumi.CustomTimeouts(create=limit, update=limit)
