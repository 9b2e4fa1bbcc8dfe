"""Ten workloads whose connections are declared: what is allowed is exactly that, in both directions."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

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
                "clients": [client for client, others in EDGES.items() if name in others],
                "client_namespaces": ["gateway"] if name in {"web", "admin"} else [],
                "servers": [{"workload": server, "ports": [PORT]} for server in servers],
                "egress": [{"cidr": "10.100.16.0/24", "ports": [5432]}] if name in DATABASE_CLIENTS else [],
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


def test_a_workload_without_ports_takes_no_connection() -> None:
    worker = settings(workload_name="worker", network={"clients": ["web"]})
    policy = workload_manifests(worker, replicas=1, config_map_name=None, secret_name=None)["network"]
    assert policy["spec"]["ingress"] == []
    assert policy["spec"]["egress"] == []
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
