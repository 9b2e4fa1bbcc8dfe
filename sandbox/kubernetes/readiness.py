"""When an object counts as ready, kind by kind, as the official provider waits for it.

Each rule looks once; `waiting.py` asks again and again, `reasons.py` finds out what went wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sandbox.kubernetes.objects import WAIT_FOR, Kind, annotation, dig, name_of, namespace_of
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest
from sandbox.kubernetes.waitfor import unmet_conditions


@dataclass(frozen=True)
class Progress:
    """How far an object is."""

    done: bool
    message: str = ""
    problems: tuple[str, ...] = ()
    """What to tell when it does not get any further."""
    failed: bool = False
    """It will not get ready any more."""
    settle: float = 0
    """Seconds that `done` or `failed` has to last before it is believed."""


READY: Final = Progress(done=True)

Rule: TypeAlias = Callable[[Resources, Manifest], Progress]

# A Service that selects nothing may be waiting for pods about to come: the official provider gives them ten seconds.
_SERVICE_SETTLES: Final = 10.0
# A Deployment that timed out says so of the next version, too, until that makes its first step.
_DEADLINE_SETTLES: Final = 5.0


def rule_for(kind: Kind, inputs: Manifest) -> Rule | None:
    """The rule for objects of this kind; None when they are ready as soon as they exist."""
    if expressions := annotation(inputs, WAIT_FOR):
        return lambda _, live: _custom(live, expressions)
    return _RULES.get(kind)


def rule_for_reading(kind: Kind) -> Rule | None:
    """The rule that a refresh looks at; fewer kinds, since most stay ready once they were."""
    return _RULES[kind] if kind in _READ_RULES else None


def conditions(live: Manifest) -> dict[str, Manifest]:
    """The object's status conditions by type."""
    return {str(entry.get("type")): entry for entry in dig(live, "status", "conditions") or []}


def _deployment(_: Resources, live: Manifest) -> Progress:
    wanted = _number(live, "spec", "replicas", default=1)
    updated = _number(live, "status", "updatedReplicas")
    available = _number(live, "status", "availableReplicas")
    found = conditions(live)
    problems = [
        f"[{entry.get('reason')}] {entry.get('message')}"
        for kind, bad in (("Progressing", "False"), ("Available", "False"), ("ReplicaFailure", "True"))
        if (entry := found.get(kind)) is not None and entry.get("status") == bad
    ]
    # The rule of `kubectl rollout status`: no pod of an older version may be left either.
    done = (
        _observed(live)
        and updated >= wanted
        and available >= updated
        and _number(live, "status", "replicas") <= updated
    )
    if done:
        return READY
    first = dig(live, "metadata", "annotations", "deployment.kubernetes.io/revision") in (None, "1")
    problems.append(
        "Minimum number of live Pods was not attained"
        if first
        else "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"
    )
    return Progress(
        done=False,
        message=f"Waiting for app ReplicaSet to be available ({min(available, updated)}/{wanted} Pods available)",
        problems=tuple(problems),
        failed=_observed(live) and dig(found, "Progressing", "reason") == "ProgressDeadlineExceeded",
        settle=_DEADLINE_SETTLES,
    )


def _stateful_set(_: Resources, live: Manifest) -> Progress:
    wanted = _number(live, "spec", "replicas", default=1)
    ready = _number(live, "status", "readyReplicas")
    on_delete = dig(live, "spec", "updateStrategy", "type") == "OnDelete"
    partition = _number(live, "spec", "updateStrategy", "rollingUpdate", "partition")
    same_revision = dig(live, "status", "currentRevision") == dig(live, "status", "updateRevision")
    rolled = (
        on_delete
        or same_revision
        or (
            # With a partition only the pods above it roll, and the revisions stay apart.
            partition > 0 and _number(live, "status", "updatedReplicas") >= wanted - partition
        )
    )
    if _observed(live) and ready >= wanted and _number(live, "status", "replicas") == wanted and rolled:
        return READY
    message = f"Waiting for StatefulSet to create Pods ({ready}/{wanted} Pods ready)"
    problems = (
        f"{ready} out of {wanted} replicas succeeded readiness checks",
        *([] if rolled else ["StatefulSet controller failed to advance from revision to revision"]),
    )
    return Progress(done=False, message=message, problems=problems)


def _daemon_set(_: Resources, live: Manifest) -> Progress:
    wanted = _number(live, "status", "desiredNumberScheduled")
    available = _number(live, "status", "numberAvailable")
    rolled = (
        dig(live, "spec", "updateStrategy", "type") == "OnDelete"
        or _number(live, "status", "updatedNumberScheduled") >= wanted
    )
    if _observed(live) and available >= wanted and rolled:
        return READY
    message = f"Waiting for DaemonSet to be available ({available}/{wanted} Pods available)"
    return Progress(done=False, message=message, problems=(message,))


def _job(_: Resources, live: Manifest) -> Progress:
    found = conditions(live)
    if dig(found, "Complete", "status") == "True":
        return READY
    if dig(found, "Failed", "status") == "True":
        problem = f"[{dig(found, 'Failed', 'reason')}] {dig(found, 'Failed', 'message')}"
        return Progress(done=False, problems=(problem,), failed=True)
    message = f'Waiting for Job "{name_of(live)}" to succeed (Active: {_number(live, "status", "active")})'
    return Progress(done=False, message=message)


