"""The component as the engine sees it: what it registers, what is secret, what waits for what."""

import base64
from typing import Any

import pulumi
import pytest

from platform_components.errors import InputError
from platform_components.kubernetes import Workload
from tests.mocks import Recorded, assert_component_conventions, run

from .factories import container, workload_arguments

PORTS = {"http": {"port": 80, "target_port": 8080}, "udp": {"port": 5353, "protocol": "UDP"}}
GATEWAY = {"name": "main", "namespace": "gateway"}
WORKLOAD = "platform-components:index:Workload"


def made(preview: bool = False, **changes: Any) -> Recorded:
    return run(lambda: _outputs(Workload("web", workload_arguments(**changes))), preview=preview)


def _outputs(workload: Workload) -> pulumi.Output[Any]:
    return pulumi.Output.all(
        name=workload.name,
        kind=workload.kind,
        service=workload.service,
        port=workload.port,
        urls=workload.urls,
        secret_name=workload.secret_name,
    )


def with_variables(**kinds: Any) -> dict[str, Any]:
    return {"containers": {"web": container(**kinds)}}


def test_a_workload_without_ports_has_no_service_and_no_url() -> None:
    recorded = made()
    assert recorded.result == {
        "name": "web",
        "kind": "Deployment",
        "service": None,
        "port": None,
        "urls": [],
        "secret_name": None,
    }
    assert [each.type.rsplit(":", 1)[-1] for each in recorded.registrations] == [
        "Workload",
        "ServiceAccount",
        "Deployment",
    ]


def test_others_reach_it_by_its_service_and_its_routes() -> None:
    routes = [{"host": "shop.example"}, {"host": "api.example", "path": "/v1", "name": "api"}]
    recorded = made(ports=PORTS, gateway=GATEWAY, routes=[{"port": 80, **route} for route in routes])
    assert recorded.result["service"] == "web.shop-login.svc"
    assert recorded.result["port"] == 80
    assert recorded.result["urls"] == ["https://shop.example/", "https://api.example/v1"]
    spec = recorded.one("core/v1:Service").inputs["spec"]
    assert spec == {
        "type": "ClusterIP",
        "selector": {"app.kubernetes.io/name": "web"},
        "ports": [
            {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"},
            {"name": "udp", "port": 5353, "targetPort": 5353, "protocol": "UDP"},
        ],
    }
    first, second = recorded.all(":HTTPRoute")
    assert [first.inputs["metadata"]["name"], second.inputs["metadata"]["name"]] == ["web-1", "web-api"]
    assert second.inputs["spec"]["hostnames"] == ["api.example"]
    assert second.inputs["spec"]["rules"] == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/v1"}}],
            "backendRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1}],
        }
    ]
    assert_component_conventions(recorded)


def test_the_service_may_be_called_otherwise() -> None:
    recorded = made(workload_name="1web", service_name="w-1web", ports=PORTS)
    assert recorded.one("core/v1:Service").inputs["metadata"]["name"] == "w-1web"
    assert recorded.one(":Deployment").inputs["metadata"]["name"] == "1web"


def test_a_secret_variable_is_in_the_secret_and_nowhere_else() -> None:
    recorded = made(
        **with_variables(variables={"HOST": "db"}, secret_variables={"URL": pulumi.Output.secret("postgres://s3cret")})
    )
    secret = recorded.one(":Secret")
    assert secret.inputs["data"] == {"web.URL": base64.b64encode(b"postgres://s3cret").decode()}
    assert secret.secrets == {"data"}
    assert secret.inputs["immutable"] is True
    assert "name" not in secret.inputs["metadata"]
    (deployed,) = recorded.one(":Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert deployed["env"] == [
        {"name": "HOST", "value": "db"},
        {"name": "URL", "valueFrom": {"secretKeyRef": {"name": "web-secret-00000000", "key": "web.URL"}}},
    ]
    assert recorded.one(":Deployment").secrets == frozenset()
    assert recorded.result["secret_name"] == "web-secret-00000000"


def test_a_secret_that_came_as_plain_text_is_secret_from_here_on() -> None:
    recorded = made(**with_variables(secret_variables={"URL": "s3cret"}))
    assert recorded.one(":Secret").secrets == {"data"}
    assert "s3cret" not in str(recorded.one(WORKLOAD).inputs)


