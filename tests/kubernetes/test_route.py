"""A way in from outside."""

from typing import Any

import pulumi
import pytest

from platform_components.errors import InputError
from platform_components.kubernetes import Route
from tests.mocks import Recorded, assert_component_conventions, run


def made(**changes: Any) -> Recorded:
    arguments: Any = {
        "namespace": "shop-login",
        "route_name": "web",
        "host": "shop.example",
        "service_name": "web",
        "port": 80,
        "gateway": {"name": "main", "namespace": "gateway"},
        **changes,
    }
    return run(lambda: Route("web", arguments).url)


def test_a_route_leads_from_a_path_of_a_host_to_a_service() -> None:
    recorded = made(path="/shop", port=pulumi.Output.from_input(8080.0))
    assert recorded.result == "https://shop.example/shop"
    route = recorded.one(":HTTPRoute").inputs
    assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route["metadata"]["name"] == "web"
    assert route["spec"] == {
        "parentRefs": [
            {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "main", "namespace": "gateway"}
        ],
        "hostnames": ["shop.example"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/shop"}}],
                "backendRefs": [{"group": "", "kind": "Service", "name": "web", "port": 8080, "weight": 1}],
            }
        ],
    }
    assert_component_conventions(recorded)


def test_a_listener_may_be_named_and_need_not_speak_tls() -> None:
    recorded = made(gateway={"name": "main", "namespace": "gateway", "listener": "plain", "scheme": "http"})
    assert recorded.result == "http://shop.example/"
    assert recorded.one(":HTTPRoute").inputs["spec"]["parentRefs"][0]["sectionName"] == "plain"


def test_an_ingress_serves_where_there_is_no_gateway() -> None:
    ingress = {"class_name": "nginx", "tls_secret": "shop-tls", "annotations": {"a.example/b": "c"}}
    recorded = made(gateway=None, ingress=ingress)
    assert recorded.result == "https://shop.example/"
    made_ingress = recorded.one(":Ingress").inputs
    assert made_ingress["metadata"]["annotations"] == {"a.example/b": "c"}
    assert made_ingress["spec"] == {
        "ingressClassName": "nginx",
        "rules": [
            {
                "host": "shop.example",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "web", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ],
        "tls": [{"hosts": ["shop.example"], "secretName": "shop-tls"}],
    }
    assert not recorded.all(":HTTPRoute")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gateway": None}, "routes need either a gateway or an ingress"),
        ({"path": "shop"}, "path"),
        ({"port": 0}, "port"),
        ({"gateway": {"name": "main"}}, "gateway.namespace"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        made(**changes)
