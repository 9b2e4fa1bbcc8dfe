"""What a Score file says by annotations, and what is refused of it, with its place, before anything is created."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from platform_components.catalog import Catalog
from platform_components.errors import InputError
from platform_components.repository import catalog_of
from tests.drivers.offline import objects_of, plan_of, source_at
from tests.drivers.world import CHECKOUT

PORTS = "service: {ports: {http: {port: 80, targetPort: 8080}, dns: {port: 53, protocol: UDP}}}"
PROBES = """    livenessProbe: {httpGet: {path: /alive, port: 8080}}
    readinessProbe: {exec: {command: [ready]}}
"""


def score(*annotations: str, name: str = "web", container: str = "", more: str = "") -> str:
    lines = [f"    {annotation}" for annotation in annotations]
    return "\n".join(
        [
            "apiVersion: score.dev/v1b1",
            "metadata:",
            f"  name: {name}",
            *(["  annotations:", *lines] if lines else []),
            "containers:",
            "  main:",
            "    image: nginx",
            container + more,
        ]
    )


def kind(*annotations: str, **config: Any) -> str:
    found: str = objects_of(score(*annotations), **config).controller["kind"]
    return found


@pytest.mark.parametrize("prefix", ["platform-components", "k8s.score.dev"])
@pytest.mark.parametrize("wanted", ["Deployment", "StatefulSet", "Job"])
def test_a_score_file_says_what_it_runs_as(prefix: str, wanted: str) -> None:
    assert kind(f"{prefix}/kind: {wanted}") == wanted


def test_a_workload_is_a_deployment_unless_it_says_otherwise() -> None:
    assert kind() == "Deployment"


def test_a_stateful_set_needs_no_volume() -> None:
    made = objects_of(score("platform-components/kind: StatefulSet", more=PORTS))

    assert "volumeClaimTemplates" not in made.controller["spec"]
    assert made.controller["spec"]["serviceName"] == "web-headless"
    assert made.manifests["headless"]["spec"]["clusterIP"] == "None"
    assert made.manifests["service"]["metadata"]["name"] == "web"


def test_a_cron_job_runs_when_it_says() -> None:
    made = objects_of(score("platform-components/kind: CronJob", "platform-components/schedule: '*/5 * * * *'"))

    assert made.controller["spec"]["schedule"] == "*/5 * * * *"
    assert made.pod["restartPolicy"] == "Never"


def test_a_job_has_no_service_and_a_deadline_of_its_own() -> None:
    made = objects_of(score("platform-components/kind: Job"), settings={"workload": {"deadline_seconds": 900}})

    assert set(made.manifests) == {"account", "network", "controller"}
    assert made.controller["spec"]["activeDeadlineSeconds"] == 900
    assert made.controller["spec"]["backoffLimit"] == 3


def test_the_service_is_called_as_the_file_says_and_routes_lead_there() -> None:
    route = "resources: {way: {type: route, params: {host: a.example.com, path: /, port: http}}}"
    text = score("k8s.score.dev/service-name: shop", more=f"{PORTS}\n{route}")

    assert objects_of(text).manifests["service"]["metadata"]["name"] == "shop"
    assert plan_of(text).resource("workload.default#web").names["service"] == "shop"


def test_probes_are_timed_by_annotations_those_of_a_container_before_those_of_all() -> None:
    made = objects_of(
        score(
            "platform-components/liveness-probe: 'periodSeconds: 20, failureThreshold: 5'",
            "platform-components/readiness-probe: '{initialDelaySeconds: 3, successThreshold: 2}'",
            "platform-components/readiness-probe.main: initialDelaySeconds=1",
            "platform-components/startup-probe: 'periodSeconds: 2, failureThreshold: 60'",
            container=PROBES,
        )
    ).container()

    asked = {"httpGet": {"path": "/alive", "port": 8080, "scheme": "HTTP"}}
    assert made["livenessProbe"] == {**asked, "periodSeconds": 20, "failureThreshold": 5}
    assert made["readinessProbe"] == {
        "exec": {"command": ["ready"]},
        "initialDelaySeconds": 1,
        "successThreshold": 2,
    }
    assert made["startupProbe"] == {**asked, "periodSeconds": 2, "failureThreshold": 60}


def test_a_start_up_probe_asks_as_the_readiness_probe_where_there_is_no_other() -> None:
    readiness = PROBES.splitlines(keepends=True)[1]
    made = objects_of(score("platform-components/startup-probe: 'periodSeconds: 2'", container=readiness)).container()

    assert made["startupProbe"] == {"exec": {"command": ["ready"]}, "periodSeconds": 2}
    assert "startupProbe" not in objects_of(score(container=PROBES)).container()


def test_other_annotations_reach_the_pods_and_the_platforms_do_not() -> None:
    made = objects_of(score("example.com/team: shop", "prometheus.io/scrape: 'true'", "platform-components/kind: Job"))

    annotations = {"example.com/team": "shop", "prometheus.io/scrape": "true", "platform-components/branch": "main"}
    assert made.template["metadata"]["annotations"] == annotations
    assert made.controller["metadata"]["annotations"] == annotations


REFUSED: list[tuple[tuple[str, ...], str, str]] = [
    (("platform-components/kind: DaemonSet",), "5:31: ", "no workload can be a 'DaemonSet'"),
    (("k8s.score.dev/kind: deployment",), "5:25: ", "did you mean `Deployment`?"),
    (("platform-components/kid: Job",), "5:30: ", "the platform knows no such annotation"),
    (("k8s.score.dev/schedule: '@daily'",), "5:29: ", "behind k8s.score.dev/: kind, service-name"),
    (("platform-components/kind: Job", "k8s.score.dev/kind: CronJob"), "", "says otherwise"),
    (("platform-components/kind: CronJob",), "5:31: ", "a CronJob needs a schedule"),
    (("platform-components/schedule: '@daily'",), "5:35: ", "a Deployment has no schedule"),
    (("platform-components/kind: CronJob", "platform-components/schedule: daily"), "6:35: ", "'daily' is no schedule"),
    (("platform-components/service-name: 1web",), "5:39: ", "'1web' can't be a Service's name"),
    (("platform-components/readiness-probe: fast",), "5:42: ", "'fast' is no timing of a probe"),
    (("platform-components/readiness-probe: 'period: 5'",), "5:42: ", "did you mean `periodSeconds`?"),
    (("platform-components/readiness-probe: ''",), "5:42: ", "says no timing"),
    (("platform-components/readiness-probe: 'periodSeconds: 0'",), "5:42: ", "periodSeconds must be 1 or more"),
    (("platform-components/liveness-probe: 'successThreshold: 2'",), "5:41: ", "only a readiness probe"),
    (("platform-components/readiness-probe.mian: 'periodSeconds: 5'",), "5:47: ", "there is no container 'mian'"),
]


def refused(folder: Path, text: str, *others: str, catalog: Catalog | None = None, **config: Any) -> str:
    source = source_at(folder, text)
    with pytest.raises(InputError) as error:
        plan_of(source, *others, catalog=catalog, **config)
    return str(error.value)


@pytest.mark.parametrize(("annotations", "place", "words"), REFUSED)
def test_a_wrong_annotation_is_told_with_its_place(
    tmp_path: Path, annotations: tuple[str, ...], place: str, words: str
) -> None:
    told = refused(tmp_path, score(*annotations, container=PROBES))

    assert f"{tmp_path}/score.yaml:{place}" in told
    assert words in told


def test_timings_need_a_probe_that_asks(tmp_path: Path) -> None:
    annotation = "platform-components/startup-probe.main: 'periodSeconds: 5'"

    told = refused(tmp_path, score(annotation))

    assert "the container 'main' has no livenessProbe or readinessProbe to ask with" in told


@pytest.mark.parametrize("wanted", ["Job", "CronJob"])
def test_what_runs_once_opens_no_port_and_is_not_scaled(tmp_path: Path, wanted: str) -> None:
    annotations = [f"platform-components/kind: {wanted}"]
    annotations += ["platform-components/schedule: '@daily'"] if wanted == "CronJob" else []
    scaling = "resources: {scaling: {type: horizontal-pod-autoscaler}}"

    told = refused(tmp_path, score(*annotations, more=f"{PORTS}\n{scaling}"))

    assert f"service: a {wanted} runs to its end and answers nobody, so it has no Service" in told
    assert f"resources.scaling.type: a {wanted} is not scaled" in told


@pytest.mark.parametrize(
    ("order", "probes", "what"),
    [
        ("healthy", "", "before: 'healthy' needs a probe in 'main' that tells"),
        ("complete", PROBES, "before: a container that completes has no liveness probe"),
    ],
)
def test_an_order_that_no_pod_can_keep_is_told_before_anything_is_made(
    tmp_path: Path, order: str, probes: str, what: str
) -> None:
    container = f"    before: {{other: {{ready: {order}}}}}\n{probes}  other: {{image: nginx}}"

    assert f"containers.main.{what}" in refused(tmp_path, score(container=container))


def test_a_name_that_kubernetes_would_make_too_long_is_told(tmp_path: Path) -> None:
    text = score("platform-components/kind: StatefulSet", name="w" * 53)

    assert "metadata.name: a StatefulSet has a name of 52 characters at most, this one has 53" in refused(
        tmp_path, text
    )


def test_two_workloads_are_not_reached_by_one_name(tmp_path: Path) -> None:
    mine = score("platform-components/service-name: api", more=PORTS)

    told = refused(tmp_path, mine, score(name="api", more=PORTS))

    assert "the Service 'api' is the workload api's already" in told


def test_one_number_is_one_port(tmp_path: Path) -> None:
    told = refused(tmp_path, score(more="service: {ports: {http: {port: 80}, web: {port: 80}}}"))

    assert "service.ports.web.port: 80/TCP is the port 'http' already" in told


def limited(folder: Path, **inputs: Any) -> Catalog:
    """A platform whose workloads are not the developer's to shape."""
    platform = folder / "platform"
    shutil.copytree(CHECKOUT / "definitions", platform / "definitions")
    file = platform / "definitions" / "application.yaml"
    lines = "".join(f"  {name}: {value}\n" for name, value in inputs.items())
    key = "  replicas: ${environment.workload.replicas}\n"
    file.write_text(file.read_text().replace(key, f"{key}{lines}"))
    return catalog_of(platform)


