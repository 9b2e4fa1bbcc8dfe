"""HTTPRoutes of the Gateway API, and the URLs they lead from. Pure.

Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute
"""

from typing import Any

import pulumi

from platform_components.kubernetes.metadata import Manifest

API_VERSION = "gateway.networking.k8s.io/v1"


def http_route_spec(
    *, host: Any, path: str, service_name: Any, port: Any, gateway_name: Any, gateway_namespace: Any, listener: Any
) -> Manifest:
    """The spec of a route from everything below `path` on `host` to a Service's port."""
    section = {"sectionName": listener} if listener else {}
    return {
        "parentRefs": [
            # As the API server fills them in, so that a look at the cluster shows no difference.
            {
                "group": "gateway.networking.k8s.io",
                "kind": "Gateway",
                "name": gateway_name,
                "namespace": gateway_namespace,
                **section,
            }
        ],
        "hostnames": [host],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": path}}],
                "backendRefs": [{"group": "", "kind": "Service", "name": service_name, "port": port, "weight": 1}],
            }
        ],
    }


def url(scheme: str, host: Any, path: str) -> pulumi.Output[str]:
    """Where the route is reached."""
    return pulumi.Output.concat(scheme, "://", host, path)