def test_files_are_where_they_belong() -> None:
    files = {
        "/etc/plain": {"content": "text"},
        "/etc/binary": {"binary_content": base64.b64encode(b"\xff\x00").decode()},
        "/etc/secret": {"content": pulumi.Output.secret("s3cret"), "secret": True},
        "/etc/key": {"binary_content": base64.b64encode(b"\xfe").decode(), "secret": True},
    }
    recorded = made(**with_variables(files=files))
    config, secret = recorded.one(":ConfigMap").inputs, recorded.one(":Secret").inputs
    assert list(config["data"].values()) == ["text"]
    assert [base64.b64decode(value) for value in config["binaryData"].values()] == [b"\xff\x00"]
    assert sorted(base64.b64decode(value) for value in secret["data"].values()) == [b"s3cret", b"\xfe"]
    assert config["immutable"] is True
    assert "name" not in config["metadata"]


@pytest.mark.parametrize(
    ("kinds", "where"),
    [
        ({"variables": {"URL": pulumi.Output}}, "containers.web.variables.URL"),
        ({"files": {"/etc/x": {"content": pulumi.Output}}}, 'containers.web.files["/etc/x"]'),
    ],
)
@pytest.mark.parametrize("preview", [False, True])
def test_a_secret_never_reaches_a_plain_field(kinds: dict[str, Any], where: str, preview: bool) -> None:
    def with_secret(value: Any) -> Any:
        if value is pulumi.Output:
            return pulumi.Output.secret("s3cret")
        return {key: with_secret(item) for key, item in value.items()} if isinstance(value, dict) else value

    def program() -> None:
        Workload("web", workload_arguments(**with_variables(**with_secret(kinds))))

    with pytest.raises(pulumi.RunError) as error:
        run(program, preview=preview)
    assert str(error.value).startswith(f"{where}: a secret value would be written in the clear")
    assert "s3cret" not in str(error.value)


