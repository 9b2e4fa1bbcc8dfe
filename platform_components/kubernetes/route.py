"""A way in from outside: one path of one host, through a gateway or an ingress controller, to a Service.

The gateway or controller, its listeners and certificates, and the host's DNS record are others'.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from platform_components.component import child, validated
from platform_components.kubernetes.objects import kubernetes_object
from platform_components.kubernetes.routes import HostRouteSettings, route_object


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


class RouteIngress(TypedDict):
    """The ingress controller that serves a route, where there is no gateway."""

    class_name: pulumi.Input[str]
    """Its ingress class."""
    tls_secret: NotRequired[pulumi.Input[str]]
    """Secret of the namespace with the host's certificate. Default: the controller's own certificate."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """What the controller is told besides."""
    scheme: NotRequired[str]
    """`https` (default) or `http`: how the URL begins."""


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
    gateway: NotRequired[RouteGateway]
    """Where the way begins; either this or `ingress`."""
    ingress: NotRequired[RouteIngress]
    """Where the way begins instead."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """More labels."""


class Route(pulumi.ComponentResource):
    """An HTTPRoute or Ingress to a Service.

    Source: https://gateway-api.sigs.k8s.io/api-types/httproute/
    """

    url: pulumi.Output[str]
    """Where it is reached, e.g. `https://shop.example.com/`."""

    def __init__(self, name: str, args: RouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform-components:index:Route", name, {}, opts)
        settings = validated(HostRouteSettings, "Route", name, args)
        manifest, address = route_object(settings)
        kubernetes_object(f"{name}-route", manifest, child(self))
        self.url = pulumi.Output.from_input(address)
        self.register_outputs({"url": self.url})