def _pod(_: Resources, live: Manifest) -> Progress:
    phase = dig(live, "status", "phase")
    if phase == "Succeeded" or dig(conditions(live), "Ready", "status") == "True":
        return READY
    return Progress(done=False, message=f'Waiting for Pod "{name_of(live)}" to be ready', failed=phase == "Failed")


def _service(resources: Resources, live: Manifest) -> Progress:
    balanced = dig(live, "spec", "type") == "LoadBalancer"
    if balanced and not dig(live, "status", "loadBalancer", "ingress"):
        problem = "Service was not allocated an IP address; does your cloud provider support this?"
        return Progress(done=False, message="Attempting to allocate IP address to Service", problems=(problem,))
    if (
        dig(live, "spec", "type") == "ExternalName"
        or dig(live, "spec", "clusterIP") == "None"
        or not dig(live, "spec", "selector")
    ):
        return READY
    slices = resources.matching(
        Kind("discovery.k8s.io", "v1", "EndpointSlice"),
        namespace_of(live),
        labels=f"kubernetes.io/service-name={name_of(live)}",
    )
    endpoints = [endpoint for entry in slices for endpoint in entry.get("endpoints") or []]
    standing = [endpoint for endpoint in endpoints if dig(endpoint, "conditions", "terminating") is not True]
    ready = [endpoint for endpoint in standing if dig(endpoint, "conditions", "ready") is not False]
    if slices and len(ready) == len(standing):
        return Progress(done=True, message="Finding Pods to direct traffic to", settle=0 if ready else _SERVICE_SETTLES)
    problem = (
        "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match "
        "labels on any Pods"
    )
    return Progress(done=False, message="Finding Pods to direct traffic to", problems=(problem,))


def _namespace(_: Resources, live: Manifest) -> Progress:
    phase = dig(live, "status", "phase")
    return Progress(done=phase == "Active", message=f"Namespace is {phase}", problems=(f"Namespace is {phase}",))


def _ingress(_: Resources, live: Manifest) -> Progress:
    if dig(live, "status", "loadBalancer", "ingress"):
        return READY
    problem = "Ingress .status.loadBalancer field was not updated with a hostname/IP address."
    return Progress(done=False, message="Waiting for update of .status.loadBalancer", problems=(problem,))


def _volume_claim(resources: Resources, live: Manifest) -> Progress:
    phase = dig(live, "status", "phase")
    if phase == "Bound":
        return READY
    if storage_class := dig(live, "spec", "storageClassName"):
        found = resources.find(Kind("storage.k8s.io", "v1", "StorageClass"), "", storage_class)
        if found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer":
            # Bound when the first pod uses it, which cannot be while the program still waits here.
            return READY
    return Progress(done=False, message=f"PersistentVolumeClaim is {phase}", problems=(f"phase is {phase}",))


def _volume(_: Resources, live: Manifest) -> Progress:
    phase = dig(live, "status", "phase")
    return Progress(done=phase in ("Available", "Bound"), message=f"PersistentVolume is {phase}")


def _quota(_: Resources, live: Manifest) -> Progress:
    counted = dig(live, "status", "hard") == dig(live, "spec", "hard")
    return Progress(done=counted, message="Waiting for the quota to be counted", problems=("it was not counted",))


def _secret(_: Resources, live: Manifest) -> Progress:
    if live.get("type") != "kubernetes.io/service-account-token" or dig(live, "data", "token"):
        return READY
    return Progress(done=False, message="Waiting for the token", problems=("no token was put into it",))


def _custom(live: Manifest, expressions: str) -> Progress:
    unmet = unmet_conditions(live, expressions)
    return Progress(done=not unmet, message=f"Waiting for {', '.join(unmet)}", problems=tuple(unmet))


_RULES: Final[dict[Kind, Rule]] = {
    Kind("", "v1", "Namespace"): _namespace,
    Kind("", "v1", "PersistentVolume"): _volume,
    Kind("", "v1", "PersistentVolumeClaim"): _volume_claim,
    Kind("", "v1", "Pod"): _pod,
    Kind("", "v1", "ResourceQuota"): _quota,
    Kind("", "v1", "Secret"): _secret,
    Kind("", "v1", "Service"): _service,
    Kind("apps", "v1", "DaemonSet"): _daemon_set,
    Kind("apps", "v1", "Deployment"): _deployment,
    Kind("apps", "v1", "StatefulSet"): _stateful_set,
    Kind("batch", "v1", "Job"): _job,
    Kind("networking.k8s.io", "v1", "Ingress"): _ingress,
}
_READ_RULES: Final = frozenset(
    {
        Kind("", "v1", "Pod"),
        Kind("", "v1", "Service"),
        Kind("apps", "v1", "DaemonSet"),
        Kind("apps", "v1", "Deployment"),
        Kind("apps", "v1", "StatefulSet"),
        Kind("batch", "v1", "Job"),
        Kind("networking.k8s.io", "v1", "Ingress"),
    }
)


def _observed(live: Manifest) -> bool:
    """Whether the controller has seen the latest change."""
    return _number(live, "status", "observedGeneration") >= _number(live, "metadata", "generation", default=1)


def _number(live: Manifest, *path: str, default: int = 0) -> int:
    value: Any = dig(live, *path)
    return value if isinstance(value, int) else default
