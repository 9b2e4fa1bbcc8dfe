"""Ten workloads, deployed by the real program: what network policies admit is what the Score files declare, no more.

Decided by an evaluator over the objects that were made, for each pair of pods and for addresses outside, both ways.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_components.catalog import Catalog
from platform_components.drivers.network import connections
from platform_components.drivers.request import Request
from platform_components.environment import environment_from_config
from platform_components.injection import edges_of
from platform_components.kubernetes.namespace_manifests import NamespaceSettings, namespace_content
from platform_components.kubernetes.network_policies import Network, pod_policy
from platform_components.naming import ResourceIdentity, logical
from platform_components.plan import make_plan
from platform_components.repository import catalog_of
from platform_components.score import parse
from tests.drivers.world import CHECKOUT, Made, foundation, make
from tests.kubernetes.networks import Pod, allowed

# Who names whom, and how: by `service` all ports, by `service-port` one, by its name or number.
EDGES: Mapping[str, Mapping[str, str | int]] = {
    "web": {"cart": "*", "search": "http", "account": 80},
    "cart": {"orders": "http", "stock": "feed"},
    "search": {"stock": 80},
    "account": {},
    "orders": {"payments": "http", "stock": "*", "mail": "admin"},
    "payments": {},
    "stock": {},
    "mail": {},
    "reports": {"orders": "*", "reports": "http"},
    "admin": {"account": "admin", "orders": "admin", "stock": "admin"},
}
PORTS = {
    "http": {"port": 80, "targetPort": 8080},
    "admin": {"port": 9000},
    "feed": {"port": 5000, "targetPort": 5001, "protocol": "UDP"},
}
LISTENING = {"http": ("TCP", 8080), "admin": ("TCP", 9000), "feed": ("UDP", 5001)}
DATABASES = {"cart", "orders", "stock", "account"}
CACHED = {"web", "search"}
STORING = {"reports"}
ABROAD = {"payments", "mail"}
ROUTED = {"web": "http"}
HOSTS = {"admin"}

DEFINITIONS = """
id: service-of-the-test
type: service
driver: static
criteria: [{app_id: shop, env_type: ephemeral}]
inputs: {name: anything}
---
id: service-port-of-the-test
type: service-port
driver: static
criteria: [{app_id: shop, env_type: ephemeral}]
inputs: {hostname: anything, port: 80}
---
id: redis-of-the-test
type: redis
driver: tests.drivers.in_cluster:cache
criteria: [{app_id: shop, env_type: ephemeral}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
  values: {type: environment}
inputs: {namespace: "${uses.namespace}", password: "${uses.values.PASSWORD}"}
reached_at: [{pods: own, ports: [6379]}]
"""


def document(name: str, edges: Mapping[str, str | int] | None = None, **more: Any) -> dict[str, Any]:
    resources: dict[str, Any] = dict(more)
    for server, port in (edges or {}).items():
        if port == "*":
            resources[server] = {"type": "service"}
        else:
            resources[f"{server}-port"] = {"type": "service-port", "params": {"workload": server, "port": port}}
    return {
        "apiVersion": "score.dev/v1b1",
        "metadata": {"name": name},
        "containers": {"main": {"image": "nginx"}},
        "service": {"ports": PORTS},
        "resources": resources,
    }


def workloads() -> list[dict[str, Any]]:
    documents = []
    for name, edges in EDGES.items():
        more: dict[str, Any] = {}
        more |= {"db": {"type": "postgres"}} if name in DATABASES else {}
        more |= {"cache": {"type": "redis", "id": "shared"}} if name in CACHED else {}
        more |= {"files": {"type": "s3"}} if name in STORING else {}
        more |= {"abroad": {"type": "internet"}} if name in ABROAD else {}
        more |= {"dns": {"type": "dns"}} if name in {*ROUTED, *HOSTS} else {}
        if name in ROUTED:
            params = {"host": "${resources.dns.host}", "path": "/", "port": ROUTED[name]}
            more["route"] = {"type": "route", "params": params}
        documents.append(document(name, edges, **more))
    return documents


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    platform = tmp_path_factory.mktemp("platform")
    shutil.copytree(CHECKOUT / "definitions", platform / "definitions")
    (platform / "definitions" / "test.yaml").write_text(DEFINITIONS)
    config = {"type": "ephemeral", "app": "shop", "workloads": workloads(), "values": {"PASSWORD": "s3cret"}}
    return make("shop-main-abc123", config, foundation=foundation().exports, platform=platform)


@pytest.fixture(scope="module")
def policies(made: Made) -> list[Mapping[str, Any]]:
    return [each.inputs for each in made.recorded.all(":NetworkPolicy")]


@pytest.fixture(scope="module")
def pods(made: Made) -> Mapping[str, Pod]:
    """A pod of each controller, by the controller's name on the cluster."""
    found = {}
    for each in made.recorded.all(":Deployment"):
        place, template = each.inputs["metadata"], each.inputs["spec"]["template"]
        found[place["name"]] = Pod(place["namespace"], template["metadata"]["labels"])
    return found


CACHE = logical(ResourceIdentity("redis", "default", "shared"))
STORAGE = logical(ResourceIdentity("s3", "default", "reports.files"))
GATEWAY = Pod("platform-gateway", {"any": "thing"})
STRANGER = Pod("shop-other", {"app.kubernetes.io/name": "web"})
NAMES = Pod("kube-system", {"k8s-app": "kube-dns"})
DATABASE = Pod(address="10.100.16.4")
ELSEWHERE_IN_THE_NETWORK = Pod(address="10.100.0.4")
BLOBS = Pod(address="20.60.1.1")
SIGN_IN = Pod(address="20.190.160.1")
ABROAD_SERVER = Pod(address="93.184.216.34")
METADATA = Pod(address="169.254.169.254")


def test_every_pod_of_the_environment_is_looked_at(pods: Mapping[str, Pod]) -> None:
    assert pods.keys() == {*EDGES, CACHE, STORAGE}


def test_for_every_pair_of_workloads_allowed_is_declared(
    policies: list[Mapping[str, Any]], pods: Mapping[str, Pod]
) -> None:
    for client, server in product(EDGES, EDGES):
        wanted = EDGES[client].get(server)
        for name, (protocol, port) in LISTENING.items():
            declared = wanted in ("*", name, PORTS[name]["port"])
            found = allowed(policies, pods[client], pods[server], protocol, port)
            assert found is declared, f"{client} to {server} on {name}"
            # What a Service listens on is nothing to a policy, which looks at pods.
        assert not allowed(policies, pods[client], pods[server], "TCP", 80), f"{client} to {server}"
        assert not allowed(policies, pods[client], pods[server], "TCP", 22), f"{client} to {server}"


def test_what_makes_its_own_pods_is_reached_by_who_asks_for_it(
    policies: list[Mapping[str, Any]], pods: Mapping[str, Pod]
) -> None:
    for name in EDGES:
        assert allowed(policies, pods[name], pods[CACHE], "TCP", 6379) is (name in CACHED), name
        assert allowed(policies, pods[name], pods[STORAGE], "TCP", 7070) is (name in STORING), name
        for own in (CACHE, STORAGE):
            assert not allowed(policies, pods[own], pods[name], "TCP", 8080), name
            assert not allowed(policies, pods[name], pods[own], "TCP", 22), name
    assert not allowed(policies, pods[CACHE], pods[STORAGE], "TCP", 7070)


def test_addresses_outside_are_reached_by_who_asks_for_what_is_there(
    policies: list[Mapping[str, Any]], pods: Mapping[str, Pod]
) -> None:
    for name, pod in pods.items():
        assert allowed(policies, pod, DATABASE, "TCP", 5432) is (name in DATABASES), name
        assert not allowed(policies, pod, DATABASE, "TCP", 443), name
        assert not allowed(policies, pod, ELSEWHERE_IN_THE_NETWORK, "TCP", 5432), name
        assert allowed(policies, pod, ABROAD_SERVER, "TCP", 443) is (name in {*ABROAD, STORAGE}), name
        assert allowed(policies, pod, BLOBS, "TCP", 443) is (name in {*ABROAD, STORAGE}), name
        assert allowed(policies, pod, SIGN_IN, "TCP", 443) is (name in {*ABROAD, STORAGE}), name
        assert not allowed(policies, pod, ABROAD_SERVER, "TCP", 80), name
        assert not allowed(policies, pod, METADATA, "TCP", 80), name
        assert allowed(policies, pod, NAMES, "UDP", 53), name


def test_from_outside_only_routes_lead_in_and_nobody_else(
    policies: list[Mapping[str, Any]], pods: Mapping[str, Pod]
) -> None:
    for name, pod in pods.items():
        assert allowed(policies, GATEWAY, pod, "TCP", 8080) is (name in {*ROUTED, *HOSTS}), name
        assert not allowed(policies, GATEWAY, pod, "TCP", 9000), name
        for outsider in (STRANGER, NAMES, ABROAD_SERVER, DATABASE):
            assert not allowed(policies, outsider, pod, "TCP", 8080), name


NAMES_OF_SOME = ("one", "two", "three", "four", "five")
edge_sets = st.dictionaries(
    st.tuples(st.sampled_from(NAMES_OF_SOME), st.sampled_from(NAMES_OF_SOME)),
    st.sampled_from(["*", "http", "admin", "feed", 80, 9000, 5000]),
    max_size=12,
)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    platform = tmp_path_factory.mktemp("known")
    shutil.copytree(CHECKOUT / "definitions", platform / "definitions")
    (platform / "definitions" / "test.yaml").write_text(DEFINITIONS)
    return catalog_of(platform)


@given(edge_sets)
@settings(max_examples=60, deadline=None)
def test_any_set_of_edges_is_what_is_allowed(known: Catalog, declared: Mapping[tuple[str, str], str | int]) -> None:
    scores = [
        document(name, {server: port for (client, server), port in declared.items() if client == name})
        for name in NAMES_OF_SOME
    ]
    config = {"type": "ephemeral", "app": "shop"}
    environment = environment_from_config(config, stack="shop-main-abc123", types=known.environment_types)
    plan = make_plan(environment, [parse(one, file="score.yaml", contracts=known.types) for one in scores], known)
    found = list(namespace_content(NamespaceSettings(namespace_name="shop", same_namespace=False), "shop").values())
    policies = [one for one in found if one["kind"] == "NetworkPolicy"]
    for name in NAMES_OF_SOME:
        resource = plan.resource(f"workload.default#{name}")
        request = Request(resource, name, {}, (), (), environment, plan)
        request = replace(request, edges=edges_of(resource, plan, {}))
        spec = pod_policy(name, Network.model_validate(connections(request)))
        policies.append({"metadata": {"namespace": "shop"}, "spec": spec})

    for client, server in product(NAMES_OF_SOME, NAMES_OF_SOME):
        source, target = (Pod("shop", {"app.kubernetes.io/name": name}) for name in (client, server))
        for name, (protocol, port) in LISTENING.items():
            expected = declared.get((client, server)) in ("*", name, PORTS[name]["port"])
            assert allowed(policies, source, target, protocol, port) is expected
