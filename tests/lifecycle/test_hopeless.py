"""What only a person can help is not waited for until the deadline; whatever time may heal is."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import EngineEvent, OpType
from pulumi.automation.events import ResOpFailedEvent, ResourcePreEvent, StepEventMetadata, StepEventStateMetadata

from platform_components.cli.live import Silent
from platform_components.lifecycle import hopeless as module
from platform_components.lifecycle import locks
from platform_components.lifecycle.deployment import steps
from platform_components.lifecycle.hopeless import STUCK_SECONDS, Controller, Hopeless, given_up
from platform_components.lifecycle.progress import Progress
from platform_components.lifecycle.snapshot import Snapshot
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from platform_components.naming import ResourceIdentity, logical
from tests.lifecycle.backend import Stored
from tests.lifecycle.conftest import MakeBackend
from tests.lifecycle.namespaces import cluster
from tests.lifecycle.objects import Manifest, container, deployment, pod, replica_set, snapshot

NOWHERE = 'failed to resolve reference "registry.example/web:1": not found'
BEGUN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)
NO_SECRET = 'secret "missing" not found'


def ended(code: int, *, restarts: int) -> Manifest:
    return container(
        restarts=restarts,
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}},
        lastState={"terminated": {"reason": "Error" if code else "Completed", "exitCode": code}},
    )


def waits(reason: str, message: str) -> Manifest:
    return container(state={"waiting": {"reason": reason, "message": message}})


def running(*statuses: Manifest, name: str = "web-1", born: datetime = BEGUN) -> Manifest:
    """A pod that has to keep running."""
    one = pod(*statuses, name=name)
    one["spec"]["restartPolicy"] = "Always"
    one["metadata"]["creationTimestamp"] = f"{born:%Y-%m-%dT%H:%M:%SZ}"
    return one


def namespace(*pods: Manifest, ready: int = 0) -> Mapping[str, list[Manifest]]:
    """A Deployment with these pods."""
    replicas = len(pods) + ready
    controllers = [deployment(replicas=replicas, ready=ready)]
    return {"deployments": controllers, "replicasets": [replica_set(ready=ready)], "pods": list(pods)}


WEB = ("Deployment", "web")


def seen(
    objects: Mapping[str, list[Manifest]], *, seconds: float = 0.0, of: Controller = WEB, crashes: bool = True
) -> dict[Controller, str]:
    """What is found of what is like this for so long."""
    looks = Hopeless(BEGUN)
    looks.reasons(Snapshot(objects), {of}, 100.0, crashes=crashes)
    return looks.reasons(Snapshot(objects), {of}, 100.0 + seconds, crashes=crashes)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (ended(0, restarts=2), "has ended 3 times, the last time with exit code 0"),
        (ended(3, restarts=5), "has ended 6 times, the last time with exit code 3"),
        (waits("ErrImagePull", NOWHERE), "can't be started"),
        (waits("CreateContainerConfigError", NO_SECRET), "can't be started"),
    ],
)
def test_what_no_time_heals_is_found(status: Manifest, why: str) -> None:
    found = seen(namespace(running(status)), seconds=STUCK_SECONDS)

    assert found == {WEB: f"Deployment web: container web {why}"}


@pytest.mark.parametrize(
    "status",
    [
        ended(0, restarts=1),
        ended(3, restarts=4),
        container(restarts=9, state={"running": {}}),  # it may become ready this time
        waits("ErrImagePull", "failed to authorize: 403 Forbidden"),  # a role that was just given
        waits("CreateContainerConfigError", "failed to sync secret cache: timed out waiting for the condition"),
        waits("ContainerCreating", ""),
    ],
)
def test_what_time_may_heal_is_waited_for(status: Manifest) -> None:
    assert seen(namespace(running(status)), seconds=500) == {}


def test_an_image_or_a_secret_may_come_a_little_late() -> None:
    looks, missing = Hopeless(BEGUN), namespace(running(waits("CreateContainerConfigError", NO_SECRET)))
    made = namespace(running(waits("ContainerCreating", "")))

    found = [
        looks.reasons(snapshot(**dict(each)), {WEB}, now) for now, each in ((0, missing), (50, made), (70, missing))
    ]

    assert found == [{}, {}, {}]
    assert looks.reasons(snapshot(**dict(missing)), {WEB}, 70 + STUCK_SECONDS)


def test_what_a_probe_may_have_ended_counts_as_a_crash() -> None:
    probed = running(ended(0, restarts=4))
    probed["spec"]["containers"][0]["livenessProbe"] = {"exec": {"command": ["true"]}}

    assert seen(namespace(probed)) == {}


def test_a_container_that_comes_before_may_end_well_and_not_badly() -> None:
    def before(status: Manifest) -> Mapping[str, list[Manifest]]:
        waiting = waits("PodInitializing", "")
        one = running(waiting)
        one["status"]["initContainerStatuses"] = [status | {"name": "seed"}]
        return namespace(one)

    assert seen(before(ended(0, restarts=5))) == {}
    assert "container seed has ended 6 times" in seen(before(ended(1, restarts=5)))[WEB]


def test_one_pod_that_fails_beside_one_that_is_well_is_waited_for() -> None:
    assert seen(namespace(running(ended(1, restarts=9)), ready=1)) == {}


def test_a_pod_that_is_only_starting_is_waited_for_beside_one_that_fails() -> None:
    starting = running(waits("ContainerCreating", ""), name="web-2")

    assert seen(namespace(running(ended(1, restarts=9)), starting)) == {}


def test_only_what_the_engine_waits_for_is_looked_at() -> None:
    assert seen(namespace(running(ended(0, restarts=9))), of=("Deployment", "api")) == {}


def test_a_controller_of_another_kind_is_not_meant() -> None:
    """A workload that becomes a StatefulSet has its Deployment until the end of the run."""
    assert seen(namespace(running(ended(0, restarts=9))), of=("StatefulSet", "web")) == {}


def test_one_of_many_pods_that_is_only_starting_is_waited_for() -> None:
    crashing = [running(ended(1, restarts=9), name=f"web-{number}") for number in range(4)]
    starting = running(waits("ContainerCreating", ""), name="web-5")

    assert seen(namespace(*crashing))
    assert seen(namespace(*crashing, starting)) == {}


def test_a_pod_from_before_the_run_has_to_fail_once_more() -> None:
    """The run may have mended what it failed of."""
    looks, old = Hopeless(BEGUN), BEGUN - timedelta(minutes=9)

    def at(restarts: int) -> dict[Controller, str]:
        objects = namespace(running(ended(3, restarts=restarts), born=old))
        return looks.reasons(Snapshot(objects), {WEB}, 100.0)

    assert at(9) == {}
    assert at(9) == {}
    assert WEB in at(10)


def test_where_rights_were_given_a_program_may_fail_and_what_can_not_run_is_still_found() -> None:
    assert seen(namespace(running(ended(3, restarts=9))), crashes=False) == {}
    assert WEB in seen(namespace(running(ended(0, restarts=9))), crashes=False)


@pytest.fixture
def prepared(platform: Path) -> Prepared:
    wanted = Wanted(app="shop", branch="feature/login", scores=(platform / "examples/web",))
    return prepare(platform, wanted, {}, stack=wanted.stack())


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.05)


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    asked = threading.Event()

    def interrupt(operation: str) -> bool:
        asked.set()
        return operation == "up"

    monkeypatch.setattr(locks, "interrupt", interrupt)
    return asked


DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def metadata(identity: str, type_: str = DEPLOYMENT) -> StepEventMetadata:
    urn = f"urn:pulumi:s::p::x${type_}::{logical(ResourceIdentity.parse(identity))}-controller"
    new = StepEventStateMetadata(type=type_, urn=urn, id="", parent="", provider="", custom=True, inputs={}, outputs={})
    return StepEventMetadata(op=OpType.CREATE, urn=urn, type=type_, provider="", old=None, new=new)


def begun(prepared: Prepared, *resources: tuple[str, str]) -> Progress:
    """A run that is at these resources."""
    progress = Progress(steps(prepared.matched.plan), Silent())
    for identity, type_ in resources:
        event = ResourcePreEvent(metadata=metadata(identity, type_))
        progress(EngineEvent(sequence=0, timestamp=0, resource_pre_event=event))
    return progress


WORKLOAD = ("workload.default#web", DEPLOYMENT)
DATABASE = ("postgres.default#web.db", "pulumi-python:dynamic:Resource")


def watched(
    backend: MakeBackend, prepared: Prepared, run: Progress, asked: threading.Event, **objects: Any
) -> list[str]:
    """Why a run that waits for such a namespace is asked to stop within a few looks."""
    with cluster(**objects) as there:
        foundation = Stored(outputs={"k8s-cluster.default/main/kubeconfig": there.kubeconfig})
        engine: Any = backend(foundation_nonproduction=foundation)
        with given_up(engine, prepared.matched.plan, {}, run) as reasons:
            asked.wait(2.5)
            return reasons


ENDING = namespace(running(ended(0, restarts=2), born=datetime(2999, 1, 1, tzinfo=UTC)))


def test_a_run_that_waits_in_vain_is_stopped_and_says_why(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    reasons = watched(backend, prepared, begun(prepared, WORKLOAD), interrupted, **ENDING)

    assert interrupted.is_set()
    assert reasons == ["Deployment web: container web has ended 3 times, the last time with exit code 0"]


def test_a_database_that_is_just_made_is_not_interrupted(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    run = begun(prepared, WORKLOAD, DATABASE)
    assert watched(backend, prepared, run, interrupted, **ENDING) == []
    assert not interrupted.is_set()

    failed = ResOpFailedEvent(metadata=metadata(*DATABASE), status=0, steps=0)
    run(EngineEvent(sequence=0, timestamp=0, res_op_failed_event=failed))

    assert watched(backend, prepared, run, interrupted, **ENDING)


def test_what_is_removed_is_not_waited_for_to_become_ready(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    run = begun(prepared)
    removed = metadata(*WORKLOAD)
    removed.op = OpType.DELETE
    run(EngineEvent(sequence=0, timestamp=0, resource_pre_event=ResourcePreEvent(metadata=removed)))

    assert watched(backend, prepared, run, interrupted, **ENDING) == []


def test_jobs_count_their_own_tries(backend: MakeBackend, prepared: Prepared, interrupted: threading.Event) -> None:
    run = begun(prepared, WORKLOAD, ("workload.default#web", "kubernetes:batch/v1:Job"))

    assert watched(backend, prepared, run, interrupted, **ENDING) == []


def test_a_run_that_gave_rights_does_not_count_crashes(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    failing = namespace(running(ended(1, restarts=9), born=datetime(2999, 1, 1, tzinfo=UTC)))
    run = begun(prepared, WORKLOAD)
    assert watched(backend, prepared, run, interrupted, **failing)
    interrupted.clear()
    run.made.add("azure-native:authorization:RoleAssignment")

    assert watched(backend, prepared, run, interrupted, **failing) == []


def test_a_cluster_that_does_not_answer_for_a_moment_is_asked_again(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []
    look = module._looked_at
    monkeypatch.setattr(module, "_looked_at", lambda place: looks.append(place) or (look(place) if looks[1:] else None))

    assert watched(backend, prepared, begun(prepared, WORKLOAD), interrupted, **ENDING)
    assert len(looks) == 2


def test_a_cluster_that_does_not_answer_stops_nothing(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    with cluster(**ENDING) as there:
        kubeconfig = there.kubeconfig
    engine: Any = backend(foundation_nonproduction=Stored(outputs={"k8s-cluster.default/main/kubeconfig": kubeconfig}))

    with given_up(engine, prepared.matched.plan, {}, begun(prepared, WORKLOAD)) as reasons:
        assert not interrupted.wait(2)
    assert reasons == []


def test_where_the_engine_can_not_be_stopped_nothing_is_said(
    backend: MakeBackend, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "interrupt", lambda _: False)

    assert watched(backend, prepared, begun(prepared, WORKLOAD), threading.Event(), **ENDING) == []


@pytest.fixture
def engine_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A process by the engine's name that this one has begun, entered in the record."""
    program = tmp_path / "pulumi"
    program.symlink_to("/bin/sh")
    with subprocess.Popen([str(program), "-c", "read line", "up"], stdin=subprocess.PIPE) as process:
        record = tmp_path / "record"
        record.write_text(f"this machine\n{os.getpid()}\n{process.pid}\n")
        monkeypatch.setenv(locks.RECORD, str(record))
        until = time.monotonic() + 5
        while not locks._is_engine(process.pid) and time.monotonic() < until:
            time.sleep(0.01)  # until it is what it becomes
        yield process
        process.kill()


def test_only_the_engine_that_is_at_it_is_interrupted(engine_process: subprocess.Popen[bytes]) -> None:
    assert not locks.interrupt("refresh")
    assert locks.interrupt("up")
    assert engine_process.wait(5) == -signal.SIGINT
    assert not locks.interrupt("up")


def test_without_a_record_nothing_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(locks.RECORD, raising=False)
    assert not locks.interrupt("up")
