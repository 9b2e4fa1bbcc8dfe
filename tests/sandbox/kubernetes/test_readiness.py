from typing import Any

import pytest

from sandbox.kubernetes.client import ApiClient
from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.kubeconfig import connection
from sandbox.kubernetes.objects import Kind
from sandbox.kubernetes.readiness import Progress, rule_for
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest
from sandbox.kubernetes.waitfor import unmet_conditions

NOWHERE = (
    '{"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"}}],'
    ' "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}]}'
)


class Slices(Resources):
    """An API server that has these endpoints of a Service, and nothing else."""

    def __init__(self, *slices: Manifest) -> None:
        super().__init__(ApiClient(connection(NOWHERE, environment={})))
        self._slices = list(slices)

    def matching(self, kind: Kind, namespace: str, *, labels: str = "", fields: str = "") -> list[Manifest]:
        assert labels == "kubernetes.io/service-name=web"
        return self._slices


def progress(kind: Kind, live: Manifest, resources: Resources | None = None) -> Progress:
    rule = rule_for(kind, {})
    assert rule is not None
    return rule(resources or Slices(), {"metadata": {"name": "web", "generation": 2}, **live})


def deployment(
    *, wanted: int = 2, observed: int = 2, conditions: list[Manifest] | None = None, **status: Any
) -> Progress:
    live = {
        "spec": {"replicas": wanted},
        "status": {"observedGeneration": observed, "conditions": conditions or [], **status},
    }
    return progress(Kind("apps", "v1", "Deployment"), live)


def test_a_deployment_is_ready_when_the_new_pods_are_and_the_old_are_gone() -> None:
    done: dict[str, Any] = {"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}
    assert deployment(**done).done
    assert not deployment(observed=1, **done).done
    assert not deployment(**{**done, "replicas": 3}).done
    assert not deployment(**{**done, "updatedReplicas": 1}).done
    waiting = deployment(**{**done, "availableReplicas": 1})
    assert waiting.message == "Waiting for app ReplicaSet to be available (1/2 Pods available)"
    assert deployment(wanted=0).done


def test_a_deployment_past_its_deadline_has_failed() -> None:
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": "it timed out progressing.",
    }
    late = deployment(conditions=[condition])
    assert late.failed
    assert "[ProgressDeadlineExceeded] it timed out progressing." in late.problems
    # What was said of the version before this one says nothing of this one.
    assert not deployment(observed=1, conditions=[condition]).failed


@pytest.mark.parametrize(
    ("status", "done"),
    [
        ({"readyReplicas": 2, "replicas": 2, "currentRevision": "a", "updateRevision": "a"}, True),
        ({"readyReplicas": 2, "replicas": 2, "currentRevision": "a", "updateRevision": "b"}, False),
        ({"readyReplicas": 1, "replicas": 2, "currentRevision": "a", "updateRevision": "a"}, False),
        ({"readyReplicas": 2, "replicas": 3, "currentRevision": "a", "updateRevision": "a"}, False),
    ],
)
def test_a_stateful_set_is_ready_when_all_pods_of_the_new_revision_are(status: Manifest, done: bool) -> None:
    live = {"spec": {"replicas": 2}, "status": {"observedGeneration": 2, **status}}
    assert progress(Kind("apps", "v1", "StatefulSet"), live).done is done


def test_a_stateful_set_that_rolls_in_parts_is_ready_when_its_part_is() -> None:
    status = {"observedGeneration": 2, "readyReplicas": 3, "replicas": 3, "currentRevision": "a", "updateRevision": "b"}
    for updated, done in ((1, False), (2, True)):
        spec = {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 1}}}
        live = {"spec": spec, "status": {**status, "updatedReplicas": updated}}
        assert progress(Kind("apps", "v1", "StatefulSet"), live).done is done


def test_a_job_is_ready_when_complete_and_failed_when_failed() -> None:
    kind = Kind("batch", "v1", "Job")
    assert not progress(kind, {"status": {"active": 1}}).done
    assert progress(kind, {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}).done
    condition = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    failed = progress(kind, {"status": {"conditions": [condition]}})
    assert failed.failed
    assert failed.problems == ("[BackoffLimitExceeded] too often",)


