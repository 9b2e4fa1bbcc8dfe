"""Waiting until an object is ready or gone, with a line for the person who waits, a limit, and a way to stop."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.kubernetes.errors import CancelledError, NotReadyError, ProviderError, UnreachableError
from sandbox.kubernetes.objects import Kind, dig, name_of, namespace_of
from sandbox.kubernetes.readiness import Rule, conditions
from sandbox.kubernetes.reasons import reasons
from sandbox.kubernetes.resources import Resources
from sandbox.kubernetes.values import Manifest

DEFAULT_TIMEOUT: Final = 600.0
"""Ten minutes, as the official provider waits."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 1.0
_SAY_REASONS_EVERY: Final = 10.0


@dataclass(frozen=True)
class Wait:
    """How long to wait, whom to tell, and when to give up early."""

    timeout: float
    say: Callable[[str], None]
    cancelled: threading.Event

    def pauses(self) -> Iterator[None]:
        """One turn for each look at the object, until time is up; `CancelledError` when the engine wants to stop."""
        end = time.monotonic() + self.timeout
        pause = _FIRST_PAUSE
        while True:
            yield
            remaining = end - time.monotonic()
            if remaining <= 0:
                return
            if self.cancelled.wait(min(pause, remaining)):
                raise CancelledError("the operation was cancelled")
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def until_ready(resources: Resources, kind: Kind, live: Manifest, rule: Rule, wait: Wait) -> Manifest:
    """The live object once it is ready; `NotReadyError` with the reasons if it does not get so."""
    name = name_of(live)
    problems: tuple[str, ...] = ()
    message = ""
    done_since: float | None = None
    failed_since: float | None = None
    told = time.monotonic()
    try:
        for _ in wait.pauses():
            try:
                live = resources.get(kind, namespace_of(live), name)
                progress = rule(resources, live)
            except UnreachableError as error:
                # A restarted API server is no reason to give up what it is working on.
                problems = (str(error),)
                continue
            problems = progress.problems
            now = time.monotonic()
            failed_since = (failed_since or now) if progress.failed else None
            if failed_since is not None and now - failed_since >= progress.settle:
                break
            if not progress.done:
                done_since = None
            elif done_since is None:
                done_since = now
            if done_since is not None and now - done_since >= progress.settle:
                wait.say("")
                return live
            if progress.message != message:
                message = progress.message
                wait.say(message)
            elif not progress.done and now - told >= _SAY_REASONS_EVERY:
                told = now
                wait.say("; ".join((message, *reasons(resources, live)[:1])))
        else:
            raise NotReadyError(
                f"'{name}' timed out waiting to be Ready", live=live, reasons=(*problems, *reasons(resources, live))
            )
    except CancelledError:
        raise NotReadyError(f'Resource operation was cancelled for "{name}"', live=live, reasons=problems) from None
    except NotReadyError:
        raise
    except ProviderError as error:
        # Whatever else goes wrong now, the object exists and the state must know it.
        raise NotReadyError(str(error), live=live, reasons=problems) from error
    raise NotReadyError(
        f"Resource '{name}' was created but failed to initialize",
        live=live,
        reasons=(*problems, *reasons(resources, live)),
    )


def until_gone(resources: Resources, kind: Kind, live: Manifest, wait: Wait) -> None:
    """Return when the object is gone; an error that names what is left of it when it does not go."""
    name, uid = name_of(live), dig(live, "metadata", "uid")
    left = ""
    for _ in wait.pauses():
        found = resources.find(kind, namespace_of(live), name)
        # A new object of the same name is not the one that was deleted.
        if found is None or dig(found, "metadata", "uid") != uid:
            wait.say("")
            return
        left = _left(found)
        wait.say(left)
    raise ProviderError(f'Timed out waiting for deletion of {kind} "{name}"' + (f": {left}" if left else ""))


def _left(live: Manifest) -> str:
    """What keeps an object that is being deleted."""
    messages = [
        str(condition.get("message"))
        for name, condition in sorted(conditions(live).items())
        if live.get("kind") == "Namespace" and condition.get("status") == "True"
    ]
    # The garbage collector's own finalizer only says that dependants go first.
    finalizers = [name for name in dig(live, "metadata", "finalizers") or [] if name != "foregroundDeletion"]
    if finalizers:
        messages.append(f"finalizers might be preventing deletion ({', '.join(finalizers)})")
    return " ".join(messages)
