"""Who talks to whom, as the plan says it before anything is created."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from platform_components.naming import ResourceIdentity, logical
from platform_components.plan import Plan, PlanError
from platform_components.plan.edges import host_port
from tests.plan.worlds import plan_of

DEFINITIONS = """
id: gateway
type: gateway
driver: any
criteria: [{}]
---
id: workload-with-a-gateway
type: workload
driver: any
criteria: [{env_type: ephemeral}]
uses:
  cluster: {type: k8s-cluster, id: main}
  namespace: {type: k8s-namespace, id: main}
  gateway: {type: gateway, id: main}
---
id: postgres
type: postgres
driver: any
criteria: [{}]
reached_at: [{cidr: 10.1.0.0/24, ports: [5432]}]
---
id: cache
type: redis
driver: any
criteria: [{}]
reached_at: [{pods: own, ports: [6379]}]
---
id: queue
type: amqp
driver: any
criteria: [{}]
uses: {cache: {type: redis, id: shared}}
---
id: bucket
type: s3
driver: any
criteria: [{}]
reached_at: [{pods: own, ports: [7070]}]
reaches:
  - {cidr: [20.0.0.0/8, 10.0.0.0/8], without: 10.1.0.0/16, ports: [443]}
  - {namespace: monitoring, pods: {app: collector}, ports: [4317, 4318/UDP]}
