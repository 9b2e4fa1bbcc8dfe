"""Ways in from outside, from a Score file to what the gateway or ingress controller reads."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from platform_components.catalog import CatalogError
from platform_components.repository import catalog_of
from tests.drivers.world import CHECKOUT, Made, foundation, make
from tests.kubernetes.networks import Pod, allowed

PORTS = {"http": {"port": 80, "targetPort": 8080}, "admin": {"port": 9000}, "api": {"port": 8000, "targetPort": 8001}}
INGRESS = """ingress:
    class_name: nginx
    namespace: ingress-nginx
    annotations: {nginx.ingress.kubernetes.io/proxy-body-size: 8m}
"""


def route(path: str, port: str | int, host: str = "${resources.dns.host}") -> dict[str, Any]:
    return {"type": "route", "params": {"host": host, "path": path, "port": port}}


def document(**resources: Any) -> dict[str, Any]:
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": {"image": "nginx"}},
        "service": {"ports": PORTS},
        "resources": {"dns": {"type": "dns"}, **resources},
    }


def deployed(platform: Path = CHECKOUT, **resources: Any) -> Made:
    config = {"type": "ephemeral", "app": "shop", "workloads": [document(**resources)]}
    return make("shop-main-abc123", config, foundation=foundation().exports, platform=platform)


@pytest.fixture(scope="module")
def several() -> Made:
    """Three paths of the host that `dns` gives, and one of another host."""
    return deployed(
        front=route("/", "http"),
        back=route("/api", "api"),
        admin=route("/admin", 9000),
        other=route("/", "80", host="shop.example.com"),
    )


def test_several_routes_are_several_paths_of_one_host_each_with_its_port(several: Made) -> None:
    host = several.exports["dns.default/web.dns/host"]
    found = set()
    for each in several.recorded.all(":HTTPRoute"):
        (rule,), (name,) = each.inputs["spec"]["rules"], each.inputs["spec"]["hostnames"]
        (match,), (backend,) = rule["matches"], rule["backendRefs"]
        # A name is resolved: the Gateway API takes numbers alone.
        found.add((name, match["path"]["type"], match["path"]["value"], backend["name"], backend["port"]))
    assert found == {
        (host, "PathPrefix", "/", "web", 80),
        (host, "PathPrefix", "/api", "web", 8000),
        (host, "PathPrefix", "/admin", "web", 9000),
        ("shop.example.com", "PathPrefix", "/", "web", 80),
    }


def test_each_route_tells_its_url(several: Made) -> None:
    host = several.exports["dns.default/web.dns/host"]
    urls = {name: several.exports[f"route.default/web.{name}/url"] for name in ("front", "back", "admin", "other")}
    assert urls == {
        "front": f"https://{host}/",
        "back": f"https://{host}/api",
        "admin": f"https://{host}/admin",
        "other": "https://shop.example.com/",
    }
    assert several.exports["url"] in urls.values()


def test_tls_is_the_gateways_for_all_names_below_its_domain(several: Made) -> None:
    gateway = foundation().recorded.one("v1:Gateway").inputs
    https = next(one for one in gateway["spec"]["listeners"] if one["name"] == "https")
    host = several.exports["dns.default/web.dns/host"]
    assert https["hostname"] == f"*.{host.partition('.')[2]}"
    assert https["tls"]["certificateRefs"] == [{"kind": "Secret", "name": "wildcard-tls"}]
    place = {"name": gateway["metadata"]["name"], "namespace": gateway["metadata"]["namespace"]}
    for each in several.recorded.all(":HTTPRoute"):
        (parent,) = each.inputs["spec"]["parentRefs"]
        assert {key: parent[key] for key in place} == place
    # Plain HTTP takes routes from the gateway's own namespace alone: its redirect.
    plain = next(one for one in gateway["spec"]["listeners"] if one["name"] == "http")
    assert plain["allowedRoutes"] == {"namespaces": {"from": "Same"}}


def test_the_gateway_reaches_where_containers_listen_for_its_routes(several: Made) -> None:
    policies = [each.inputs for each in several.recorded.all(":NetworkPolicy")]
    gateway, web = Pod("platform-gateway"), Pod("shop-main-abc123", {"app.kubernetes.io/name": "web"})
    assert [port for port in (80, 8080, 8000, 8001, 9000) if allowed(policies, gateway, web, "TCP", port)] == [
        8080,
        8001,
        9000,
    ]


def by_ingress(folder: Path) -> Path:
    """The checkout's definitions, with an ingress controller in the place of the gateway for workloads and routes."""
    shutil.copytree(CHECKOUT / "definitions", folder / "definitions")
    application = folder / "definitions" / "application.yaml"
    documents = application.read_text().split("\n---\n")
    for index, text in enumerate(documents):
        if "\ntype: route\n" in text or "\ntype: workload\n" in text:
            documents[index] = text.replace("gateway: ${uses.gateway}\n", INGRESS).replace(
                "  gateway: {type: gateway, id: main}\n", ""
            )
    application.write_text("\n---\n".join(documents))
    return folder


def test_a_definition_may_choose_an_ingress_controller(tmp_path: Path) -> None:
    made = deployed(by_ingress(tmp_path), front=route("/", "http"), back=route("/api", "api"))
    host = made.exports["dns.default/web.dns/host"]
    assert not made.recorded.all(":HTTPRoute")
    found = {}
    for each in made.recorded.all(":Ingress"):
        assert each.inputs["spec"]["ingressClassName"] == "nginx"
        assert each.inputs["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/proxy-body-size": "8m"}
        (rule,) = each.inputs["spec"]["rules"]
        (path,) = rule["http"]["paths"]
        found[path["path"]] = (rule["host"], path["backend"]["service"]["port"]["number"])
    assert found == {"/": (host, 80), "/api": (host, 8000)}
    assert made.exports["route.default/web.back/url"] == f"https://{host}/api"

    policies = [each.inputs for each in made.recorded.all(":NetworkPolicy")]
    web = Pod("shop-main-abc123", {"app.kubernetes.io/name": "web"})
    assert allowed(policies, Pod("ingress-nginx"), web, "TCP", 8001)
    assert not allowed(policies, Pod("platform-gateway"), web, "TCP", 8001)


def test_a_host_without_a_route_is_served_by_the_ingress_controller_too(tmp_path: Path) -> None:
    made = deployed(by_ingress(tmp_path))
    (rule,) = made.recorded.one(":Ingress").inputs["spec"]["rules"]
    assert rule["host"] == made.exports["dns.default/web.dns/host"]


@pytest.mark.parametrize("given", ["", "  ingress: {class_name: a, namespace: b}\n  gateway: ${uses.gateway}\n"])
def test_neither_way_or_both_is_told_when_definitions_are_loaded(tmp_path: Path, given: str) -> None:
    shutil.copytree(CHECKOUT / "definitions", tmp_path / "definitions")
    file = tmp_path / "definitions" / "application.yaml"
    file.write_text(file.read_text().replace("  gateway: ${uses.gateway}\n", given))
    with pytest.raises(CatalogError) as caught:
        catalog_of(tmp_path)
    assert "route: inputs: driver kubernetes/route needs one of gateway and ingress" in str(caught.value)
    assert "workload-deployment: inputs: driver kubernetes/workload needs one of" in str(caught.value)
