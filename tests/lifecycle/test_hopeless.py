"""What only a person can help is not waited for until the deadline; whatever time may heal is."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_components.cli.live import Silent
from platform_components.lifecycle import hopeless as module
from platform_components.lifecycle import locks
from platform_components.lifecycle.deployment import steps
from platform_components.lifecycle.hopeless import given_up, hopeless
from platform_components.lifecycle.progress import Progress
from platform_components.lifecycle.snapshot import Snapshot
from platform_components.lifecycle.wanted import Prepared, Wanted, prepare
from platform_components.naming import ResourceIdentity, logical
from tests.lifecycle.backend import Backend, Stored
from tests.lifecycle.conftest import MakeBackend
from tests.lifecycle.namespaces import cluster
from tests.lifecycle.objects import Manifest, container, deployment, job, pod, replica_set

NOW = datetime(2026, 3, 1, 10, 5, 0, tzinfo=UTC)
RUN = timedelta(minutes=4)
"""How long ago the run began."""


def ended(code: int, *, restarts: int) -> Manifest:
    return container(
        restarts=restarts,
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s restarting failed container"}},
        lastState={"terminated": {"reason": "Error" if code else "Completed", "exitCode": code}},
    )


def waits(reason: str, message: str) -> Manifest:
    return container(state={"waiting": {"reason": reason, "message": message}})


def namespace(*statuses: Manifest, age: timedelta, restart: str = "Always") -> dict[str, list[Manifest]]:
    """A Deployment of one pod with these containers."""
    one = pod(*statuses)
    one["metadata"]["creationTimestamp"] = f"{NOW - age:%Y-%m-%dT%H:%M:%SZ}"
    one["spec"]["restartPolicy"] = restart
    return {"deployments": [deployment()], "replicasets": [replica_set()], "pods": [one]}


def found(*statuses: Manifest, age: timedelta = timedelta(minutes=3)) -> list[str]:
    return list(hopeless(Snapshot(namespace(*statuses, age=age), NOW), RUN))


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (ended(0, restarts=2), "container web ended with exit code 0, 3 times"),
        (ended(3, restarts=5), "container web ended with exit code 3, 6 times"),
        (
            waits("ErrImagePull", 'failed to resolve reference "registry.example/web:1": not found'),
            "container web can't be started (ErrImagePull)",
        ),
        (
            waits("CreateContainerConfigError", 'secret "missing" not found'),
            "container web can't be started (CreateContainerConfigError)",
        ),
    ],
)
def test_what_no_time_heals_is_found(status: Manifest, why: str) -> None:
    assert found(status) == [f"Deployment web: {why}"]


@pytest.mark.parametrize(
    "status",
    [
        ended(0, restarts=1),
        ended(3, restarts=4),
        container(restarts=9, state={"running": {}}),  # it may become ready this time
        container(ready=True, restarts=9, state={"running": {}}),
        waits("ErrImagePull", "failed to authorize: 403 Forbidden"),  # a role that was just given
        waits("ContainerCreating", ""),
    ],
)
def test_what_time_may_heal_is_waited_for(status: Manifest) -> None:
    assert found(status) == []


def test_an_image_or_a_secret_may_come_a_little_late() -> None:
    missing = waits("CreateContainerConfigError", 'secret "missing" not found')

    assert found(missing, age=timedelta(seconds=50)) == []


def test_pods_from_before_the_run_say_nothing_about_it() -> None:
    assert found(ended(0, restarts=30), age=timedelta(minutes=5)) == []


def test_jobs_count_their_own_tries() -> None:
    objects = namespace(ended(3, restarts=5), age=timedelta(minutes=1), restart="OnFailure")

    assert list(hopeless(Snapshot({"jobs": [job()], "pods": objects["pods"]}, NOW), RUN)) == []


@pytest.fixture
def prepared(platform: Path) -> Prepared:
    wanted = Wanted(app="shop", branch="feature/login", scores=(platform / "examples/web",))
    return prepare(platform, wanted, {}, stack=wanted.stack())


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(module, "_EVERY_SECONDS", 0.05)


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    asked = threading.Event()
    monkeypatch.setattr(locks, "interrupt", asked.set)
    return asked


class Run(Progress):
    """A run that has come to the workloads, or has not."""

    def __init__(self, prepared: Prepared, *, creating: bool = False, deploying: bool = True) -> None:
        super().__init__(steps(prepared.matched.plan), Silent())
        self.begin("workload.default#web") if deploying else None
        self.begin("postgres.default#web.db") if creating else None

    def begin(self, identity: str) -> None:
        """As the engine's event does."""
        from pulumi.automation import EngineEvent, OpType
        from pulumi.automation.events import ResourcePreEvent, StepEventMetadata

        urn = f"urn:pulumi:s::p::x$kubernetes:core/v1:Pod::{logical(ResourceIdentity.parse(identity))}"
        metadata = StepEventMetadata(
            op=OpType.CREATE, urn=urn, type="kubernetes:core/v1:Pod", provider="", old=None, new=None
        )
        self(EngineEvent(sequence=0, timestamp=0, resource_pre_event=ResourcePreEvent(metadata=metadata)))


