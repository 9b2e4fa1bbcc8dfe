"""What the workloads of a namespace do, and why they don't do what they should."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platform_components.lifecycle.reasons import WorkloadState, claims_waiting, pod_reasons, workloads
from platform_components.lifecycle.snapshot import Snapshot, warnings
from tests.lifecycle.objects import Manifest, container, deployment, job, pod, replica_set, snapshot, warning

CRASHED = {
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}},
    "lastState": {"terminated": {"reason": "Error", "exitCode": 3}},
}


def one(found: Snapshot) -> WorkloadState:
    (state,) = workloads(found)
    return state


def of_pod(*pods: Manifest, events: list[Manifest] | None = None, **more: Any) -> WorkloadState:
    return one(
        snapshot(deployments=[deployment(**more)], replicasets=[replica_set()], pods=[*pods], events=events or [])
    )


@pytest.mark.parametrize(
    ("status", "word", "reason"),
    [
        (
            container(restarts=7, **CRASHED),
            "CrashLoopBackOff",
            "container web: CrashLoopBackOff: Error (exit code 3), restarted 7 times",
        ),
        (
            container(
                state={"waiting": {"reason": "CrashLoopBackOff"}},
                lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137}},
            ),
            "CrashLoopBackOff",
            "container web: CrashLoopBackOff: OOMKilled (exit code 137)",
        ),
        (
            container(state={"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "none"'}}),
            "ImagePullBackOff",
            'container web: ImagePullBackOff: Back-off pulling image "none"',
        ),
        (
            container(state={"terminated": {"reason": "Error", "exitCode": 1, "message": "no database"}}),
            "Error",
            "container web: Error (exit code 1): no database",
        ),
        (container(state={"running": {}}), "not ready", "container web: runs, but is not ready"),
        (container(state={"waiting": {"reason": "ContainerCreating"}}), "not ready", "it is starting"),
    ],
)
def test_a_pod_says_how_its_container_fares(status: Manifest, word: str, reason: str) -> None:
    state = of_pod(pod(status))

    assert (state.state, state.well) == (word, False)
    assert [each.reasons for each in state.pods] == [(reason,)]


@pytest.mark.parametrize(
    ("terminated", "advice"),
    [
        ({"reason": "Completed", "exitCode": 0}, "a workload has to keep running: give the container a command"),
        ({"reason": "Error", "exitCode": 1, "message": "mkdir /data: permission denied"}, "nothing runs as root here"),
        ({"reason": "Error", "exitCode": 1, "message": "nginx: this must be run as root"}, "nothing runs as root here"),
        ({"reason": "Error", "exitCode": 1, "message": "open /app/x: read-only file system"}, "write to /tmp, or"),
        ({"reason": "Error", "exitCode": 1, "message": "permission denied for table orders"}, None),
        ({"reason": "Error", "exitCode": 1, "message": "no database"}, None),
    ],
)
def test_a_container_that_ends_comes_with_what_to_do(terminated: Manifest, advice: str | None) -> None:
    crashed = container(
        restarts=3, state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": terminated}
    )

    _, *said = of_pod(pod(crashed)).pods[0].reasons

    assert [advice in line for line in said if advice] == ([True] if advice else [])
    assert len(said) == (1 if advice else 0)


def test_an_image_that_insists_on_root_says_so_before_it_starts() -> None:
    message = "container has runAsNonRoot and image will run as root (pod: web)"
    refused = container(state={"waiting": {"reason": "CreateContainerConfigError", "message": message}})

    assert of_pod(pod(refused)).pods[0].reasons == (
        f"container web: CreateContainerConfigError: {message}",
        "nothing runs as root here: take an image that runs as any user, or ask the platform team for `allow_root`",
    )


def test_a_failing_probe_is_told_by_its_event() -> None:
    events = [
        warning("web-1", "Unhealthy", "connection refused", "2026-03-01T10:00:00Z"),
        warning("web-1", "Unhealthy", "HTTP probe failed with statuscode: 503", "2026-03-01T10:00:09Z"),
        warning("another", "Unhealthy", "of something else", "2026-03-01T10:00:10Z"),
    ]

    state = of_pod(pod(container(state={"running": {}})), events=events)

    assert state.pods[0].reasons[-1] == "Unhealthy: HTTP probe failed with statuscode: 503"


def test_a_pod_that_fits_nowhere_says_so() -> None:
    lost = pod()
    lost["status"] = {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/4 nodes: cpu"}]}

    state = of_pod(lost)

    assert (state.state, state.pods[0].reasons) == ("Unschedulable", ("fits on no node: 0/4 nodes: cpu",))


def test_an_evicted_pod_says_why() -> None:
    evicted = pod(phase="Failed", reason="Evicted", message="The node was low on memory.", containerStatuses=[])

    assert pod_reasons(evicted) == ["Evicted: The node was low on memory."]


def test_pods_that_are_refused_are_a_reason_without_any_pod() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: cpu"}
    found = snapshot(deployments=[deployment()], replicasets=[replica_set(conditions=[refused])])

    assert one(found).reasons == ("pods are refused: exceeded quota: cpu",)


def test_a_version_that_does_not_come_up_is_not_the_one_that_still_serves() -> None:
    found = snapshot(
        deployments=[deployment(ready=2, replicas=2)],
        replicasets=[replica_set(1, ready=2), replica_set(2)],
        pods=[
            pod(container(ready=True, state={"running": {}}), name="old", owner="rs1"),
            pod(container(**CRASHED), name="new"),
        ],
    )

    state = one(found)

    assert (state.ready, state.before, state.wanted, state.well) == (0, 2, 2, False)
    assert [each.name for each in state.pods] == ["new"]


def test_what_is_ready_has_nothing_to_say() -> None:
    found = snapshot(
        deployments=[deployment(ready=1)],
        replicasets=[replica_set(ready=1)],
        pods=[pod(container(ready=True, state={"running": {}}, restarts=2))],
    )

    state = one(found)

    assert (state.well, state.state, state.restarts, state.pods, state.reasons) == (True, "ready", 2, (), ())
    assert state.since == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_what_is_scaled_to_nothing_is_well() -> None:
    assert (one(snapshot(deployments=[deployment(replicas=0)])).state) == "scaled to nothing"


@pytest.mark.parametrize(
    ("state", "reads"),
    [({"running": {}}, ("web", False)), ({"terminated": {"exitCode": 1}}, ("web", False))],
)
def test_the_log_worth_reading_is_that_of_the_run_which_said_something(
    state: Manifest, reads: tuple[str, bool]
) -> None:
    assert of_pod(pod(container(state=state))).pods[0].containers == (reads,)
    assert of_pod(pod(container(**CRASHED))).pods[0].containers == (("web", True),)
    assert of_pod(pod(container(state={"waiting": {"reason": "ImagePullBackOff"}}))).pods[0].containers == ()


def test_a_job_completes_or_says_why_it_failed() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}

    assert one(snapshot(jobs=[job(succeeded=1)])).state == "completed"
    assert one(snapshot(jobs=[job(active=1)])).state == "running"
    bad = one(snapshot(jobs=[job(conditions=(failed,))], pods=[pod(container(**CRASHED))]))
    assert (bad.state, bad.reasons) == ("failed", ("BackoffLimitExceeded: too often",))
    assert bad.pods[0].reasons == ("container web: CrashLoopBackOff: Error (exit code 3)",)


def test_the_jobs_of_a_cron_job_are_its_own() -> None:
    cron: Manifest = {"metadata": {"name": "nightly", "uid": "c"}, "spec": {"schedule": "0 3 * * *"}}

    (state,) = workloads(snapshot(cronjobs=[cron], jobs=[job(owner="c")]))

    assert (state.kind, state.state, state.well) == ("CronJob", "scheduled (0 3 * * *)", True)


def test_a_claim_without_a_volume_says_what_the_cluster_says() -> None:
    claim = {"metadata": {"name": "data", "uid": "data"}, "status": {"phase": "Pending"}}
    bound = {"metadata": {"name": "kept"}, "status": {"phase": "Bound"}}
    event = warning("data", "ProvisioningFailed", 'storageclass "fast" not found')

    waiting = claims_waiting(snapshot(persistentvolumeclaims=[claim, bound], events=[event]))

    assert waiting == ['volume claim data has no volume: ProvisioningFailed: storageclass "fast" not found']


def test_warnings_are_told_once_the_latest_last_and_none_from_before_the_run() -> None:
    found = snapshot(
        events=[
            warning("web-1", "BackOff", "again", "2026-03-01T10:00:05Z", count=4),
            warning("web-1", "Failed", "no image", "2026-03-01T10:00:02Z"),
            warning("web-1", "BackOff", "again", "2026-03-01T10:00:01Z"),
            warning("web-0", "Failed", "yesterday", "2026-02-28T10:00:00Z"),
            {**warning("web-1", "Pulled", "is there", "2026-03-01T10:00:03Z"), "type": "Normal"},
        ]
    )

    told = [str(event) for event in warnings(found, datetime(2026, 3, 1, tzinfo=UTC))]

    assert told == ["10:00:02  pod/web-1  Failed: no image", "10:00:05  pod/web-1  BackOff: again  (5 times)"]


@pytest.mark.parametrize(("policy", "advised"), [("Always", True), ("OnFailure", False)])
def test_between_two_runs_a_container_that_has_to_run_has_ended(policy: str, advised: bool) -> None:
    """A real kubelet says so for a while before it says that it waits; a Job's container may end."""
    ended = {"reason": "Completed", "exitCode": 0}
    one = pod(container(state={"terminated": ended}, restarts=1))
    one["spec"]["restartPolicy"] = policy
    state = of_pod(one)

    said = " ".join(reason for each in state.pods for reason in each.reasons)
    assert ("Completed (exit code 0), restarted 1 times" in said) is advised
    assert ("a workload has to keep running" in said) is advised
