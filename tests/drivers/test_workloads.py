"""What of a Score file reaches the workload's component, and what is refused."""

from typing import Any

import pulumi
import pytest

from tests.drivers.world import Made, foundation, make

PORTS = {"ports": {"http": {"port": 80, "targetPort": 8080}, "admin": {"port": 9000}}}


def deployed(container: dict[str, Any] | None = None, *, shared: dict[str, Any] | None = None, **score: Any) -> Made:
    document = {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": "web"},
        "containers": {"main": {"image": "nginx", **(container or {})}},
        **score,
    }
    config = {"type": "ephemeral", "app": "shop", "workloads": [document, *([shared] if shared else [])]}
    return make("shop-main-abc123", config, foundation=foundation().exports)


def pod(made: Made) -> dict[str, Any]:
    controller = made.recorded.named("workload-web-a28546-controller")
    found: dict[str, Any] = controller.inputs["spec"]["template"]["spec"]
    return found


def test_every_element_of_a_container_reaches_it() -> None:
    container = {
        "command": ["/app"],
        "args": ["--x"],
        "variables": {"A": "1", "HOST": "${resources.dns.host}"},
        "files": {"/etc/a.conf": {"content": "a", "mode": "0640"}},
        "resources": {"limits": {"memory": "256Mi"}, "requests": {"cpu": "100m"}},
        "livenessProbe": {"exec": {"command": ["/alive"]}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "httpHeaders": [{"name": "X-A", "value": "b"}]}},
    }
    made = deployed(container, resources={"dns": {"type": "dns"}}, service=PORTS)

    main = pod(made)["containers"][0]
    assert (main["command"], main["args"]) == (["/app"], ["--x"])
    host = made.exports["dns.default/web.dns/host"]
    assert {entry["name"]: entry.get("value") for entry in main["env"]} == {"A": "1", "HOST": host}
    assert main["resources"]["limits"]["memory"] == "256Mi"
    assert main["resources"]["requests"]["cpu"] == "100m"
    assert main["livenessProbe"]["exec"]["command"] == ["/alive"]
    probe = main["readinessProbe"]["httpGet"]
    assert (probe["path"], probe["port"]) == ("/ready", 8080)
    assert probe["httpHeaders"] == [{"name": "X-A", "value": "b"}]
    assert "/etc/a.conf" in {mount["mountPath"] for mount in main["volumeMounts"]}


def test_a_workload_is_reached_at_its_host_through_a_tcp_port_alone() -> None:
    ports = {"ports": {"dns": {"port": 53, "protocol": "UDP"}, "zones": {"port": 8053}}}
    made = deployed(resources={"host": {"type": "dns"}}, service=ports)
    only_udp = deployed(
        resources={"host": {"type": "dns"}}, service={"ports": {"dns": {"port": 53, "protocol": "UDP"}}}
    )

    rule = made.recorded.one("HTTPRoute").inputs["spec"]["rules"][0]
    assert rule["backendRefs"][0]["port"] == 8053
    assert only_udp.recorded.all("HTTPRoute") == []


def test_a_secret_reaches_the_container_by_reference_alone() -> None:
    container = {"variables": {"PASSWORD": "${resources.db.password}", "USER": "${resources.db.user}"}}
    made = deployed(container, resources={"db": {"type": "postgres"}})

    entries = {entry["name"]: entry for entry in pod(made)["containers"][0]["env"]}
    assert "value" not in entries["PASSWORD"]
    assert entries["PASSWORD"]["valueFrom"]["secretKeyRef"]["name"]
    assert entries["USER"]["value"] == made.exports["postgres.default/web.db/username"]


def test_every_port_is_open_and_the_web_one_is_where_the_host_leads() -> None:
    made = deployed(resources={"dns": {"type": "dns"}}, service=PORTS)

    ports = made.recorded.one("core/v1:Service").inputs["spec"]["ports"]
    assert {(port["name"], port["port"], port["targetPort"]) for port in ports} == {
        ("http", 80, 8080),
        ("admin", 9000, 9000),
    }
    backend = made.recorded.one(":HTTPRoute").inputs["spec"]["rules"][0]["backendRefs"][0]
    assert (backend["name"], backend["port"]) == ("web", 80)


@pytest.mark.parametrize("port", ["admin", "9000", 9000])
def test_a_route_leads_to_a_port_by_its_name_or_number(port: str | int) -> None:
    route = {"type": "route", "params": {"host": "a.example.com", "path": "/x", "port": port}}
    made = deployed(resources={"dns": {"type": "dns"}, "route": route}, service=PORTS)

    only = made.recorded.one(":HTTPRoute").inputs["spec"]
    assert only["hostnames"] == ["a.example.com"]
    assert only["rules"][0]["backendRefs"][0]["port"] == 9000


def test_a_route_of_nobody_is_refused() -> None:
    route = {"type": "route", "id": "shared", "params": {"host": "a.example.com", "path": "/", "port": 80}}

    with pytest.raises(pulumi.RunError, match="take its `id` out"):
        deployed(resources={"route": route}, service=PORTS)


def test_whose_a_workload_is_stands_on_its_objects() -> None:
    controller = deployed().recorded.named("workload-web-a28546-controller").inputs["metadata"]

    assert controller["labels"]["platform-components/stack"] == "shop-main-abc123"
    assert controller["labels"]["platform-components/app"] == "shop"
