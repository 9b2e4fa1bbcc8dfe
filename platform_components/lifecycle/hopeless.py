"""Whether what a deployment waits for can still come: providers wait for the deadline, whatever the pods do.

Some ends are no matter of time: a container that ends by itself each time it is started, an image that is not there. So
this looks at the pods of the workloads that the engine waits for, and asks it to stop once only a person can help all
of them. What it can't look at is waited for, as ever.
"""

import contextlib
import re
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from platform_components import naming
from platform_components.drivers.kubeconfig import AT_HAND
from platform_components.errors import OutsideError
from platform_components.lifecycle import locks
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.place import Place, place_of
from platform_components.lifecycle.progress import Progress, UnderWay
from platform_components.lifecycle.reader import Manifest, RefusedError, reading
from platform_components.lifecycle.reasons import WorkloadState, has_to_run, statuses, workloads
from platform_components.lifecycle.snapshot import Snapshot, at, number, time_of
from platform_components.naming import ResourceIdentity
from platform_components.plan import Plan

FIRST_SECONDS: Final = 10.0
"""How long the engine is at a workload before this looks: one that goes well is ready by then, and what the cluster
holds is what was asked for."""
EVERY_SECONDS: Final = 5.0

_ENDS_WELL: Final = 2
"""Restarts of a container that ended with exit code 0: half a minute by the kubelet's back-off of 10, 20, 40 … s."""
_CRASHES: Final = 5
"""Restarts of one that failed: two and a half minutes, in which what it waits for had time to come; but for rights."""
_RIGHTS: Final = "azure-native:authorization:RoleAssignment"
"""What takes up to ten minutes to count: after one was made, a program may fail again and again, and then work.
Source: https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"""
STUCK_SECONDS: Final = 60.0
"""How long a container can't be started without a break: an image may be pushed, a Secret made, a little late."""
_NOWHERE: Final = re.compile(r"not found|no such image|manifest unknown", re.I)
_NEVER: Final[Mapping[str, re.Pattern[str]]] = {
    "InvalidImageName": re.compile(""),
    # A key that its Secret has not, root where none may be; not the kubelet's own "failed to sync secret cache"
    "CreateContainerConfigError": re.compile(r"^(?!failed to sync)"),
    # containerd's resolver says so; no right to pull is not among them: a role takes minutes to count
    "ErrImagePull": _NOWHERE,
    "ImagePullBackOff": _NOWHERE,
}
"""What a container waits for in vain, with what its message says then."""
_CONTROLLERS: Final[Mapping[str, str]] = {
    "kubernetes:apps/v1:Deployment": "Deployment",
    "kubernetes:apps/v1:StatefulSet": "StatefulSet",
}
"""What pods are waited for by. A Job counts its own tries."""

Controller = tuple[str, str]
"""Its kind, and the workload that it is of."""


@dataclass
class Hopeless:
    """Looks at a namespace again and again; what lasts counts from when it was first seen."""

    begun: datetime
    """When the run began. Pods that are older have to fail once more: it may have mended what they failed of."""
    _since: dict[tuple[str, str], float] = field(default_factory=dict)
    _restarts: dict[tuple[str, str], int] = field(default_factory=dict)

    def reasons(
        self, snapshot: Snapshot, waited_for: Collection[Controller], now: float, *, crashes: bool = True
    ) -> dict[Controller, str]:
        """Of the controllers that are waited for, why only a person can help them.

        `now`: a clock that never goes back. `crashes`: whether a program that fails counts.
        """
        pods = {str(at(pod, "metadata", "name")): pod for pod in snapshot.all("pods")}
        stuck = {key: now for pod in pods.values() for key in _stuck(pod)}
        self._since = {key: self._since.get(key, now) for key in stuck}
        for pod in pods.values():
            born = time_of(at(pod, "metadata", "creationTimestamp"))
            for status in statuses(pod):
                new = born is not None and born >= self.begun
                self._restarts.setdefault(_key(pod, status), -1 if new else number(status, "restartCount"))
        found: dict[Controller, list[str]] = {}
        for state in workloads(snapshot):
            if (state.kind, state.workload) in waited_for and not state.well:
                each = [self._why(pods[one.name], state, now, crashes=crashes) for one in state.pods] or [""]
                told = f"{state.kind} {state.name}: {each[0]}" if all(each) else ""
                found.setdefault((state.kind, state.workload), []).append(told)
        return {controller: each[0] for controller, each in found.items() if all(each)}

    def _why(self, pod: Manifest, state: WorkloadState, now: float, *, crashes: bool) -> str:
        """Why time does not help a pod; empty when it may."""
        if key := next((key for key in _stuck(pod) if now - self._since[key] >= STUCK_SECONDS), None):
            return f"container {key[1]} can't be started"
        for status in statuses(pod):
            restarts = number(status, "restartCount")
            if restarts <= self._restarts[_key(pod, status)]:
                continue
            if status.get("ready") is True or at(status, "state", "running") is not None:
                continue
            ended = at(status, "state", "terminated") or at(status, "lastState", "terminated")
            if not ended or (state.ready and number(ended, "exitCode")):  # another pod of the same kind can do it
                continue
            by_itself = number(ended, "exitCode") == 0 and not _is_probed(pod, status)
            if not (has_to_run(pod, status) if by_itself else crashes):
                continue
            if restarts >= (_ENDS_WELL if by_itself else _CRASHES):
                how = f"the last time with exit code {number(ended, 'exitCode')}"
                return f"container {status.get('name')} has ended {restarts + 1} times, {how}"
        return ""


