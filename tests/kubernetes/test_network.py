"""Ten workloads whose connections are declared: what is allowed is exactly that, in both directions."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.kubernetes.namespace_manifests import NamespaceSettings, namespace_content
from platform_components.kubernetes.workload_manifests import workload_manifests
from tests.kubernetes.factories import settings

from .networks import Pod, allowed

NAMESPACE = "shop"
PORT = 8080
# Who connects to whom.
EDGES: Mapping[str, tuple[str, ...]] = {
    "web": ("cart", "search", "account"),
    "cart": ("orders", "stock"),
    "search": ("stock",),
    "account": (),
    "orders": ("payments", "stock", "mail"),
    "payments": (),
    "stock": (),
    "mail": (),
    "reports": ("orders",),
    "admin": ("account", "orders", "stock"),
}
DATABASE_CLIENTS = ("cart", "orders", "stock", "account")
GATEWAY = Pod("gateway", {"app": "gateway"})
DATABASE = Pod(address="10.100.16.4")
STRANGER = Pod("other", {"app.kubernetes.io/name": "web"})


def pod(name: str) -> Pod:
    return Pod(NAMESPACE, {"app.kubernetes.io/name": name})


@pytest.fixture(scope="module")
def policies() -> list[Mapping[str, Any]]:
    namespace = NamespaceSettings.model_validate({"namespace_name": NAMESPACE, "same_namespace": False})
    made: list[Mapping[str, Any]] = [
        each for each in namespace_content(namespace, NAMESPACE).values() if each["kind"] == "NetworkPolicy"
    ]
    for name, servers in EDGES.items():
        workload = settings(
            namespace=NAMESPACE,
            workload_name=name,
            ports={"http": {"port": 80, "target_port": PORT}},
            network={
                "ingress": [
                    *({"workload": client, "ports": [PORT]} for client, others in EDGES.items() if name in others),
                    *({"namespace": each, "ports": [PORT]} for each in ["gateway"] if name in {"web", "admin"}),
                ],
                "egress": [
                    *({"workload": server, "ports": [PORT]} for server in servers),
                    *({"cidr": "10.100.16.0/24", "ports": [5432]} for _ in range(name in DATABASE_CLIENTS)),
                ],
            },
        )
        made.append(workload_manifests(workload, replicas=1, config_map_name=None, secret_name=None)["network"])
    return made


@pytest.mark.parametrize(("client", "server"), [pair for pair in product(EDGES, EDGES) if pair[0] != pair[1]])
def test_allowed_is_what_is_declared(policies: list[Mapping[str, Any]], client: str, server: str) -> None:
    assert allowed(policies, pod(client), pod(server), "TCP", PORT) is (server in EDGES[client])
    assert not allowed(policies, pod(client), pod(server), "TCP", 22)


@pytest.mark.parametrize("name", EDGES)
def test_outside_is_reached_and_reaches_only_as_declared(policies: list[Mapping[str, Any]], name: str) -> None:
    assert allowed(policies, pod(name), DATABASE, "TCP", 5432) is (name in DATABASE_CLIENTS)
    assert allowed(policies, GATEWAY, pod(name), "TCP", PORT) is (name in {"web", "admin"})
    assert not allowed(policies, STRANGER, pod(name), "TCP", PORT)
    assert not allowed(policies, pod(name), Pod(address="93.184.216.34"), "TCP", 443)


def policy(**network: Any) -> Mapping[str, Any]:
    workload = settings(namespace=NAMESPACE, network=network)
    return workload_manifests(workload, replicas=1, config_map_name=None, secret_name=None)["network"]


def test_a_workload_without_edges_connects_to_nothing_and_nobody_to_it() -> None:
    spec = policy()["spec"]
    assert (spec["ingress"], spec["egress"]) == ([], [])
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_ports_of_udp_labels_elsewhere_and_ranges_with_holes_are_edges_too() -> None:
    rules = [
        policy(
            egress=[
                {"namespace": "data", "pods": {"app": "redis"}, "ports": [6379, "53/UDP"]},
                {"cidr": "0.0.0.0/0", "without": ["10.0.0.0/8"], "ports": [443]},
            ]
        )
    ]
    redis, other, inside = Pod("data", {"app": "redis"}), Pod("data", {"app": "other"}), Pod(address="10.1.1.1")
    web = pod("web")
    assert allowed(rules, web, redis, "TCP", 6379)
    assert allowed(rules, web, redis, "UDP", 53)
    assert not allowed(rules, web, redis, "TCP", 53)
    assert not allowed(rules, web, other, "TCP", 6379)
    assert not allowed(rules, web, Pod(NAMESPACE, {"app": "redis"}), "TCP", 6379)
    assert allowed(rules, web, Pod(address="93.184.216.34"), "TCP", 443)
    assert not allowed(rules, web, inside, "TCP", 443)


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        ({"ports": [1]}, "one of cidr, workload, and pods or namespace"),
        ({"cidr": "10.0.0.0/8", "workload": "web", "ports": [1]}, "one of cidr, workload, and pods or namespace"),
        ({"cidr": "10.0.0.0/8", "ports": []}, "ports"),
        ({"cidr": "10.0.0.0/8", "ports": ["http"]}, "ports"),
        ({"cidr": "10.0.0.300/8", "ports": [1]}, "cidr"),
        ({"workload": "web", "without": ["10.0.0.0/8"], "ports": [1]}, "without"),
        ({"cidr": "10.0.0.0/8", "without": ["10.0.0.0/8"], "ports": [1]}, "no part of 10.0.0.0/8"),
    ],
)
def test_a_connection_that_says_too_little_or_too_much_is_refused(connection: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        policy(egress=[connection])
