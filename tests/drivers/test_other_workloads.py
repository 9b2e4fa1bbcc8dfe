"""Reaching other workloads by `service` and `service-port`, and scaling: what is given, and what is refused offline."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.repository import catalog_of
from tests.drivers.offline import objects_of, plan_of, source_at
from tests.drivers.world import CHECKOUT

BACKEND = """apiVersion: score.dev/v1b1
metadata: {name: backend}
service: {ports: {web: {port: 80, targetPort: 8080}, metrics: {port: 9090}}}
containers: {main: {image: nginx}}
"""
WORKER = """apiVersion: score.dev/v1b1
metadata: {name: worker}
containers: {main: {image: nginx}}
"""


def web(resource: str, **variables: str) -> str:
    lines = "".join(f'      {name}: "{text}"\n' for name, text in variables.items())
    body = f"    variables:\n{lines}" if lines else ""
    return f"""apiVersion: score.dev/v1b1
metadata: {{name: web}}
containers:
  main:
    image: nginx
{body}resources:
  {resource}
"""


def given(resource: str, *others: str, **variables: str) -> dict[str, str]:
    return objects_of(web(resource, **variables), *(others or (BACKEND,))).environment()


def test_a_service_is_the_name_of_the_workload_that_the_resource_is_called_like() -> None:
    assert given("backend: {type: service}", URL="http://${resources.backend.name}") == {"URL": "http://backend"}
    assert given("api: {type: service, id: backend}", URL="${resources.api.name}") == {"URL": "backend"}


def test_a_service_that_is_called_otherwise_is_found() -> None:
    other = BACKEND.replace("{name: backend}", "{name: backend, annotations: {k8s.score.dev/service-name: api}}")

    assert given("backend: {type: service}", other, HOST="${resources.backend.name}") == {"HOST": "api"}
    port = "backend: {type: service-port, params: {workload: backend, port: web}}"
    assert given(port, other, HOST="${resources.backend.hostname}") == {"HOST": "api"}


@pytest.mark.parametrize("port", ["web", "80", '"80"'])
def test_a_service_port_is_where_others_connect_and_not_where_the_container_listens(port: str) -> None:
    resource = f"backend: {{type: service-port, params: {{workload: backend, port: {port}}}}}"

    assert given(resource, URL="${resources.backend.hostname}:${resources.backend.port}") == {"URL": "backend:80"}


def test_workloads_may_reach_each_other() -> None:
    port = "{type: service-port, params: {workload: %s, port: web}}"
    first = (
        web(f"other: {port % 'backend'}", URL="${resources.other.hostname}") + "service: {ports: {web: {port: 1}}}\n"
    )
    second = first.replace("name: web}", "name: backend}").replace("workload: backend", "workload: web")

    assert objects_of(first, second).environment() == {"URL": "backend"}


def refused(folder: Path, text: str, *others: str) -> str:
    source = source_at(folder, text)
    with pytest.raises(InputError) as error:
        plan_of(source, *others)
    return str(error.value)


@pytest.mark.parametrize(
    ("resource", "place", "words"),
    [
        ("backnd: {type: service}", "7:11: resources.backnd: ", "no workload 'backnd'\n  did you mean `backend`?"),
        ("worker: {type: service}", "7:11: resources.worker: ", "'worker' opens no port, so it has no Service"),
        (
            "be: {type: service-port, params: {workload: other, port: web}}",
            "7:47: resources.be.params.workload: ",
            "this environment has no workload 'other'",
        ),
        (
            "be: {type: service-port, params: {workload: backend, port: 8080}}",
            "7:62: resources.be.params.port: ",
            "the workload 'backend' has no port '8080'\n  its ports: web (80), metrics (9090)",
        ),
    ],
)
def test_a_workload_or_port_that_is_not_there_is_told_with_its_place(
    tmp_path: Path, resource: str, place: str, words: str
) -> None:
    told = refused(tmp_path, web(resource), BACKEND, WORKER)

    assert f"{tmp_path}/score.yaml:{place}" in told
    assert words in told


def test_a_route_to_a_port_that_is_not_there_or_speaks_udp_is_told_with_its_place(tmp_path: Path) -> None:
    route = "way: {type: route, params: {host: a.example.com, path: /, port: %s}}"
    ports = "service: {ports: {http: {port: 80}, dns: {port: 53, protocol: UDP}}}\n"

    told = refused(tmp_path, web(route % "https") + ports)
    assert "score.yaml:7:67: resources.way.params.port: the workload 'web' has no port 'https'" in told
    assert "the port 'dns' is a UDP port; a route leads to a TCP port" in refused(tmp_path, web(route % "dns") + ports)


def scaled(params: str = "", **config: Any) -> Any:
    return objects_of(web(f"scaling: {{type: horizontal-pod-autoscaler{params}}}"), **config)


def test_an_autoscaler_owns_the_number_of_pods() -> None:
    made = scaled(", params: {minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 60}")

    assert "replicas" not in made.controller["spec"]
    spec = made.manifests["autoscaler"]["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 5)
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 60
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def test_an_autoscaler_has_the_defaults_of_its_contract() -> None:
    spec = scaled().manifests["autoscaler"]["spec"]

    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 3)


def test_an_environment_type_may_scale_what_asks_for_nothing() -> None:
    settings = {"workload": {"autoscaling": {"min_replicas": 3, "max_replicas": 6}}}

    assert objects_of(WORKER, name="worker", settings=settings).manifests["autoscaler"]["spec"]["minReplicas"] == 3
    assert scaled(settings=settings).manifests["autoscaler"]["spec"]["minReplicas"] == 2
    assert "autoscaler" not in objects_of(WORKER, name="worker").manifests


def test_an_autoscaler_that_something_else_makes_still_owns_the_number_of_pods(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "definitions", tmp_path / "definitions")
    file = tmp_path / "definitions" / "application.yaml"
    file.write_text(file.read_text().replace("driver: kubernetes/autoscaler", "driver: static"))

    made = scaled(catalog=catalog_of(tmp_path))

    assert "replicas" not in made.controller["spec"]
    assert "autoscaler" not in made.manifests


def test_numbers_of_pods_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    told = refused(tmp_path, web("sc: {type: horizontal-pod-autoscaler, params: {minReplicas: 5, maxReplicas: 2}}"))

    assert "resources.sc: the least pods (5) are more than the most (2)" in told


def test_one_workload_has_one_autoscaler(tmp_path: Path) -> None:
    two = web("aa: {type: horizontal-pod-autoscaler}\n  bb: {type: horizontal-pod-autoscaler}")

    assert "the workload has more than one autoscaler" in refused(tmp_path, two)
