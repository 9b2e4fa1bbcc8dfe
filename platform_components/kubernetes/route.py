"""A way in from outside: one path of one host, through a gateway, to a Service.

The gateway, its listeners and certificates, and the host's DNS record are others'.
"""

from typing import Annotated, Literal, NotRequired, TypedDict

import pulumi
from pydantic import Field

from platform_components.component import Known, Settings, child, validated, whole
from platform_components.kubernetes.http_routes import API_VERSION, http_route_spec, url
from platform_components.kubernetes.metadata import MANAGED_BY, Label, ServiceName, metadata
from platform_components.kubernetes.objects import kubernetes_manifest, kubernetes_object


class RouteGateway(TypedDict):
    """The Gateway API gateway that a route attaches to."""

    name: pulumi.Input[str]
    """Name of the Gateway."""
    namespace: pulumi.Input[str]
    """Its namespace."""
    listener: NotRequired[str]
    """Name of a listener. Default: every one that admits the route."""
    scheme: NotRequired[str]
    """`https` (default) or `http`: how the URL begins, which depends on the listener."""


class RouteArgs(TypedDict):
    """Arguments of `Route`."""

    namespace: pulumi.Input[str]
    """The namespace of the route and the Service."""
    route_name: pulumi.Input[str]
    """Name of the HTTPRoute."""
    host: pulumi.Input[str]
    """Host name, e.g. `shop.example.com`."""
    path: NotRequired[str]
    """Everything below this path. Default `/`."""
    service_name: pulumi.Input[str]
    """Name of the Service."""
    port: pulumi.Input[float]
    """Port of the Service, by number."""
    gateway: RouteGateway
    """Where the way begins."""


class _GatewaySettings(Settings):
    name: Known[str]
    namespace: Known[str]
    listener: str | None = None
    scheme: Literal["https", "http"] = "https"


class _RouteSettings(Settings):
    namespace: Known[Label]
    route_name: Known[Label]
    host: Known[str]
    path: Annotated[str, Field(pattern=r"^/")] = "/"
    service_name: Known[ServiceName]
    port: Known[Annotated[int, Field(ge=1, le=65535)]]
    gateway: _GatewaySettings


class Route(pulumi.ComponentResource):
    """An HTTPRoute to a Service.

    Source: https://gateway-api.sigs.k8s.io/api-types/httproute/
    """

    url: pulumi.Output[str]
    """Where it is reached, e.g. `https://shop.example.com/`."""

    def __init__(self, name: str, args: RouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Route", name, {}, opts)
        settings = validated(_RouteSettings, "Route", name, args)
        manifest = kubernetes_manifest(
            API_VERSION,
            "HTTPRoute",
            metadata(settings.route_name, settings.namespace, MANAGED_BY),
            http_route_spec(
                host=settings.host,
                path=settings.path,
                service_name=settings.service_name,
                port=whole(settings.port),
                gateway_name=settings.gateway.name,
                gateway_namespace=settings.gateway.namespace,
                listener=settings.gateway.listener,
            ),
        )
        kubernetes_object(f"{name}-route", manifest, child(self))
        self.url = url(settings.gateway.scheme, settings.host, settings.path)
        self.register_outputs({"url": self.url})
