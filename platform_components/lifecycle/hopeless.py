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
from typing import Any, Final

from platform_components import naming
from platform_components.errors import OutsideError
from platform_components.lifecycle import locks
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.place import Place, place_of
from platform_components.lifecycle.progress import Progress
from platform_components.lifecycle.reader import Manifest, RefusedError, reading
from platform_components.lifecycle.reasons import WorkloadState, has_to_run, statuses, workloads
from platform_components.lifecycle.snapshot import Snapshot, at, number
from platform_components.naming import ResourceIdentity
from platform_components.plan import Plan

FIRST_SECONDS: Final = 10.0
"""How long the engine is at a workload before this looks: one that goes well is ready by then, and what the cluster
holds is what was asked for."""
EVERY_SECONDS: Final = 5.0

_ENDS_WELL: Final = 2
"""Restarts of a container that ended with exit code 0: half a minute by the kubelet's back-off of 10, 20, 40 … s."""
_CRASHES: Final = 5
"""Restarts of one that failed: two and a half minutes, in which what it waits for had time to come."""
STUCK_SECONDS: Final = 60.0
"""How long a container can't be started without a break: an image may be pushed, a Secret made, a little late."""
_NOWHERE: Final = re.compile(r"not found|410 Gone|manifest unknown", re.I)
_NEVER: Final[Mapping[str, re.Pattern[str]]] = {
    "InvalidImageName": re.compile(""),
    # A key that its Secret has not, root where none may be; not the kubelet's own "failed to sync secret cache"
    "CreateContainerConfigError": re.compile(r"^(?!failed to sync)"),
    # containerd's resolver says so; no right to pull is not among them: a role takes minutes to count
    "ErrImagePull": _NOWHERE,
    "ImagePullBackOff": _NOWHERE,
}
"""What a container waits for in vain, with what its message says then."""
_CONTROLLERS: Final = {"kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"}
"""What pods are waited for by. A Job counts its own tries."""


@dataclass
class Hopeless:
    """Looks at a namespace again and again; what lasts counts from when it was first seen."""

    _since: dict[tuple[str, str], float] = field(default_factory=dict)

    def reasons(self, snapshot: Snapshot, names: Collection[str], now: float) -> dict[str, str]:
        """By workload, of those that are named, why only a person can help it. `now`: a clock that never goes back."""
        pods = {str(at(pod, "metadata", "name")): pod for pod in snapshot.all("pods")}
        stuck = {key: now for pod in pods.values() for key in _stuck(pod)}
        self._since = {key: self._since.get(key, now) for key in stuck}
        found = {}
        for state in workloads(snapshot):
            if state.workload in names and not state.well and state.kind in ("Deployment", "StatefulSet"):
                each = [self._why(pods[one.name], state, now) for one in state.pods]
                if each and all(each):
                    found[state.workload] = f"{state.kind} {state.name}: {each[0]}"
        return found

    def _why(self, pod: Manifest, state: WorkloadState, now: float) -> str:
        """Why time does not help a pod; empty when it may."""
        if key := next((key for key in _stuck(pod) if now - self._since[key] >= STUCK_SECONDS), None):
            return f"container {key[1]} can't be started"
        for status in statuses(pod):
            restarts = number(status, "restartCount")
            if status.get("ready") is True or at(status, "state", "running") is not None:
                continue
            ended = at(status, "state", "terminated") or at(status, "lastState", "terminated")
            if not ended or (state.ready and number(ended, "exitCode")):  # another pod of the same kind can do it
                continue
            by_itself = number(ended, "exitCode") == 0 and not _is_probed(pod, status)
            if by_itself and not has_to_run(pod, status):
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
    names = {
        naming.logical(identity): identity.res_id
        for identity in (ResourceIdentity.parse(one.id) for one in plan.resources)
        if identity.type == "workload"
    }

    def waited_for() -> frozenset[str]:
        """The workloads that the engine waits for; none while it is at something else, or has only begun."""
        under_way, now = progress.under_way.values(), time.monotonic()
        ours = [one for one in under_way if one.type in _CONTROLLERS and one.item in names]
        if len(ours) < len(under_way) or any(now - one.since < FIRST_SECONDS for one in ours):
            return frozenset()
        return frozenset(names[one.item] for one in ours if one.item)

    def watch() -> None:
        hopeless, place = Hopeless(), None
        while not over.wait(EVERY_SECONDS if place else 1):
            waited = waited_for()
            if not waited:
                continue
            place = place or place_of(engine, plan, outputs)
            if place is None:
                return
            snapshot = _looked_at(place)
            found = hopeless.reasons(snapshot, waited, time.monotonic()) if snapshot else {}
            if found.keys() == waited == waited_for() and not over.is_set() and locks.interrupt("up"):
                reasons.extend(found.values())
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
            yield str(at(pod, "metadata", "uid")), str(status.get("name"))


def _is_probed(pod: Manifest, status: Manifest) -> bool:
    """Whether the kubelet may have ended it."""
    containers = at(pod, "spec", "containers") or []
    own: Manifest = next((one for one in containers if one.get("name") == status.get("name")), {})
    return "livenessProbe" in own or "startupProbe" in own