@pytest.mark.parametrize(
    ("slices", "done", "settle"),
    [
        ([], False, 0),
        ([{"endpoints": None}], True, 10),
        ([{"endpoints": [{"conditions": {"ready": True}}]}], True, 0),
        ([{"endpoints": [{}]}], True, 0),
        ([{"endpoints": [{"conditions": {"ready": True}}, {"conditions": {"ready": False}}]}], False, 0),
        ([{"endpoints": [{"conditions": {"ready": False, "terminating": True}}]}], True, 10),
    ],
)
def test_a_service_is_ready_when_every_pod_behind_it_is(slices: list[Manifest], done: bool, settle: float) -> None:
    found = progress(Kind("", "v1", "Service"), {"spec": {"selector": {"app": "web"}}}, Slices(*slices))
    assert (found.done, found.settle) == (done, settle)


def test_a_load_balancer_waits_for_its_address() -> None:
    found = progress(Kind("", "v1", "Service"), {"spec": {"type": "LoadBalancer", "selector": {"app": "web"}}})
    assert found.problems == ("Service was not allocated an IP address; does your cloud provider support this?",)


@pytest.mark.parametrize(
    ("kind", "unready", "ready"),
    [
        (Kind("", "v1", "Namespace"), {"status": {"phase": "Terminating"}}, {"status": {"phase": "Active"}}),
        (Kind("", "v1", "PersistentVolume"), {"status": {"phase": "Pending"}}, {"status": {"phase": "Bound"}}),
        (Kind("", "v1", "PersistentVolumeClaim"), {"status": {"phase": "Pending"}}, {"status": {"phase": "Bound"}}),
        (Kind("", "v1", "Pod"), {"status": {"phase": "Pending"}}, {"status": {"phase": "Succeeded"}}),
        (Kind("", "v1", "ResourceQuota"), {"spec": {"hard": {"pods": "1"}}}, {"spec": {}, "status": {}}),
        (
            Kind("", "v1", "Secret"),
            {"type": "kubernetes.io/service-account-token"},
            {"type": "Opaque"},
        ),
        (
            Kind("apps", "v1", "DaemonSet"),
            {"status": {"observedGeneration": 2, "desiredNumberScheduled": 2, "numberAvailable": 1}},
            {"status": {"observedGeneration": 2, "desiredNumberScheduled": 0}},
        ),
        (
            Kind("networking.k8s.io", "v1", "Ingress"),
            {"status": {"loadBalancer": {}}},
            {"status": {"loadBalancer": {"ingress": [{"ip": "127.0.0.1"}]}}},
        ),
    ],
)
def test_other_kinds_are_ready_when_their_controllers_say_so(kind: Kind, unready: Manifest, ready: Manifest) -> None:
    assert not progress(kind, unready).done
    assert progress(kind, ready).done


def test_a_program_s_own_condition_goes_before_the_kind_s() -> None:
    inputs = {"metadata": {"annotations": {"pulumi.com/waitFor": "condition=Accepted"}}}
    rule = rule_for(Kind("apps", "v1", "Deployment"), inputs)
    assert rule is not None
    assert rule(Slices(), {"status": {"conditions": [{"type": "Accepted", "status": "True"}]}}).done


LIVE = {
    "status": {"phase": "Up", "count": 2, "items": [{"a.b": "x"}], "conditions": [{"type": "Ready", "status": "False"}]}
}


@pytest.mark.parametrize(
    ("annotation", "unmet"),
    [
        ("condition=Ready", ["condition=Ready"]),
        ("condition=ready=false", []),
        ("condition=Other", ["condition=Other"]),
        ("jsonpath={.status.phase}", []),
        ("jsonpath={.status.phase}=Up", []),
        ("jsonpath={$.status.count}=2", []),
        ("jsonpath={.status.count}=3", ["jsonpath={.status.count}=3"]),
        ("jsonpath={.status.items[0]['a.b']}=x", []),
        ("jsonpath={.status.items[1].x}", ["jsonpath={.status.items[1].x}"]),
        ('["condition=Ready", "jsonpath={.status.phase}=Up"]', ["condition=Ready"]),
    ],
)
def test_conditions_that_a_program_waits_for(annotation: str, unmet: list[str]) -> None:
    assert unmet_conditions(LIVE, annotation) == unmet


@pytest.mark.parametrize("annotation", ["Ready", "[]", "[1]", "jsonpath=.status", "jsonpath={.items[*].x}"])
def test_conditions_that_cannot_be_read_are_errors(annotation: str) -> None:
    with pytest.raises(ProviderError, match=r"pulumi.com/waitFor"):
        unmet_conditions(LIVE, annotation)