---
id: service
type: service
driver: any
criteria: [{}]
---
id: service-port
type: service-port
driver: any
criteria: [{}]
---
id: dns
type: dns
driver: any
criteria: [{}]
---
id: route
type: route
driver: any
criteria: [{}]
uses: {gateway: {type: gateway, id: main}}
---
id: route-by-ingress
type: route
driver: any
criteria: [{class: ingress}]
inputs: {ingress: {class_name: nginx, namespace: ingress-nginx}}
"""
DNS = ({}, {"namespace": "kube-system", "pods": {"k8s-app": "kube-dns"}}, ["53/TCP", "53/UDP"])
GATEWAY = {"namespace": {"$ref": "gateway.default#main", "output": "namespace"}}
PORTS = "{web: {port: 80, targetPort: 8080}, admin: {port: 9000}, feed: {port: 5000, protocol: UDP}}"


def workload(name: str, ports: str = "", **resources: str) -> str:
    lines = "".join(f"  {key}: {value}\n" for key, value in resources.items())
    return (
        f"apiVersion: score.dev/v1b1\nmetadata: {{name: {name}}}\ncontainers: {{main: {{image: nginx}}}}\n"
        + (f"service: {{ports: {ports}}}\n" if ports else "")
        + (f"resources:\n{lines}" if lines else "")
    )


def planned(folder: Path, *scores: str, definitions: str = DEFINITIONS) -> Plan:
    # What every environment has comes with a workload that uses no gateway; this one is chosen before it.
    return plan_of(folder, *scores, platform=definitions)


def edges(plan: Plan) -> list[tuple[Any, Any, list[str]]]:
    """All but the name servers, without what led to them."""
    found = [(edge["from"], edge["to"], edge["ports"]) for edge in plan.to_document()["edges"]]
    assert DNS in found
    return [edge for edge in found if edge != DNS]


def pods(name: str) -> Mapping[str, Any]:
    return {"pods": name}


def test_a_workload_that_asks_for_nothing_talks_to_name_servers_alone(tmp_path: Path) -> None:
    assert edges(planned(tmp_path, workload("web", PORTS), workload("worker"))) == []


def test_only_who_asks_for_a_database_reaches_it(tmp_path: Path) -> None:
    plan = planned(tmp_path, workload("web", db="{type: postgres}"), workload("worker"))
    assert edges(plan) == [(pods("web"), {"cidr": "10.1.0.0/24"}, ["5432/TCP"])]
    (edge,) = (one for one in plan.edges if one.target.cidr)
    assert edge.by == "postgres.default#web.db"


def test_a_shared_resource_is_reached_by_all_who_name_it_and_by_nobody_else(tmp_path: Path) -> None:
    shared = "{type: redis, id: sessions}"
    plan = planned(tmp_path, workload("web", cache=shared), workload("api", kept=shared), workload("other"))
    cache = pods(logical(ResourceIdentity("redis", "default", "sessions")))
    assert edges(plan) == [(pods("api"), cache, ["6379/TCP"]), (pods("web"), cache, ["6379/TCP"])]


def test_what_says_nothing_is_reached_where_that_is_which_it_uses(tmp_path: Path) -> None:
    cache = pods(logical(ResourceIdentity("redis", "default", "shared")))
    assert edges(planned(tmp_path, workload("web", jobs="{type: amqp}"))) == [(pods("web"), cache, ["6379/TCP"])]


def test_pods_of_a_resource_reach_what_their_definition_says_and_no_more(tmp_path: Path) -> None:
    plan = planned(tmp_path, workload("web", files="{type: s3}"))
    own = logical(ResourceIdentity("s3", "default", "web.files"))
    assert edges(plan) == [
        (pods(own), {"cidr": "10.0.0.0/8", "without": ["10.1.0.0/16"]}, ["443/TCP"]),
        (pods(own), {"cidr": "20.0.0.0/8"}, ["443/TCP"]),
        (pods(own), {"namespace": "monitoring", "pods": {"app": "collector"}}, ["4317/TCP", "4318/UDP"]),
        (pods("web"), pods(own), ["7070/TCP"]),
    ]


def test_a_service_is_all_ports_of_the_workload_where_its_containers_listen(tmp_path: Path) -> None:
    plan = planned(tmp_path, workload("web", api="{type: service}"), workload("api", PORTS))
    assert edges(plan) == [(pods("web"), pods("api"), ["5000/UDP", "8080/TCP", "9000/TCP"])]


@pytest.mark.parametrize(("port", "expected"), [("web", "8080/TCP"), (80, "8080/TCP"), (5000, "5000/UDP")])
def test_a_service_port_is_one_port_by_name_or_number(tmp_path: Path, port: Any, expected: str) -> None:
    wanted = f"{{type: service-port, params: {{workload: api, port: {port}}}}}"
    assert edges(planned(tmp_path, workload("web", any=wanted), workload("api", PORTS))) == [
        (pods("web"), pods("api"), [expected])
    ]


def test_a_number_of_both_protocols_is_both(tmp_path: Path) -> None:
    names = workload("names", "{tcp: {port: 53}, udp: {port: 53, targetPort: 5353, protocol: UDP}}")
    asking = workload("web", dns="{type: service-port, params: {workload: names, port: 53}}")
    assert edges(planned(tmp_path, names, asking)) == [(pods("web"), pods("names"), ["53/TCP", "5353/UDP"])]


def test_a_definition_may_say_which_workload_a_service_is(tmp_path: Path) -> None:
    named = DEFINITIONS.replace("type: service\ndriver: any\n", "type: service\ndriver: any\ninputs: {workload: api}\n")
    plan = planned(tmp_path, workload("web", any="{type: service}"), workload("api", PORTS), definitions=named)
    assert edges(plan) == [(pods("web"), pods("api"), ["5000/UDP", "8080/TCP", "9000/TCP"])]


def test_a_shared_service_is_the_workload_of_its_id(tmp_path: Path) -> None:
    plan = planned(tmp_path, workload("web", any="{type: service, id: api}"), workload("api", PORTS))
    assert edges(plan) == [(pods("web"), pods("api"), ["5000/UDP", "8080/TCP", "9000/TCP"])]


def test_who_is_not_deployed_yet_has_no_edge(tmp_path: Path) -> None:
    later = "{type: service-port, params: {workload: api, port: web}}"
    assert edges(planned(tmp_path, workload("web", api="{type: service}", other=later))) == []


def test_a_route_leads_from_the_gateway_to_its_port_alone(tmp_path: Path) -> None:
    route = "{type: route, params: {host: a.example, path: /, port: %s}}"
    plan = planned(tmp_path, workload("web", PORTS, one=route % "admin", dns="{type: dns}"))
    assert edges(plan) == [(GATEWAY, pods("web"), ["9000/TCP"])]
    both = planned(tmp_path / "both", workload("web", PORTS, one=route % "admin", two=route % "80"))
    assert edges(both) == [(GATEWAY, pods("web"), ["8080/TCP"]), (GATEWAY, pods("web"), ["9000/TCP"])]


def test_an_ingress_controller_comes_from_its_own_namespace(tmp_path: Path) -> None:
    route = "{type: route, class: ingress, params: {host: a.example, path: /, port: web}}"
    assert edges(planned(tmp_path, workload("web", PORTS, one=route))) == [
        ({"namespace": "ingress-nginx"}, pods("web"), ["8080/TCP"])
    ]


def test_a_host_without_a_route_leads_to_the_port_that_is_the_web_by_custom(tmp_path: Path) -> None:
    assert edges(planned(tmp_path, workload("web", PORTS, dns="{type: dns}"))) == [(GATEWAY, pods("web"), ["8080/TCP"])]
    assert host_port(["zebra", "http", "admin"]) == "http"
    assert host_port(["zebra", "admin"]) == "admin"
    assert host_port([]) is None


def test_nothing_but_tcp_comes_in_from_outside(tmp_path: Path) -> None:
    both = "{tcp: {port: 53, targetPort: 5301}, aaa: {port: 53, targetPort: 5302, protocol: UDP}}"
    route = "{type: route, params: {host: a.example, path: /, port: 53}}"
    expected = [(GATEWAY, pods("web"), ["5301/TCP"])]
    assert edges(planned(tmp_path / "route", workload("web", both, one=route))) == expected
    assert edges(planned(tmp_path / "host", workload("web", both, dns="{type: dns}"))) == expected
    only = "{udp: {port: 53, protocol: UDP}}"
    assert edges(planned(tmp_path / "none", workload("web", only, dns="{type: dns}"))) == []


def test_an_entry_that_turns_out_wrong_for_an_environment_is_told_with_its_line(tmp_path: Path) -> None:
    broken = DEFINITIONS.replace("{cidr: 10.1.0.0/24, ports: [5432]}", "{cidr: '${environment.size}', ports: [5432]}")
    with pytest.raises(PlanError) as caught:
        planned(tmp_path, workload("web", db="{type: postgres}"), definitions=broken)
    message = str(caught.value)
    assert "definitions/own.yaml:" in message
    assert "postgres: reached_at[0].cidr: 'small' is no range of addresses" in message
    assert "for postgres.default#web.db, asked for by" in message


def test_the_same_plan_has_the_same_edges_and_keeps_them_through_json(tmp_path: Path) -> None:
    scores = [workload("web", PORTS, db="{type: postgres}", files="{type: s3}"), workload("api", PORTS)]
    one, other = planned(tmp_path / "one", *scores), planned(tmp_path / "two", *reversed(scores))
    assert one.edges == other.edges
    assert Plan.from_json(one.to_json()).edges == one.edges
