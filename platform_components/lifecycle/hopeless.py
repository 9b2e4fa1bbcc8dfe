"""Whether what a deployment waits for can still come: providers wait for the deadline, whatever the pods do.

Some ends are no matter of time: a container that ends by itself each time it is started, an image that is not there. So
this looks at the pods while their workloads are deployed, and asks the engine to stop once only a person can help, as
others do (Skaffold's status check, krane). What it can't look at is waited for, as ever.
"""

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from platform_components.errors import OutsideError, PlatformError
from platform_components.lifecycle import locks
from platform_components.lifecycle.engine import Engine
from platform_components.lifecycle.place import place_of
from platform_components.lifecycle.progress import Progress
from platform_components.lifecycle.reader import Manifest, Reader, reading
from platform_components.lifecycle.reasons import has_to_run, workloads
from platform_components.lifecycle.snapshot import Snapshot, at, number, time_of
from platform_components.plan import Plan

FIRST_SECONDS: Final = 10.0
"""After which it begins to look: a deployment that goes well is over by then, and pays nothing."""
_EVERY_SECONDS: Final = 5.0

_ENDS_WELL: Final = 2
"""Restarts of a container that ended with exit code 0: half a minute by the kubelet's back-off of 10, 20, 40 … s."""
_CRASHES: Final = 5
"""Restarts of one that failed: two and a half minutes, in which what it waits for had time to come."""
_STUCK: Final = timedelta(seconds=60)
"""How old a pod is whose container can't even be made: an image may be pushed, a Secret made, a little late."""
_NEVER: Final[Mapping[str, re.Pattern[str]]] = {
    "InvalidImageName": re.compile(""),
    "CreateContainerConfigError": re.compile(""),  # a key that its Secret has not, root where none may be
    # containerd's resolver says "not found"; no right to pull is not among them: a role takes minutes to count
    "ErrImagePull": re.compile(r"not found|410 Gone|manifest unknown", re.I),
    "ImagePullBackOff": re.compile(r"not found|410 Gone|manifest unknown", re.I),
}
"""What a container waits for in vain, with what its message says then."""


def hopeless(snapshot: Snapshot, since: timedelta) -> Iterator[str]:
    """Workloads that only a person can help, each with why. Pods that are older than `since` say nothing: they are of
    the version before, which may be just what this run mends. A Job counts its own tries.
    """
    pods = {str(at(pod, "metadata", "name")): pod for pod in snapshot.all("pods")}
    for state in workloads(snapshot):
        if state.well or state.kind not in ("Deployment", "StatefulSet"):
            continue
        for pod in (pods[one.name] for one in state.pods):
            born = time_of(at(pod, "metadata", "creationTimestamp"))
            age = snapshot.now - born if born else None
            if age is not None and age <= since and (why := _why(pod, age)):
                yield f"{state.kind} {state.name}: {why}"
                break


@contextlib.contextmanager
def given_up(
    engine: Engine, plan: Plan, outputs: Mapping[str, Any], progress: Progress, say: Callable[[str], None]
) -> Iterator[None]:
    """Ask the engine to stop when what it waits for inside can't come; `say` is told why.

    `outputs`: of the stack as it is deployed, where a cluster of its own is known.
    """
    over = threading.Event()
    started = time.monotonic()

    def watch() -> None:
        with contextlib.suppress(PlatformError):  # it is waited for, and its failure told, without this
            while not progress.deploying:
                if over.wait(1):
                    return
            if over.wait(FIRST_SECONDS):
                return
            place = place_of(engine, plan, outputs)
            if place is None:
                return
            with reading(place.kubeconfig) as reader:
                while not over.is_set():
                    found = [] if progress.creating else _found(reader, place.namespace, started)
                    if found and not over.is_set():
                        say(f"this will not become ready by itself, so it is not waited for: {'; '.join(found)}")
                        locks.interrupt()
                        return
                    over.wait(_EVERY_SECONDS)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _found(reader: Reader, namespace: str, started: float) -> list[str]:
    try:
        snapshot = Snapshot.of(reader, namespace)
    except OutsideError:  # an API server that is just away
        return []
    return list(hopeless(snapshot, timedelta(seconds=time.monotonic() - started)))


def _why(pod: Manifest, age: timedelta) -> str:
    """Why time does not help; empty when it may."""
    for status in at(pod, "status", "containerStatuses") or []:
        name, restarts = f"container {status.get('name')}", number(status, "restartCount")
        waiting = at(status, "state", "waiting") or {}
        ended = at(status, "state", "terminated") or at(status, "lastState", "terminated") or {}
        if status.get("ready") is True or at(status, "state", "running") is not None:
            continue
        vain = _NEVER.get(str(waiting.get("reason")))
        if vain is not None and vain.search(str(waiting.get("message"))) and age >= _STUCK:
            return f"{name} can't be started ({waiting.get('reason')})"
        if ended and has_to_run(pod, status):
            code = number(ended, "exitCode")
            if restarts >= (_CRASHES if code else _ENDS_WELL):
                return f"{name} ended with exit code {code}, {restarts + 1} times"
    return ""
