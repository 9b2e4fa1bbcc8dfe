"""What the workloads of a namespace do now, and why one of them is not what it should be.

Pure functions over what the cluster holds, as its API writes it: `Snapshot` is looked at once, with any client.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from platform_components.lifecycle.reader import Manifest
from platform_components.lifecycle.snapshot import Snapshot, at, latest_warning, number, time_of

NAME_LABEL: Final = "app.kubernetes.io/name"
_REVISION: Final = "deployment.kubernetes.io/revision"
_STARTING: Final = (None, "ContainerCreating", "PodInitializing")
_MOST_PODS: Final = 3
"""Of one workload: more of the same kind say nothing new."""

_ADVICE: Final[Mapping[re.Pattern[str], str]] = {
    re.compile(r"Completed \(exit code 0\)"): (
        "a workload has to keep running: give the container a command, or ask for a Job"
    ),
    re.compile(r"run as root|must be root|permission denied(?! for)|operation not permitted|EACCES", re.I): (
        "nothing runs as root here: take an image that runs as any user, or ask the platform team for `allow_root`"
    ),
    re.compile(r"read-only file system|EROFS", re.I): (
        "an image's files can't be changed here: write to /tmp, or give it a volume of class scratch where it writes"
    ),
}
"""What to do about it, by what a reason says; docs/workloads.md, Security."""

_CONTROLLERS: Final[Mapping[str, str]] = {
    "deployments": "Deployment",
    "statefulsets": "StatefulSet",
    "jobs": "Job",
    "cronjobs": "CronJob",
}
"""By plural, what they are called: an object in a list does not say its kind."""


@dataclass(frozen=True)
class PodState:
    """A pod that is not what it should be, and why."""

    name: str
    reasons: tuple[str, ...]
    containers: tuple[tuple[str, bool], ...]
    """Those worth reading the log of, and whether it is the run before the present one that says something."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"name": self.name, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class WorkloadState:
    """One controller and its pods."""

    kind: str
    name: str
    workload: str
    """As its label says; the Score workload of this name, if there is one."""
    wanted: int
    ready: int
    before: int
    """Ready pods of the version before, which goes on while a new one does not come up."""
    restarts: int
    images: tuple[str, ...]
    since: datetime | None
    state: str
    """In a word or a few: `ready`, `CrashLoopBackOff`, `scaled to nothing`."""
    reasons: tuple[str, ...] = ()
    """What the controller itself says is wrong."""
    pods: tuple[PodState, ...] = ()

    @property
    def shown(self) -> tuple[PodState, ...]:
        """Those of its pods that are told about."""
        return self.pods[:_MOST_PODS]

    @property
    def well(self) -> bool:
        """Whether it is as it should be."""
        return not self.reasons and not self.pods and self.ready >= self.wanted

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "kind": self.kind,
            "name": self.name,
            "workload": self.workload,
            "wanted": self.wanted,
            "ready": self.ready,
            "before": self.before,
            "restarts": self.restarts,
            "images": list(self.images),
            "since": self.since.isoformat() if self.since else None,
            "state": self.state,
            "reasons": list(self.reasons),
            "pods": [pod.as_json() for pod in self.shown],
        }


def workloads(snapshot: Snapshot) -> list[WorkloadState]:
    """Every controller of the namespace, by kind and name; Jobs that a CronJob started count as the CronJob's."""
    cron_jobs = {str(at(one, "metadata", "uid")) for one in snapshot.all("cronjobs")}
    return [
        _state(snapshot, plural, one)
        for plural in _CONTROLLERS
        for one in sorted(snapshot.all(plural), key=_name)
        if plural != "jobs" or not _owners(one) & cron_jobs
    ]


def claims_waiting(snapshot: Snapshot) -> list[str]:
    """The volume claims without a volume, each with what the cluster says of it."""
    return [
        f"volume claim {_name(claim)} has no volume: {latest_warning(snapshot, claim) or at(claim, 'status', 'phase')}"
        for claim in snapshot.all("persistentvolumeclaims")
        if at(claim, "status", "phase") != "Bound"
    ]


