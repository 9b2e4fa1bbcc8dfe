import pytest

from sandbox.kubernetes.reasons import pod_problems
from sandbox.kubernetes.values import Manifest


def pod(*conditions: Manifest, **status: object) -> Manifest:
    return {"metadata": {"namespace": "n", "name": "web-1"}, "status": {"conditions": list(conditions), **status}}


def container(**status: object) -> Manifest:
    return pod(containerStatuses=[{"name": "web", "ready": False, **status}])


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "none"'}}},
            "container 'web': [ImagePullBackOff] Back-off pulling image \"none\"",
        ),
        (
            {"state": {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "access" not found'}}},
            "container 'web': [CreateContainerConfigError] secret \"access\" not found",
        ),
        (
            {"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}, "restartCount": 2},
            "container 'web' terminated (OOMKilled: exit code 137) (restarted 2 times)",
        ),
        (
            {"state": {"terminated": {"reason": "Error", "exitCode": 1, "message": "no database"}}},
            "container 'web' terminated (Error: exit code 1): no database",
        ),
    ],
)
def test_a_container_s_state_is_the_reason(state: Manifest, problem: str) -> None:
    assert pod_problems(container(**state)) == [f"[Pod n/web-1]: {problem}"]


def test_a_container_that_crashes_again_and_again_says_how_it_ended() -> None:
    status = {
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
        "lastState": {"terminated": {"reason": "Error", "exitCode": 3}},
    }
    crashed, ended = pod_problems(container(**status))
    assert crashed.endswith("[CrashLoopBackOff] back-off 10s")
    assert ended.endswith("terminated (Error: exit code 3)")


def test_a_container_that_is_only_starting_is_no_reason() -> None:
    assert pod_problems(container(state={"waiting": {"reason": "ContainerCreating"}})) == []


def test_a_pod_that_fits_nowhere_says_so() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/4 nodes are available"}
    assert pod_problems(pod(condition)) == ["[Pod n/web-1]: 0/4 nodes are available"]


def test_a_pod_that_is_not_ready_says_which_containers_are_not() -> None:
    condition = {"type": "Ready", "status": "False", "message": "containers with unready status: [web]"}
    assert pod_problems(pod(condition)) == ["[Pod n/web-1]: containers with unready status: [web]"]


def test_a_pod_that_was_evicted_says_why() -> None:
    assert pod_problems(pod(message="The node was low on resource: memory.")) == [
        "[Pod n/web-1]: The node was low on resource: memory."
    ]