def watched(
    backend: MakeBackend, prepared: Prepared, run: Run, objects: dict[str, list[Manifest]], asked: threading.Event
) -> tuple[bool, list[str]]:
    """Whether a run that waits for such a namespace is asked to stop within a second, and what is said."""
    said: list[str] = []
    with cluster(**objects) as there:
        foundation = Stored(outputs={"k8s-cluster.default/main/kubeconfig": there.kubeconfig})
        engine: Any = backend(foundation_nonproduction=foundation)
        with given_up(engine, prepared.matched.plan, {}, run, said.append):
            return asked.wait(1.5), said


def ending() -> dict[str, list[Manifest]]:
    objects = namespace(ended(0, restarts=2), age=timedelta())
    born = datetime.now(UTC) + timedelta(seconds=2)  # certainly not before the run
    objects["pods"][0]["metadata"]["creationTimestamp"] = f"{born:%Y-%m-%dT%H:%M:%SZ}"
    return objects


@pytest.mark.usefixtures("at_once")
def test_a_run_that_waits_in_vain_is_stopped_and_says_so(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    stopped, said = watched(backend, prepared, Run(prepared), ending(), interrupted)

    assert stopped
    assert len(said) == 1
    assert said[0].startswith("this will not become ready by itself, so it is not waited for: ")
    assert said[0].endswith("Deployment web: container web ended with exit code 0, 3 times")


@pytest.mark.usefixtures("at_once")
def test_a_database_that_is_just_made_is_not_interrupted(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    assert watched(backend, prepared, Run(prepared, creating=True), ending(), interrupted) == (False, [])


@pytest.mark.usefixtures("at_once")
def test_nothing_is_asked_of_a_cluster_before_workloads_are_deployed(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    assert watched(backend, prepared, Run(prepared, deploying=False), ending(), interrupted) == (False, [])


@pytest.mark.usefixtures("at_once")
def test_a_cluster_that_does_not_answer_stops_nothing(
    backend: MakeBackend, prepared: Prepared, interrupted: threading.Event
) -> None:
    said: list[str] = []
    foundation = Stored(outputs={"k8s-cluster.default/main/kubeconfig": "{}"})
    engine: Backend = backend(foundation_nonproduction=foundation)
    with given_up(engine, prepared.matched.plan, {}, Run(prepared), said.append):
        assert not interrupted.wait(1.5)
    assert said == []


@pytest.fixture
def engine_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A process by the engine's name that this one has begun, entered in the record."""
    program = tmp_path / "pulumi"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([str(program), "60"]) as process:
        record = tmp_path / "record"
        record.write_text(f"this machine\n{os.getpid()}\n{process.pid}\n")
        monkeypatch.setenv(locks.RECORD, str(record))
        yield process
        process.kill()


def test_only_the_engine_is_interrupted(engine_process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 5
    while not locks._is_engine(engine_process.pid) and time.monotonic() < until:
        time.sleep(0.01)  # until it is what it becomes

    locks.interrupt()

    assert engine_process.wait(5) == -signal.SIGINT


def test_without_a_record_nothing_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(locks.RECORD, raising=False)
    locks.interrupt()
