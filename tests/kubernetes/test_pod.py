"""What becomes of a workload's containers in the pod template."""

from typing import Any

import pytest

from platform_components.errors import InputError
from platform_components.kubernetes.pod import pod_template

from .factories import container, settings


def template(**changes: Any) -> dict[str, Any]:
    made = pod_template(
        settings(**changes),
        labels={"app.kubernetes.io/name": "web"},
        service_account="web",
        config_map_name="web-config-map-1a2b",
        secret_name="web-secret-1a2b",
    )
    return dict(made)


def spec(**changes: Any) -> dict[str, Any]:
    return dict(template(**changes)["spec"])


def only(**changes: Any) -> dict[str, Any]:
    (one,) = spec(containers={"web": container(**changes)})["containers"]
    return dict(one)


def test_a_pod_is_what_restricted_demands() -> None:
    pod = spec()
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False


def test_each_container_can_write_below_tmp_and_does_not_see_the_others() -> None:
    pod = spec(containers={"a": container(), "b": container()})
    assert pod["volumes"] == [{"name": "workload-scratch", "emptyDir": {"sizeLimit": "256Mi"}}]
    assert [one["volumeMounts"] for one in pod["containers"]] == [
        [{"name": "workload-scratch", "mountPath": "/tmp", "subPath": name}] for name in ("a", "b")
    ]