def test_a_definition_may_say_which_kinds_there_are(tmp_path: Path) -> None:
    platform = limited(tmp_path, kinds="[Deployment, StatefulSet]")

    told = refused(tmp_path, score("platform-components/kind: Job"), catalog=platform)

    assert "score.yaml:5:31: " in told
    assert "a Job is not allowed here\n  allowed: Deployment, StatefulSet" in told
    assert objects_of(score("platform-components/kind: StatefulSet"), catalog=platform)


def test_a_definition_may_say_the_kind_itself(tmp_path: Path) -> None:
    platform = limited(tmp_path, kind="CronJob", schedule='"@hourly"')

    assert objects_of(score(), catalog=platform).controller["spec"]["schedule"] == "@hourly"
    told = refused(tmp_path, score("platform-components/kind: Job"), catalog=platform)
    assert "workloads are a CronJob here, not a Job" in told


def test_a_definition_may_keep_annotations_for_itself(tmp_path: Path) -> None:
    platform = limited(tmp_path, annotations="[kind]")

    told = refused(tmp_path, score("platform-components/service-name: shop", more=PORTS), catalog=platform)

    assert "the platform team sets this itself here\n  allowed: kind" in told


def test_root_is_a_definitions_to_allow_and_never_a_score_files(tmp_path: Path) -> None:
    told = refused(tmp_path, score("platform-components/allow-root: 'true'"))
    assert "the platform knows no such annotation" in told

    made = objects_of(score(), catalog=limited(tmp_path, allow_root="true"))
    assert made.pod["securityContext"]["runAsNonRoot"] is False
    assert objects_of(score()).pod["securityContext"]["runAsNonRoot"] is True