def pod_reasons(pod: Manifest) -> list[str]:
    """What keeps a pod from being ready, a line for each container; nothing when it is only starting."""
    found = [f"fits on no node: {one['message']}" for one in _conditions(pod, "PodScheduled") if one.get("message")]
    for status in statuses(pod):
        found += _container_reasons(status, has_to_run=has_to_run(pod, status))
    if not found and at(pod, "status", "phase") == "Failed":
        found = [": ".join(filter(None, (at(pod, "status", "reason") or "failed", at(pod, "status", "message"))))]
    return found


def _state(snapshot: Snapshot, plural: str, one: Manifest) -> WorkloadState:
    own = {str(at(one, "metadata", "uid"))}
    through = [each for each in snapshot.all("replicasets") + snapshot.all("jobs") if _owners(each) & own]
    current = [each for each in through if _annotation(each, _REVISION) == _annotation(one, _REVISION)]
    above = own | {str(at(each, "metadata", "uid")) for each in (current if plural == "deployments" else through)}
    pods = [pod for pod in snapshot.all("pods") if _owners(pod) & above]
    wanted, ready, before = _counts(plural, one, current)
    reasons = [*_controller_reasons(plural, one), *(reason for each in current for reason in _refusals(each))]
    finished = plural in ("jobs", "cronjobs") and ready >= wanted
    troubled = [] if finished else [state for pod in pods if (state := _pod_state(snapshot, pod)) is not None]
    return WorkloadState(
        kind=_CONTROLLERS[plural],
        name=_name(one),
        workload=str(at(one, "metadata", "labels", NAME_LABEL) or _name(one)),
        wanted=wanted,
        ready=ready,
        before=before,
        restarts=sum(int(status.get("restartCount") or 0) for pod in pods for status in statuses(pod)),
        images=tuple(str(container.get("image")) for container in _containers(plural, one)),
        since=time_of(at(one, "metadata", "creationTimestamp")),
        state=_word(plural, one, wanted, ready, pods),
        reasons=tuple(dict.fromkeys(reasons)),
        pods=tuple(troubled),
    )


def _counts(plural: str, one: Manifest, current: list[Manifest]) -> tuple[int, int, int]:
    """How many pods there should be, how many are as they should be, and how many are of the version before."""
    if plural == "cronjobs":
        return 0, 0, 0
    if plural == "jobs":
        return number(one, "spec", "completions", default=1), number(one, "status", "succeeded"), 0
    wanted, ready = number(one, "spec", "replicas", default=1), number(one, "status", "readyReplicas")
    if plural == "deployments" and current:
        new = sum(number(each, "status", "readyReplicas") for each in current)
        return wanted, new, max(0, ready - new)
    return wanted, ready, 0


def _word(plural: str, one: Manifest, wanted: int, ready: int, pods: list[Manifest]) -> str:
    if plural == "cronjobs":
        word = "suspended" if at(one, "spec", "suspend") else "scheduled"
        return f"{word} ({at(one, 'spec', 'schedule')})"
    if plural != "jobs" and wanted == 0:
        return "scaled to nothing"
    if ready >= wanted:
        return "completed" if plural == "jobs" else "ready"
    if plural == "jobs" and any(_conditions(one, "Failed", status="True")):
        return "failed"
    waiting = "running" if plural == "jobs" and number(one, "status", "active") else "not ready"
    return next((word for pod in pods if (word := _pod_word(pod))), waiting)


def _pod_word(pod: Manifest) -> str:
    """The one word for what is wrong with it; empty for a pod that is well or only starting."""
    if any(_conditions(pod, "PodScheduled")):
        return "Unschedulable"
    for status in statuses(pod):
        reason = at(status, "state", "waiting", "reason") or at(status, "state", "terminated", "reason")
        fine = _STARTING if has_to_run(pod, status) else (*_STARTING, "Completed")
        if status.get("ready") is not True and reason not in fine:
            return str(reason)
    return ""


def _controller_reasons(plural: str, one: Manifest) -> Iterator[str]:
    if plural == "jobs":
        for condition in _conditions(one, "Failed", status="True"):
            yield f"{condition.get('reason')}: {condition.get('message')}"
    if plural == "deployments":
        for condition in _conditions(one, "ReplicaFailure", status="True"):
            yield f"pods are refused: {condition.get('message')}"
        for condition in _conditions(one, "Progressing"):
            yield f"{condition.get('reason')}: {condition.get('message')}"