@contextlib.contextmanager
def given_up(engine: Engine, plan: Plan, outputs: Mapping[str, Any], progress: Progress) -> Iterator[list[str]]:
    """Ask the engine to stop when what it waits for inside can't come; the list says why it was stopped then.

    `outputs`: of the stack as it is deployed, where a cluster of its own is known.
    """
    reasons: list[str] = []
    over = threading.Event()
    begun = datetime.now(UTC)
    if any(one.driver in (AT_HAND, "stack-reference") for one in plan.resources if one.type == "k8s-cluster"):
        outputs = {}  # they say where it was deployed before
    names = {
        naming.logical(identity): identity.res_id
        for identity in (ResourceIdentity.parse(one.id) for one in plan.resources)
        if identity.type == "workload"
    }

    def waited_for() -> frozenset[Controller]:
        """What the engine waits for; none while it is at something else, or has only begun."""
        under_way, now = progress.under_way.values(), time.monotonic()
        ours = [one for one in under_way if _is_waited_for(one) and one.item in names]
        if len(ours) < len(under_way) or any(now - one.since < FIRST_SECONDS for one in ours):
            return frozenset()
        return frozenset((_CONTROLLERS[one.type], names[one.item]) for one in ours if one.item)

    def watch() -> None:
        hopeless, place = Hopeless(begun), None
        while not over.wait(EVERY_SECONDS if place else 1):
            waited = waited_for()
            if not waited:
                continue
            place = place or place_of(engine, plan, outputs)
            if place is None:
                return
            snapshot = _looked_at(place)
            crashes = _RIGHTS not in progress.made
            found = hopeless.reasons(snapshot, waited, time.monotonic(), crashes=crashes) if snapshot else {}
            if found.keys() == waited == waited_for() and not over.is_set():
                reasons.extend(found.values())  # before the engine can end of it
                if not locks.interrupt("up"):
                    reasons.clear()
                return

    def watch_quietly() -> None:
        # Whatever goes wrong with looking: without it the run is waited for, and its failure explained, all the same
        with contextlib.suppress(Exception):
            watch()

    threading.Thread(target=watch_quietly, daemon=True).start()
    try:
        yield reasons
    finally:
        over.set()


def _looked_at(place: Place) -> Snapshot | None:
    """None while the cluster does not answer. Raises `RefusedError` where it may not be looked at."""
    try:
        with reading(place.kubeconfig, place.context) as reader:
            return Snapshot.of(reader, place.namespace)
    except OutsideError as error:
        if isinstance(error, RefusedError) and error.code in (401, 403):
            raise
        return None


def _stuck(pod: Manifest) -> Iterator[tuple[str, str]]:
    """Pod and container, of what can't be started."""
    for status in statuses(pod):
        waiting = at(status, "state", "waiting") or {}
        vain = _NEVER.get(str(waiting.get("reason")))
        if vain is not None and vain.search(str(waiting.get("message") or "")):
            yield _key(pod, status)


def _key(pod: Manifest, status: Manifest) -> tuple[str, str]:
    return str(at(pod, "metadata", "uid")), str(status.get("name"))


def _is_waited_for(one: UnderWay) -> bool:
    return one.type in _CONTROLLERS and one.operation in ("create", "update", "create-replacement")


def _is_probed(pod: Manifest, status: Manifest) -> bool:
    """Whether the kubelet may have ended it."""
    containers = at(pod, "spec", "containers") or []
    own: Manifest = next((one for one in containers if one.get("name") == status.get("name")), {})
    return "livenessProbe" in own or "startupProbe" in own