def test_outputs_that_are_not_secret_are_passed_on() -> None:
    recorded = made(**with_variables(variables={"HOST": pulumi.Output.from_input("$(db)")}))
    (deployed,) = recorded.one(":Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert deployed["env"] == [{"name": "HOST", "value": "$$(db)"}]


def test_pods_find_their_identity_without_a_token() -> None:
    recorded = made(service_account={"name": "shop", "client_id": "guid", "annotations": {"a": "b"}})
    account = recorded.one(":ServiceAccount").inputs
    assert account["metadata"]["name"] == "shop"
    assert account["metadata"]["annotations"] == {"a": "b", "azure.workload.identity/client-id": "guid"}
    assert account["automountServiceAccountToken"] is False
    pod = recorded.one(":Deployment").inputs["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "shop"


def test_the_service_waits_for_the_pods_and_the_route_for_the_service() -> None:
    recorded = made(ports=PORTS, gateway=GATEWAY, routes=[{"host": "shop.example", "port": 80}])
    deployment, service, route = (recorded.one(kind) for kind in (":Deployment", ":Service", ":HTTPRoute"))
    assert deployment.urn in service.depends_on
    assert service.urn in route.depends_on


def test_pods_wait_for_what_lets_them_connect() -> None:
    recorded = made(network={"egress": [{"cidr": "10.0.0.0/8", "ports": [443]}]})
    assert recorded.one(":NetworkPolicy").urn in recorded.one(":Deployment").depends_on


def test_routes_may_be_served_by_an_ingress() -> None:
    recorded = made(ports=PORTS, ingress={"class_name": "nginx"}, routes=[{"host": "shop.example", "port": 80}])
    assert recorded.one(":Ingress").inputs["metadata"]["name"] == "web-1"
    assert recorded.result["urls"] == ["https://shop.example/"]


def test_a_rollout_never_has_fewer_pods_than_asked_for() -> None:
    spec = made(replicas=3.0).one(":Deployment").inputs["spec"]
    assert spec["replicas"] == 3
    assert isinstance(spec["replicas"], int) or float(spec["replicas"]).is_integer()
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_nobody_waits_for_an_answer_where_nothing_runs() -> None:
    def annotations(replicas: int) -> Any:
        return made(ports=PORTS, replicas=replicas).one("core/v1:Service").inputs["metadata"].get("annotations")

    assert annotations(0) == {"pulumi.com/skipAwait": "true"}
    assert annotations(1) is None


def test_what_does_not_become_ready_in_time_has_failed() -> None:
    deployment = made(deadline_seconds=120).one(":Deployment")
    assert deployment.inputs["spec"]["progressDeadlineSeconds"] == 120
    assert deployment.request.customTimeouts.create == "150s"


def test_an_autoscaler_owns_the_number_of_pods() -> None:
    recorded = made(replicas=5, autoscaling={"min_replicas": 2, "max_replicas": 4})
    assert "replicas" not in recorded.one(":Deployment").inputs["spec"]
    spec = recorded.one(":HorizontalPodAutoscaler").inputs["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 4)
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def test_drains_are_slowed_down_and_never_blocked() -> None:
    spec = made(max_unavailable=1).one(":PodDisruptionBudget").inputs["spec"]
    assert spec == {"maxUnavailable": 1, "selector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}


def test_a_stateful_set_has_a_volume_and_a_name_for_each_pod() -> None:
    recorded = made(
        kind="StatefulSet",
        volumes={"data": {"claim": {"accessModes": ["ReadWriteOnce"]}}},
        containers={"web": container(volumes={"/data": {"volume": "data"}})},
    )
    spec = recorded.one(":StatefulSet").inputs["spec"]
    assert spec["serviceName"] == "web-headless"
    assert spec["volumeClaimTemplates"] == [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}]
    headless = recorded.one("core/v1:Service").inputs
    assert (headless["metadata"]["name"], headless["spec"]["clusterIP"]) == ("web-headless", "None")


def test_a_job_ends_and_a_cron_job_runs_one_at_a_time() -> None:
    job = made(kind="Job").one("batch/v1:Job").inputs["spec"]
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    cron = made(kind="CronJob", schedule="*/5 * * * *").one(":CronJob").inputs["spec"]
    assert (cron["schedule"], cron["concurrencyPolicy"]) == ("*/5 * * * *", "Forbid")
    assert cron["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_selectors_hold_only_what_never_changes() -> None:
    spec = made(labels={"platform-components/app": "shop"}).one(":Deployment").inputs["spec"]
    assert spec["selector"] == {"matchLabels": {"app.kubernetes.io/name": "web"}}
    assert spec["template"]["metadata"]["labels"]["platform-components/app"] == "shop"


def test_everything_may_be_an_output() -> None:
    arguments = workload_arguments(
        namespace=pulumi.Output.from_input("shop-login"),
        workload_name=pulumi.Output.from_input("web"),
        replicas=pulumi.Output.from_input(2.0),
        containers={"web": container(image=pulumi.Output.from_input("image"))},
        ports=PORTS,
        gateway={key: pulumi.Output.from_input(value) for key, value in GATEWAY.items()},
        routes=[{"host": pulumi.Output.from_input("shop.example"), "port": 80}],
    )
    recorded = run(lambda: _outputs(Workload("web", arguments)))
    assert recorded.result["urls"] == ["https://shop.example/"]
    assert recorded.one(":HTTPRoute").inputs["metadata"]["name"] == "web-1"
    assert recorded.one(":Deployment").inputs["spec"]["selector"]["matchLabels"] == {"app.kubernetes.io/name": "web"}


def test_a_preview_knows_where_it_will_be_reached() -> None:
    outputs = made(preview=True, ports=PORTS, gateway=GATEWAY, routes=[{"host": "shop.example", "port": 80}])
    registered = outputs.outputs(WORKLOAD)
    assert (registered["service"], registered["urls"]) == ("web.shop-login.svc", ["https://shop.example/"])


def test_a_misspelt_argument_is_told_with_its_place() -> None:
    with pytest.raises(InputError) as error:
        made(replcas=2, containers={"web": {"image": "x", "enviroment": {}}})
    assert str(error.value).splitlines() == [
        "Workload 'web': 2 argument(s) refused",
        "  containers.web.enviroment: there is no such argument",
        "  replcas: there is no such argument; did you mean 'replicas'?",
    ]
