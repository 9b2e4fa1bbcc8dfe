import pulumi

from platform_components import Namespace, Route

namespace = Namespace("shop", {"namespace_name": "import-route", "gateway_namespaces": ["gateways"]})
route = Route(
    "www",
    {
        "namespace": namespace.name,
        "route_name": "www",
        "host": "www.shop.example.com",
        "service_name": "web",
        "port": 80,
        "gateway": {"name": "main", "namespace": "gateways"},
    },
    pulumi.ResourceOptions(deleted_with=namespace.namespace),
)
pulumi.export("url", route.url)
