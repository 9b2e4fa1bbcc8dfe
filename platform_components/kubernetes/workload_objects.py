"""The objects of a workload in the order in which they are made, and what it then tells of itself.

Whoever makes them, the engine or a rendering, comes in as a function; nothing is created here.
"""

from dataclasses import dataclass
from typing import Any

from platform_components.kubernetes.metadata import Manifest, metadata
from platform_components.kubernetes.objects import Make, kubernetes_manifest
from platform_components.kubernetes.routes import url
from platform_components.kubernetes.secrecy import Sealed
from platform_components.kubernetes.workload_manifests import (
    config_map,
    labels,
    secret_data,
    target,
    workload_manifests,
)
from platform_components.kubernetes.workload_settings import WorkloadSettings
from platform_components.open_values import concatenated, mapped

_AFTER = {
    # Pods that may not even look for what they need do not start well. Without their account there are none at all, and
    # an engine that has stopped making things, as it does after any failure, would wait for them for ten minutes.
    "controller": ("account", "network"),
    # A Service made beside its pods spends its time waiting for them: mitodl/ol-infrastructure#4323.
    "service": ("controller",),
    "route": ("service",),
}
"""What waits for what; `route` is the beginning of the keys of routes."""


@dataclass(frozen=True)
class WorkloadOutputs:
    """What a workload tells of itself, see `Workload`; values may be open."""

    name: Any
    kind: str
    service: Any
    port: int | None
    urls: tuple[Any, ...]
    secret_name: Any


def workload_objects(settings: WorkloadSettings, make: Make) -> WorkloadOutputs:
    """Have every object of a workload made."""
    names: dict[str, Any] = {}
    # Under names of the maker's: their content never changes, their names do instead, and pods that refer to them are
    # replaced.
    for suffix, configuration in (("config-map", config_map(settings)), ("secret", secret_manifest(settings))):
        if configuration is not None:
            names[suffix] = make(suffix, configuration, ())
    manifests = workload_manifests(
        settings,
        replicas=mapped(settings.replicas, int),
        config_map_name=names.get("config-map"),
        secret_name=names.get("secret"),
    )
    for suffix, manifest in manifests.items():
        after = tuple(one for one in _AFTER.get(suffix.split("-")[0], ()) if one in names)
        names[suffix] = make(suffix, manifest, after)
    return WorkloadOutputs(
        name=names["controller"],
        kind=settings.kind,
        # By way of the object, so that whoever uses the host waits until something answers there.
        service=concatenated(names["service"], ".", settings.namespace, ".svc") if settings.ports else None,
        port=next((port.port for _, port in sorted(settings.ports.items())), None),
        urls=tuple(url(settings.way, target(settings, route)) for route in settings.routes),
        secret_name=names.get("secret"),
    )


def secret_manifest(settings: WorkloadSettings) -> Manifest | None:
    """The Secret of the secret variables and files, without a name; none without such."""
    data = {key: Sealed(value, encoded) for key, (value, encoded) in secret_data(settings).items()}
    if not data:
        return None
    place = metadata(namespace=settings.namespace, labels=labels(settings))
    return kubernetes_manifest("v1", "Secret", place, type="Opaque", data=data, immutable=True)
