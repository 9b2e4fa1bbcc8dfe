"""Pods, Jobs and volumes of the sandbox's cluster: what becomes ready is awaited, what fails says how."""

import secrets
from base64 import b64encode
from collections.abc import Iterator

import pytest

from sandbox.control_plane.pods import container_log
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest
from tests.conftest import Sandbox
from tests.sandbox.kubernetes.plugin import Plugin, RefusedError, urn_of

pytestmark = pytest.mark.e2e

NAMESPACE = Kind("", "v1", "Namespace")
CLAIM = Kind("", "v1", "PersistentVolumeClaim")


@pytest.fixture(scope="module")
def place(cluster: Resources) -> Iterator[str]:
    """One namespace for all of these tests: each costs seconds to delete."""
    name = f"pods-test-{secrets.token_hex(4)}"
    cluster.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, {})
    yield name
    cluster.delete(NAMESPACE, "", name, propagation="Background")


def claim(place: str, name: str, mode: str, storage_class: str | None = None) -> Manifest:
    spec: Manifest = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}
    if storage_class:
        spec["storageClassName"] = storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": place},
        "spec": spec,
    }


def controller(place: str, kind: str, name: str, image: str, **spec: object) -> Manifest:
    pod: Manifest = {"containers": [{"name": "main", "image": image}]}
    if kind == "Job":
        template: Manifest = {"spec": pod | {"restartPolicy": "Never"}}
        rest: Manifest = {"backoffLimit": 0, "template": template}
    else:
        template = {"metadata": {"labels": {"app": name}}, "spec": pod}
        rest = {"selector": {"matchLabels": {"app": name}}, "template": template}
    version = "batch/v1" if kind == "Job" else "apps/v1"
    metadata = {"name": name, "namespace": place}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": rest | spec}


def test_a_stateful_set_gets_its_pods_and_their_volumes(plugin: Plugin, place: str, cluster: Resources) -> None:
    template = claim(place, "data", "ReadWriteOnce")
    wanted = controller(place, "StatefulSet", "kept", "kept", serviceName="kept", replicas=2)
    wanted["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": template["spec"]}]
    wanted["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]

    made = plugin.create(urn_of("kubernetes:apps/v1:StatefulSet"), wanted)

    assert made.outputs["status"]["readyReplicas"] == 2
    for name in ("data-kept-0", "data-kept-1"):
        assert cluster.get(CLAIM, place, name)["status"]["phase"] == "Bound"


def test_a_job_completes(plugin: Plugin, place: str) -> None:
    made = plugin.create(urn_of("kubernetes:batch/v1:Job"), controller(place, "Job", "once", "once"))

    assert made.outputs["status"]["succeeded"] == 1


def test_a_claim_that_waits_for_its_first_pod_is_not_waited_for(plugin: Plugin, place: str) -> None:
    made = plugin.create(
        urn_of("kubernetes:core/v1:PersistentVolumeClaim"), claim(place, "waits", "ReadWriteOnce"), timeout=10
    )

    assert made.outputs["spec"]["storageClassName"] == "default"


def test_a_claim_of_a_shared_volume_is_bound_at_once_and_frees_it(
    plugin: Plugin, place: str, cluster: Resources
) -> None:
    urn = urn_of("kubernetes:core/v1:PersistentVolumeClaim")
    names = set()
    for number in range(10):  # more than there are volumes
        made = plugin.create(urn, claim(place, f"shared-{number}", "ReadWriteMany", "azurefile-csi"), timeout=20)
        assert made.outputs["status"]["phase"] == "Bound"
        names.add(made.outputs["spec"]["volumeName"])
        plugin.delete(urn, made)
    assert len(names) <= 8


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("fail.example/crash:3", "container 'main' terminated (Error: exit code 3) (restarted 7 times)"),
        ("fail.example/oom", "container 'main' terminated (OOMKilled: exit code 137) (restarted 7 times)"),
        ("fail.example/pull", "container 'main': [ImagePullBackOff] Back-off pulling image"),
        ("fail.example/config", "container 'main': [CreateContainerConfigError] secret \"missing\" not found"),
        ("fail.example/unready", "[Unhealthy] Readiness probe failed: HTTP probe failed with statuscode: 503"),
    ],
)
def test_a_deployment_fails_as_its_image_says(plugin: Plugin, place: str, image: str, said: str) -> None:
    name = image.partition("/")[2].partition(":")[0]
    with pytest.raises(RefusedError) as caught:
        plugin.create(
            urn_of("kubernetes:apps/v1:Deployment"), controller(place, "Deployment", name, image), timeout=1.5
        )

    assert caught.value.unready is not None
    assert any(said in reason for reason in caught.value.unready.reasons), list(caught.value.unready.reasons)


def test_a_failed_job_says_why_with_its_last_lines_but_no_secret(
    plugin: Plugin, place: str, cluster: Resources, sandbox: Sandbox
) -> None:
    password = secrets.token_hex(16)
    url = f"postgresql://shop:{password}@127.0.0.1:5432/shop"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "access", "namespace": place},
        "data": {"URL": b64encode(url.encode()).decode()},
    }
    cluster.create(Kind("", "v1", "Secret"), secret, {})
    log = container_log(sandbox.state)
    log.write_text(
        f"2026-01-01T00:00:00.000000000Z stdout F log-in of shop failed with {password}\n"
        f"2026-01-01T00:00:01.000000000Z stderr F giving up on {url}\n"
    )
    try:
        with pytest.raises(RefusedError) as caught:
            plugin.create(
                urn_of("kubernetes:batch/v1:Job"), controller(place, "Job", "bad", "fail.example/crash:2"), timeout=30
            )
    finally:
        log.write_text("")

    assert caught.value.unready is not None
    reasons = "\n".join(caught.value.unready.reasons)
    assert "[BackoffLimitExceeded] Job has reached the specified backoff limit" in reasons
    assert "exit code 2" in reasons
    assert "main | log-in of shop failed with [secret]" in reasons
    assert "main | giving up on [secret]" in reasons
    assert password not in reasons