def _refusals(replica_set: Manifest) -> Iterator[str]:
    for condition in _conditions(replica_set, "ReplicaFailure", status="True"):
        yield f"pods are refused: {condition.get('message')}"


def _pod_state(snapshot: Snapshot, pod: Manifest) -> PodState | None:
    """None for a pod that is ready, has done its work, or is on its way out."""
    if at(pod, "metadata", "deletionTimestamp") or at(pod, "status", "phase") == "Succeeded":
        return None
    if any(_conditions(pod, "Ready", status="True")):
        return None
    reasons = pod_reasons(pod)
    latest = latest_warning(snapshot, pod)
    if latest and (not reasons or "not ready" in reasons[-1]):
        reasons.append(latest)
    reasons += [advice for said, advice in _ADVICE.items() if any(map(said.search, reasons))]
    return PodState(_name(pod), tuple(dict.fromkeys(reasons)) or ("it is starting",), tuple(_talkers(pod)))


def has_to_run(pod: Manifest, status: Manifest) -> bool:
    """Whether a container is one that may not end, even well: neither an init container's, nor of a Job."""
    always = at(pod, "spec", "restartPolicy") == "Always"
    return always and status in (at(pod, "status", "containerStatuses") or [])


def _container_reasons(status: Manifest, *, has_to_run: bool) -> Iterator[str]:
    name = f"container {status.get('name')}"
    waiting = at(status, "state", "waiting") or {}
    ended = at(status, "state", "terminated") or {}
    before = at(status, "lastState", "terminated") or {}
    restarts = int(status.get("restartCount") or 0)
    again = f", restarted {restarts} times" if restarts else ""
    if waiting.get("reason") not in _STARTING:
        end = _end(before)
        # A crash's own message only says how long until the next try
        said = end or str(waiting.get("message") or "")
        yield f"{name}: {waiting['reason']}{f': {said}' if said else ''}{again}"
    elif status.get("ready") is not True and ended and (has_to_run or ended.get("reason") != "Completed"):
        yield f"{name}: {_end(ended)}{again}"
    elif at(status, "state", "running") is not None and status.get("ready") is not True:
        yield f"{name}: runs, but is not ready{f'; the run before: {_end(before)}' if before else ''}{again}"


def _end(terminated: Manifest) -> str:
    """How a run of a container ended; empty when none did."""
    if not terminated:
        return ""
    said = f": {terminated['message']}" if terminated.get("message") else ""
    return f"{terminated.get('reason') or 'ended'} (exit code {terminated.get('exitCode')}){said}"


def _talkers(pod: Manifest) -> Iterator[tuple[str, bool]]:
    for status in statuses(pod):
        runs = any(at(status, "state", how) is not None for how in ("running", "terminated"))
        ran = bool(at(status, "lastState", "terminated"))
        if status.get("ready") is not True and (runs or ran):
            yield str(status.get("name")), not runs


def statuses(pod: Manifest) -> list[Manifest]:
    """Of all of a pod's containers, those that come before first."""
    return [
        *(at(pod, "status", "initContainerStatuses") or []),
        *(at(pod, "status", "containerStatuses") or []),
    ]


def _containers(plural: str, one: Manifest) -> list[Manifest]:
    above = ("spec", "jobTemplate", "spec", "template") if plural == "cronjobs" else ("spec", "template")
    return list(at(one, *above, "spec", "containers") or [])


def _conditions(one: Manifest, kind: str, *, status: str = "False") -> list[Manifest]:
    found = at(one, "status", "conditions") or []
    return [each for each in found if each.get("type") == kind and each.get("status") == status]


def _owners(one: Manifest) -> set[str]:
    return {str(each.get("uid")) for each in at(one, "metadata", "ownerReferences") or []}


def _annotation(one: Manifest, key: str) -> Any:
    return (at(one, "metadata", "annotations") or {}).get(key)


def _name(one: Manifest) -> str:
    return str(at(one, "metadata", "name") or "")
