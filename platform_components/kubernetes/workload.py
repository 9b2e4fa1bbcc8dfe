"""A workload: its pods, what is injected into them, and how others reach them.

Everything it is given is resolved: values, images, host names. Which resources those come from is not its business.
"""

import pulumi

from platform_components.component import child, validated, whole
from platform_components.kubernetes.metadata import Manifest, metadata
from platform_components.kubernetes.objects import kubernetes_manifest, kubernetes_object, name_of
from platform_components.kubernetes.routes import url
from platform_components.kubernetes.secrecy import sealed
from platform_components.kubernetes.workload_args import WorkloadArgs
from platform_components.kubernetes.workload_manifests import (
    config_map,
    labels,
    secret_data,
    target,
    workload_manifests,
)
from platform_components.kubernetes.workload_settings import WorkloadSettings

_AFTER = {
    # Pods that may not even look for what they need do not start well. Without their account there are none at all, and
    # an engine that has stopped making things, as it does after any failure, would wait for them for ten minutes.
    "controller": ("account", "network"),
    # A Service made beside its pods spends its time waiting for them: mitodl/ol-infrastructure#4323.
    "service": ("controller",),
    "route": ("service",),
}
"""What waits for what; `route` is the beginning of the keys of routes."""


class Workload(pulumi.ComponentResource):
    """A Deployment, StatefulSet, Job or CronJob with ServiceAccount, Secret, ConfigMap, Service and routes.

    What it consists of is in the attribute `objects`: `controller` (the Deployment or its like), `account`, and where
    needed `secret`, `config-map`, `network`, `service`, `route-…` and others.

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
        config_map_name = self._configuration(name, "config-map", config_map(settings))
        secret_name = self._configuration(name, "secret", _secret(settings))
        manifests = workload_manifests(
            settings, replicas=whole(settings.replicas), config_map_name=config_map_name, secret_name=secret_name
        )
        for suffix, manifest in manifests.items():
            before = [self.objects[one] for one in _AFTER.get(suffix.split("-")[0], ()) if one in self.objects]
            deadline = _deadline(settings.deadline_seconds) if suffix == "controller" else None
            options = child(self, depends_on=before or None, custom_timeouts=deadline)
            self.objects[suffix] = kubernetes_object(f"{name}-{suffix}", manifest, options)

        self.name = name_of(self.objects["controller"])
        self.kind = pulumi.Output.from_input(settings.kind)
        self.service = pulumi.Output.from_input(self._service_host(settings))
        self.port = pulumi.Output.from_input(_first_port(settings))
        self.urls = pulumi.Output.all(*(url(settings.way, target(settings, route)) for route in settings.routes))
        self.secret_name = pulumi.Output.from_input(secret_name)
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

    def _configuration(self, name: str, suffix: str, manifest: Manifest | None) -> pulumi.Output[str] | None:
        """Makes a Secret or ConfigMap under a name of the engine's: its content never changes, its name does instead,
        and pods that refer to it are replaced."""
        if manifest is None:
            return None
        self.objects[suffix] = kubernetes_object(f"{name}-{suffix}", manifest, child(self))
        return name_of(self.objects[suffix])

    def _service_host(self, settings: WorkloadSettings) -> pulumi.Output[str] | None:
        if not settings.ports:
            return None
        # By way of the object, so that whoever uses the host waits until something answers there.
        return pulumi.Output.concat(name_of(self.objects["service"]), ".", settings.namespace, ".svc")


def _secret(settings: WorkloadSettings) -> Manifest | None:
    data = {key: sealed(value, encoded=encoded) for key, (value, encoded) in secret_data(settings).items()}
    if not data:
        return None
    place = metadata(namespace=settings.namespace, labels=labels(settings))
    return kubernetes_manifest("v1", "Secret", place, type="Opaque", data=data, immutable=True)


def _deadline(seconds: int) -> pulumi.CustomTimeouts:
    # A little later than the cluster itself gives up, which says why.
    limit = f"{seconds + 30}s"
    return pulumi.CustomTimeouts(create=limit, update=limit)


def _first_port(settings: WorkloadSettings) -> int | None:
    return next((port.port for _, port in sorted(settings.ports.items())), None)
