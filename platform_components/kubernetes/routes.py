"""Ways in from outside, as an HTTPRoute of the Gateway API or as an Ingress, and the URLs they lead from. Pure.

Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from platform_components.component import Known, Settings
from platform_components.kubernetes.metadata import (
    MANAGED_BY,
    Label,
    LabelValue,
    Manifest,
    PortNumber,
    ServiceName,
    metadata,
)
from platform_components.kubernetes.objects import kubernetes_manifest
from platform_components.open_values import concatenated, mapped

Scheme = Literal["https", "http"]
RoutePath = Annotated[str, Field(pattern=r"^/")]
ONE_WAY = "routes need either a gateway or an ingress"


class GatewaySettings(Settings):
    """The gateway that routes attach to, by reference."""

    name: Known[str]
    namespace: Known[str]
    listener: str | None = None
    scheme: Scheme = "https"


class IngressSettings(Settings):
    """The ingress controller that serves routes."""

    class_name: Known[str]
    tls_secret: Known[str] | None = None
    annotations: Mapping[str, Known[str]] = {}
    scheme: Scheme = "https"


class HostRouteSettings(Settings):
    """A route of its own, see `RouteArgs`."""

    namespace: Known[Label]
    route_name: Known[Label]
    host: Known[str]
    path: RoutePath = "/"
    service_name: Known[ServiceName]
    port: Known[PortNumber]
    gateway: GatewaySettings | None = None
    ingress: IngressSettings | None = None
    labels: Mapping[str, Known[LabelValue]] = {}

    @property
    def way(self) -> GatewaySettings | IngressSettings:
        """The one of the two that is given."""
        way = self.gateway or self.ingress
        assert way is not None
        return way

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.gateway is None) == (self.ingress is None):
            raise ValueError(ONE_WAY)
        return self


@dataclass(frozen=True)
class Target:
    """Where a route leads."""

    host: Any
    path: str
    service_name: Any
    port: Any


def route_manifest(
    name: Any,
    namespace: Any,
    labels: Mapping[str, Any],
    target: Target,
    way: GatewaySettings | IngressSettings,
) -> Manifest:
    """The route from everything below a path of a host to a Service's port."""
    if isinstance(way, GatewaySettings):
        return kubernetes_manifest(
            "gateway.networking.k8s.io/v1", "HTTPRoute", metadata(name, namespace, labels), _http_route(target, way)
        )
    return kubernetes_manifest(
        "networking.k8s.io/v1",
        "Ingress",
        metadata(name, namespace, labels, way.annotations),
        _ingress(target, way),
    )


def route_object(settings: HostRouteSettings) -> tuple[Manifest, Any]:
    """The manifest of a route of its own, and its URL."""
    target = Target(settings.host, settings.path, settings.service_name, mapped(settings.port, int))
    labels = {**MANAGED_BY, **settings.labels}
    manifest = route_manifest(settings.route_name, settings.namespace, labels, target, settings.way)
    return manifest, url(settings.way, target)


def url(way: GatewaySettings | IngressSettings, target: Target) -> Any:
    """Where the route is reached."""
    return concatenated(way.scheme, "://", target.host, target.path)


def _http_route(target: Target, gateway: GatewaySettings) -> Manifest:
    # Group, kind and weight as the API server fills them in, so that a look at the cluster shows no difference.
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "name": gateway.name,
        "namespace": gateway.namespace,
        **({"sectionName": gateway.listener} if gateway.listener else {}),
    }
    backend = {"group": "", "kind": "Service", "name": target.service_name, "port": target.port, "weight": 1}
    match = {"path": {"type": "PathPrefix", "value": target.path}}
    return {
        "parentRefs": [parent],
        "hostnames": [target.host],
        "rules": [{"matches": [match], "backendRefs": [backend]}],
    }


def _ingress(target: Target, ingress: IngressSettings) -> Manifest:
    backend = {"service": {"name": target.service_name, "port": {"number": target.port}}}
    paths = [{"path": target.path, "pathType": "Prefix", "backend": backend}]
    tls = {"tls": [{"hosts": [target.host], "secretName": ingress.tls_secret}]} if ingress.tls_secret else {}
    return {
        "ingressClassName": ingress.class_name,
        "rules": [{"host": target.host, "http": {"paths": paths}}],
        **tls,
    }
