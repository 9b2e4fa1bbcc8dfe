"""Why an object does not get ready: its pods' conditions, containers' states, latest warnings and last log lines."""

from collections.abc import Sequence
from typing import Final

from sandbox.kubernetes.errors import ProviderError
from sandbox.kubernetes.logs import last_lines
from sandbox.kubernetes.objects import Kind, dig, name_of, namespace_of, owned_by
from sandbox.kubernetes.readiness import conditions
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest

_POD: Final = Kind("", "v1", "Pod")
_EVENT: Final = Kind("", "v1", "Event")
_REPLICA_SET: Final = Kind("apps", "v1", "ReplicaSet")
_REVISION: Final = "deployment.kubernetes.io/revision"
_WITH_PODS: Final = frozenset({"DaemonSet", "Deployment", "Job", "StatefulSet"})

_MOST_PODS: Final = 3
_MOST_EVENTS: Final = 3


def reasons(resources: Resources, live: Manifest) -> tuple[str, ...]:
    """Everything known about why, the most telling first; without repetitions."""
    found: list[str] = []
    try:
        sets = _replica_sets(resources, live)
        pods = _pods(resources, live, sets)
        for entry in sets:
            found += [str(condition.get("message")) for condition in _bad(entry, "ReplicaFailure", "True")]
        for pod in pods[:_MOST_PODS]:
            found += pod_problems(pod)
        for involved in (live, *sets, *pods[:_MOST_PODS]):
            found += _warnings(resources, involved)
        for pod in pods[:1]:
            found += last_lines(resources, pod)
    except ProviderError as error:
        # The failure to tell stays the failure that happened; this one only says why there is no more to tell.
        found.append(f"the reasons could not be looked up: {error}")
    return tuple(dict.fromkeys(found))


def pod_problems(pod: Manifest) -> list[str]:
    """What keeps the pod from being ready."""
    name = f"[Pod {namespace_of(pod)}/{name_of(pod)}]: "
    found = [str(condition["message"]) for condition in _bad(pod, "PodScheduled", "False") if condition.get("message")]
    statuses = [*(dig(pod, "status", "initContainerStatuses") or []), *(dig(pod, "status", "containerStatuses") or [])]
    for status in statuses:
        found += _container_problems(status)
    if not found:
        found = [str(condition["message"]) for condition in _bad(pod, "Ready", "False") if condition.get("message")]
    if not found and dig(pod, "status", "message"):
        found = [str(pod["status"]["message"])]
    return [name + text for text in found]


def _container_problems(status: Manifest) -> list[str]:
    found = []
    container = status.get("name")
    waiting = dig(status, "state", "waiting")
    if waiting and waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        # CrashLoopBackOff, ImagePullBackOff, CreateContainerConfigError …
        found.append(f"container {container!r}: [{waiting['reason']}] {waiting.get('message', '')}".rstrip())
    if status.get("ready") is True:
        return found
    for state in (dig(status, "state", "terminated"), dig(status, "lastState", "terminated")):
        if state and (state.get("exitCode") or not found) and state.get("reason") != "Completed":
            said = f": {state['message']}" if state.get("message") else ""
            found.append(
                f"container {container!r} terminated ({state.get('reason')}: exit code {state.get('exitCode')}){said}"
            )
    restarts = status.get("restartCount") or 0
    if restarts and found:
        found[-1] += f" (restarted {restarts} times)"
    return found


def _replica_sets(resources: Resources, live: Manifest) -> list[Manifest]:
    """The ReplicaSet of a Deployment's current revision."""
    if live.get("kind") != "Deployment":
        return []
    revision = dig(live, "metadata", "annotations", _REVISION)
    return [
        entry
        for entry in resources.matching(_REPLICA_SET, namespace_of(live))
        if owned_by(entry, live) and dig(entry, "metadata", "annotations", _REVISION) == revision
    ]


def _pods(resources: Resources, live: Manifest, sets: Sequence[Manifest]) -> list[Manifest]:
    if live.get("kind") == "Pod":
        return [live]
    if live.get("kind") not in _WITH_PODS:
        return []
    owners = sets if live["kind"] == "Deployment" else [live]
    pods = resources.matching(_POD, namespace_of(live))
    owned = [pod for pod in pods if any(owned_by(pod, owner) for owner in owners)]
    return [pod for pod in owned if dig(conditions(pod), "Ready", "status") != "True"]


def _warnings(resources: Resources, involved: Manifest) -> list[str]:
    """The latest warnings about the object."""
    events = resources.matching(
        _EVENT,
        namespace_of(involved) or "default",
        fields=f"involvedObject.uid={dig(involved, 'metadata', 'uid')},type=Warning",
    )
    events.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    # What is in a list does not say its kind
    return [
        f"{dig(event, 'involvedObject', 'kind')} {name_of(involved)}: [{event.get('reason')}] {event.get('message')}"
        for event in events[-_MOST_EVENTS:]
    ]


def _bad(live: Manifest, kind: str, status: str) -> list[Manifest]:
    found = conditions(live).get(kind)
    return [found] if found is not None and found.get("status") == status else []
