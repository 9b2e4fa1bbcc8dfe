"""A failed deployment says why: the step, the resource, the pods, their last lines, what is done, how to go on."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent
from pulumi.automation.events import DiagnosticEvent

from platform_components.cli.live import Silent
from platform_components.errors import OutsideError
from platform_components.lifecycle import failure
from platform_components.lifecycle.deployment import steps
from platform_components.lifecycle.failure import DeploymentFailedError, explained, in_short, within
from platform_components.lifecycle.progress import Progress
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from platform_components.naming import ResourceIdentity, logical
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend
from tests.lifecycle.namespaces import Cluster, cluster
from tests.lifecycle.objects import container, deployment, pod, replica_set, warning

STARTED = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
PASSWORD = "aB3" + "dE6gH9jK2mN5pQ8sT1vW4xY7zC0fR3u"
WORKLOAD = logical(ResourceIdentity.parse("workload.default#web"))
DATABASE = logical(ResourceIdentity.parse("postgres.default#web.db"))
UNREADY = (
    "4 errors occurred:\n"
    '\t* the Kubernetes API server reported that "shop/web" failed to fully initialize or become live: '
    "Resource 'web' was created but failed to initialize\n"
    "\t* Minimum number of live Pods was not attained\n"
    f"\t* [Pod shop/web-1]: container 'web' says {PASSWORD}\n"
)

MADE = (
    'resource "urn:pulumi:s::p::x$y::web-controller" was successfully created, but the Kubernetes API server reported '
    "that it failed to fully initialize or become live: 'web' timed out waiting to be Ready"
)


@pytest.fixture
def prepared(platform: Path) -> Prepared:
    wanted = Wanted(app="shop", branch="feature/a b", scores=(platform / "examples/web",))
    return prepare(platform, wanted, {}, stack=wanted.stack())


def crashing() -> dict[str, list[dict[str, Any]]]:
    crashed = {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"reason": "Error", "exitCode": 3, "message": f"log-in with {PASSWORD}"}},
    }
    return {
        "deployments": [deployment()],
        "replicasets": [replica_set()],
        "pods": [pod(container(restarts=7, **crashed))],
        "events": [warning("web-1", "BackOff", "Back-off restarting failed container")],
    }


def deployed(backend: MakeBackend, prepared: Prepared, kubeconfig: str) -> Backend:
    """An engine whose stack made a provider for the cluster and a password before it failed."""

    def secret(value: str) -> Mapping[str, str]:
        key, sort = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
        return {key: sort, "plaintext": json.dumps(value)}

    provider = {"type": "pulumi:providers:kubernetes", "urn": "u::p", "inputs": {"kubeconfig": secret(kubeconfig)}}
    password = {"type": "pulumi-python:dynamic:Resource", "urn": "u::q", "outputs": {"password": secret(PASSWORD)}}
    foundation = Stored(outputs={"k8s-cluster.default/main/kubeconfig": "not the provider's"})
    stacks = {prepared.stack: Stored(resources=[provider, password]), "foundation_nonproduction": foundation}
    return backend(**stacks)


def run(prepared: Prepared, *problems: tuple[str, str, str]) -> Progress:
    """A run in which these resources failed: logical name, type, what was said."""
    progress = Progress(steps(prepared.matched.plan), Silent())
    for name, type_, text in problems:
        urn = f"urn:pulumi:s::p::x${type_}::{name}"
        event = DiagnosticEvent(message=text, color="never", severity="error", urn=urn)
        progress(EngineEvent(sequence=0, timestamp=0, diagnostic_event=event))
    return progress


def told(there: Cluster, backend: MakeBackend, prepared: Prepared) -> DeploymentFailedError:
    engine = deployed(backend, prepared, there.kubeconfig)
    progress = run(prepared, (f"{WORKLOAD}-controller", "kubernetes:apps/v1:Deployment", UNREADY))
    error = explained(engine, prepared, progress, OutsideError("the engine stopped"), STARTED)
    assert isinstance(error, DeploymentFailedError)
    return error


def test_all_of_it_is_told_and_no_secret(backend: MakeBackend, prepared: Prepared) -> None:
    with cluster(logs={"web": f"starting\nlog-in with {PASSWORD} failed\n"}, **crashing()) as there:
        error = told(there, backend, prepared)

    lines = str(error).splitlines()
    assert lines[:10] == [
        "step Deploy failed at workload.default#web (by workload-deployment)",
        "  shop/web did not become ready",
        "  Deployment web: 0 of 1 ready, CrashLoopBackOff",
        "    pod web-1",
        "      container web: CrashLoopBackOff: Error (exit code 3): log-in with ******, restarted 7 times",
        "      web | starting",
        "      web | log-in with ****** failed",
        "  warnings of the namespace, the latest last",
        "    10:00:00  pod/web-1  BackOff: Back-off restarting failed container",
        "  done: 0 of 8 resources (none changed)",
    ]
    assert "workload.default#web" in lines[10]
    assert lines[-1] == "  try again, it goes on from there: pave up --app shop --branch 'feature/a b'"
    assert error.exit_code == 4
    assert there.queries[0]["previous"] == "true"
    assert PASSWORD not in str(error) + json.dumps(error.failure.as_json())


def test_machines_get_the_same_as_data(backend: MakeBackend, prepared: Prepared) -> None:
    with cluster(logs={"web": "starting\n"}, **crashing()) as there:
        document = told(there, backend, prepared).failure.as_json()

    assert (document["step"], document["stack"]) == ("deploy", prepared.stack)
    assert document["problems"][0]["resource"] == "workload.default#web"
    assert document["workloads"][0]["pods"][0]["name"] == "web-1"
    assert document["logs"][0]["lines"] == ["starting"]
    assert document["events"][0]["reason"] == "BackOff"
    assert len(document["not_done"]) == 8
    assert document["retry"].startswith("pave up --app shop")


def test_what_the_engine_says_is_kept_when_the_cluster_can_not_be_asked(
    backend: MakeBackend, prepared: Prepared
) -> None:
    with cluster(forbidden=("pods",)) as there:
        error = told(there, backend, prepared)

    assert "Minimum number of live Pods was not attained" in str(error)
    assert "the cluster could not be asked for the reasons: the cluster refused: pods is forbidden" in str(error)
    assert PASSWORD not in str(error)


def test_without_the_right_to_decrypt_no_log_is_shown(
    backend: MakeBackend, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failure, "opened", lambda *_: None)
    with cluster(logs={"web": PASSWORD}, **crashing()) as there:
        engine = deployed(backend, prepared, there.kubeconfig)
        engine.stacks["foundation-nonproduction"].outputs = {"k8s-cluster.default/main/kubeconfig": there.kubeconfig}
        progress = run(prepared, (f"{WORKLOAD}-controller", "kubernetes:apps/v1:Deployment", UNREADY))
        error = explained(engine, prepared, progress, OutsideError("the engine stopped"), STARTED)

    assert "Deployment web: 0 of 1 ready, CrashLoopBackOff" in str(error)
    assert "logs are not shown" in str(error)
    assert PASSWORD not in str(error)


def test_a_failure_outside_the_cluster_asks_no_cluster(backend: MakeBackend, prepared: Prepared) -> None:
    engine = deployed(backend, prepared, "no kubeconfig at all")
    progress = run(prepared, (DATABASE, "pulumi-python:dynamic:Resource", "the server cannot be reached"))

    error = explained(engine, prepared, progress, OutsideError("the engine stopped"), STARTED)

    assert str(error).splitlines()[:2] == [
        "step Create failed at postgres.default#web.db (by postgres-shared)",
        "  the server cannot be reached",
    ]
    assert "cluster" not in error.details[1]


def test_warnings_from_before_the_run_are_not_its_reasons(backend: MakeBackend, prepared: Prepared) -> None:
    objects = crashing()
    objects["events"].append(
        warning("web-0", "Failed", "long ago", f"{STARTED - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")
    )
    with cluster(logs={"web": ""}, **objects) as there:
        assert "long ago" not in str(told(there, backend, prepared))


def test_a_look_that_takes_for_ever_is_given_up() -> None:
    with pytest.raises(OutsideError, match="did not answer"):
        within(0.05, lambda: time.sleep(2))


def test_a_look_that_fails_fails_as_it_did() -> None:
    def look() -> None:
        raise OutsideError("no")

    with pytest.raises(OutsideError, match="no"):
        within(5, look)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (UNREADY, "shop/web did not become ready"),
        (
            MADE,
            "web-controller did not become ready",
        ),
        ("quota exceeded", "quota exceeded"),
    ],
)
def test_what_the_provider_says_of_what_is_not_ready_is_cut_short(text: str, short: str) -> None:
    assert in_short(text) == short