def test_an_image_that_insists_on_root_needs_the_declared_way_out() -> None:
    assert spec(security={"allow_root": True})["securityContext"] == {
        "runAsNonRoot": False,
        "fsGroup": 65532,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    with pytest.raises(InputError, match="user 0 is root: give another number, or set allow_root"):
        settings(security={"user": 0})


def test_command_and_arguments_are_taken_literally() -> None:
    made = only(command=["sh", "-c"], args=["echo $$ $(date) $HOME"])
    assert (made["command"], made["args"]) == (["sh", "-c"], ["echo $$$$ $$(date) $HOME"])
    assert "command" not in only()


def test_exec_is_preferred_and_timings_are_passed_on() -> None:
    made = only(
        liveness={"command": ["check"], "http_get": {"port": 8080, "path": "/"}, "period_seconds": 5},
        readiness={
            "http_get": {
                "port": 8080,
                "path": "/ready",
                "scheme": "HTTPS",
                "headers": [{"name": "X-Probe", "value": "yes"}],
            },
            "initial_delay_seconds": 1,
            "timeout_seconds": 2,
            "failure_threshold": 3,
            "success_threshold": 4,
        },
    )
    assert made["livenessProbe"] == {"exec": {"command": ["check"]}, "periodSeconds": 5}
    assert made["readinessProbe"] == {
        "httpGet": {
            "path": "/ready",
            "port": 8080,
            "scheme": "HTTPS",
            "httpHeaders": [{"name": "X-Probe", "value": "yes"}],
        },
        "initialDelaySeconds": 1,
        "timeoutSeconds": 2,
        "failureThreshold": 3,
        "successThreshold": 4,
    }


def test_a_probe_asks_the_pod_itself_whatever_host_it_names() -> None:
    def asked(**changes: Any) -> Any:
        return only(liveness={"http_get": {"port": 80, "path": "/", **changes}})["livenessProbe"]["httpGet"]

    host = {"name": "Host", "value": "shop.example"}
    assert asked(host="shop.example") == {"path": "/", "port": 80, "httpHeaders": [host]}
    assert asked(host="other.example", headers=[host])["httpHeaders"] == [host]


def test_files_are_mounted_one_by_one_with_their_modes() -> None:
    pod = spec(
        containers={
            "web": container(
                files={
                    "/etc/app/app.conf": {"content": "a", "mode": "0600"},
                    "/etc/app/logo.png": {"binary_content": "iVBORw=="},
                    "/etc/app/token": {"content": "s3cret", "secret": True},
                }
            )
        }
    )
    plain, secret, _ = pod["volumes"]
    assert plain["configMap"]["name"] == "web-config-map-1a2b"
    assert secret["secret"]["secretName"] == "web-secret-1a2b"
    assert [item["mode"] for item in plain["configMap"]["items"]] == [0o600, 0o644]
    assert [item["mode"] for item in secret["secret"]["items"]] == [0o440]
    mounts = {mount["mountPath"]: mount for mount in pod["containers"][0]["volumeMounts"]}
    conf = plain["configMap"]["items"][0]
    assert conf["key"] == conf["path"]
    assert mounts["/etc/app/app.conf"] == {
        "name": "workload-files",
        "mountPath": "/etc/app/app.conf",
        "subPath": conf["key"],
        "readOnly": True,
    }
    assert "/etc/app" not in mounts


def test_the_same_path_in_two_containers_may_hold_different_files() -> None:
    files = {name: container(files={"/etc/app.conf": {"content": name}}) for name in ("a", "b")}
    first, second = (one["volumeMounts"][0] for one in spec(containers=files)["containers"])
    assert first["mountPath"] == second["mountPath"]
    assert first["subPath"] != second["subPath"]


def test_containers_that_name_one_volume_share_it() -> None:
    pod = spec(
        volumes={"data": {"source": {"emptyDir": {}}}},
        containers={
            "a": container(volumes={"/data": {"volume": "data"}}),
            "b": container(volumes={"/in": {"volume": "data", "path": "sub", "read_only": True}}),
        },
    )
    assert {"name": "data", "emptyDir": {}} in pod["volumes"]
    first, second = (one["volumeMounts"][0] for one in pod["containers"])
    assert first == {"name": "data", "mountPath": "/data"}
    assert second == {"name": "data", "mountPath": "/in", "subPath": "sub", "readOnly": True}


def test_a_volume_at_tmp_takes_the_place_of_the_scratch_space() -> None:
    pod = spec(
        volumes={"big": {"source": {"emptyDir": {}}}},
        containers={"web": container(volumes={"/tmp": {"volume": "big"}})},
    )
    assert pod["containers"][0]["volumeMounts"] == [{"name": "big", "mountPath": "/tmp"}]


def test_one_that_completes_first_is_an_init_container() -> None:
    pod = spec(containers={"migrate": container(before={"web": "complete"}), "web": container()})
    (first,) = pod["initContainers"]
    assert (first["name"], first.get("restartPolicy")) == ("migrate", None)
    assert [one["name"] for one in pod["containers"]] == ["web"]


def test_one_that_runs_beside_is_a_native_sidecar() -> None:
    ready = {"http_get": {"port": 1, "path": "/"}, "success_threshold": 2}
    pod = spec(
        containers={
            "log": container(before={"web": "started"}),
            "proxy": container(before={"web": "healthy"}, readiness=ready),
            "web": container(),
        }
    )
    log, proxy = pod["initContainers"]
    assert log["restartPolicy"] == proxy["restartPolicy"] == "Always"
    assert "startupProbe" not in log
    # Kubernetes wants 1 there.
    assert proxy["startupProbe"] == {"httpGet": {"path": "/", "port": 1}, "successThreshold": 1}
    assert proxy["readinessProbe"]["successThreshold"] == 2


def test_pods_spread_over_zones_and_nodes_where_possible() -> None:
    constraints = spec()["topologySpreadConstraints"]
    assert {each["topologyKey"] for each in constraints} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
    assert {each["whenUnsatisfiable"] for each in constraints} == {"ScheduleAnyway"}
    assert "topologySpreadConstraints" not in spec(spread=False)


def test_a_pod_goes_on_answering_until_nobody_asks_it_any_more() -> None:
    ports = {"http": {"port": 80}}
    answering = spec(ports=ports, pre_stop_seconds=5, termination_grace_seconds=60)
    assert answering["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert answering["terminationGracePeriodSeconds"] == 60
    assert "lifecycle" not in spec(pre_stop_seconds=5)["containers"][0]


def test_the_pod_of_a_workload_identity_is_marked_for_the_webhook() -> None:
    key = "azure.workload.identity/use"
    assert template(service_account={"client_id": "guid"})["metadata"]["labels"][key] == "true"
    assert key not in template()["metadata"]["labels"]


def test_credentials_for_registries_are_passed_on() -> None:
    assert spec(image_pull_secrets=["registry"])["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"containers": {}}, "containers: Dictionary should have at least 1 item"),
        ({"containers": {"web": container(files={"etc/x": {"content": ""}})}}, "'etc/x' is no path in a container"),
        ({"containers": {"web": container(files={"/a/../x": {"content": ""}})}}, "without ':' and '..'"),
        ({"containers": {"web": container(files={"/x": {}})}}, "give exactly one of content and binary_content"),
        ({"containers": {"web": container(files={"/x": {"binary_content": "!"}})}}, "not base64"),
        ({"containers": {"web": container(files={"/x": {"content": "", "mode": "0888"}})}}, "mode"),
        ({"containers": {"web": container(variables={"A=B": ""})}}, "printable ASCII without '='"),
        (
            {"containers": {"web": container(variables={"A": ""}, secret_variables={"A": ""})}},
            "variables, secret_variables and stored_variables hold A twice",
        ),
        ({"containers": {"web": container(volumes={"/d": {"volume": "data"}})}}, "the workload has no volume 'data'"),
        (
            {"containers": {"web": container(requests={"memory": "2Gi"}, limits={"memory": "1Gi"})}},
            "requests.memory (2Gi) is more than limits.memory (1Gi)",
        ),
        ({"containers": {"web": container(requests={"gpu": "1"})}}, "requests.gpu"),
        ({"containers": {"web": container(readiness={})}}, "give command or http_get"),
        ({"containers": {"web": container(before={"x": "started"})}}, "there is no container 'x'"),
        ({"volumes": {"workload-files": {"source": {"emptyDir": {}}}}}, "begin with 'workload-' are the platform's"),
        ({"volumes": {"data": {"claim": {}}}}, "a Deployment needs a source"),
        ({"kind": "DaemonSet"}, "kind: Input should be 'Deployment', 'StatefulSet', 'Job' or 'CronJob'"),
        ({"kind": "CronJob"}, "a CronJob needs a schedule"),
        ({"schedule": "* * * * *"}, "a CronJob needs a schedule, and nothing else has one"),
        ({"kind": "Job", "max_unavailable": 1}, "a Job has neither autoscaling nor max_unavailable"),
        ({"kind": "StatefulSet", "workload_name": "w" * 53}, "has a name of 52 characters at most"),
        ({"workload_name": "1web", "ports": {"http": {"port": 80}}}, "service_name: '1web' cannot name a Service"),
        ({"workload_name": "Web"}, "workload_name"),
        ({"routes": [{"host": "a.example", "port": 80}]}, "routes need either a gateway or an ingress"),
        (
            {
                "routes": [{"host": "a.example", "port": 81}],
                "ports": {"http": {"port": 80}},
                "gateway": {"name": "g", "namespace": "g"},
            },
            "routes[0].port: the workload has no TCP port 81; it has [80]",
        ),
        (
            {
                "routes": [{"host": "a.example", "port": 53}],
                "ports": {"dns": {"port": 53, "protocol": "UDP"}},
                "gateway": {"name": "g", "namespace": "g"},
            },
            "routes[0].port: the workload has no TCP port 53; it has none",
        ),
        (
            {
                "routes": [{"host": "a.example", "port": 80, "name": "2"}, {"host": "b.example", "port": 80}],
                "ports": {"http": {"port": 80}},
                "gateway": {"name": "g", "namespace": "g"},
            },
            "routes: names come twice among 2, 2",
        ),
        ({"workload_name": "default"}, "every namespace has a ServiceAccount 'default' already"),
        ({"ports": {"a": {"port": 80}, "b": {"port": 80}}}, "ports: 80/TCP is opened 2 times"),
        (
            {"containers": {"web": container(files={"/a": {"content": "x" * 2**20}, "/b": {"content": "y"}})}},
            "1048577 bytes; the largest is containers.web.files./a: put it into the image or into a volume",
        ),
        ({"labels": {"branch": "feature/login"}}, "labels.branch"),
        ({"autoscaling": {"min_replicas": 3, "max_replicas": 2}}, "min_replicas (3) is more than max_replicas (2)"),
    ],
)
def test_what_the_api_server_would_refuse_is_refused_at_once(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        settings(**changes)
    assert message in str(error.value)
